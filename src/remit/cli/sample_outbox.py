"""What the sample organisation told other programs and by mail. Its webhooks are stopped: the sample reaches nobody."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from remit.identify.vulnerabilities.models import Occurrence
from remit.kernel import actor
from remit.kernel.access.models import Unit, User
from remit.kernel.access.standing import standing
from remit.kernel.outbox import webhooks
from remit.kernel.outbox.models import Delivery, Lane, Mail, Preference, Webhook
from remit.kernel.outbox.webhooks import Said

FINDINGS = Occurrence.kind()


def told(root: Unit, head: User, others: list[User]) -> None:
    """Make two webhooks of the head of security with what they sent, and the mails of the last mornings."""
    tickets = webhook(
        root, head, "Ticket system", "https://tickets.halvern.example/remit", ("accept", "resolve", "start")
    )
    chat = webhook(root, head, "Chat of the operations room", "https://chat.halvern.example/hooks/7", ("create",))
    for number, finding in reversed(list(enumerate(Occurrence.objects.order_by("-pk")[:12]))):
        failed = number in {3, 4}
        Delivery.objects.create(
            webhook=tickets if number % 3 else chat, kind=FINDINGS, verb="start" if number % 3 else "create",
            record_id=finding.pk, actor_id=head.pk, at=timezone.now() - timedelta(minutes=17 * number),
            state="failed" if failed else "sent", tries=13 if failed else 1, status=503 if failed else 200,
            error="The receiver answered 503." if failed else "", ended_at=timezone.now(),
        )  # fmt: skip
    Lane.objects.filter(webhook__in=(tickets, chat)).update(delivered_at=timezone.now() - timedelta(minutes=17))
    Preference.objects.create(user=head, digest="daily", hour=7)
    for person in others[:3]:
        Preference.objects.create(user=person, digest="weekly", weekday=0, hour=8)
    for days in range(4):
        morning = timezone.now().replace(hour=6, minute=0) - timedelta(days=days)
        for person in (head, *others[:2]):
            refused = days == 2 and person is not head
            Mail.objects.create(
                key=f"sample:{person.pk}:{morning:%Y-%m-%d}", purpose="digest", user=person,
                message_id=f"<sample-{person.pk}-{days}@remit.halvern.example>", asked_at=morning, ended_at=morning,
                state="failed" if refused else "sent", tries=1,
                error="The mail server refuses the address (550)." if refused else "",
            )  # fmt: skip


def webhook(root: Unit, head: User, name: str, url: str, verbs: tuple[str, ...]) -> Webhook:
    known = tuple(verb for verb, _ in webhooks.verbs() if verb in verbs)
    with actor.acting(head.pk):
        made, _ = webhooks.add(standing(head.pk), Said(name, url, root.pk, (FINDINGS,), known))
        webhooks.stop(made, "The sample reaches nobody. Start it once its address is yours.")
    return made

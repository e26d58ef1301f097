"""What waits, failed and was sent, for administrators: never what it says."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from remit.kernel import actor
from remit.kernel.access import managing
from remit.kernel.access.standing import Standing
from remit.kernel.outbox import mail
from remit.kernel.outbox.models import Delivery, Mail, Webhook
from remit.kernel.screens import Choice, Link
from remit.kernel.web.access_views import ADMINISTRATION, administering
from remit.kernel.web.views import standing_of

SHOWN = 100
PURPOSES = {"digest": "Digest", "decision": "A decision is asked", "test": "Test"}


@require_safe
@administering
def index(request: HttpRequest) -> HttpResponse:
    """Show the mails to the people one administers, and how the webhooks one sees are doing."""
    standing = standing_of(request)
    state = request.GET.get("state", "")
    webhooks = list(Webhook.objects.select_related("lane", "owner"))
    with actor.system("the outbox page"):
        mails = mails_for(standing)
        counts = dict(mails.order_by().values_list("state").annotate(Count("pk")))
        rows = list(
            (mails.filter(state=state) if state in Mail.State else mails)
            .select_related("user")
            .order_by("-asked_at", "-pk")[:SHOWN]
        )
        of_hooks = counted(webhooks)
    context = {
        "configured": mail.configured(),
        "states": [Choice(s.value, f"{s.label} {counts.get(s.value, 0):,}", s.value == state) for s in Mail.State],
        "all": sum(counts.values()),
        "mails": [(row, PURPOSES.get(row.purpose, row.purpose.capitalize())) for row in rows],
        "webhooks": [(webhook, of_hooks.get(webhook.pk, {})) for webhook in webhooks],
        "state": state,
        "crumbs": (ADMINISTRATION, Link("Outbox", "")),
    }
    return render(request, "kernel/outbox.html", context)


@require_POST
@administering
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Try a mail again, or cancel one that waits."""
    if name not in {"retry", "cancel"}:
        raise Http404
    now, standing = timezone.now(), standing_of(request)
    with actor.system(f"the outbox page, by user {standing.user_id}"):
        chosen = mails_for(standing).filter(pk=pk if pk < 2**63 else 0)
        if not chosen.exists():
            raise Http404
        if name == "retry":
            changed = chosen.filter(state__in=("waiting", "failed", "cancelled")).update(
                state="waiting", tries=0, next_try_at=now, asked_at=now, ended_at=None, error=""
            )
        else:
            changed = chosen.filter(state="waiting").update(state="cancelled", ended_at=now)
    said = "It is sent again as soon as a worker is free." if name == "retry" else "It is not sent."
    messages.success(request, said) if changed else messages.error(request, "It was sent meanwhile.")
    return redirect("/outbox/")


def mails_for(standing: Standing) -> QuerySet[Mail]:
    """Return the mails to whom this person manages; those to no person are seen by who administers the topmost unit."""
    mine = Q(user__in=managing.people(standing).values("pk"))
    if any(unit.parent_id is None for unit in managing.administered(standing)):
        mine |= Q(user=None)
    return Mail.objects.filter(mine)


def counted(webhooks: list[Webhook]) -> dict[int, dict[str, int]]:
    """Count the deliveries of these webhooks by state. As the system: a count says nothing of the records."""
    found: dict[int, dict[str, int]] = {}
    rows = (
        Delivery.objects.filter(webhook__in=webhooks).order_by().values_list("webhook", "state").annotate(Count("pk"))
    )
    for webhook, state, count in rows:
        found.setdefault(webhook, {})[state] = count
    return found

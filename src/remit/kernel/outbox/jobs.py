"""When what leaves the house is looked after, by the workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.jobs.progress import Progress
from remit.kernel.jobs.registry import errand, every, job
from remit.kernel.jobs.starting import send_on
from remit.kernel.outbox import delivering, digests, events, mail
from remit.kernel.outbox.models import Delivery, Mail

ROUNDS = 50
"""Batches of events that one tick reads, so that it ends."""
KEPT = timedelta(days=30)
"""How long what was sent, or given up, is remembered."""


@errand("remit.outbox", cron="* * * * * */10")
def tick(timestamp: int = 0) -> None:
    """Every ten seconds: read what happened, and let somebody send what is due."""
    for _ in range(ROUNDS):
        if events.route() < events.BATCH:
            break
    now = timezone.now()
    with actor.system("looking after the outbox"), transaction.atomic():
        for webhook_id in delivering.due(now):
            send_on("remit.deliver", f"webhook {webhook_id}", webhook_id=webhook_id)
        if mail.waiting(now) and mail.configured():
            send_on("remit.mail", "mail")


@errand("remit.digests", cron="*/5 * * * *")
def ask_for_digests(timestamp: int = 0) -> None:
    """Every five minutes: ask for the digests whose hour has come."""
    with actor.system("digests"), transaction.atomic():
        digests.queue_due(timezone.now())


@errand("remit.deliver")
def deliver(webhook_id: int) -> None:
    delivering.deliver(webhook_id)


@errand("remit.mail")
def send_mail() -> None:
    mail.send_waiting()


@every("daily", hour=3, minute=20)
@job("outbox.forget", title="Forget what was sent long ago", retries=3)
def forget(progress: Progress) -> None:
    """Remove what ended over 30 days ago."""
    progress.conclude(f"{forget_before(timezone.now() - KEPT)} forgotten.")


def forget_before(moment: datetime) -> int:
    """Delete what ended before a moment, and return how much. As the system."""
    gone = Delivery.objects.filter(ended_at__lt=moment).delete()[0]
    return gone + Mail.objects.filter(ended_at__lt=moment).delete()[0]

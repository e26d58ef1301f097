"""What time does to what providers sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from remit.kernel.federation.models import UsedAssertion
from remit.kernel.federation.rules import ANSWER_SECONDS
from remit.kernel.jobs.running import Progress, every, job

KEPT = timedelta(seconds=2 * ANSWER_SECONDS)
"""Twice as long as an answer is taken, so that a clock set right in between lets nothing in again."""


@every("daily", hour=4, minute=20)
@job("federation.tend", title="Forget assertions that sign nobody in any more", retries=3)
def tend(progress: Progress) -> None:
    """Forget which assertions were used, once no request that they could answer is waited for."""
    progress.conclude(f"{forget_used(timezone.now())} used assertions forgotten.")


def forget_used(now: datetime) -> int:
    """Delete the marks of assertions used too long ago to be used again; returns how many. System only."""
    return UsedAssertion.objects.filter(used_at__lt=now - KEPT).delete()[0]

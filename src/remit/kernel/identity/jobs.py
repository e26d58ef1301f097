"""What time does to tokens and sessions."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.utils import timezone

from remit.kernel.identity.services import ask_for_renewal
from remit.kernel.identity.sessions import sweep
from remit.kernel.jobs.running import Progress, every, job


@every("daily", hour=4)
@job("identity.tend", title="Ask for the renewal of tokens and forget old sessions", retries=3)
def tend(progress: Progress) -> None:
    """Ask owners to replace tokens that end soon, and forget sessions that have run out."""
    now = timezone.now()
    asked, gone = ask_for_renewal(now), sweep(now)
    Session.objects.filter(expire_date__lt=now).delete()
    progress.conclude(f"{asked} asked to replace a token, {gone} old sessions forgotten.")

"""Kept files are tended every night."""

from django.utils import timezone

from remit.kernel.attachments import tending
from remit.kernel.jobs.running import Progress, every, job, start


@every("daily", hour=2)
@job("evidence.expire", title="Remove evidence past its retention", retries=3)
def expire(progress: Progress) -> None:
    """Remove what is past retention, some hundred files at a time; the next run takes the rest."""
    count = tending.expire(timezone.now())
    if count == tending.MOST:
        start("evidence.expire", user_id=None)
    progress.conclude(f"{count} files removed." if count else "Nothing is past its retention.")


@every("daily", hour=2, minute=20)
@job("evidence.seal", title="Seal files that lie in the clear", retries=3)
def seal(progress: Progress) -> None:
    """Seal what earlier versions kept in the clear."""
    count, wrong = tending.seal_some()
    if count == tending.MOST:
        start("evidence.seal", user_id=None)
    progress.conclude("; ".join([f"{count} files sealed.", *wrong[:5]]) if count or wrong else "Everything is sealed.")


@every("daily", hour=2, minute=40)
@job("evidence.sweep", title="Sweep files that belong to nothing", retries=3)
def sweep(progress: Progress) -> None:
    """Delete files that no evidence needs and that are older than a day."""
    count = tending.sweep()
    progress.conclude(f"{count} files swept away." if count else "Nothing to sweep.")

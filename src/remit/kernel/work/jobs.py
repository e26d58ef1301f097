"""What time does to work."""

from django.utils import timezone

from remit.kernel.jobs.running import Progress, every, job
from remit.kernel.work.services import escalate


@every("daily", hour=5)
@job("work.escalate", title="Tell heads of units about overdue work", retries=3)
def escalate_overdue(progress: Progress) -> None:
    """Raise a task for each piece of work that is long overdue."""
    raised = escalate(timezone.localdate())
    progress.conclude(f"{len(raised)} told." if raised else "Nothing is long overdue.")

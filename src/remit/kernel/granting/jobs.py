"""What time does to grants, once a day."""

from django.utils import timezone

from remit.kernel.granting.reminding import remind
from remit.kernel.jobs.running import Progress, every, job


@every("daily", hour=4)
@job("access.remind", title="Ask about roles that end soon and reviews that are overdue", retries=3)
def remind_of_access(progress: Progress) -> None:
    """Ask givers and heads by tasks in their inbox."""
    asked = remind(timezone.localdate())
    progress.conclude(f"{len(asked)} asked." if asked else "Nothing ends soon, no review is overdue.")

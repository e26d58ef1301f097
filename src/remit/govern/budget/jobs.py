"""What time does to contracts and amounts."""

from django.utils import timezone

from remit.govern.budget import calendar
from remit.govern.budget.services import revalue
from remit.kernel.jobs.progress import Progress
from remit.kernel.jobs.registry import every, job


@every("daily", hour=4, minute=20)
@job("budget.renewals", title="Ask about contracts whose notice comes near", retries=3)
def remind_of_renewals(progress: Progress) -> None:
    """Ask owners by tasks in their inbox; the calendar feed shows them too."""
    asked = calendar.remind(timezone.localdate())
    progress.conclude(f"{len(asked)} asked." if asked else "No notice comes near that nobody was asked about.")


@every("daily", hour=4, minute=25)
@job("budget.revalue", title="Convert amounts at the newest rates", retries=3)
def convert_anew(progress: Progress) -> None:
    """Bring converted amounts into line, also where a rate was written past the forms."""
    progress.conclude(f"{revalue(timezone.localdate()):,} amounts changed.")

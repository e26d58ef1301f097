"""What time does to contracts and amounts, and the search for the best set."""

from typing import Any

from django.utils import timezone

from remit.govern.budget import calendar, weighing
from remit.govern.budget.asking import Asked, NothingToChooseError, problem
from remit.govern.budget.choice import InputError
from remit.govern.budget.choosing import keep, scenarios_of
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


@job("budget.choose", title="{title}", refusals=(NothingToChooseError, InputError))
def choose_set(progress: Progress, *, title: str, wanted: dict[str, Any]) -> None:
    """Find the best set, as the person who asked sees investments and risks, and keep it."""
    asked = Asked.read(wanted)
    stated = problem(asked)
    kept = keep(asked, stated, weighing.answer(stated, progress.step, scenarios=scenarios_of(stated)))
    progress.conclude(f"{kept.ref}: {kept.title}.", f"{kept.get_absolute_url()}result/")

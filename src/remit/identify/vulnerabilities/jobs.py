"""What time does to findings."""

from __future__ import annotations

from remit.identify.vulnerabilities.priorities import recompute
from remit.kernel.jobs.progress import Progress
from remit.kernel.jobs.registry import every, job


@every("daily", hour=3)
@job("vulnerabilities.priorities", title="Weigh all findings anew")
def weigh_anew(progress: Progress) -> None:
    """Bring every priority into line, also where something was changed past the forms and the API."""
    progress.conclude(f"{recompute(reason='daily priorities'):,} findings changed their priority.")

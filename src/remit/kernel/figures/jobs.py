"""Figures are read every night."""

from django.utils import timezone

from remit.kernel.figures.services import store_readings
from remit.kernel.jobs.running import Progress, every, job


@every("daily", hour=1, minute=10)
@job("figures.store", title="Read the figures of the day", retries=3)
def read_figures(progress: Progress) -> None:
    """Store today's reading of every figure for every unit."""
    count = store_readings(timezone.localdate())
    progress.conclude(f"{count} readings stored.", "/figures/")

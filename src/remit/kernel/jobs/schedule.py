"""When periodic jobs are due: plain arithmetic over UTC, so that daylight saving never skips or doubles a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

PERIODS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A period and the time within it; `weekday` 0 is Monday. ValueError for a time that does not exist."""

    period: str
    minute: int = 0
    hour: int = 0
    weekday: int = 0

    def __post_init__(self) -> None:
        if self.period not in PERIODS:
            raise ValueError(f"A job runs {', '.join(PERIODS)}; not {self.period!r}.")
        if not (0 <= self.minute < 60 and 0 <= self.hour < 24 and 0 <= self.weekday < 7):
            raise ValueError(f"There is no {self.hour}:{self.minute:02} on weekday {self.weekday}.")

    def last_due(self, now: datetime) -> datetime:
        """Return the latest due time that is not after `now` (aware, UTC)."""
        due = now.replace(minute=self.minute, second=0, microsecond=0)
        if self.period != "hourly":
            due = due.replace(hour=self.hour)
        if self.period == "weekly":
            due += timedelta(days=self.weekday - due.weekday())
        return due if due <= now else due - PERIODS[self.period]

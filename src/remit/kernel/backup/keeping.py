"""Which scheduled backups are kept, what they are called, when their absence is an alarm: rules over plain values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LATE = timedelta(days=2)
"""Without a good backup for longer than this, the head of security is asked to act."""
_NAME = re.compile(r"remit-(\d{8}T\d{6}Z)\.backup")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Keep:
    """How many backups are kept: one for each of so many days, weeks and months in which there are any."""

    daily: int = 7
    weekly: int = 5
    monthly: int = 12

    @classmethod
    def parse(cls, text: str) -> Keep:
        """Read "7 5 12". ValueError, saying what is expected, for anything else."""
        parts = text.split()
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
            raise ValueError("REMIT_BACKUP_KEEP is three numbers: days, weeks and months, for instance 7 5 12.")
        return cls(*map(int, parts))


def name_of(at: datetime) -> str:
    """Return the file name of a backup that is begun at this time (aware)."""
    return f"remit-{at.astimezone(UTC).strftime(_TIME)}.backup"


def time_of(name: str) -> datetime | None:
    """Return when a scheduled backup was begun, by its file name; None for any other file."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def kept(times: Iterable[datetime], keep: Keep) -> set[datetime]:
    """Return those to keep of all that are good: the newest of each day, ISO week and month, and always the newest."""
    newest_first = sorted(times, reverse=True)
    periods: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (1, lambda at: None),
        (keep.daily, lambda at: at.date()),
        (keep.weekly, lambda at: at.isocalendar()[:2]),
        (keep.monthly, lambda at: (at.year, at.month)),
    )
    stay: set[datetime] = set()
    for most, period in periods:
        newest: dict[object, datetime] = {}
        for at in newest_first:
            newest.setdefault(period(at), at)
        stay.update(list(newest.values())[:most])
    return stay


def is_late(last: datetime | None, first_tried: datetime | None, now: datetime) -> bool:
    """Say whether there has been no good backup for too long: since the last, or since one was first tried."""
    since = last or first_tried
    return since is not None and now - since > LATE

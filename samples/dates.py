"""The sample's calendar: every date is counted from one anchor, so that a loader can move them all at once."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta

ANCHOR = date.fromisoformat(os.environ.get("REMIT_SAMPLE_ANCHOR", "2026-11-23"))
"""The sample's today, a Monday in the files kept here. The newest scan ran in the night before its morning.

Whoever loads the sample on another day makes it anew with that day in the environment."""

WEEKS = tuple(ANCHOR - timedelta(days=days) for days in (14, 7, 0))
"""The days of the three weekly scans, oldest first."""


def day(offset: int) -> str:
    """Return the date `offset` days from the anchor (negative: before) as YYYY-MM-DD."""
    return (ANCHOR + timedelta(days=offset)).isoformat()


def moment(on: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment in UTC."""
    return datetime.combine(on, time(hour, minute, second), tzinfo=UTC)


def stamp(at: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

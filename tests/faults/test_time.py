"""Clocks that jump, days of 23 or 25 hours, leap days: order is by position, deadlines are counted in UTC."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities import rules
from remit.kernel.jobs import tending
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.progress import Progress
from remit.kernel.jobs.registry import every, job
from remit.kernel.jobs.schedule import Schedule
from remit.kernel.records import StaleRecordError
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import record_in


def entries(record: Any) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("select id, verb from remit_history(%s, %s, null, 100) order by id", [record.kind(), record.pk])
        return list(cursor.fetchall())


def test_the_ledger_is_ordered_by_position_whatever_the_clock_says(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    record = record_in(Asset, cast.company, cast.bob)
    now = timezone.now()
    for number, jump in enumerate((timedelta(days=400), timedelta(days=-4000), timedelta())):
        monkeypatch.setattr(timezone, "now", lambda jump=jump: now + jump)
        with being(cast.bob):
            record.refresh_from_db()
            record.description = f"step {number}"
            record.save()
    with being(cast.bob):
        positions = [position for position, _ in entries(record)]
    assert positions == sorted(positions)
    assert len(positions) == 4
    page = signed_in(cast.bob).get(f"/assets/{record.pk}/history/").content.decode()
    shown = [int(number) for number in re.findall(r"Ledger entry (\d+)", page)]
    assert shown == positions[::-1], "newest first, by position"


def test_the_ledger_asks_the_database_s_clock_and_not_the_application_s(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(1999, 1, 1, tzinfo=UTC))
    record = record_in(Asset, cast.company, cast.bob)
    with being(cast.bob), connection.cursor() as cursor:
        cursor.execute("select max(at) from remit_history(%s, %s, null, 9)", [record.kind(), record.pk])
        assert cursor.fetchone()[0].year > 2020


def test_a_lost_update_is_told_by_version_also_when_the_clock_went_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_in(Asset, cast.company, cast.bob)
    with being(cast.bob):
        mine, theirs = (Asset.objects.get(pk=record.pk) for _ in range(2))
        theirs.save()
        monkeypatch.setattr(timezone, "now", lambda: datetime(1999, 1, 1, tzinfo=UTC))
        with pytest.raises(StaleRecordError):
            mine.save()


@pytest.fixture
def daily() -> Iterator[list[str]]:
    from remit.kernel.jobs import registry

    was = dict(registry._jobs), dict(registry._schedules)
    registry._schedules.clear()
    done: list[str] = []
    every("daily", hour=3)(job("test.clock", title="Look")(lambda progress: done.append("done")))
    yield done
    registry._jobs.clear()
    registry._schedules.clear()
    registry._jobs.update(was[0])
    registry._schedules.update(was[1])


def test_a_periodic_job_runs_once_for_each_day_while_the_clock_jumps(cast: Cast, daily: list[str]) -> None:
    moments = [
        datetime(2026, 3, 28, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 28, 2, 59, tzinfo=UTC),  # back: yesterday's run is made up for, once
        datetime(2026, 3, 28, 3, 2, tzinfo=UTC),
        datetime(2026, 3, 29, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 28, 12, 0, tzinfo=UTC),  # back again
        datetime(2026, 3, 29, 3, 1, tzinfo=UTC),
    ]
    assert [len(tending.start_due(moment)) for moment in moments] == [1, 1, 0, 1, 0, 0]
    with being(None):
        keys = list(JobRun.objects.filter(name="test.clock").values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == 3


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29), date(2026, 12, 31)])
def test_a_daily_job_is_due_once_on_days_of_23_and_25_hours_and_on_leap_days(day: date) -> None:
    schedule, zone = Schedule("daily", hour=1), ZoneInfo("Europe/Amsterdam")
    midnight = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
    dues = {schedule.last_due(midnight + timedelta(minutes=minute)) for minute in range(-60, 26 * 60, 7)}
    assert len({due for due in dues if due.astimezone(zone).date() == day}) == 1
    assert all(due.hour == 1 and due.tzinfo == UTC for due in dues)


def test_progress_is_paced_by_a_clock_that_only_goes_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock stands still and then jumps back; what is written follows the monotonic clock."""
    ticks = iter([0.0, 0.1, 0.3])
    written = []
    monkeypatch.setattr(time, "time", lambda: 0.0)
    progress = Progress(1, clock=lambda: next(ticks))

    def write() -> tuple[bool, bool]:
        written.append(progress.done)
        return False, False

    monkeypatch.setattr(progress, "_write", write)
    for done in (1, 2, 3):
        progress.step(done)
    assert written == [1, 3]


@pytest.mark.parametrize(
    ("first", "days"),
    [(date(2028, 2, 14), 15), (date(2027, 2, 14), 15), (date(2026, 3, 28), 2), (date(2026, 12, 30), 3)],
)
def test_due_days_count_calendar_days(first: date, days: int) -> None:
    """A leap day is a day; a day of 23 hours is one too."""
    due = rules.due_on(first, days)
    assert due is not None
    assert due.toordinal() - first.toordinal() == days


def test_a_session_that_began_in_the_future_ends(cast: Cast) -> None:
    """The clock was wrong when a person signed in, and was put right: the session does not last for ever."""
    client = signed_in(cast.carol)
    client.get("/inbox/")
    session = client.session
    session["began"] = session["touched"] = int(time.time()) + 400 * 24 * 3600
    session.save()
    assert client.get("/inbox/").status_code == 302


def test_days_are_the_reader_s_own_at_the_edge_of_a_day(cast: Cast) -> None:
    with being(None):
        type(cast.bob)._default_manager.filter(pk=cast.bob.pk).update(time_zone="Pacific/Kiritimati")
        type(cast.eve)._default_manager.filter(pk=cast.eve.pk).update(time_zone="Pacific/Pago_Pago")
    for person in (cast.bob, cast.eve):
        assert signed_in(person).get("/inbox/").status_code == 200

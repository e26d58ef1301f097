"""Which backups stay: rules over plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.kernel.backup.keeping import Keep, is_late, kept, name_of, time_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_year_of_nights_leaves_days_weeks_and_months() -> None:
    nights = [NOON - timedelta(days=n) for n in range(365)]
    stay = sorted(kept(nights, Keep()), reverse=True)
    assert stay[:7] == nights[:7]
    assert len(stay) == 7 + 4 + 10  # the newest of weeks and months are among the days, and those of months among weeks
    assert stay[-1] == datetime(2025, 12, 31, 12, tzinfo=UTC)


def test_days_without_a_backup_are_not_counted() -> None:
    some = [NOON - timedelta(days=20 * n) for n in range(10)]
    assert set(some[:7]) <= kept(some, Keep())


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1), st.tuples(*[st.integers(0, 9)] * 3))
def test_the_newest_always_stays_and_thinning_out_twice_is_once(
    times: list[datetime], most: tuple[int, int, int]
) -> None:
    keep = Keep(*most)
    stay = kept(times, keep)
    assert max(times) in stay
    assert len(stay) <= 1 + sum(most)
    assert kept(stay, keep) == stay


def test_what_to_keep_is_read_strictly() -> None:
    assert Keep.parse("7 5 12") == Keep(7, 5, 12)
    for wrong in ("", "7", "7 5", "7 5 x", "7 5 -1", "7 5 12 1", "\u0667 5 12", "99999 1 1"):
        with pytest.raises(ValueError, match="REMIT_BACKUP_KEEP"):
            Keep.parse(wrong)


def test_names_tell_times_and_other_files_are_nobodys() -> None:
    assert name_of(NOON) == "remit-20261123T120000Z.backup"
    assert time_of(name_of(NOON)) == NOON
    for other in ("remit.backup", ".remit-20261123T120000Z.backup.part", "remit-20261399T120000Z.backup", "notes.txt"):
        assert time_of(other) is None


def test_late_is_two_days_after_the_last_good_one_or_the_first_try() -> None:
    assert not is_late(None, None, NOON)
    assert not is_late(NOON - timedelta(days=2), None, NOON)
    assert is_late(NOON - timedelta(days=2, seconds=1), None, NOON)
    assert is_late(None, NOON - timedelta(days=3), NOON)
    assert not is_late(NOON, NOON - timedelta(days=300), NOON)

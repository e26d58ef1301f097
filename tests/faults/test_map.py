"""Which test shows which fault survived; what is named here is there."""

from __future__ import annotations

import pytest

from tests.security.naming import defined

FAULTS: dict[str, tuple[str, ...]] = {
    "kill -9 anywhere in an import": (
        "tests/faults/test_kills.py::test_an_import_killed_anywhere_is_there_wholly_or_not_at_all",
        "tests/ingest_loading/test_faults.py::test_killed_in_the_middle_leaves_nothing_and_can_be_done_again",
    ),
    "kill -9 of a worker": (
        "tests/faults/test_kills.py::test_a_job_of_killed_workers_is_done_once",
        "tests/kernel/test_jobs.py::test_jobs_of_dead_workers_are_taken_up_again",
        "tests/faults/test_killed_deliveries.py::test_messages_of_killed_workers_arrive_once_or_twice_under_one_key",
    ),
    "kill -9 of the sealer while people write": (
        "tests/faults/test_killed_sealers.py::test_a_killed_sealer_loses_nothing_and_seals_nothing_twice",
    ),
    "database restarted": (
        "tests/faults/test_outage.py::test_the_database_stops_and_is_killed_under_load",
        "tests/cli/test_up_command.py::test_from_an_empty_folder_to_a_clean_stop",
    ),
    "disk full": ("tests/faults/test_disk_full.py::test_a_full_disk_refuses_clearly_and_reading_goes_on",),
    "two people edit one record": (
        "tests/kernel/test_records.py::test_the_second_of_two_people_is_told_and_may_lay_theirs_over",
        "tests/kernel/test_records.py::test_of_transactions_that_meet_exactly_one_is_kept",
        "tests/kernel/test_records.py::test_the_same_move_at_once_happens_once",
    ),
    "same request twice, twenty at once": (
        "tests/faults/test_twice.py::test_a_double_click_makes_one_record_and_leads_to_it_twice",
        "tests/faults/test_twice.py::test_twenty_at_once_have_one_effect",
    ),
    "empty or truncated scan": (
        "tests/faults/test_scans.py::test_a_scan_that_was_cut_off_is_refused_and_closes_nothing",
        "tests/faults/test_scans.py::test_an_empty_scan_closes_nothing_whatever_it_claims",
    ),
    "clock jumps, DST, leap day": (
        "tests/faults/test_time.py::test_the_ledger_is_ordered_by_position_whatever_the_clock_says",
        "tests/faults/test_time.py::test_a_periodic_job_runs_once_for_each_day_while_the_clock_jumps",
        "tests/faults/test_time.py::test_a_daily_job_is_due_once_on_days_of_23_and_25_hours_and_on_leap_days",
    ),
}


@pytest.mark.parametrize("name", [name for names in FAULTS.values() for name in names])
def test_every_named_test_exists(name: str) -> None:
    assert defined(name), f"There is no {name}; name the test that shows this."

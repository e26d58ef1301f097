"""What an operator with the database's password may do to the ledger is found, and named as what it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from remit.kernel.ledger.merkle import leaf_hash
from remit.kernel.ledger.reports import Fault, Report

from .house import KEY, ORIGIN, OTHER_KEY, Log, checkpoint, entry, verified, verifier


def first(report: Report) -> tuple[str, int | None, int | None]:
    fault: Fault = report.faults[0]
    return fault.kind, fault.position, fault.entry


def test_a_log_that_nobody_touched_fits() -> None:
    report = verified(Log(pending=3), against=Log(25), kept=[Log().checkpoints[20]])
    assert report.faults == ()
    assert (report.size, report.pending, report.checkpoints, report.covered) == (40, 3, 4, 40)


# Without hashing anything again: the export alone shows it.


def edit_row(log: Log) -> None:
    log.rows[18]["verb"] = "view"


def edit_held_hash(log: Log) -> None:
    log.leaves[17] = (17, 18, leaf_hash(b"something else"))


def edit_several(log: Log) -> None:
    for number in (18, 20, 33):
        log.rows[number]["actor"] = 4


def delete_row(log: Log) -> None:
    del log.rows[18]


def delete_row_and_leaf(log: Log) -> None:
    del log.rows[18], log.leaves[17]


def delete_and_renumber(log: Log) -> None:
    del log.rows[18]
    log.order([number for number in log.order_now if number != 18], hash_again=False)


def delete_three_and_renumber(log: Log) -> None:
    log.order([number for number in log.order_now if number not in (18, 19, 20)], hash_again=False)
    for number in (18, 19, 20):
        del log.rows[number]


def delete_and_move_rows_up(log: Log) -> None:
    """The leaves stay as they are; each has the entry that came after."""
    del log.rows[18]
    numbers = [number for number in log.order_now if number != 18]
    log.leaves = [(position, numbers[position], log.leaves[position][2]) for position in range(len(numbers))]


def insert_row(log: Log) -> None:
    log.rows[99] = entry(99)


def insert_with_a_position_taken(log: Log) -> None:
    log.rows[99] = entry(99)
    log.leaves.insert(18, (17, 99, leaf_hash(log.data(99, 17))))


def insert_and_renumber(log: Log) -> None:
    log.rows[99] = entry(99)
    log.order([*range(1, 18), 99, *range(18, 41)], hash_again=False)


def insert_and_renumber_without_a_hash(log: Log) -> None:
    insert_and_renumber(log)
    log.leaves[17] = (17, 99, bytes(32))


def insert_and_move_rows_down(log: Log) -> None:
    """The leaves stay as they are, with one more at the end."""
    log.rows[99] = entry(99)
    numbers = [*range(1, 18), 99, *range(18, 41)]
    held = [*log.hashes, bytes(32)]
    log.leaves = [(position, numbers[position], held[position]) for position in range(41)]


def swap_neighbours(log: Log) -> None:
    log.order([*range(1, 18), 19, 18, *range(20, 41)], hash_again=False)


def swap_rows_of_neighbours(log: Log) -> None:
    log.rows[18], log.rows[19] = log.rows[19], log.rows[18]


def swap_far_apart(log: Log) -> None:
    log.order([*range(1, 18), 36, *range(19, 36), 18, *range(37, 41)], hash_again=False)


def swap_rows_far_apart(log: Log) -> None:
    log.rows[18], log.rows[36] = log.rows[36], log.rows[18]


def move_back(log: Log) -> None:
    log.order([*range(1, 18), 30, *range(18, 30), *range(31, 41)], hash_again=False)


def move_forward(log: Log) -> None:
    log.order([*range(1, 18), *range(19, 31), 18, *range(31, 41)], hash_again=False)


def swap_lines(log: Log) -> None:
    log.leaves[17], log.leaves[18] = log.leaves[18], log.leaves[17]


def truncate(log: Log) -> None:
    for number in range(31, 41):
        del log.rows[number]
    log.leaves = log.leaves[:30]


@pytest.mark.parametrize(
    ("deed", "kind", "position", "number"),
    [
        (edit_row, "edited", 17, 18),
        (edit_held_hash, "edited", 17, 18),
        (edit_several, "edited", 17, 18),
        (delete_row, "deleted", 17, 18),
        (delete_row_and_leaf, "deleted", 17, None),
        (delete_and_renumber, "deleted", 17, None),
        (delete_three_and_renumber, "deleted", 17, None),
        (delete_and_move_rows_up, "deleted", 17, None),
        (insert_row, "inserted", None, 99),
        (insert_with_a_position_taken, "inserted", 17, 99),
        (insert_and_renumber, "inserted", 17, 99),
        (insert_and_renumber_without_a_hash, "inserted", 17, 99),
        (insert_and_move_rows_down, "inserted", 17, 99),
        (swap_neighbours, "reordered", 17, 19),
        (swap_rows_of_neighbours, "reordered", 17, 19),
        (swap_far_apart, "reordered", 17, 36),
        (swap_rows_far_apart, "reordered", 17, 36),
        (move_back, "reordered", 17, 30),
        (move_forward, "reordered", 17, 19),
        (swap_lines, "reordered", 17, 18),
        (truncate, "truncated", 30, None),
    ],
)
@pytest.mark.parametrize("helped", [False, True], ids=["alone", "against an earlier export"])
def test_the_export_alone_names_it(
    deed: Callable[[Log], None], kind: str, position: int | None, number: int | None, helped: bool
) -> None:
    log = Log()
    deed(log)
    found = first(verified(log, against=Log() if helped else None))
    assert found[:2] == (kind, position)
    assert found[2] in ({number, 18, 31} if helped else {number})  # the earlier export knows who is gone


# With everything hashed again: signed checkpoints show it, and an earlier export shows where.


def edit_and_hash(log: Log) -> None:
    edit_row(log)
    log.order(log.order_now, hash_again=True)


def delete_and_hash(log: Log) -> None:
    del log.rows[18]
    log.order([number for number in log.order_now if number != 18], hash_again=True)


def insert_and_hash(log: Log) -> None:
    log.rows[99] = entry(99)
    log.order([*range(1, 18), 99, *range(18, 41)], hash_again=True)


def swap_and_hash(log: Log) -> None:
    log.order([*range(1, 18), 19, 18, *range(20, 41)], hash_again=True)


def exchange_and_hash(log: Log) -> None:
    del log.rows[18]
    log.rows[99] = entry(99)
    log.order([*range(1, 18), 99, *range(19, 41)], hash_again=True)


REWRITTEN = [
    (edit_and_hash, 18, "edited"),
    (delete_and_hash, 18, "deleted"),
    (insert_and_hash, 99, "inserted"),
    (swap_and_hash, 18, "reordered"),
    (exchange_and_hash, 18, "replaced"),
]
each_rewriting = pytest.mark.parametrize(("deed", "number", "word"), REWRITTEN)


@each_rewriting
def test_history_that_was_hashed_again_does_not_fit_its_checkpoints(
    deed: Callable[[Log], None], number: int, word: str
) -> None:
    log = Log()
    deed(log)
    fault = verified(log).faults[0]
    assert (fault.kind, fault.position, fault.since) == ("rewritten", 10, 10)
    assert "since checkpoint 10" in fault.words
    assert "10 to 19" in fault.words


@each_rewriting
def test_an_earlier_export_shows_where_history_was_rewritten(
    deed: Callable[[Log], None], number: int, word: str
) -> None:
    log = Log()
    deed(log)
    fault = verified(log, against=Log(25)).faults[0]
    assert (fault.kind, fault.position, fault.entry, fault.since) == ("rewritten", 17, number, 10)
    assert word in fault.words


@each_rewriting
def test_who_signs_again_is_caught_by_what_was_kept(deed: Callable[[Log], None], number: int, word: str) -> None:
    """The operator has the log's key: checkpoints fit, but not the one that an auditor kept."""
    log = Log()
    deed(log)
    log.sign_again()
    assert verified(log.export()).faults == () or word == "deleted"  # its last checkpoint has one entry too many
    kept = verified(log, kept=[Log().checkpoints[20]])
    assert {"rewritten", "split view"} == {fault.kind for fault in kept.faults if fault.kind != "truncated"}
    assert (kept.faults[0].kind, kept.faults[0].since) == ("rewritten", 10)
    between = verified(log, kept=[checkpoint(25, Log().hashes)])
    assert first(between)[:2] == ("rewritten", 20)
    fault = verified(log, against=Log(25)).faults[0]
    assert (fault.kind, fault.position, fault.entry, fault.since) == ("rewritten", 17, number, 10)


@each_rewriting
def test_who_drops_the_checkpoints_has_nothing_that_is_covered(
    deed: Callable[[Log], None], number: int, word: str
) -> None:
    log = Log()
    deed(log)
    log.checkpoints.clear()
    assert first(verified(log)) == ("unsigned", 0, None)
    assert first(verified(log, kept=[Log().checkpoints[20]]))[:2] == ("rewritten", 0)
    assert first(verified(log, against=Log())) == ("rewritten", 17, number)


@each_rewriting
@pytest.mark.parametrize("name", [ORIGIN, "another.example"])
def test_who_signs_with_another_key_is_caught_by_the_key(
    deed: Callable[[Log], None], number: int, word: str, name: str
) -> None:
    log = Log()
    deed(log)
    log.sign_again(OTHER_KEY, name)
    log.checkpoints = {size: note for size, note in log.checkpoints.items() if size <= len(log.leaves)}
    log.keys = [verifier(name, OTHER_KEY)]
    assert {fault.kind for fault in verified(log).faults} == {"signature"}
    assert verified(log, key=False).fits  # which is why the report says whose keys were trusted
    kept = verified(log, key=False, kept=[Log().checkpoints[20]])
    assert kept.faults[0].kind == "rewritten"
    assert "signature" in {fault.kind for fault in kept.faults}


def test_a_false_signature_is_told_as_such() -> None:
    log = Log()
    log.checkpoints[20] = log.checkpoints[20].replace("time 2026-03-02T09:00:20Z", "time 2026-03-02T09:00:21Z")
    report = verified(log)
    assert [fault.kind for fault in report.faults] == ["signature"]
    assert f"signature by {ORIGIN} is false" in report.faults[0].words
    assert report.covered == 40


def test_a_log_cut_and_signed_again_is_truncated() -> None:
    log = Log()
    log.order(range(1, 31), hash_again=True)
    log.rows = {number: row for number, row in log.rows.items() if number <= 30}
    del log.checkpoints[40]
    assert verified(log).fits
    assert first(verified(log, kept=[Log().checkpoints[40]])) == ("truncated", 30, None)
    assert first(verified(log, against=Log(35))) == ("truncated", 30, 31)


def test_a_log_cut_and_filled_up_with_other_entries_was_rewritten() -> None:
    log = Log()
    for number in range(31, 41):
        log.rows[number]["note"] = "made up"
    log.order(range(1, 41), hash_again=True)
    log.sign_again()
    fault = verified(log, kept=[Log().checkpoints[40]]).faults[0]
    assert (fault.kind, fault.position, fault.since) == ("rewritten", 30, 30)
    assert first(verified(log, against=Log())) == ("rewritten", 30, 31)


def test_two_checkpoints_of_one_size_that_differ_are_a_split_view() -> None:
    other = Log()
    edit_and_hash(other)
    kept = [Log().checkpoints[20], checkpoint(20, other.hashes)]
    report = verified(Log(), kept=kept)
    assert "split view" in {fault.kind for fault in report.faults}
    assert {"truncated", "split view"} == {fault.kind for fault in verified(Log(15), kept=kept).faults}


def test_a_leaf_of_which_the_database_holds_another_hash_and_no_row() -> None:
    log = Log()
    delete_row(log)
    log.leaves[17] = (17, 18, bytes(32))
    assert [fault.kind for fault in verified(log).faults] == ["deleted", "rewritten"]


def test_the_first_of_several_deeds_is_named() -> None:
    log = Log()
    log.rows[30]["verb"] = "view"
    del log.rows[12]
    insert_row(log)
    assert [fault.kind for fault in verified(log).faults] == ["deleted", "edited", "inserted"]


def test_the_first_and_the_last_entry_too() -> None:
    for number in (1, 40):
        log = Log()
        log.rows[number]["kind"] = "assets.asset"
        assert first(verified(log)) == ("edited", number - 1, number)
        log = Log()
        del log.rows[number]
        assert first(verified(log)) == ("deleted", number - 1, number)
    log = Log()
    log.order(range(2, 41), hash_again=False)
    assert first(verified(log))[:2] == ("deleted", 0)


def test_keys_that_a_note_names_again_change_nothing() -> None:
    log = Log()
    log.checkpoints[20] += log.checkpoints[20].rpartition("\n\n")[2]
    assert verified(log).fits
    assert verifier(ORIGIN, KEY) in log.keys

"""One deed at any place, stored in any of the ways an operator has, is named as what it is, at its first position."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from remit.kernel.ledger.reports import Fault

from .house import Log, checkpoint, entry, verified

SIZE = 30
WHOLE = Log(SIZE, every=7)
places = st.integers(0, SIZE - 1)
ways = st.sampled_from(["leaves keep their hashes", "rows move beneath the leaves", "all is hashed again"])


def stored(log: Log, numbers: list[int], way: str) -> None:
    """Have entries of these ids in this order."""
    if way == "rows move beneath the leaves":
        held = [*log.hashes, *(bytes([number]) * 32 for number in range(len(numbers)))]
        log.leaves = [(position, number, held[position]) for position, number in enumerate(numbers)]
    else:
        log.order(numbers, hash_again=way == "all is hashed again")
    log.rows = {number: row for number, row in log.rows.items() if number in numbers}


def named(log: Log, way: str, kind: str, position: int, number: int | None) -> None:
    """Compare the first fault, alone and against the log as it was, with what was done."""
    alone = verified(log, kept=[checkpoint(SIZE, WHOLE.hashes)]).faults[0]
    helped = verified(log, against=WHOLE).faults[0]
    if way != "all is hashed again":
        assert (alone.kind, alone.position) == (helped.kind, helped.position) == (kind, position)
        assert helped.entry in (number, None) or number is None
        return
    since = max(size for size in (0, 7, 14, 21, 28) if size <= position)
    if any(position < size <= len(log.leaves) for size in log.checkpoints):
        assert (alone.kind, alone.position, alone.since) == ("rewritten", since, since)
    else:  # the only checkpoints that cover the place cover more entries than there are
        assert (alone.kind, alone.position, alone.since) == ("truncated", len(log.leaves), since)
    assert (helped.kind, helped.position, helped.since) == ("rewritten", position, since)
    assert number in (helped.entry, None)
    assert kind in helped.words or (kind == "edited" and "replaced" in helped.words)


@settings(deadline=None)
@given(places, st.sampled_from(["verb", "at", "changes", "note", "id"]), ways)
def test_an_edit(place: int, field: str, way: str) -> None:
    log = WHOLE.copy()
    log.rows[place + 1][field] = 77
    if way == "all is hashed again":
        log.order(log.order_now, hash_again=True)
    named(log, way, "edited", place, None)


@settings(deadline=None)
@given(places, st.integers(1, 5), ways)
def test_a_deletion(place: int, count: int, way: str) -> None:
    log = WHOLE.copy()
    numbers = [number for number in log.order_now if not place < number <= place + count]
    stored(log, numbers, way)
    if place + count >= SIZE:  # nothing is left after it
        fault: Fault = verified(log).faults[0]
        assert (fault.kind, fault.position) == ("truncated", place)
    elif way == "rows move beneath the leaves" and place + count >= len(numbers):
        # The leaf of what now stands at the place is gone as well, so that nothing tells where it came from.
        assert {"edited", "truncated"} == {fault.kind for fault in verified(log, against=WHOLE).faults}
    else:
        named(log, way, "deleted", place, place + 1)


@settings(deadline=None)
@given(places, st.integers(1, 5), ways, st.booleans())
def test_an_insertion(place: int, count: int, way: str, hashed: bool) -> None:
    log = WHOLE.copy()
    new = range(100, 100 + count)
    log.rows |= {number: entry(number) for number in new}
    stored(log, [*range(1, place + 1), *new, *range(place + 1, SIZE + 1)], way)
    if way == "leaves keep their hashes" and not hashed:
        log.leaves = [(p, number, bytes(32) if number in new else held) for p, number, held in log.leaves]
    named(log, way, "inserted", place, None if count > 1 else 100)


@settings(deadline=None)
@given(places, places, ways, st.booleans())
def test_a_new_order(first: int, second: int, way: str, swapped: bool) -> None:
    """Two entries swapped, or one moved."""
    if first == second:
        return
    log = WHOLE.copy()
    numbers = log.order_now
    if swapped:
        numbers[first], numbers[second] = numbers[second], numbers[first]
    else:
        numbers.insert(second, numbers.pop(first))
    stored(log, numbers, way)
    named(log, way, "reordered", min(first, second), None)


@settings(deadline=None)
@given(st.integers(1, SIZE - 1))
def test_a_truncation(size: int) -> None:
    log = WHOLE.copy()
    log.order(range(1, size + 1), hash_again=False)
    log.rows = {number: log.rows[number] for number in range(1, size + 1)}
    log.checkpoints = {at: note for at, note in log.checkpoints.items() if at <= size}
    log.sign(size)
    assert verified(log).fits
    for report in (verified(log, kept=[WHOLE.checkpoints[SIZE]]), verified(log, against=WHOLE)):
        assert (report.faults[0].kind, report.faults[0].position) == ("truncated", size)

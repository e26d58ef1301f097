"""Whoever owns the database changes the ledger by hand; an export and an earlier checkpoint tell what they did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from remit.kernel.ledger import sealing
from remit.kernel.ledger.export_format import reading
from remit.kernel.ledger.exporting import export
from remit.kernel.ledger.reports import Report
from remit.kernel.ledger.verifying import verify
from tests.security.helpers import Stored

Owner = psycopg.Connection[Any]
LOOSE = """
alter table ledger_entry disable trigger keeps; alter table ledger_leaf disable trigger keeps;
alter table ledger_node disable trigger keeps; alter table ledger_checkpoint disable trigger keeps;
"""


@pytest.fixture
def tampered(stored: Stored, write: Callable[[int], None], tmp_path: Path) -> Callable[[str], Report]:
    """Return a function that takes a checkpoint, tampers, exports, verifies, and undoes it all."""
    write(30)
    stored.run(lambda: sealing.seal(checkpoint=True))
    kept = stored.as_owner("select note from ledger_checkpoint order by size desc limit 1")[0][0]
    write(3)
    stored.run(sealing.seal)
    keys = stored.run(sealing.verifiers)[0]

    def tamper(deed: str) -> Report:
        with psycopg.connect(stored.owner_uri) as connection:
            connection.execute("set transaction isolation level repeatable read")
            connection.execute(LOOSE + deed)
            export(connection, tmp_path / "export.gz", alone=False)
            connection.rollback()
        with reading(tmp_path / "export.gz") as file:
            return verify(file, keys=keys, checkpoints=[("kept", kept)])

    return tamper


def test_what_nobody_touched_fits(tampered: Callable[[str], Report]) -> None:
    report = tampered("")
    assert report.fits, report.faults
    assert report.size > 30


ENTRY = "(select entry_id from ledger_leaf where position = 20)"
EDIT = f"update ledger_entry set note = 'nothing' where id = {ENTRY};"
DELETE = f"delete from ledger_entry where id = {ENTRY};"
INSERT = """
insert into ledger_entry (txid, at, system, verb, kind, count, note) values (1, now(), 'x', 'x', 'x', 1, '');
"""
REORDER = """
update ledger_leaf set entry_id = -entry_id where position in (20, 25);
update ledger_leaf l set entry_id = -other.entry_id
from (select 45 - position as position, entry_id from ledger_leaf where position in (20, 25)) other
where l.position = other.position;
"""
TRUNCATE = """
delete from ledger_leaf where position >= 20;
delete from ledger_entry e where not exists (select from ledger_leaf l where l.entry_id = e.id);
"""
REHASH = """
update ledger_leaf l set hash = remit_leaf(remit_ledger_data(e, l.position)) from ledger_entry e
where e.id = l.entry_id;
delete from ledger_checkpoint;
"""
CASES = {
    "edited": ("edited", 20, EDIT),
    "its row deleted": ("deleted", 20, DELETE),
    "row and leaf deleted": ("deleted", 20, DELETE + "delete from ledger_leaf where position = 20;"),
    "inserted": ("inserted", None, INSERT),
    "reordered": ("reordered", 20, REORDER),
    "truncated": ("truncated", None, TRUNCATE),
    "rewritten and hashed anew": ("rewritten", None, EDIT + REHASH),
}


@pytest.mark.parametrize(("kind", "position", "deed"), CASES.values(), ids=CASES)
def test_each_deed_of_the_owner_is_named(
    kind: str, position: int | None, deed: str, tampered: Callable[[str], Report]
) -> None:
    report = tampered(deed)
    first = report.faults[0]
    assert first.kind == kind, report.faults
    assert position is None or first.position == position


def test_an_export_from_a_position_fits_too(stored: Stored, write: Callable[[int], None], tmp_path: Path) -> None:
    write(300)
    stored.run(lambda: sealing.seal(checkpoint=True))
    keys = stored.run(sealing.verifiers)[0]
    with psycopg.connect(stored.owner_uri) as connection:
        counts, lost = export(connection, tmp_path / "export", start=259)
    with reading(tmp_path / "export") as file:
        report = verify(file, keys=keys)
    assert report.fits, report.faults
    assert (report.start, report.checkpoints, lost) == (259, counts.checkpoints, 0)
    assert report.size == 259 + counts.entries
    with psycopg.connect(stored.owner_uri) as connection, pytest.raises(ValueError, match="Begin at one of them"):
        export(connection, tmp_path / "beyond", start=10**9)
    assert not (tmp_path / "beyond").exists()


def test_pending_entries_that_are_deleted_leave_a_trace(
    stored: Stored, write: Callable[[int], None], tmp_path: Path
) -> None:
    stored.run(sealing.seal)
    write(2)
    with psycopg.connect(stored.owner_uri) as connection:
        connection.execute("set transaction isolation level repeatable read")
        connection.execute(LOOSE + "delete from ledger_entry where id = (select max(entry_id) from ledger_pending)")
        counts, lost = export(connection, tmp_path / "export", alone=False)
        connection.rollback()
    assert (counts.pending, lost) == (1, 1)

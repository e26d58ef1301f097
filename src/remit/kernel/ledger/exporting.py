"""Writing the export of the ledger: streamed from the database as its owner, in one snapshot and bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.kernel.ledger.export_format import Counts, ExportWriter, Header, writing
from remit.kernel.ledger.merkle import CompactRange
from remit.kernel.ledger.notes import Verifier

if TYPE_CHECKING:
    import psycopg

ROWS = 2_000
"""Fetched at a time."""
SEALED = """
    select l.position, l.hash, l.entry_id, case when e.id is not null then remit_ledger_data(e, l.position) end
    from ledger_leaf l left join ledger_entry e on e.id = l.entry_id where l.position >= %s order by l.position"""
PENDING = """
    select remit_ledger_data(e, null) from ledger_pending p join ledger_entry e on e.id = p.entry_id
    where not exists (select from ledger_leaf l where l.entry_id = e.id) order by p.txid, p.entry_id"""
STRAYS = """
    select remit_ledger_data(e, null) from ledger_entry e
    where not exists (select from ledger_leaf l where l.entry_id = e.id)
      and not exists (select from ledger_pending p where (p.txid, p.entry_id) = (e.txid, e.id) or p.entry_id = e.id)
    order by e.id"""


def export(
    connection: psycopg.Connection[Any], path: Path, *, start: int = 0, alone: bool = True
) -> tuple[Counts, int]:
    """Write the log from position `start` on to a file; returns its counts, and how many pending entries are gone.

    The connection must be the owner's and, unless not `alone`, in no transaction: what is written is one snapshot.
    ValueError where the log does not reach to `start`.
    """
    if alone:
        connection.execute("set transaction isolation level repeatable read, read only")
    keys = [Verifier(name, bytes(public)) for name, public in _keys(connection)]
    if not keys:
        raise ValueError("Nothing is signed yet. Let the worker run, or run `remit ledger seal`.")
    header = Header(keys[-1].name, tuple(keys), start, tuple(_peaks(connection, start)))
    counted = _Counted()
    with writing(path, header) as writer:
        _sealed(connection, writer, start, counted)
        for (data,) in _streamed(connection, "pending", PENDING):
            writer.pending(data.encode())
            counted.pending += 1
        for (data,) in _streamed(connection, "strays", STRAYS):
            writer.stray(data.encode())
            counted.strays += 1
    lost = connection.execute("select remit_ledger_lost()").fetchone()
    if alone:
        connection.rollback()
    return Counts(counted.entries, counted.pending, counted.strays, counted.checkpoints), lost[0] if lost else 0


class _Counted:
    entries = pending = strays = checkpoints = 0


def _sealed(connection: psycopg.Connection[Any], writer: ExportWriter, start: int, counted: _Counted) -> None:
    """Entries in order of position, each checkpoint right after the last entry it covers."""
    notes = _streamed(
        connection, "notes", "select size, note from ledger_checkpoint where size > %s order by size", start
    )
    size, note = next(notes, (None, ""))
    for position, held, entry, data in _streamed(connection, "sealed", SEALED, start):
        while size is not None and size <= position:
            writer.checkpoint(note)
            counted.checkpoints += 1
            size, note = next(notes, (None, ""))
        if data is None:
            writer.missing(position, bytes(held), entry)
        else:
            writer.entry(position, bytes(held), data.encode())
        counted.entries += 1
    while size is not None:
        writer.checkpoint(note)
        counted.checkpoints += 1
        size, note = next(notes, (None, ""))


def _keys(connection: psycopg.Connection[Any]) -> list[tuple[str, bytes]]:
    connection.execute("select set_config('remit.system', 'ledger export', true)")
    return connection.execute("select name, public from ring_key where purpose = 'ledger' order by id").fetchall()


def _peaks(connection: psycopg.Connection[Any], size: int) -> list[bytes]:
    """The roots of the complete subtrees of the first `size` leaves, from the leaves themselves."""
    tree = CompactRange()
    query = "select hash from ledger_leaf where position < %s order by position"
    batch: list[bytes] = []
    for (held,) in _streamed(connection, "before", query, size):
        batch.append(bytes(held))
        if len(batch) == ROWS:
            tree.extend(batch)
            batch.clear()
    tree.extend(batch)
    if tree.size != size:
        raise ValueError(f"The log has {tree.size} entries. Begin at one of them.")
    return tree.peaks


def _streamed(connection: psycopg.Connection[Any], name: str, query: str, *values: object) -> Iterator[Any]:
    with connection.cursor(name) as cursor:
        cursor.itersize = ROWS
        cursor.execute(query, values)
        yield from cursor

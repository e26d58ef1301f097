"""Proofs for those outside: that the entries about one record are in the log a checkpoint signed.

An entry over many rows is proven with the record's row in it, and with that row's data wherever the record as it is, or
as it was before later entries, hashes to what was sealed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from remit.kernel.ledger.anchors import newest_note
from remit.kernel.ledger.merkle import inclusion_ranges, subtrees_of
from remit.kernel.ledger.proofs import EntryProof, Proof, RecordNamed, RowProof, row_proof
from remit.kernel.ledger.sealing import verifiers
from remit.kernel.records import Record

MOST = 500
"""Entries in one proof, the newest; a record has seldom more."""


class NothingSealedError(Exception):
    """There is no entry to prove yet; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    """An entry about the record, as `remit_ledger_about` tells it."""

    position: int
    data: str
    before: str | None
    place: int | None
    rows: bytes | None


Telling = Callable[[type[Record], Sequence[Sequence[dict[str, Any]]]], list[bool]]
"""Says which of some rows, each as the values it had, tell of records that the actor does not reach."""


def prove(record: Record, telling: Telling) -> Proof:
    """Build the proof file of a record for the actor: of the entries they may see, under the newest checkpoint.

    What is proven are the stored bytes, which cannot be told in part: an entry that is `telling` is left out, and a row
    of an entry over many is proven by its hash alone. NothingSealedError where there is no entry.
    """
    newest = newest_note()
    entries = _about(record, newest[0]) if newest else []
    proven = list(_telling_nothing(record, entries, telling)) if entries else []
    if newest is None or not proven:
        raise NothingSealedError("Nothing about it is sealed and signed yet. Try again in a minute.")
    size, note = newest
    paths = _paths([each.position for each, _ in proven], size)
    proofs = [EntryProof(each.position, each.data, path, row) for (each, row), path in zip(proven, paths, strict=True)]
    keys = tuple(map(str, verifiers()))
    origin = note.partition("\n")[0]
    return Proof(origin, keys, note, RecordNamed(record.kind(), record.pk, record.ref), tuple(reversed(proofs)))


def _telling_nothing(
    record: Record, entries: Sequence[_Sealed], telling: Telling
) -> Iterator[tuple[_Sealed, RowProof | None]]:
    """Yield the entries that tell of nothing hidden, each with the proof of the record's row if it is over many."""
    rows = dict(_rows(record, entries))
    changes = [json.loads(each.data)["changes"] or () for each in entries]
    told = [[side for change in all_ for side in _sides(change)] for all_ in changes]
    known = [[json.loads(row.data)] if (row := rows.get(each.position)) and row.data else [] for each in entries]
    said = telling(type(record), [*told, *known])
    for each, tells, row_tells in zip(entries, said, said[len(entries) :], strict=False):
        row = rows.get(each.position)
        if not tells:
            yield each, replace(row, data=None) if row and row_tells else row


def _sides(change: dict[str, Any]) -> list[dict[str, Any]]:
    return [change[name] for name in ("before", "after") if name in change]


def _about(record: Record, size: int) -> list[_Sealed]:
    """The newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select sealed_at, data, before, place, rows from remit_ledger_about(%s, %s, %s, %s)",
            (record.kind(), record.pk, size, MOST),
        )
        return [
            _Sealed(position, data, before, place, None if rows is None else bytes(rows))
            for position, data, before, place, rows in cursor.fetchall()
        ]


def _paths(positions: list[int], size: int) -> Iterator[tuple[bytes, ...]]:
    """Ask for the roots of all ranges of all audit paths at once."""
    paths = [inclusion_ranges(position, size) for position in positions]
    ranges = sorted({each for path in paths for each in path})
    with connection.cursor() as cursor:
        cursor.execute(
            """select remit_ledger_root(first, upto)
               from unnest(%s::bigint[], %s::bigint[]) with ordinality asked (first, upto, n) order by n""",
            ([begin for begin, _ in ranges], [end for _, end in ranges]),
        )
        roots = dict(zip(ranges, (bytes(root) for (root,) in cursor.fetchall()), strict=True))
    for path in paths:
        yield tuple(roots[each] for each in path)


def _rows(record: Record, entries: Iterable[_Sealed]) -> Iterator[tuple[int, RowProof]]:
    """Prove the record's row in each entry over many, going back from the record as it is."""
    state = _state(record)
    for each in entries:
        if each.rows is not None and each.place is not None:
            hashes = [each.rows[at : at + 32] for at in range(0, len(each.rows), 32)]
            leaf = hashes[each.place]
            data = _found(state, leaf)
            yield each.position, row_proof(each.place, len(hashes), leaf, subtrees_of(hashes), data)
        elif each.before is not None:
            state = _undone(state, each.before)


def _state(record: Record) -> str:
    """The record's row as the ledger's trigger prints it; the database prints every state, since numbers stay exact."""
    secret = list(type(record).secret)
    with connection.cursor() as cursor:
        cursor.execute("select set_config('TimeZone', 'UTC', true)")
        cursor.execute(
            f"select (to_jsonb(t) - %s::text[])::text from {record._meta.db_table} t where id = %s",  # noqa: S608 - ours
            (secret, record.pk),
        )
        return str(cursor.fetchone()[0])


def _undone(state: str, before: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select (%s::jsonb || %s::jsonb)::text", (state, before))
        return str(cursor.fetchone()[0])


def _found(state: str, leaf: bytes) -> str | None:
    """Return the state if it has this hash, as it is or, version and time of change untold, as when it was made."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with s as (select %s::jsonb as now), tried as (
                 select now as data from s
                 union all
                 select now || jsonb_build_object('version', 1, 'updated_at', now -> 'created_at') from s)
               select data::text from tried where remit_leaf(data::text) = %s limit 1""",
            (state, leaf),
        )
        found = cursor.fetchone()
    return None if found is None else str(found[0])

"""Proofs for those outside: that the entries about one record are in the log a checkpoint signed.

An entry over many rows is proven with the record's row in it, and with that row's data wherever the record as it is, or
as it was before later entries, hashes to what was sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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


def prove(record: Record) -> Proof:
    """Build the proof file of a record for the actor: of the entries they may see, under the newest checkpoint.

    NothingSealedError where there is none.
    """
    newest = newest_note()
    entries = _about(record, newest[0]) if newest else []
    if newest is None or not entries:
        raise NothingSealedError("Nothing about it is sealed and signed yet. Try again in a minute.")
    size, note = newest
    known = dict(_rows(record, entries))
    proofs = [
        EntryProof(each.position, each.data, path, known.get(each.position))
        for each, path in zip(entries, _paths([each.position for each in entries], size), strict=True)
    ]
    keys = tuple(map(str, verifiers()))
    origin = note.partition("\n")[0]
    return Proof(origin, keys, note, RecordNamed(record.kind(), record.pk, record.ref), tuple(reversed(proofs)))


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

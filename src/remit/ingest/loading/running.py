"""Staging and merging, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from remit.ingest.loading.copying import Staging
from remit.ingest.loading.sinks import Counts, Loading, Row, sinks
from remit.ingest.observations import AnyObservation, Occurrence, Report
from remit.kernel import actor

_LOCK: Final = 7_246_811
"""Any number that no other advisory lock here takes."""
_STEP: Final = 1_000

Takes = dict[type[Any], list[Callable[[Any, Loading], Iterable[tuple[str, Row]]]]]


def stage(
    cursor: CursorWrapper, observations: Iterable[AnyObservation], loading: Loading, step: Callable[[int], None]
) -> int:
    """Fill the temporary tables of every sink; returns how many occurrences there were. `step` is told now and then.

    Raises whatever iterating `observations` raises (ImportRejected); the caller's transaction is then of no use.
    """
    tables: dict[str, str] = {}
    takes: Takes = {}
    for sink in sinks():
        tables |= sink.tables
        for kind, rows in sink.takes.items():
            takes.setdefault(kind, []).append(rows)
    staging = Staging(cursor, tables)
    add, occurrences, count = staging.add, 0, 0
    for count, observation in enumerate(observations, 1):
        kind = type(observation)
        if kind is Report:
            _introduce(observation, loading)  # type: ignore[arg-type]  # its type was just compared
        occurrences += kind is Occurrence
        for rows in takes.get(kind, ()):
            for table, row in rows(observation, loading):
                add(table, row)
        if not count % _STEP:
            step(count)
    step(count)
    staging.flush()
    return occurrences


def _introduce(report: Report, loading: Loading) -> None:
    loading.tool = report.tool
    loading.scanned_at = min(report.scanned_at, loading.now) if report.scanned_at else None


def only_one(cursor: CursorWrapper) -> None:
    """From here to the end of the transaction nobody else loads: two files may speak of the same new asset."""
    cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def merge(cursor: CursorWrapper, loading: Loading) -> Counts:
    """Merge what is staged, sink by sink. Raises ConfirmationNeeded."""
    cursor.execute("set local jit = off")
    cursor.execute("set local work_mem = '64MB'")
    counts = Counts()
    for sink in sinks():
        counts += sink.merge(cursor, loading)
    return counts


@contextmanager
def elevated(reason: str) -> Iterator[None]:
    """Let the database act as the system while it still knows the person: the ledger shows both.

    A report may speak of assets of every unit below the import's, and of weaknesses, which belong to no unit; what may
    be touched is bounded by `Loading.units`, not by what the person happens to see.
    """
    _say(reason)
    yield  # after an error the transaction is rolled back, and the setting with it
    _say(actor.actor().system)


def _say(system: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('remit.system', %s, true)", [system])

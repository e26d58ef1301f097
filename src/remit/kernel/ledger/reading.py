"""Reading the ledger, and adding the entries that are not changes of rows: reads, exports, refusals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Entry:
    """What one ledger entry says about one record; `change` is {"before": {…}, "after": {…}} or None."""

    id: int
    at: datetime
    actor_id: int | None
    system: str
    verb: str
    change: dict[str, dict[str, Any]] | None
    note: str
    position: int | None
    """Where it is sealed in the log, from 0; None while it waits to be."""


def history(kind: str, record_id: int, *, before: int | None = None, most: int = 20) -> list[Entry]:
    """Return the newest entries about a record the actor sees; nothing for one they do not."""
    with connection.cursor() as cursor:
        cursor.execute("select * from remit_history(%s, %s, %s::bigint, %s)", (kind, record_id, before, most))
        return [Entry(*row) for row in _with_json(cursor.fetchall())]


def _with_json(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    import json  # noqa: PLC0415

    for row in rows:
        yield tuple(json.loads(v) if i == 5 and isinstance(v, str) else v for i, v in enumerate(row))


def note(verb: str, kind: str, records: Iterable[int] = (), text: str = "", *, count: int | None = None) -> None:
    """Record something that changed no row: an export, a read of a restricted record, a refusal."""
    ids = list(records)
    with connection.cursor() as cursor:
        cursor.execute(
            "select remit_ledger_add(%s, %s, %s, %s::bigint[], null, null, %s)",
            (verb, kind, len(ids) if count is None else count, ids[:100], text[:500]),
        )

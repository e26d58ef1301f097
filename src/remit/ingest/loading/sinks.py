"""What an area declares so that observations become its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from django.db.backends.utils import CursorWrapper

from remit.ingest.observations import Observation

Row: TypeAlias = tuple[Any, ...]
Counts: TypeAlias = Counter[str]
"""Figures of an import by the name of the field of `Import` that keeps them ("occurrences_new")."""


class ConfirmationNeeded(Exception):  # noqa: N818  (a question to the person, not a fault)
    """The file would close more than anybody should find out afterwards: nothing is written until it is confirmed."""

    def __init__(self, closing: int, of: int) -> None:
        super().__init__(closing, of)
        self.closing, self.of = closing, of

    def __str__(self) -> str:
        share = 100 * self.closing / self.of
        return (
            f"This complete scan would close {self.closing:,} of {self.of:,} findings ({share:.0f} %). If it really "
            "saw everything, confirm it; if it was cut short, import it as partial or withdraw it."
        )


@dataclass(slots=True)
class Loading:
    """One file on its way into the records; what its sinks need to know."""

    unit_id: int
    units: list[int]
    """The unit of the import and all below it: the only ones whose records it recognises or changes."""
    root_id: int
    """The topmost unit, which holds what belongs to everyone."""
    network: str
    """Where private addresses are meant, in lower case."""
    now: datetime
    complete: bool
    confirmed: bool
    import_id: int = 0
    tool: str = ""
    scanned_at: datetime | None = None
    assets: dict[str, int] = field(default_factory=dict)
    """The number of each asset of the report, by its key: `staged_asset.n`; its `asset_id` is the record's."""

    def asset(self, key: str) -> int:
        """The number of the asset that the report calls `key`."""
        return self.assets.setdefault(key, len(self.assets))


@dataclass(frozen=True, slots=True)
class Sink:
    """One area's part in loading.

    `tables` are temporary tables by name, each with its column definitions; they live until the transaction ends.
    `takes` says for a kind of observation what rows it gives: pairs of table and values in the table's column order
    (columns left out at the end are null). `merge` runs once, after everything is staged, in the order of `order`.
    """

    name: str
    order: int
    tables: Mapping[str, str]
    takes: Mapping[type[Observation], Callable[[Any, Loading], Iterable[tuple[str, Row]]]]
    merge: Callable[[CursorWrapper, Loading], Counts]


_sinks: dict[str, Sink] = {}


def register(sink: Sink) -> Sink:
    """Add a sink; a name already known is replaced."""
    _sinks[sink.name] = sink
    return sink


def sinks() -> list[Sink]:
    """Every sink, in the order in which they merge."""
    return sorted(_sinks.values(), key=lambda sink: sink.order)

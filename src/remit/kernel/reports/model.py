"""What a report says, as plain frozen values: sections of paragraphs, figures, facts, tables and charts.

Nothing here knows how it is drawn. Texts are texts: no drawing takes them for markup or formulas. Numbers stay numbers
(int, float or Decimal), so that a workbook can count on. A `link` is an address within Remit ("/findings/?state=open")
that opens the rows behind a value; any other address is refused with ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["text", "money", "number", "date", "percent"]
"""How a value is written. A percentage is given in hundredths: 42.5 is 42.5%. Money is in the currency beside it."""
Tone = Literal["", "act", "attend", "track", "good", "soft", "better", "worse"]
Plain = str | int | float | Decimal | date | datetime | None

MOST_ROWS = 5_000
"""Rows of one table; a longer one belongs into an export of its list."""


class ReportTooLongError(ValueError):
    """A table has more rows than a report takes; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value with the rows it opens and its tone. ValueError for a number that is not finite."""

    value: Plain
    link: str = ""
    tone: Tone = ""

    def __post_init__(self) -> None:
        _check(self.value, self.link)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value with its name: a figure of `KeyFigures` or a fact of `KeyValues`."""

    label: str
    value: Plain
    kind: Kind = "text"
    currency: str = ""
    digits: int | None = None
    note: str = ""
    link: str = ""
    tone: Tone = ""

    def __post_init__(self) -> None:
        _check(self.value, self.link)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and how its values are written; `digits` are those after the point."""

    label: str
    kind: Kind = "text"
    currency: str = ""
    digits: int | None = None

    @property
    def heading(self) -> str:
        return f"{self.label}, {self.currency}" if self.currency else self.label

    @property
    def number(self) -> bool:
        """Whether its values stand at the right."""
        return self.kind in {"money", "number", "percent"}


Entry = Plain | Value


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Points:
    """Short sentences, one under the other."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """The few numbers that matter, large."""

    figures: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class KeyValues:
    """Facts, each with its name."""

    facts: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many entries as there are columns, and a last row of totals; `empty` is said where there are none.

    ValueError for a row of another length, ReportTooLongError for more than MOST_ROWS.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Entry, ...], ...]
    total: tuple[Entry, ...] | None = None
    note: str = ""
    empty: str = "Nothing to show."

    def __post_init__(self) -> None:
        if len(self.rows) > MOST_ROWS:
            raise ReportTooLongError(
                f"The table “{self.title}” has {len(self.rows):,} rows, a report takes {MOST_ROWS:,}. "
                "Narrow it with a filter, or export the list."
            )
        for number, row in enumerate((*self.rows, *([self.total] if self.total else [])), 1):
            if len(row) != len(self.columns):
                raise ValueError(f"“{self.title}”, row {number}: {len(row)} entries for {len(self.columns)} columns.")
            for entry in row:
                if not isinstance(entry, Value):
                    _check(entry, "")


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """A chart of `remit.kernel.charts`: its SVG, what it shows in a sentence, and its numbers as a table."""

    title: str
    svg: str
    description: str
    numbers: Table
    legend: tuple[tuple[str, str], ...] = ()
    """(word, tone) of each colour."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]
    note: str = ""


Block = Section | Paragraph | Points | KeyFigures | KeyValues | Table | ChartBlock


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `as_of` (aware) is the time its numbers were read, `ledger_position` the entry they stand at.

    ValueError for a time without a zone.
    """

    title: str
    as_of: datetime
    blocks: tuple[Block, ...]
    subtitle: str = ""
    classification: str = "Internal"
    ledger_position: int | None = None

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError(f"The report “{self.title}” needs a time with its zone.")


def tables(blocks: Iterable[Block]) -> Iterator[Table]:
    """Yield every table in order, with those of the sections and of the charts."""
    for block in blocks:
        if isinstance(block, Section):
            yield from tables(block.blocks)
        elif isinstance(block, ChartBlock):
            yield block.numbers
        elif isinstance(block, Table):
            yield block


def value_of(entry: Entry) -> Value:
    return entry if isinstance(entry, Value) else Value(entry)


def _check(value: Plain, link: str) -> None:
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise ValueError("A number in a report must be finite; give None where there is none.")
    if link and (not link.startswith("/") or link.startswith(("//", "/\\"))):
        raise ValueError(f"A link in a report leads within Remit (“/…”), not to {link[:80]!r}.")

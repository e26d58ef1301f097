"""A report as the values that the page's template lays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from remit.kernel import screens
from remit.kernel.reports.model import (
    Block,
    ChartBlock,
    Column,
    Entry,
    KeyFigures,
    KeyValues,
    Labelled,
    Paragraph,
    Points,
    Report,
    Section,
    Table,
    Value,
    value_of,
)
from remit.kernel.reports.words import entry_text, labelled_text, standing
from remit.kernel.screens import Cell, Chart, Fact, Figure


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table; each row is its cells, the last one of `total` where there is one."""

    title: str
    columns: tuple[screens.Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]
    note: str
    empty: str


@dataclass(frozen=True, slots=True)
class Part:
    """One block, by its kind; the field of that kind is set."""

    kind: Literal["section", "paragraph", "points", "figures", "facts", "table", "chart"]
    title: str = ""
    note: str = ""
    tone: str = ""
    texts: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    facts: tuple[Fact, ...] = ()
    sheet: Sheet | None = None
    chart: Chart | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportScreen:
    """A report as a page (context name `screen`)."""

    title: str
    subtitle: str
    standing: str
    classification: str
    parts: tuple[Part, ...]
    downloads: tuple[screens.Link, ...] = ()
    crumbs: tuple[screens.Link, ...] = ()


def report_screen(
    report: Report, *, downloads: tuple[screens.Link, ...] = (), crumbs: tuple[screens.Link, ...] = ()
) -> ReportScreen:
    """Lay out a report for `kernel/report.html`; `parts` go into any page by `kernel/_report_parts.html`."""
    return ReportScreen(
        report.title,
        report.subtitle,
        standing(report),
        report.classification,
        parts(report.blocks),
        downloads,
        crumbs,
    )


def parts(blocks: tuple[Block, ...]) -> tuple[Part, ...]:
    return tuple(_part(block) for block in blocks)


def _part(block: Block) -> Part:
    match block:
        case Section():
            return Part("section", title=block.title, note=block.note, parts=parts(block.blocks))
        case Paragraph():
            return Part("paragraph", texts=(block.text,), tone=block.tone)
        case Points():
            return Part("points", texts=block.texts)
        case KeyFigures():
            return Part("figures", figures=tuple(_figure(item) for item in block.figures))
        case KeyValues():
            return Part("facts", facts=tuple(_fact(item) for item in block.facts))
        case Table():
            return Part("table", title=block.title, sheet=sheet(block))
        case ChartBlock():
            return Part("chart", title=block.title, chart=_chart(block))


def _figure(item: Labelled) -> Figure:
    tone: Literal["", "better", "worse"] = (
        "worse" if item.tone in {"worse", "act"} else "better" if item.tone in {"better", "good"} else ""
    )
    return Figure("", item.label, labelled_text(item), item.note, tone, item.link)


def _fact(item: Labelled) -> Fact:
    return Fact(item.label, Cell("text", labelled_text(item), item.link, _tone(item.tone)), item.note)


def _tone(tone: str) -> str:
    return {"worse": "act", "better": "good"}.get(tone, tone)


def sheet(table: Table) -> Sheet:
    """Lay out one table."""
    return Sheet(
        table.title,
        tuple(screens.Column(str(at), column.heading, column.number) for at, column in enumerate(table.columns)),
        tuple(_row(entries, table.columns) for entries in table.rows),
        _row(table.total, table.columns, total=True) if table.total else (),
        table.note,
        table.empty,
    )


def _row(entries: tuple[Entry, ...], columns: tuple[Column, ...], *, total: bool = False) -> tuple[Cell, ...]:
    pairs = enumerate(zip(entries, columns, strict=True))
    return tuple(
        _cell(value_of(entry), column, entry_text(entry, column, total=total), first=not at)
        for at, (entry, column) in pairs
    )


def _cell(held: Value, column: Column, text: str, *, first: bool) -> Cell:
    kind: screens.CellKind = (
        "number" if column.number else "date" if column.kind == "date" else "link" if first else "text"
    )
    return Cell(kind, text, held.link, _tone(held.tone))


def _chart(block: ChartBlock) -> Chart:
    numbers = sheet(block.numbers)
    heading = tuple(column.label for column in numbers.columns)
    rows = tuple(tuple(cell.text for cell in row) for row in numbers.rows)
    return Chart(block.title, block.svg, block.legend, block.description, (heading, *rows))

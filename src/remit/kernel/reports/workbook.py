"""A report as XLSX: a first sheet with what it says, and a sheet for each table, with numbers to count on with."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

from remit.kernel.reports.model import (
    Block,
    ChartBlock,
    Column,
    Entry,
    KeyFigures,
    KeyValues,
    Kind,
    Labelled,
    Paragraph,
    Points,
    Report,
    Section,
    Table,
    Value,
    tables,
    value_of,
)
from remit.kernel.reports.words import DIGITS, standing
from remit.kernel.transfer.formulas import disarmed

NAME: Final = 31
"""Characters that the name of a worksheet holds."""
CELL: Final = 32_767
MOST_LINKS: Final = 60_000
"""A worksheet takes 65,530 links; the rest are left as they are."""
WIDTHS: Final[dict[Kind, int]] = {"text": 36, "money": 16, "number": 12, "date": 12, "percent": 10}
_FORBIDDEN: Final = re.compile(r"[\s\[\]:*?/\\\x00-\x1f]+")


def xlsx(report: Report, address: str) -> bytes:
    """Draw a report as a workbook, the same bytes for the same report; links start with `address`."""
    import xlsxwriter  # noqa: PLC0415  (a tenth of a second that only this needs)

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": disarmed(report.title), "created": report.as_of.astimezone(UTC)})
        pen = _Pen(book, address.rstrip("/"))
        _summary(pen, book.add_worksheet("Report"), report)
        taken = {"report"}
        for table in tables(report.blocks):
            _sheet(pen, book.add_worksheet(sheet_name(table.title, taken)), table)
    return file.getvalue()


def sheet_name(title: str, taken: set[str]) -> str:
    """Return a name that a worksheet may have and that none has yet, and add it to those taken."""
    plain = _FORBIDDEN.sub(" ", title).strip(" '") or "Table"
    name, number = plain[:NAME].strip(" '") or "Table", 2
    while name.lower() in taken or name.lower() == "history":
        mark = f" {number}"
        name, number = plain[: NAME - len(mark)].rstrip() + mark, number + 1
    taken.add(name.lower())
    return name


class _Pen:
    """Writes values into cells, with the few formats a report needs."""

    def __init__(self, book: Any, address: str) -> None:
        self.address = address
        self._book = book
        self._formats: dict[tuple[str, bool], Any] = {}
        self._links: dict[int, int] = {}

    def format(self, number: str = "", *, bold: bool = False) -> Any:
        key = (number, bold)
        if key not in self._formats:
            look: dict[str, Any] = {"num_format": number} if number else {"text_wrap": True, "valign": "top"}
            self._formats[key] = self._book.add_format(look | ({"bold": True} if bold else {}))
        return self._formats[key]

    def text(self, sheet: Any, row: int, column: int, text: str, *, bold: bool = False) -> None:
        if text:
            sheet.write_string(row, column, disarmed(text)[:CELL], self.format(bold=bold))

    def value(
        self, sheet: Any, place: tuple[int, int], held: Value, look: Column | Labelled, *, bold: bool = False
    ) -> None:
        """Write a value as what it is; a link goes with it and leaves it a number."""
        (row, column), value, link = place, held.value, held.link
        if value is None or value == "":
            return
        if link and self._links.get(id(sheet), 0) < MOST_LINKS and len(self.address + link) < 2_000:
            self._links[id(sheet)] = self._links.get(id(sheet), 0) + 1
            sheet.write_url(row, column, self.address + link)
        if isinstance(value, str):
            self.text(sheet, row, column, value, bold=bold)
        elif isinstance(value, date):
            shown = value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
            pattern = "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else "yyyy-mm-dd"
            sheet.write_datetime(row, column, shown, self.format(pattern, bold=bold))
        else:
            scaled = value / 100 if look.kind == "percent" else value
            sheet.write_number(row, column, scaled, self.format(_pattern(look, whole=value == int(value)), bold=bold))


def _pattern(look: Column | Labelled, *, whole: bool) -> str:
    digits = DIGITS.get(look.kind) if look.digits is None else look.digits
    if digits is None:
        digits = 0 if whole else 2
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return f"{pattern}%" if look.kind == "percent" else pattern


def _summary(pen: _Pen, sheet: Any, report: Report) -> None:
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 2, 60)
    pen.text(sheet, 0, 0, report.title, bold=True)
    for row, text in enumerate((report.subtitle, standing(report), report.classification), 1):
        pen.text(sheet, row, 0, text)
    _written(pen, sheet, 5, report.blocks)


def _written(pen: _Pen, sheet: Any, row: int, blocks: Iterable[Block]) -> int:
    """Write what is no table, from this row on, and return the row after it."""
    for block in blocks:
        match block:
            case Section():
                pen.text(sheet, row, 0, block.title, bold=True)
                pen.text(sheet, row, 2, block.note)
                row = _written(pen, sheet, row + 1, block.blocks)
            case Paragraph():
                pen.text(sheet, row, 0, block.text)
                row += 1
            case Points():
                for text in block.texts:
                    pen.text(sheet, row, 0, text)
                    row += 1
            case KeyFigures() | KeyValues():
                for item in block.figures if isinstance(block, KeyFigures) else block.facts:
                    pen.text(sheet, row, 0, f"{item.label}, {item.currency}" if item.currency else item.label)
                    pen.value(sheet, (row, 1), Value(item.value, item.link), item)
                    pen.text(sheet, row, 2, item.note)
                    row += 1
            case Table() | ChartBlock():
                pass  # each has a sheet of its own
    return row


def _sheet(pen: _Pen, sheet: Any, table: Table) -> None:
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, WIDTHS[column.kind])
        pen.text(sheet, 0, at, column.heading, bold=True)
    sheet.freeze_panes(1, 0)
    rows: list[tuple[Entry, ...]] = [*table.rows, *([table.total] if table.total else [])]
    for line, entries in enumerate(rows, 1):
        last = table.total is not None and line == len(rows)
        for at, (entry, column) in enumerate(zip(entries, table.columns, strict=True)):
            pen.value(sheet, (line, at), value_of(entry), column, bold=last)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    pen.text(sheet, len(rows) + 2, 0, table.note)

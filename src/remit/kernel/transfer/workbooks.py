"""Reading the first sheet of an XLSX workbook that somebody sent.

The reader behind this (calamine) trusts what a workbook says of itself. So the parts that matter are first unpacked
within limits, checked, and put into a fresh workbook that holds nothing else: no macro, no link, no name from outside.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import python_calamine

from remit.kernel.rejected import ImportRejected

MIB: Final = 1024 * 1024
PARTS: Final = 500
UNPACKED_BYTES: Final = 64 * MIB
INFLATION_FLOOR: Final = 4 * MIB
INFLATION_RATIO: Final = 100
_WANTED: Final = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/sharedStrings\.xml|xl/styles\.xml|xl/worksheets/[A-Za-z0-9_. -]+\.xml"
)
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b[^>]{0,300}?\br=\"([A-Z]{1,8})([0-9]{1,12})\"")
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")


def lines(data: bytes, *, most_rows: int, most_columns: int) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield (row number, values) of the first sheet. Raises ImportRejected as `tables.read_table` does."""
    clean = _clean(data, most_rows, most_columns)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(clean))
        sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, ValueError, OverflowError, IndexError) as error:
        raise ImportRejected(
            "xlsx-damaged", "first sheet", f"The workbook is damaged; save it anew. ({str(error)[:120]})"
        ) from None
    for number, row in enumerate(sheet, 1):
        yield number, [_value(value, number, position) for position, value in enumerate(row, 1)]


def _clean(data: bytes, most_rows: int, most_columns: int) -> bytes:
    """Return a fresh workbook of the parts that hold the cells, each unpacked within limits and checked."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as fresh:
            for entry in _entries(given, len(data)):
                if not _WANTED.fullmatch(entry.filename):
                    continue
                with given.open(entry) as part:
                    content = part.read(entry.file_size + 1)
                _check_part(entry.filename, content, most_rows, most_columns)
                fresh.writestr(zipfile.ZipInfo(entry.filename), content)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ImportRejected(
            "archive-damaged", "byte 0", f"The workbook is damaged or no XLSX file; save it anew. ({str(error)[:80]})"
        ) from None
    return out.getvalue()


def _entries(given: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """Check the directory of the archive before anything is unpacked."""
    entries = given.infolist()
    if len(entries) > PARTS:
        raise ImportRejected("too-many-entries", "archive directory", f"A workbook may have {PARTS} parts.")
    names = set()
    for number, entry in enumerate(entries, 1):
        name = entry.filename
        if name.startswith(("/", "\\")) or ".." in name.split("/") or "\\" in name or ":" in name or name in names:
            raise ImportRejected(
                "archive-unsafe",
                f"part {number}",
                "A part of the workbook has an unsafe name; save it anew in your spreadsheet program.",
            )
        names.add(name)
        if entry.flag_bits & 1:
            raise ImportRejected(
                "archive-encrypted", f"part {number}", "The workbook is encrypted; save it without a password."
            )
        if "vbaproject" in name.lower() or (name.lower().endswith(".bin") and "macro" in name.lower()):
            raise ImportRejected(
                "xlsx-macro", f"part {number}", "The workbook holds a macro; save it as .xlsx without macros."
            )
    total = sum(entry.file_size for entry in entries)
    if total > UNPACKED_BYTES or (total > INFLATION_FLOOR and total > INFLATION_RATIO * size):
        raise ImportRejected(
            "too-large", "archive directory", f"The workbook unpacks to {total // MIB:,} MB; split it, or send CSV."
        )
    if "xl/workbook.xml" not in names:
        raise ImportRejected(
            "table-unknown", "archive directory", "This archive is no XLSX workbook; send CSV (UTF-8), XLSX or JSON."
        )
    return entries


def _check_part(name: str, content: bytes, most_rows: int, most_columns: int) -> None:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in content[:200]:
        raise ImportRejected("xml-encoding", name, "The workbook is written in an unusual encoding; save it anew.")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ImportRejected(
            "xml-entity",
            name,
            "The workbook declares a document type, which spreadsheet programs never write; save it anew.",
        )
    if not name.startswith("xl/worksheets/"):
        return
    if sum(1 for _ in _ROW.finditer(content)) > most_rows:
        raise ImportRejected("too-large", name, f"Split the table: it may have {most_rows - 1:,} rows.")
    for found in _CELL.finditer(content):
        if int(found[2]) > most_rows:
            raise ImportRejected(
                "too-large", f"{name}, row {int(found[2])}", f"Split the table: it may have {most_rows - 1:,} rows."
            )
        if _column(found[1]) > most_columns:
            raise ImportRejected(
                "table-columns",
                f"{name}, cell {found[1].decode()}{found[2].decode()}",
                f"A table may have {most_columns} columns.",
            )


def _column(letters: bytes) -> int:
    """Return the number of a column named by letters: A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _value(value: Any, row: int, column: int) -> Any:
    """Reduce a cell to text, a number, a truth value or a date; a whole number written as 3.0 is 3."""
    where = f"line {row}, column {column}"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ImportRejected("table-number", where, "This is not a finite number; correct the cell.")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, timedelta | time):
        return str(value)
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date()
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return datetime.fromisoformat(value.removesuffix("Z"))
        except ValueError:
            raise ImportRejected("table-date", where, f"There is no such date as {value}; correct the cell.") from None
    return value if isinstance(value, str | int | bool | date | datetime) else "" if value is None else str(value)

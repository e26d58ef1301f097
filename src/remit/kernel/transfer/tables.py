"""Reading a table that somebody sent: CSV, XLSX or JSON, known by its content, within limits, nothing of it run.

    table = read_table(open(path, "rb"))
    table.header            # ("Name", "Criticality")
    table.rows[0]           # Line(2, ("web-01", "5 · vital"))

Every refusal is an ImportRejected with a code, a place and a remedy; no part of a refused file is used.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Final

import msgspec

from remit.kernel.rejected import ImportRejected
from remit.kernel.transfer import workbooks
from remit.kernel.transfer.formulas import rearmed

MIB: Final = 1024 * 1024
FILE_BYTES: Final = 32 * MIB
ROWS: Final = 10_000
COLUMNS: Final = 200
TEXT: Final = 100_000
"""Characters of one cell."""
LISTED: Final = 20
"""How many bad lines a refusal names."""

Value = str | int | float | bool | date | datetime | list[Any] | dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the file as a person counts (the heading is line 1) and one value a column."""

    number: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A heading and its rows; `digest` is the SHA-256 of the file's bytes in hexadecimal."""

    format: str
    header: tuple[str, ...]
    rows: tuple[Line, ...]
    digest: str


def read_table(file: BinaryIO) -> Table:
    """Read a whole table.

    Raises ImportRejected: "empty", "too-large", "too-many-entries", "archive-*", "xlsx-*", "xml-*", "csv-*", "json-*",
    "table-*".
    """
    data = file.read(FILE_BYTES + 1)
    if len(data) > FILE_BYTES:
        raise ImportRejected(
            "too-large", f"byte {FILE_BYTES}", f"Split the file: a table may have {FILE_BYTES // MIB} MB."
        )
    if not data.strip(b"\0 \t\r\n"):
        raise ImportRejected("empty", "byte 0", "The file is empty; export the table anew.")
    kind, lines = _lines(data)
    header, rows = _headed(lines, kind)
    return Table(kind, header, rows, hashlib.sha256(data).hexdigest())


def _lines(data: bytes) -> tuple[str, Iterator[tuple[int, Sequence[Value]]]]:
    if data.startswith(b"PK"):
        return "xlsx", workbooks.lines(data, most_rows=ROWS + 1, most_columns=COLUMNS)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportRejected(
            "xlsx-old",
            "byte 0",
            "This is an old or encrypted Excel file; save it as .xlsx without a password, or as CSV.",
        )
    text = decoded(data)
    begins = text.lstrip()[:200]
    if begins.startswith(("[", "{")):
        return "json", _json(text)
    if begins.startswith("<"):
        raise ImportRejected("table-unknown", "byte 0", "This is not a table; send CSV (UTF-8), XLSX or JSON.")
    return "csv", _csv(text)


def decoded(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark, or UTF-16 with one; anything else is refused, not guessed."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = data.count(b"\n", 0, error.start)
        where = f"byte {error.start}" if wide else f"line {before + 1}"
        hint = "The file is not UTF-8; in Excel choose “CSV UTF-8”, elsewhere choose the encoding UTF-8."
        raise ImportRejected("csv-encoding", where, hint) from None
    if (at := text.find("\0")) >= 0:
        raise ImportRejected(
            "csv-nul",
            f"line {text.count(chr(10), 0, at) + 1}",
            "There is a NUL byte in the text; export the table anew.",
        )
    return text


def _csv(text: str) -> Iterator[tuple[int, Sequence[Value]]]:
    """Read RFC 4180 with the separators that spreadsheets use; a wrong quote names the line where its record begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        if "limit" in str(error):
            hint = "A cell is longer than 131,072 characters, or its quotation mark is never closed."
            raise ImportRejected("csv-cell", f"line {start}", hint) from None
        rest = list(io.StringIO(text, newline=""))[start - 1 :]
        if len(rest) == 1:  # a quotation mark left open in the last line swallows nothing: it is text
            yield start, next(csv.reader(rest, delimiter=_separator(text), quoting=csv.QUOTE_NONE))
            return
        hint = "The quotation marks do not close; write a quotation mark inside a cell twice."
        raise ImportRejected("csv-quotes", f"line {start}", hint) from None


def _separator(text: str) -> str:
    heading = text.lstrip().splitlines()[0]
    found = {mark: heading.count(mark) for mark in (",", ";", "\t")}
    best = max(found, key=lambda mark: found[mark])
    return best if found[best] else ","


def _json(text: str) -> Iterator[tuple[int, Sequence[Value]]]:
    """Read a list of objects, or {"items": [objects]} as the API and the export write it; line n + 1 is object n."""
    if text.count("{") > 2 * (ROWS + 2) * COLUMNS or text.count("[") > (ROWS + 2) * COLUMNS:
        raise ImportRejected("too-large", "whole file", f"Split the file: a table may have {ROWS:,} rows.")
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ImportRejected("json-malformed", "whole file", f"This is not JSON: {str(error)[:120]}.") from None
    objects = found.get("items") if isinstance(found, dict) else found
    if not isinstance(objects, list):
        raise ImportRejected(
            "json-shape", "whole file", "Send a list of objects, or an object whose “items” is that list."
        )
    names: dict[str, None] = {}
    for number, each in enumerate(objects[: ROWS + 1], 2):
        if not isinstance(each, dict):
            raise ImportRejected(
                "json-shape", f"object {number - 1}", "Every row is an object of column names and values."
            )
        names.update(dict.fromkeys(each))
        if len(names) > COLUMNS:
            raise ImportRejected("table-columns", f"object {number - 1}", f"A table may have {COLUMNS} columns.")
    yield 1, tuple(names)
    for number, each in enumerate(objects, 2):
        yield number, tuple(each.get(name, MISSING) for name in names)


MISSING: Final[Any] = msgspec.UNSET
"""Stands where a JSON object has no such key: the field is left as it is."""


def _headed(lines: Iterator[tuple[int, Sequence[Value]]], kind: str) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    header: tuple[str, ...] = ()
    rows: list[Line] = []
    ragged: list[int] = []
    for number, values in lines:
        if (
            not any(value not in {"", None} for value in values if not isinstance(value, list | dict))
            and kind != "json"
        ):
            continue
        if not header:
            header = _header(values, number)
            continue
        if len(rows) >= ROWS:
            raise ImportRejected("too-large", f"line {number}", f"Split the file: a table may have {ROWS:,} rows.")
        cells = tuple(values[: len(header)]) + ("",) * (len(header) - len(values)) if kind == "xlsx" else tuple(values)
        over = any(value not in {"", None} for value in values[len(header) :]) if kind == "xlsx" else False
        if len(cells) != len(header) or over:
            ragged.append(number)
            continue
        rows.append(Line(number, tuple(_checked(cell, number, header[i], kind) for i, cell in enumerate(cells))))
    if ragged:
        named = ", ".join(map(str, ragged[:LISTED])) + (
            f" and {len(ragged) - LISTED} more" if len(ragged) > LISTED else ""
        )
        raise ImportRejected(
            "table-ragged", f"lines {named}", f"These lines do not have {len(header)} cells as the heading has."
        )
    return header, tuple(rows)


def _header(values: Sequence[Value], number: int) -> tuple[str, ...]:
    if len(values) > COLUMNS:
        raise ImportRejected(
            "table-columns", f"line {number}", f"A table may have {COLUMNS} columns; this one has {len(values):,}."
        )
    names = ["" if value is None else rearmed(str(value)).strip() for value in values]
    while names and not names[-1]:
        names.pop()
    for position, name in enumerate(names, 1):
        if not name or len(name) > 200:
            raise ImportRejected(
                "table-header",
                f"line {number}, column {position}",
                "Give every column a name of at most 200 characters.",
            )
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ImportRejected(
                "table-header", f"line {number}", f"Two columns are called “{name}”; keep one of them."
            )
        seen.add(name.casefold())
    return tuple(names)


def _checked(value: Value, number: int, column: str, kind: str) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        raise ImportRejected(
            "table-number", f"line {number}, column “{column}”", "This is not a finite number; correct the cell."
        )
    if isinstance(value, str):
        if len(value) > TEXT:
            raise ImportRejected(
                "table-cell", f"line {number}, column “{column}”", f"A cell may hold {TEXT:,} characters."
            )
        if "\0" in value:
            raise ImportRejected(
                "table-nul", f"line {number}, column “{column}”", "There is a NUL character in the text; remove it."
            )
        return value if kind == "json" else rearmed(value)
    return value

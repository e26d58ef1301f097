"""A list as a file: CSV, XLSX or JSON of the chosen columns, in order, in bounded memory, safe to open.

The rows are read and written while the reader's transaction is open, so that exactly what they may see comes out; the
file is complete before its first byte is sent.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, Final

import msgspec
from django.db import models

from remit.kernel import actor
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.ledger.reading import note
from remit.kernel.listing import Listing
from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.transfer.formulas import disarmed
from remit.kernel.transfer.shaping import Named, computed, named, row, shape

MOST: Final = 1_000_000
MOST_XLSX: Final = 1_048_575
"""A worksheet's rows, less the heading."""
CHUNK: Final = 2_000
CELL: Final = 32_767
"""Characters that a cell of a worksheet holds."""
CUT: Final = " … (cut here; CSV and JSON hold the whole text)"

_PLAIN: Final = re.compile(r"[^\s,;\"](?:[^,;\"\r\n]*[^\s,;\"])?")

CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


class TooManyRowsError(Exception):
    """There are more records than the file may have rows; the message says what to do."""


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading and how a record's cell is read, given what relations are called."""

    label: str
    value: Callable[[Record, Named], Any]


def exported(listing: Listing, format: str) -> tuple[BinaryIO, int]:
    """Write the listed records to a temporary file and note it on the ledger; return it, at its start, and the count.

    Raises TooManyRowsError, and ValueError for a format that is none of CONTENT_TYPES or a filter that is wrong.
    """
    actor.refuse_to_viewers()
    if format not in CONTENT_TYPES:
        raise ValueError(f"There is no export as {format!r}; there are {', '.join(CONTENT_TYPES)}.")
    if listing.errors:
        raise ValueError(
            "The filter is not valid: " + "; ".join(f"{n}: {' '.join(e)}" for n, e in listing.errors.items())
        )
    most = MOST_XLSX if format == "xlsx" else MOST
    if listing.records.order_by()[: most + 1].count() > most:
        raise TooManyRowsError(
            f"An export holds at most {most:,} records; narrow the list with a filter and export in parts."
        )
    file = tempfile.TemporaryFile(prefix="remit-export-")  # noqa: SIM115  (the response closes it)
    count = _WRITERS[format](file, listing)
    file.seek(0)
    text = f"{count:,} {listing.resource.title.lower()} as {format.upper()}; {listing.query.urlencode() or 'no filter'}"
    note("export", listing.resource.kind, text=text)
    return file, count


def _chunks(listing: Listing) -> Iterator[list[Record]]:
    """Yield the records in order, some thousand at a time: their keys by a server-side cursor, then their rows."""
    model = listing.resource.model
    keys = listing.records.values_list("pk", flat=True).iterator(chunk_size=CHUNK)
    while some := [key for _, key in zip(range(CHUNK), keys, strict=False)]:
        found = model._default_manager.in_bulk(some)
        note_reads(found.values(), "by an export")
        yield [found[key] for key in some if key in found]


def _tabular(listing: Listing) -> Iterator[list[list[Any]]]:
    """Yield the heading, then the rows, some thousand at a time."""
    resource = listing.resource
    wanted = shape(resource, listing.columns)
    columns = table_columns(resource, listing.columns)
    yield [[column.label for column in columns]]
    readers = [column.value for column in columns]
    for records in _chunks(listing):
        called = named(wanted.relations, records)
        if wanted.needs:
            models.prefetch_related_objects(records, *wanted.needs)
        yield [[read(record, called) for read in readers] for record in records]


def table_columns(resource: Resource, names: Iterable[str]) -> list[Column]:
    """Return the columns of a table: the reference first, and beside each relation the name that imports know it by."""
    columns = [Column("Ref", lambda record, _: record.ref)]
    for name in names:
        field = resource.field(name)
        if name == "ref":
            continue
        if isinstance(field, models.ForeignKey):
            label = resource.label(name)
            columns.append(Column(label, _related(field, "name")))
            columns.append(Column(f"{label} {identifier(field)}", _related(field, "ref")))
        else:
            columns.append(Column(resource.label(name), _reader(name, field)))
    return columns


def identifier(field: models.ForeignKey[Any, Any]) -> str:
    """Say by what a relation is named without doubt: "mail" for people, "code" for units, "ref" for records."""
    return {"kernel.user": "mail", "kernel.unit": "code"}.get(field.related_model._meta.label_lower, "ref")


def _related(field: models.ForeignKey[Any, Any], part: str) -> Callable[[Record, Named], Any]:
    attname, label = field.attname, field.related_model._meta.label_lower

    def read(record: Record, called: Named) -> Any:
        found = called.get((label, record.__dict__[attname]))
        return found[part] if found else None

    return read


def _reader(name: str, field: models.Field[Any, Any] | None) -> Callable[[Record, Named], Any]:
    if field is None:
        return lambda record, _: computed(record, name)
    if field.choices:
        labels = dict(field.flatchoices)
        return lambda record, _: labels.get(value := record.__dict__[name], value)
    return lambda record, _: record.__dict__[name]


def cell(value: Any) -> Any:
    """Return a value as a cell of a table: safe text, a number, a date in ISO 8601 (UTC), "yes" or "no"."""
    if isinstance(value, str):
        return disarmed(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, date):
        return _moment(value) if isinstance(value, datetime) else value.isoformat()
    return disarmed(joined(value) if isinstance(value, list | tuple) else str(value))


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def joined(values: Iterable[Any]) -> str:
    """Write a list in one cell, parted by commas; an item that would come apart again otherwise is quoted."""
    return ", ".join(_item(str(value)) for value in values)


def _item(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if not _PLAIN.fullmatch(text) else text


def _csv(file: Any, listing: Listing) -> int:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text)
    count = -1
    for rows in _tabular(listing):
        writer.writerows([cell(value) for value in each] for each in rows)
        count += len(rows)
    text.flush()
    text.detach()
    return count


def _xlsx(file: Any, listing: Listing) -> int:
    import xlsxwriter  # noqa: PLC0415  (a tenth of a second that only this needs)

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(file, {**options, "remove_timezone": True})
    sheet = book.add_worksheet(listing.resource.title[:31])
    heading, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 1)
    line = 0
    for rows in _tabular(listing):
        for values in rows:
            for position, value in enumerate(values):
                if isinstance(value, bool):
                    sheet.write_boolean(line, position, value)
                elif isinstance(value, int | float | Decimal):
                    sheet.write_number(line, position, value)
                elif isinstance(value, date):
                    shown = value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
                    sheet.write_datetime(line, position, shown, moment if isinstance(value, datetime) else day)
                elif value is not None and (text := cell(value)):
                    sheet.write_string(line, position, _fitting(text), heading if line == 0 else None)
            line += 1
    book.close()
    return line - 1


def _fitting(text: str) -> str:
    return text if len(text) <= CELL else text[: CELL - len(CUT)] + CUT


def _json(file: Any, listing: Listing) -> int:
    """Write {"kind", "items"}: each item as the API answers it, with the chosen columns."""
    resource = listing.resource
    wanted = shape(resource, listing.columns)
    encoder = msgspec.json.Encoder()
    file.write(b'{"kind":' + encoder.encode(resource.kind) + b',"items":[')
    count = 0
    for records in _chunks(listing):
        called = named(wanted.relations, records)
        if wanted.needs:
            models.prefetch_related_objects(records, *wanted.needs)
        items = b",\n".join(encoder.encode(row(record, wanted, called)) for record in records)
        file.write((b",\n" if count else b"\n") + items)
        count += len(records)
    file.write(b"\n]}\n")
    return count


_WRITERS: Final[dict[str, Callable[[Any, Listing], int]]] = {"csv": _csv, "xlsx": _xlsx, "json": _json}

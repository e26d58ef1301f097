"""Reading tables that strangers made: odd dress is accepted, hostile ones are refused with a place and a remedy."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest
import xlsxwriter

from remit.kernel.rejected import ImportRejected
from remit.kernel.transfer.tables import read_table


def refusal(data: bytes) -> ImportRejected:
    with pytest.raises(ImportRejected) as caught:
        read_table(io.BytesIO(data))
    assert caught.value.code
    assert caught.value.where
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        b"a;b\r\n1;2\r\n",
        "\ufeffa,b\n1,2\n".encode(),
        "a\tb\n1\t2".encode("utf-16"),
        b"\n\na,b\n\n1,2\n\n",
        b'[{"a": "1", "b": "2"}]',
    ],
)
def test_odd_dress(data: bytes) -> None:
    table = read_table(io.BytesIO(data))
    assert table.header == ("a", "b")
    assert [row.values for row in table.rows] == [("1", "2")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"a,a\n1,2\n", "table-header"),
        (b"a,b\n1\n", "table-ragged"),
        (b'a,b\n"x,y\nz,w\n', "csv-quotes"),
        ("a\ncaf\u00e9\n".encode("cp1252"), "csv-encoding"),
        (b"a\nx\x00y\n", "csv-nul"),
        (b"PK\x03\x04nonsense", "archive-damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xlsx-old"),
        (b"<html></html>", "table-unknown"),
        (b'[{"a": NaN}]', "json-malformed"),
        (b'{"a": 1}', "json-shape"),
        (b"[1]", "json-shape"),
        (b"[" * 100_000, "json-malformed"),
    ],
)
def test_refusals(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_a_workbook_as_a_spreadsheet_program_writes_it() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Day", "Number", "Truth"])
    sheet.write_string(1, 0, "web-01")
    sheet.write_datetime(1, 1, datetime(2026, 3, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_number(1, 2, 4)
    sheet.write_boolean(1, 3, True)
    book.close()
    table = read_table(io.BytesIO(out.getvalue()))
    assert table.format == "xlsx"
    assert table.rows[0].values == ("web-01", datetime(2026, 3, 31).date(), 4, True)


def test_a_workbook_that_lies_about_its_sizes() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", " " * 30_000_000)
    assert refusal(out.getvalue()).code == "too-large"
    data = bytearray(out.getvalue())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert refusal(bytes(data)).code == "archive-damaged"


def test_nothing_an_export_disarmed_stays_disarmed() -> None:
    table = read_table(io.BytesIO(b"a,b\n'=1+1,'plain'\n"))
    assert table.rows[0].values == ("=1+1", "'plain'")

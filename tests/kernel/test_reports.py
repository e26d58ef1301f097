"""Reports: one model, the same words on the page, on paper and in the workbook; texts are never markup."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.loader import render_to_string
from django.test import RequestFactory
from python_calamine import CalamineWorkbook

from remit.kernel import actor
from remit.kernel.reports import paper
from remit.kernel.reports.model import (
    ChartBlock,
    Column,
    KeyFigures,
    KeyValues,
    Labelled,
    Paragraph,
    Points,
    Report,
    ReportTooLongError,
    Section,
    Table,
    Value,
)
from remit.kernel.reports.page import report_screen
from remit.kernel.reports.paper import ReportNotDrawnError, pdf
from remit.kernel.reports.words import number, written
from remit.kernel.reports.workbook import sheet_name, xlsx
from remit.kernel.web import reporting
from remit.kernel.web.reporting import downloads, handed_out
from tests.conftest import Cast, being

ADDRESS = "https://remit.example"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NASTY = '#read("/etc/passwd") *bold* $x$ <script>alert(1)</script> {{7*7}} \\u{41} @ref =1+1'
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="var(--act)"/>'
    '<text font-size="12px">Jan</text></svg>'
)


def report(text: str = "Licences", **values: Any) -> Report:
    lines = Table(
        "Lines",
        (Column("Line"), Column("Plan", "money", "EUR"), Column("Used", "percent"), Column("Due", "date")),
        (
            (Value(text, "/lines/1/"), Value(Decimal("1234567.50"), "/lines/?plan=1"), 42.55, date(2026, 4, 1)),
            ("Services", Decimal("-0.40"), None, None),
        ),
        total=("Total", Decimal("1234567.10"), None, None),
        note="Money without tax.",
    )
    chart = ChartBlock(
        "By month", SVG, "Spend by month", Table("Months", (Column("Month"),), (("Jan",),)), (("a", ""),)
    )
    figures = KeyFigures((Labelled("Plan", Decimal("1234567.50"), "money", "EUR", note="3 lines", link="/lines/"),))
    facts = KeyValues((Labelled("Owner", text), Labelled("Ends", date(2026, 12, 31), "date")))
    parts = (Paragraph(text, "attend"), Points((text, "Second")), facts, lines, chart)
    blocks = (figures, Section("Where it goes", parts, note="By line"))
    return Report("Budget 2026", NOON, blocks, **{"subtitle": text, "ledger_position": 41, **values})


def read(content: bytes) -> tuple[pypdf.PdfReader, str]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.mark.parametrize(
    ("value", "kind", "digits", "text"),
    [
        (Decimal("1234567.50"), "money", None, "EUR 1,234,568"),
        (Decimal("-0.4"), "money", None, "EUR 0"),
        (-1250.5, "money", 2, "EUR −1,250.50"),
        (42.55, "percent", None, "42.6%"),
        (3112, "number", None, "3,112"),
        (4.25, "number", None, "4.25"),
        (None, "money", None, "–"),
        ("", "text", None, "–"),
        (date(2026, 3, 9), "date", None, "9 Mar 2026"),
        (datetime(2026, 3, 9, 1, tzinfo=UTC), "date", None, "9 Mar 2026, 01:00 UTC"),
    ],
)
def test_values_are_written_one_way(value: Any, kind: Any, digits: int | None, text: str) -> None:
    assert written(value, kind, currency="EUR" if kind == "money" else "", digits=digits) == text


def test_halves_are_rounded_away_from_zero() -> None:
    assert [number(Decimal(text), 0) for text in ("0.5", "1.5", "2.5", "-2.5")] == ["1", "2", "3", "−3"]


def test_what_a_report_cannot_say_is_refused_when_it_is_made() -> None:
    for link in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        with pytest.raises(ValueError, match="leads within Remit"):
            Value(1, link)
    with pytest.raises(ValueError, match="finite"):
        Labelled("Loss", float("nan"), "money", "EUR")
    with pytest.raises(ValueError, match="row 1: 1 entries for 2 columns"):
        Table("Lines", (Column("A"), Column("B")), (("only one",),))
    with pytest.raises(ReportTooLongError, match="Narrow it"):
        Table("Lines", (Column("A"),), (("x",),) * 5_001)
    with pytest.raises(ValueError, match="zone"):
        Report("Budget", datetime(2026, 3, 2), ())


def test_the_paper_is_tagged_and_says_when_and_where_it_was_read() -> None:
    reader, text = read(pdf(report(), ADDRESS))
    assert "As of 2 Mar 2026, 12:00 UTC · ledger entry 41" in text
    assert "Internal" in text
    assert "EUR 1,234,568" in text
    root = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    links = {note.get_object()["/A"]["/URI"] for page in reader.pages for note in page.get("/Annots", ())}
    assert links == {f"{ADDRESS}/lines/", f"{ADDRESS}/lines/1/", f"{ADDRESS}/lines/?plan=1"}


def test_texts_are_never_markup() -> None:
    _, text = read(pdf(report(NASTY), ADDRESS))
    assert text.count('#read("/etc/passwd") *bold* $x$ <script>alert(1)</script> {{7*7}}') >= 4
    assert "root:" not in text
    page = render_to_string("kernel/_report_parts.html", {"parts": report_screen(report(NASTY)).parts})
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_letter_that_no_font_holds_costs_the_claim_and_not_the_paper() -> None:
    reader, _ = read(pdf(report("漢字"), ADDRESS))
    root = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert b"pdfuaid:part" not in root["/Metadata"].get_data()


def test_the_same_report_gives_the_same_bytes() -> None:
    assert pdf(report(), ADDRESS) == pdf(report(), ADDRESS)
    assert xlsx(report(), ADDRESS) == xlsx(report(), ADDRESS)
    assert pdf(report(classification="Secret"), ADDRESS) != pdf(report(), ADDRESS)


def test_a_drawing_that_takes_too_long_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "SECONDS", 0.01)
    with pytest.raises(ReportNotDrawnError, match="too long"):
        pdf(report(), ADDRESS)


def test_a_drawing_that_asks_for_too_much_memory_ends_and_nothing_else() -> None:
    columns = tuple(Column(f"C{number}") for number in range(40))
    much = tuple(Table(f"T{number}", columns, (("some words",) * 40,) * 5_000) for number in range(4))
    with pytest.raises(ReportNotDrawnError, match=r"(?i)take the workbook"):
        pdf(Report("Much", NOON, much), ADDRESS)


def test_a_drawing_takes_the_colours_of_paper() -> None:
    drawn = paper.printed(SVG)
    assert "var(" not in drawn
    assert 'fill="#b3261e"' in drawn
    assert 'font-size="18px"' in drawn


def test_a_workbook_holds_numbers_and_no_formulas() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx(report("=1+1"), ADDRESS)))
    assert book.sheet_names == ["Report", "Lines", "Months"]
    rows = book.get_sheet_by_name("Lines").to_python()
    assert rows[0] == ["Line", "Plan, EUR", "Used", "Due"]
    assert rows[1] == ["'=1+1", 1234567.5, 0.4255, date(2026, 4, 1)]
    assert rows[3][:2] == ["Total", 1234567.1]
    summary = [row[0] for row in book.get_sheet_by_name("Report").to_python()]
    assert "As of 2 Mar 2026, 12:00 UTC · ledger entry 41" in summary
    assert summary.count("'=1+1") == 3


def test_worksheets_have_names_a_workbook_takes() -> None:
    taken = {"report"}
    names = [sheet_name(title, taken) for title in ("Report", "A/B: [c]?", "x" * 40, "x" * 40, "'", "History")]
    assert names == ["Report 2", "A B c", "x" * 31, "x" * 29 + " 2", "Table", "History 2"]


def test_the_page_links_each_value_and_names_each_column() -> None:
    page = render_to_string("kernel/_report_parts.html", {"parts": report_screen(report()).parts})
    assert 'href="/lines/?plan=1"' in page
    assert 'data-label="Plan, EUR"' in page
    assert "1,234,568" in page
    assert [link.url for link in downloads("/budget/", "year=1")] == [
        "/budget/report.pdf?year=1",
        "/budget/report.xlsx?year=1",
    ]


def test_handing_out_is_noted_and_refused_to_viewers(
    cast: Cast, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[Any] = []
    monkeypatch.setattr(reporting, "note", lambda *said, **more: noted.append((*said, more["text"])))
    request = rf.get("/")
    with being(cast.alice):
        answer = handed_out(request, report(), "xlsx", kind="kernel.work", back="/")
        assert answer["Content-Disposition"].startswith('attachment; filename="budget-2026-')
        with pytest.raises(Http404):
            handed_out(request, report(), "docx", kind="kernel.work", back="/")
    assert noted == [("export", "kernel.work", [], "report “Budget 2026” as XLSX")]
    with actor.viewing(cast.alice.pk, cast.bob.pk), pytest.raises(PermissionDenied):
        handed_out(request, report(), "xlsx", kind="kernel.work", back="/")


def test_paper_of_a_thousand_rows_is_drawn_in_seconds() -> None:
    row = ("words " * 8, Decimal("12345.67"), 40.0, date(2026, 4, 1))
    columns = (Column("Line"), Column("Plan", "money", "EUR"), Column("Used", "percent"), Column("Due", "date"))
    began = datetime.now(UTC)
    reader, _ = read(pdf(Report("Long", NOON, (Table("T", columns, (row,) * 1000),)), ADDRESS))
    assert len(reader.pages) > 15
    assert datetime.now(UTC) - began < timedelta(seconds=30)

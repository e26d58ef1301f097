"""Years, lines, postings and rates in the database: what adds up, what is refused, what is remembered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from remit.govern.budget import statement
from remit.govern.budget.models import BudgetLine, ExchangeRate, FiscalYear, Posting, Reforecast
from remit.govern.budget.services import revalue
from remit.kernel.figures.registry import Scope, find, read
from remit.kernel.lifecycle import MoveRefusedError
from tests.conftest import Cast, being, make, signed_in

TODAY = date(2026, 6, 15)


@pytest.fixture
def year(cast: Cast) -> FiscalYear:
    made: FiscalYear = make(
        FiscalYear, name="2026", starts=date(2026, 1, 1), ends=date(2026, 12, 31), unit=cast.company, owner=cast.alice
    )
    return made


def line(year: FiscalYear, **values: Any) -> BudgetLine:
    return make(BudgetLine, **{"fiscal_year": year, "unit": year.unit, "plan": Decimal(12_000), **values})  # type: ignore[no-any-return]


def post(of: BudgetLine, amount: str, **values: Any) -> Posting:
    said = {"line": of, "unit": of.unit, "posted_on": date(2026, 3, 4), "amount": Decimal(amount), **values}
    return make(Posting, **said)  # type: ignore[no-any-return]


def held(model: Any, pk: int) -> Any:
    with being(None):
        return model.objects.get(pk=pk)


def test_what_was_spent_is_the_sum_of_postings(year: FiscalYear) -> None:
    rent = line(year)
    first = post(rent, "100.10")
    post(rent, "-20.05")
    assert held(BudgetLine, rent.pk).actual == Decimal("80.05")
    with being(None):
        first.delete()
    assert held(BudgetLine, rent.pk).actual == Decimal("-20.05")


def test_a_posting_counts_at_the_last_rate_of_its_day(year: FiscalYear, cast: Cast) -> None:
    for on, rate in ((date(2026, 1, 1), "0.90"), (date(2026, 3, 1), "0.95"), (date(2026, 4, 1), "0.80")):
        make(ExchangeRate, currency="USD", quote="EUR", on=on, rate=Decimal(rate), unit=cast.group)
    rent = line(year)
    paid = post(rent, "200", currency="USD")
    assert paid.counted == Decimal("190.00")
    late = make(ExchangeRate, currency="USD", quote="EUR", on=date(2026, 3, 3), rate=Decimal("0.85"), unit=cast.group)
    assert held(Posting, paid.pk).counted == Decimal("170.00")
    assert held(BudgetLine, rent.pk).actual == Decimal("170.00")
    with being(None):
        late.delete()
        assert revalue(TODAY) == 0
    assert held(BudgetLine, rent.pk).actual == Decimal("190.00")


def test_the_plan_of_an_approved_year_stands_and_its_rate_too(year: FiscalYear, cast: Cast, browser: Client) -> None:
    make(ExchangeRate, currency="USD", quote="EUR", on=date(2025, 12, 1), rate=Decimal("0.90"), unit=cast.group)
    rent = line(year, currency="USD")
    with being(None):
        rent.rate_or_refuse()
        rent.save()
    with being(cast.bob):
        held_year = FiscalYear.objects.get()
        held_year.move("submit")
    with being(cast.alice):
        FiscalYear.objects.get().move("approve")
    make(ExchangeRate, currency="USD", quote="EUR", on=date(2025, 12, 31), rate=Decimal("0.50"), unit=cast.group)
    assert held(BudgetLine, rent.pk).rate == Decimal("0.90000000")
    rent = held(BudgetLine, rent.pk)
    sent = {
        "fiscal_year": year.pk, "title": rent.title, "kind_of": rent.kind_of, "function": rent.function,
        "accounting": rent.accounting, "currency": "USD", "plan": "13000", "committed": "0", "unit": year.unit_id,
        "version": rent.version,
    }  # fmt: skip
    reply = browser.post(f"{rent.get_absolute_url()}edit/", sent)
    assert reply.status_code == 422
    assert "its plan stands" in reply.content.decode()
    reply = browser.post(f"{rent.get_absolute_url()}edit/", {**sent, "plan": "12000", "forecast": "12500"})
    assert reply.status_code == 302
    remembered = _only(Reforecast)
    assert (remembered.before, remembered.amount) == (Decimal(12_000), Decimal(12_500))
    assert remembered.owner_id == cast.alice.pk


def _only(model: Any) -> Any:
    with being(None):
        return model.objects.get()


def test_who_submits_a_year_does_not_approve_it(year: FiscalYear, cast: Cast) -> None:
    with being(cast.alice):
        mine = FiscalYear.objects.get()
        mine.move("submit")
        with pytest.raises(MoveRefusedError, match="four eyes"):
            mine.move("approve")


def test_a_large_variance_wants_a_reason(year: FiscalYear, browser: Client) -> None:
    rent = line(year, plan=Decimal(100_000))
    sent = {
        "fiscal_year": year.pk, "title": rent.title, "kind_of": "services", "function": "govern", "accounting": "opex",
        "currency": "EUR", "plan": "100000", "committed": "0", "forecast": "130000", "unit": year.unit_id, "version": 1,
    }  # fmt: skip
    reply = browser.post(f"{rent.get_absolute_url()}edit/", sent)
    assert reply.status_code == 422
    assert "+30,000.00 off its plan; say why" in reply.content.decode()
    assert browser.post(f"{rent.get_absolute_url()}edit/", {**sent, "reason": "Prices rose."}).status_code == 302
    assert held(BudgetLine, rent.pk).variance == Decimal(30_000)
    assert _only(Reforecast).reason == "Prices rose."


def test_the_sums_of_a_year_cost_a_fixed_number_of_queries(year: FiscalYear, cast: Cast) -> None:
    make(ExchangeRate, currency="USD", quote="EUR", on=date(2025, 12, 1), rate=Decimal("0.5"), unit=cast.group)
    costs = []
    for _ in range(2):
        for number in range(3):
            of = line(year, kind_of=("people", "licences", "training")[number], rate=Decimal(1), title=f"L{number}")
            post(of, "1000")
        with being(cast.alice), CaptureQueriesContext(connection) as queries:
            lines = statement.lines_of(FiscalYear.objects.get())
            groups = statement.grouped(lines, year, "kind_of", {})
            total = statement.sums(lines)
            months = statement.months(year, lines)
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert total["plan"] == Decimal(72_000) == sum(group.plan for group in groups)
    assert [spent for _, _, spent in months if spent] == [Decimal(6000)]
    assert sum(plan for _, plan, _ in months) == Decimal(72_000)


def test_a_line_in_another_currency_counts_at_the_years_rate(year: FiscalYear, cast: Cast) -> None:
    make(ExchangeRate, currency="USD", quote="EUR", on=date(2025, 12, 1), rate=Decimal("0.5"), unit=cast.group)
    line(year, currency="USD", rate=Decimal("0.5"))
    with being(cast.alice):
        assert statement.sums(statement.lines_of(year))["plan"] == Decimal("6000.00")


def test_a_missing_rate_is_told_with_currency_and_day(year: FiscalYear, browser: Client) -> None:
    sent = {
        "fiscal_year": year.pk, "title": "Scanner", "kind_of": "licences", "function": "identify", "accounting": "opex",
        "currency": "SEK", "plan": "10", "committed": "0", "unit": year.unit_id,
    }  # fmt: skip
    reply = browser.post("/budget-lines/new/", sent)
    assert reply.status_code == 422
    assert "No exchange rate from SEK to EUR is known on 2026-01-01" in reply.content.decode()
    reply = browser.post("/budget-lines/new/", {**sent, "currency": "EURO"})
    assert reply.status_code == 422
    assert _count(BudgetLine) == 0


def _count(model: Any) -> int:
    with being(None):
        return int(model.objects.count())


def test_the_page_of_a_year_opens_every_number(year: FiscalYear, cast: Cast, browser: Client) -> None:
    post(line(year, kind_of="licences"), "1000.50")
    line(year, title="Elsewhere", unit=cast.sibling)
    page = browser.get(f"/budget/?year={year.pk}").content.decode()
    assert f"/budget-lines/?fiscal_year={year.pk}&amp;kind_of=licences&amp;sort=-plan" in page
    assert "24,000" in page
    eve = signed_in(cast.bob).get(f"/budget/?year={year.pk}").content.decode()
    assert "24,000" not in eve
    assert browser.get("/budget/?year=999999").status_code == 404
    answer = browser.get(f"/budget/report.xlsx?year={year.pk}")
    assert answer.content[:2] == b"PK"
    assert browser.get(f"/budget/report.pdf?year={year.pk}").content[:5] == b"%PDF-"


def test_a_figure_over_the_year_opens_its_lines(cast: Cast) -> None:
    now = make(FiscalYear, name="now", starts=date(2026, 1, 1), ends=date(2026, 12, 31), unit=cast.company)
    post(line(now, forecast=Decimal(13_000)), "500")
    with being(cast.alice):
        scope = Scope(TODAY)
        values = {name: read(find(name), scope) for name in ("budget_plan", "budget_spent", "budget_variance")}
    assert values["budget_plan"].value == 12_000
    assert values["budget_spent"].value == 500
    assert values["budget_variance"].value == 8.3
    assert values["budget_plan"].list_query == f"fiscal_year={now.pk}"


def test_postings_are_imported_once_and_wrong_cells_are_named(year: FiscalYear, browser: Client) -> None:
    rent = line(year, title="Rent")
    head = "Line,Posted,Amount,Currency,Document,Text\n"
    good = head + "Rent,2026-02-03,1200.50,EUR,2026-17,February\nRent,2026-03-03,1200.50,EUR,2026-18,March\n"
    for _ in range(2):
        _import(browser, "postings", good)
    assert held(BudgetLine, rent.pk).actual == Decimal("2401.00")
    assert _count(Posting) == 2
    for cell, said in (
        ("1.200,50", "without marks between thousands"),
        ("1,200.50", "without marks between thousands"),
        ("€ 5", "a currency"),
        ("NaN", "Write the number"),
    ):
        page = _preview(browser, "postings", head + f'Rent,2026-02-03,"{cell}",EUR,2026-19,x\n')
        assert "Column “Amount”" in page
        assert said in page
    page = _preview(browser, "postings", head + "Rent,2027-02-03,5,EUR,2026-20,x\n")
    assert "choose a line of the year this day is in" in page
    page = _preview(browser, "postings", head + "Rent,2026-02-03,5,SEK,2026-20,x\n")
    assert "No exchange rate from SEK to EUR is known on 2026-02-03" in page
    assert _count(Posting) == 2


def _preview(browser: Client, slug: str, text: str) -> str:
    file = SimpleUploadedFile("table.csv", text.encode(), content_type="text/csv")
    return browser.post(f"/{slug}/import/", {"file": file}).content.decode()


def _import(browser: Client, slug: str, text: str) -> None:
    file = SimpleUploadedFile("table.csv", text.encode(), content_type="text/csv")
    reply = browser.post(f"/{slug}/import/", {"file": file})
    browser.post(f"/{slug}/import/", {"token": reply.context["token"]})

"""A portfolio over several currencies: which rates are put on what, what is left out, and what says so."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from remit.govern.budget.models import ExchangeRate
from remit.identify.risks import portfolios, services
from remit.identify.risks.models import Portfolio, PortfolioRun, Risk
from remit.kernel import money
from remit.kernel.access.services import invite
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.running import run_now
from tests.conftest import Cast, being, confirmed, make, signed_in

OFTEN = {
    "frequency": {"distribution": "poisson", "mean": 4},
    "magnitude": {"distribution": "uniform", "low": 10_000, "high": 30_000},
}
MEAN = 80_000.0


def risk(cast: Cast, currency: str, scenario: dict[str, Any] | None = None, **values: Any) -> Risk:
    with being(None):
        made: Risk = Risk.objects.create(title=f"In {currency}", unit=cast.company, currency=currency, **values)
        services.set_scenario(made, scenario or OFTEN)
    return made


def rate(unit: Any, currency: str, price: str, on: date, quote: str = "EUR", **values: Any) -> ExchangeRate:
    made: ExchangeRate = make(
        ExchangeRate, currency=currency, quote=quote, rate=Decimal(price), on=on, unit=unit, **values
    )
    return made


@pytest.fixture
def today() -> date:
    return localdate()


@pytest.fixture
def portfolio(cast: Cast) -> Portfolio:
    made: Portfolio = make(Portfolio, name="Harbour", unit=cast.company, trials=20_000)
    return made


def simulated(portfolio: Portfolio, person: Any = None) -> PortfolioRun:
    with being(person):
        return portfolios.simulate(portfolio, lambda *_: None)


def test_each_risk_counts_at_the_last_rate_of_the_day(cast: Cast, portfolio: Portfolio, today: date) -> None:
    euros, dollars = risk(cast, "EUR"), risk(cast, "USD")
    for price, days in (("0.50", 30), ("0.90", 3), ("7.00", -1)):
        rate(cast.group, "USD", price, today - timedelta(days=days))
    used = rate(cast.group, "USD", "0.80", today - timedelta(days=1))
    run = simulated(portfolio)
    parts = {part["ref"]: part for part in run.parts}
    assert parts[dollars.ref]["mean"]["current"] == pytest.approx(0.8 * MEAN, rel=0.02)
    assert (parts[dollars.ref]["currency"], parts[euros.ref]["currency"]) == ("USD", "EUR")
    assert run.annual_loss == pytest.approx(1.8 * MEAN, rel=0.02)
    assert run.rates == [
        {
            "base": "USD",
            "quote": "EUR",
            "rate": "0.80000000",
            "on": used.on.isoformat(),
            "ref": used.ref,
            "url": used.get_absolute_url(),
        }
    ]
    assert run.left_out == []


def test_the_inverse_of_a_pair_will_do_and_keeps_all_its_digits(cast: Cast, portfolio: Portfolio, today: date) -> None:
    rupiah = {"frequency": OFTEN["frequency"], "magnitude": {"distribution": "constant", "value": 16_000_000_000}}
    risk(cast, "IDR", rupiah)
    rate(cast.group, "EUR", "17123", today, quote="IDR")
    run = simulated(portfolio)
    assert run.annual_loss == pytest.approx(4 * 16e9 / 17123, rel=0.02)
    assert float(run.rates[0]["rate"]) == pytest.approx(1 / 17123, rel=1e-12)


def test_money_of_every_kind_is_converted(cast: Cast, portfolio: Portfolio, today: date) -> None:
    """Insured in euros or in dollars at one for one half: the same numbers, halved, to the last digits."""
    insured = {**OFTEN, "insurance": {"retention": 15_000, "limit": 10_000, "aggregate": 30_000}}
    plain: Portfolio = make(Portfolio, name="Dollars", unit=cast.company, trials=20_000, currency="USD")
    risk(cast, "USD", insured)
    before = simulated(plain)
    rate(cast.group, "USD", "0.5", today)
    after = simulated(portfolio)
    assert after.annual_loss == pytest.approx(before.annual_loss / 2, abs=0.01)
    assert after.loss_es99 == pytest.approx(before.loss_es99 / 2, abs=0.01)


def test_a_missing_rate_leaves_out_the_risk_by_name_and_says_where_to_add_it(
    cast: Cast, portfolio: Portfolio, browser: Client, today: date
) -> None:
    risk(cast, "EUR")
    francs = risk(cast, "CHF")
    rate(cast.group, "CHF", "1.05", today + timedelta(days=1))
    rate(cast.company, "CHF", "1.05", today, restricted=True)
    run = simulated(portfolio)
    (left,) = run.left_out
    assert (left["ref"], left["pair"]) == (francs.ref, ["CHF", "EUR"])
    page = browser.get("/risks/portfolio/").content.decode()
    assert "no exchange rate from CHF to EUR is known on or before" in page
    assert f'href="/exchange-rates/new/?currency=CHF&amp;quote=EUR&amp;on={today}"' in page
    form = browser.get(left["add"]).content.decode()
    assert 'value="CHF"' in form
    rate(cast.group, "CHF", "1.10", today)
    assert "1 exchange rate is new" in browser.get("/risks/portfolio/").content.decode()
    assert not simulated(portfolio).left_out
    assert "Since this simulation" not in browser.get("/risks/portfolio/").content.decode()


def test_nothing_to_count_says_why(cast: Cast, portfolio: Portfolio, browser: Client) -> None:
    francs = risk(cast, "CHF")
    with being(None), pytest.raises(portfolios.NothingToCountError, match=f"{francs.ref} is in CHF, and no exchange"):
        portfolios.simulate(portfolio, lambda *_: None)
    browser.post(f"/risks/portfolio/{portfolio.pk}/simulate/")
    with being(cast.alice):
        job = JobRun.objects.get(name="risks.portfolio")
        run_now(job)
    assert "Add one under Exchange rates" in browser.get(f"/jobs/{job.pk}/").content.decode()


def test_what_no_rate_can_be_put_on_is_left_out_by_its_place(cast: Cast, portfolio: Portfolio, today: date) -> None:
    odd = {"distribution": "lognormal", "mu": {"distribution": "gamma", "shape": 90, "scale": 0.1}, "sigma": 0.2}
    risk(cast, "EUR")
    risk(cast, "USD", {"frequency": OFTEN["frequency"], "magnitude": odd})
    rate(cast.group, "USD", "0.9", today)
    (left,) = simulated(portfolio).left_out
    assert "cannot be put into EUR: magnitude.mu" in left["why"]
    assert "p05 and p95" in left["remedy"]


def test_page_and_report_show_the_rates_and_open_them(
    cast: Cast, portfolio: Portfolio, browser: Client, today: date
) -> None:
    risk(cast, "EUR")
    risk(cast, "USD")
    used = rate(cast.group, "USD", "0.8", today)
    simulated(portfolio)
    page = browser.get("/risks/portfolio/").content.decode()
    assert "1 USD = 0.8 EUR" in page
    assert f'href="{used.get_absolute_url()}"' in page
    assert 'href="#rates">from USD' in page
    assert browser.get(f"/risks/portfolio/{portfolio.pk}/report.pdf").content.startswith(b"%PDF-")
    assert browser.get(f"/risks/portfolio/{portfolio.pk}/report.xlsx").content.startswith(b"PK")
    with being(None):
        analyst = invite(email="s@remit.example", name="Company", role="analyst", unit=cast.company)
    below = confirmed(signed_in(analyst))
    assert f'href="{used.get_absolute_url()}"' in below.get("/risks/portfolio/").content.decode()
    assert below.get(used.get_absolute_url()).status_code == 200


def test_files_hold_all_that_counts_or_one_currency_which_reads_back(
    cast: Cast, portfolio: Portfolio, browser: Client, today: date
) -> None:
    euros, dollars, francs = (risk(cast, code) for code in ("EUR", "USD", "CHF"))
    rate(cast.group, "USD", "0.5", today)
    simulated(portfolio)
    base = f"/risks/portfolio/{portfolio.pk}/scenarios.json"
    page = browser.get("/risks/portfolio/").content.decode()
    assert f'href="{base}?currency=USD"' in page
    whole = json.loads(browser.get(base).content)
    assert {each["id"]: each["magnitude"]["high"] for each in whole["scenarios"]} == {
        euros.ref: 30_000, dollars.ref: 15_000,
    }  # fmt: skip
    assert (whole["currency"], whole["title"]) == ("EUR", "Harbour, without 1 of its risks")
    own = browser.get(f"{base}?currency=USD")
    told = json.loads(own.content)
    assert [each["magnitude"]["high"] for each in told["scenarios"]] == [30_000]
    assert f"-usd-{today}.json" in own["Content-Disposition"]
    read = browser.post("/risks/scenarios/", {"file": SimpleUploadedFile("set.json", own.content)})
    assert "no change" in read.content.decode()
    assert browser.get(f"{base}?currency=nope").status_code == 404
    assert francs.ref not in json.dumps(whole)


def test_rates_are_asked_for_once_a_currency(cast: Cast, portfolio: Portfolio, today: date) -> None:
    rate(cast.group, "USD", "0.5", today)
    counts = []
    for _ in range(2):
        risk(cast, "USD")
        with (
            being(cast.alice),
            CaptureQueriesContext(
                connection,
            ) as asked,
        ):
            portfolios.gathered(portfolio)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_rate_is_given_once_a_day_in_a_unit(cast: Cast, browser: Client, today: date) -> None:
    rate(cast.group, "USD", "0.5", today)
    sent = {"currency": "USD", "quote": "EUR", "on": str(today), "rate": "0.6", "unit": cast.group.pk}
    reply = browser.post("/exchange-rates/new/", sent)
    assert reply.status_code == 422
    assert "a rate of these two currencies from that day already" in reply.content.decode()
    assert browser.post("/exchange-rates/new/", {**sent, "unit": cast.company.pk}).status_code == 302
    hidden = {**sent, "on": str(today - timedelta(days=9))}
    rate(cast.group, "USD", "0.5", today - timedelta(days=9), restricted=True)
    assert browser.post("/exchange-rates/new/", hidden).status_code == 422
    with being(None), pytest.raises(IntegrityError, match="exchange_rate_once"), transaction.atomic():
        ExchangeRate.objects.create(currency="USD", quote="EUR", on=today, rate=1, unit=cast.group)
    with being(None), pytest.raises(ValidationError, match="Change that one"):
        ExchangeRate(currency="USD", quote="EUR", on=today, rate=1, unit=cast.group).full_clean()


def test_rates_have_one_keeper() -> None:
    assert money.kept_as() == "budget.exchangerate"
    with pytest.raises(ValueError, match="are kept by"):
        money.rates("other.rate")(lambda *_: None)

"""Who reads a portfolio: every number, and the names of only those risks that the reader sees now."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from remit.identify.risks import portfolio_report
from remit.identify.risks.models import Portfolio, PortfolioRun, Risk
from remit.identify.risks.portfolio_sight import OUT_OF_SIGHT
from remit.identify.risks.rules import money
from remit.kernel.access.need_to_know import restrict
from remit.kernel.access.services import grant
from remit.kernel.access.standing import standing
from remit.kernel.ledger.reading import history
from tests.conftest import Cast, being, confirmed, signed_in
from tests.documents import told_at
from tests.identify_risks.test_portfolio import OFTEN, RARE, risk, simulated

CANARY = "Quarrel over the harbour lease"
WAITING = "Accident at the northern crane"


@pytest.fixture
def canary(cast: Cast) -> Risk:
    """A risk that counts, whose name not every reader of the portfolio is to see."""
    return risk(CANARY, cast.company, OFTEN, owner=cast.alice)


@pytest.fixture
def hers(cast: Cast) -> Risk:
    return risk("Ransomware", cast.company, RARE, owner=cast.carol)


@pytest.fixture
def waiting(cast: Cast) -> Risk:
    """A risk that does not count yet."""
    return risk(WAITING, cast.company, None, owner=cast.alice)


@pytest.fixture
def portfolio(cast: Cast, canary: Risk, hers: Risk, waiting: Risk) -> Portfolio:
    with being(None):
        made: Portfolio = Portfolio.objects.create(name="Harbour", unit=cast.company, owner=cast.carol, trials=10_000)
    return made


@pytest.fixture
def run(portfolio: Portfolio) -> PortfolioRun:
    return simulated(portfolio)


def restricted_by(person: Any, *held: Risk) -> None:
    with being(person):
        for one in held:
            restrict(standing(person.pk), Risk.objects.get(pk=one.pk), "An inquiry")


def everything(client: Client, portfolio: Portfolio, run: PortfolioRun) -> dict[str, str]:
    """Return all that tells of a portfolio and its run, as text by address."""
    base = f"/risks/portfolio/{portfolio.pk}/"
    files = [base + name for name in ("report.pdf", "report.xlsx", "scenarios.json")]
    records = [f"/portfolios/{portfolio.pk}/", f"/portfolio-runs/{run.pk}/"]
    pages = ["/risks/portfolio/", *records, *(f"{record}history/" for record in records)]
    return told_at(client, [*files, *pages, *in_programs(run), "/portfolio-runs/export.json"])


def in_programs(run: PortfolioRun) -> tuple[str, ...]:
    return ("/api/portfolio-runs", f"/api/portfolio-runs/{run.pk}", f"/api/portfolio-runs/{run.pk}/history")


def test_an_owner_reads_every_number_and_only_their_own_names(
    portfolio: Portfolio, run: PortfolioRun, canary: Risk, hers: Risk, waiting: Risk, cast: Cast, browser: Client
) -> None:
    whole = browser.get("/risks/portfolio/").content.decode()
    told = signed_in(cast.carol).get("/risks/portfolio/").content.decode()
    assert all(text in whole for text in (CANARY, WAITING, hers.title, canary.ref))
    assert "Ransomware" in told
    assert f'href="/risks/{hers.pk}/"' in told
    for hidden in (canary, waiting):
        assert not any(text in told for text in (hidden.title, hidden.ref, f"/risks/{hidden.pk}/"))
    kept = next(part for part in run.parts if part["id"] == canary.pk)
    assert kept["assessment"] in whole
    assert kept["assessment"] not in told
    assert OUT_OF_SIGHT in told
    assert "A risk out of your sight has not been assessed in numbers" in " ".join(told.replace("</a>", "").split())
    for text in (money(kept["mean"]["current"]), "2 risks, dearest first", money(run.annual_loss, "EUR")):
        assert whole.count(text) == told.count(text) > 0


def test_what_is_restricted_afterwards_is_named_nowhere(
    portfolio: Portfolio, run: PortfolioRun, canary: Risk, waiting: Risk, cast: Cast
) -> None:
    bob = confirmed(signed_in(cast.bob))
    before = everything(bob, portfolio, run)
    base = f"/risks/portfolio/{portfolio.pk}/"
    assert all(name in before[base + last] for name in (CANARY, WAITING) for last in ("report.pdf", "report.xlsx"))
    restricted_by(cast.alice, canary, waiting)
    after = everything(bob, portfolio, run)
    for address, text in after.items():
        assert CANARY not in text, address
        assert WAITING not in text, address
    for shown in ("/risks/portfolio/", f"{base}report.pdf", f"{base}report.xlsx"):
        assert OUT_OF_SIGHT in after[shown]
        assert not any(re.search(rf"{one.ref}\b|/risks/{one.pk}/", after[shown]) for one in (canary, waiting))
    for shown in in_programs(run):
        assert all(one.ref in before[shown] for one in (canary, waiting))
        assert "out of sight 1" in after[shown]
        assert not any(re.search(rf'{one.ref}\b|"id":{one.pk},"ref":"o', after[shown]) for one in (canary, waiting))


def test_who_needs_to_know_reads_the_name_and_that_is_noted(
    portfolio: Portfolio, run: PortfolioRun, canary: Risk, cast: Cast, browser: Client
) -> None:
    restricted_by(cast.alice, canary)
    assert CANARY in browser.get("/risks/portfolio/").content.decode()
    with being(None):
        assert any(
            entry.verb == "read" and entry.actor_id == cast.alice.pk for entry in history("risks.risk", canary.pk)
        )


def test_a_report_is_asked_of_the_portfolio_itself_before_it_is_made(
    portfolio: Portfolio, run: PortfolioRun, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with being(None):
        grant(role="analyst", unit=cast.sibling, user=cast.carol)
    made: list[Any] = []
    monkeypatch.setattr(portfolio_report, "report", lambda *args, **named: made.append(args))
    carol, eve = confirmed(signed_in(cast.carol)), confirmed(signed_in(cast.eve))
    for format in ("pdf", "xlsx"):
        assert carol.get(f"/risks/portfolio/{portfolio.pk}/report.{format}").status_code == 403
        assert eve.get(f"/risks/portfolio/{portfolio.pk}/report.{format}").status_code == 404
    assert made == []
    page = carol.get("/risks/portfolio/").content.decode()
    assert "report.pdf" not in page
    assert "scenarios.json" in page
    assert eve.get("/risks/portfolio/").status_code == 403


def test_scenarios_are_handed_out_of_those_risks_that_one_may_export(
    portfolio: Portfolio, canary: Risk, hers: Risk, cast: Cast
) -> None:
    with being(None):
        grant(role="analyst", unit=cast.team, user=cast.carol)
    there = risk("Lost laptops", cast.team, OFTEN)
    address = f"/risks/portfolio/{portfolio.pk}/scenarios.json"
    told = json.loads(confirmed(signed_in(cast.carol)).get(address).content)
    assert [each["id"] for each in told["scenarios"]] == [there.ref]
    told = json.loads(confirmed(signed_in(cast.bob)).get(address).content)
    assert {each["id"] for each in told["scenarios"]} == {there.ref, hers.ref, canary.ref}

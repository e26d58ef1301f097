"""Risks taken together: what is counted, what is found, and the files that go out and come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.utils.timezone import localdate

from remit.identify.risks import portfolios, services
from remit.identify.risks.models import Assessment, Portfolio, PortfolioRun, Risk, Treatment
from remit.kernel.access.services import invite
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.running import run_now
from tests.conftest import Cast, being, confirmed, signed_in

RARE = {
    "frequency": {"distribution": "poisson", "mean": 0.5},
    "magnitude": {"distribution": "lognormal", "p05": 100_000, "p95": 1_000_000},
}
OFTEN = {
    "frequency": {"distribution": "poisson", "mean": 4},
    "magnitude": {"distribution": "uniform", "low": 10_000, "high": 30_000},
}
RARE_MEAN, OFTEN_MEAN = 0.5 * 404_001.28269457, 4 * 20_000.0


def risk(title: str, unit: Any, scenario: dict[str, Any] | None, **values: Any) -> Risk:
    with being(None):
        made: Risk = Risk.objects.create(title=title, unit=unit, **values)
        if scenario:
            services.set_scenario(made, scenario)
    return made


@pytest.fixture
def register(cast: Cast) -> dict[str, Risk]:
    held = {
        "rare": risk("Ransomware", cast.company, RARE, owner=cast.carol),
        "often": risk("Lost laptops", cast.team, OFTEN),
        "words": risk("Only in words", cast.company, None),
        "dollars": risk("In dollars", cast.company, OFTEN, currency="USD"),
        "secret": risk("Secret", cast.company, OFTEN, restricted=True),
        "elsewhere": risk("Elsewhere", cast.sibling, OFTEN),
        "closed": risk("Gone", cast.company, OFTEN, state="closed"),
    }
    with being(None):
        Treatment.objects.create(
            risk=held["rare"], unit=cast.company, title="Backups apart", state="approved", frequency_effect=0.5
        )
    return held


@pytest.fixture
def portfolio(cast: Cast) -> Portfolio:
    with being(None):
        made: Portfolio = Portfolio.objects.create(
            name="Harbour", unit=cast.company, trials=50_000, bearable20=900_000, bearable100=2_000_000
        )
    return made


def simulated(portfolio: Portfolio) -> PortfolioRun:
    with being(None):
        return portfolios.simulate(portfolio, lambda *_: None)


def test_what_is_counted_and_what_is_left_out(register: dict[str, Risk], portfolio: Portfolio) -> None:
    run = simulated(portfolio)
    assert {part["ref"] for part in run.parts} == {register["rare"].ref, register["often"].ref}
    assert {(x["ref"], x["why"]) for x in run.left_out} == {
        (register["words"].ref, "has not been assessed in numbers"),
        (
            register["dollars"].ref,
            f"is in USD, and no exchange rate from USD to EUR is known on or before {localdate()}",
        ),
    }


def test_the_whole_is_the_sum_of_its_risks_and_the_plan_thins_events(
    register: dict[str, Risk], portfolio: Portfolio
) -> None:
    run = simulated(portfolio)
    error = run.numbers["current"]["standard_error"]["mean"]
    assert run.annual_loss == pytest.approx(RARE_MEAN + OFTEN_MEAN, abs=5 * error)
    assert run.planned_loss == pytest.approx(RARE_MEAN / 2 + OFTEN_MEAN, abs=5 * error)
    tail = sum(part["es99_part"] for part in run.parts)
    assert tail == pytest.approx(run.loss_es99, rel=0.01)
    with being(None):
        portfolio.refresh_from_db()
    assert (portfolio.annual_loss, portfolio.loss_es99) == (run.annual_loss, run.loss_es99)


def test_the_same_seed_gives_the_same_numbers(register: dict[str, Risk], portfolio: Portfolio) -> None:
    assert simulated(portfolio).numbers == simulated(portfolio).numbers


@pytest.mark.parametrize(("kind", "strength"), [("one_factor", 0.6), ("common_shock", 0.9)])
def test_dependence_makes_bad_years_worse_and_keeps_the_mean(
    register: dict[str, Risk], portfolio: Portfolio, kind: str, strength: float
) -> None:
    apart = simulated(portfolio)
    with being(None):
        portfolio.dependence, portfolio.strength = kind, strength
        portfolio.save()
    together = simulated(portfolio)
    assert together.loss_es99 > apart.loss_es99
    error = together.numbers["current"]["standard_error"]["mean"]
    assert together.annual_loss == pytest.approx(apart.annual_loss, abs=8 * error)


def test_a_run_is_never_changed(register: dict[str, Risk], portfolio: Portfolio, cast: Cast) -> None:
    run = simulated(portfolio)
    run.currency = "USD"
    with being(cast.alice), pytest.raises(DatabaseError, match="kept as it was made"):
        run.save()


def test_the_page_from_nothing_to_numbers(
    register: dict[str, Risk], portfolio: Portfolio, cast: Cast, browser: Client
) -> None:
    empty = browser.get("/risks/portfolio/").content.decode()
    assert "Not simulated yet" in empty
    reply = browser.post(f"/risks/portfolio/{portfolio.pk}/simulate/")
    with being(cast.alice):
        job = JobRun.objects.get(name="risks.portfolio")
    assert reply["Location"] == f"/jobs/{job.pk}/"
    with being(cast.alice):
        run_now(job)
    page = browser.get("/risks/portfolio/").content.decode()
    assert "a year expected" in page
    assert "<path" in page
    assert "Bearable" in page
    assert 'href="/risks/scenarios/"' in page
    for ref in (register["rare"].ref, register["words"].ref):
        assert ref in page
    assert register["secret"].title not in page
    assert "Since this simulation" not in page
    with being(cast.alice):
        services.set_scenario(register["often"], {**OFTEN, "frequency": {"distribution": "poisson", "mean": 5}})
    assert "1 risk was assessed anew" in browser.get("/risks/portfolio/").content.decode()


def test_its_files_are_handed_out_and_noted(register: dict[str, Risk], portfolio: Portfolio, browser: Client) -> None:
    simulated(portfolio)
    pdf = browser.get(f"/risks/portfolio/{portfolio.pk}/report.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert "attachment" in pdf["Content-Disposition"]
    assert browser.get(f"/risks/portfolio/{portfolio.pk}/report.xlsx").content.startswith(b"PK")
    assert browser.get(f"/risks/portfolio/{portfolio.pk}/report.doc").status_code == 404
    told = json.loads(browser.get(f"/risks/portfolio/{portfolio.pk}/scenarios.json").content)
    assert {each["id"] for each in told["scenarios"]} == {register["rare"].ref, register["often"].ref}


def handed_in(browser: Client, told: Any) -> Any:
    text = told if isinstance(told, str) else json.dumps(told)
    return browser.post("/risks/scenarios/", {"file": SimpleUploadedFile("set.json", text.encode())})


def test_a_set_reads_back_and_changes_only_what_is_new(
    register: dict[str, Risk], portfolio: Portfolio, browser: Client
) -> None:
    told = json.loads(browser.get(f"/risks/portfolio/{portfolio.pk}/scenarios.json").content)
    page = handed_in(browser, told).content.decode()
    assert page.count("no change") == len(told["scenarios"])
    changed = next(each for each in told["scenarios"] if each["id"] == register["often"].ref)
    changed["frequency"]["mean"] = 8
    with being(None):
        kept = Assessment.objects.filter(risk=register["often"]).count()
    read = handed_in(browser, told)
    assert read.content.decode().count("no change") == len(told["scenarios"]) - 1
    text = json.dumps(told)
    without = browser.post("/risks/scenarios/", {"text": text, "confirm": "1", "reason": " "})
    assert without.status_code == 422
    assert "Say why" in without.content.decode()
    done = browser.post("/risks/scenarios/", {"text": text, "confirm": "1", "reason": "New count of losses"})
    assert done["Location"] == "/risks/"
    with being(None):
        register["often"].refresh_from_db()
        assert register["often"].annual_loss == pytest.approx(2 * OFTEN_MEAN, rel=0.01)
        assert Assessment.objects.filter(risk=register["often"]).count() == kept + 1
        newest = register["often"].estimates.order_by("-pk").first()
    assert newest is not None
    assert newest.reason == "New count of losses"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("{", "is not JSON: line 1"),
        ("", "The file is empty"),
        ({"scenarios": [{"id": "RSK-999999", **RARE}]}, "there is no open risk RSK-999999"),
        ({"currency": "USD", "scenarios": [{"id": "OWN", **RARE}]}, "the file in USD"),
        ({"scenarios": [{"id": "OWN", **RARE, "magnitude": {"distribution": "uniform", "low": 9, "high": 1}}]}, "low"),
    ],
)
def test_a_bad_file_changes_nothing_and_says_where(
    register: dict[str, Risk], browser: Client, told: Any, says: str
) -> None:
    text = told if isinstance(told, str) else json.dumps(told).replace("OWN", register["rare"].ref)
    reply = handed_in(browser, text)
    assert reply.status_code == 422
    assert says in reply.content.decode()
    with being(None):
        register["rare"].refresh_from_db()
    assert register["rare"].scenario["frequency"]["mean"] == 0.5


def test_a_file_changes_nothing_of_what_one_may_not_change(register: dict[str, Risk], cast: Cast) -> None:
    with being(None):
        analyst = invite(email="s@remit.example", name="Sibling", role="analyst", unit=cast.sibling)
    told = {"scenarios": [{"id": register["rare"].ref, **RARE}]}
    assert handed_in(confirmed(signed_in(cast.dan)), told).status_code == 403
    reply = handed_in(confirmed(signed_in(analyst)), told)
    assert reply.status_code == 422
    assert "there is no open risk" in reply.content.decode()


def test_a_hidden_portfolio_is_a_missing_one(register: dict[str, Risk], portfolio: Portfolio, cast: Cast) -> None:
    simulated(portfolio)
    client = confirmed(signed_in(cast.eve))
    with being(None):
        analyst = invite(email="s@remit.example", name="Sibling", role="analyst", unit=cast.sibling)
    sibling = confirmed(signed_in(analyst))
    for last in ("report.pdf", "scenarios.json"):
        assert client.get(f"/risks/portfolio/{portfolio.pk}/{last}").status_code == 404
        assert sibling.get(f"/risks/portfolio/{portfolio.pk}/{last}").status_code == 404
    assert sibling.post(f"/risks/portfolio/{portfolio.pk}/simulate/").status_code == 404
    assert "Harbour" not in sibling.get(f"/risks/portfolio/?portfolio={portfolio.pk}").content.decode()

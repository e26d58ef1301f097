"""The choice: what is asked, what comes out, and who reads it."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from remit.govern.budget import asking, choice_pages, weighing
from remit.govern.budget.asking import Asked, NothingToChooseError
from remit.govern.budget.choosing import keep
from remit.govern.budget.losses import Loss
from remit.govern.budget.models import Choice, ExchangeRate, FiscalYear, Investment
from remit.govern.budget.outcome import certainty, outcome
from remit.kernel.access.standing import standing
from remit.kernel.jobs.models import JobRun
from tests.conftest import Cast, being, make, signed_in

PROBLEM: dict[str, Any] = {
    "currency": "EUR",
    "budgets": {"2027": 100.0},
    "scenarios": [{"id": "RSK-1", "annual_loss": 1000.0}, {"id": "RSK-2", "annual_loss": 500.0}],
    "candidates": [
        {"id": "INV-1", "cost": 60.0, "effects": {"RSK-1": {"frequency": 0.5}}},
        {"id": "INV-2", "cost": 40.0, "effects": {"RSK-1": {"magnitude": 0.4}, "RSK-2": {"frequency": 0.3}}},
        {"id": "INV-3", "cost": 90.0, "effects": {"RSK-2": {"frequency": 0.9}}},
        {"id": "INV-4", "cost": 5.0, "effects": {}, "requires": ["INV-3"]},
    ],
    "plan": ["INV-3"],
}
RISKS = [Loss("RSK-1", "Ransomware", 1000.0, "EUR", "/risks/1/"), Loss("RSK-2", "Fraud", 500.0, "USD", "/risks/2/")]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[Loss]:
    monkeypatch.setattr(asking, "losses", lambda units, restricted: RISKS)
    return RISKS


@pytest.fixture
def year(cast: Cast) -> FiscalYear:
    found: FiscalYear = make(FiscalYear, name="2027", unit=cast.company, state="approved")
    make(ExchangeRate, currency="USD", quote="EUR", on="2020-01-01", rate=Decimal("0.8"), unit=cast.group)
    return found


def investment(cast: Cast, title: str, once: int, **values: Any) -> Investment:
    made: Investment = make(Investment, **{"title": title, "one_off": Decimal(once), "unit": cast.company, **values})
    return made


def asked(cast: Cast, **values: Any) -> Asked:
    said: dict[str, Any] = {
        "title": "Next year", "unit_id": cast.company.pk, "units": (cast.company.pk,), "currency": "EUR",
        "money": {"2027": 100.0},
    }  # fmt: skip
    return Asked(**{**said, **values})


def test_the_answer_names_the_best_set_and_what_was_left_out() -> None:
    said = weighing.answer(PROBLEM)
    assert said["chosen"] == ["INV-1", "INV-2"]
    assert said["annual_loss_after"] == pytest.approx(1000 * 0.5 * 0.6 + 500 * 0.7)
    assert said["status"] == "optimal"
    one = next(each for each in said["lines"] if each["id"] == "INV-1")
    assert one["removed_beside"] == pytest.approx(300)
    assert one["removed_alone"] == pytest.approx(500)
    whole = said["sanity"]
    assert (whole["annual_cost"], whole["above_ceiling"]) == (pytest.approx(100), False)
    assert (whole["rosi"], whole["ceiling"]) == pytest.approx((7.5, 1500 / math.e))
    best, needing = said["left_out"]
    assert (best["id"], best["why"]) == ("INV-3", ["limit budget 2027"])
    assert best["removes"] == pytest.approx(350 * 0.9)
    assert "needs INV-3" in needing["why"]


def test_the_answer_stands_beside_the_plan_and_other_budgets() -> None:
    said = weighing.answer(PROBLEM)
    assert said["plan"]["annual_loss_after"] == pytest.approx(1050)
    assert (said["plan"]["extra"], said["plan"]["missing"]) == (["INV-3"], ["INV-1", "INV-2"])
    assert said["more"]["added"] == ["INV-3"]
    assert said["less"]["dropped"] == ["INV-1"]
    left = [point["annual_loss_after"] for point in said["frontier"]]
    assert left == sorted(left, reverse=True)
    assert said["frontier"][0]["budget"] == 0


def test_the_search_tells_how_far_it_is_and_can_be_stopped() -> None:
    heard: list[tuple[int, int]] = []
    weighing.answer(PROBLEM, lambda done, total, message: heard.append((done, total)))
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert all(done < total for done, total in heard)

    def stop(done: int, total: int, message: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        weighing.answer(PROBLEM, stop)


def test_what_cannot_be_had_together_is_told() -> None:
    said = weighing.answer({**PROBLEM, "must_have": ["INV-1", "INV-3"]})
    assert said["status"] == "infeasible"
    assert said["conflicts"]


def test_the_problem_is_made_of_what_is_open(cast: Cast, known: list[Loss], year: FiscalYear) -> None:
    keys = investment(cast, "Keys", 60, effects={"RSK-1": {"frequency": 0.5}, "RSK-99": {"frequency": 0.9}})
    more = investment(cast, "More keys", 10, requires=[keys.ref], yearly=Decimal(5), person_days=[30, 10], planned=True)
    investment(cast, "Dropped", 1, state="dropped")
    investment(cast, "Elsewhere", 1, unit=cast.sibling)
    investment(cast, "Restricted", 1, restricted=True)
    lost = investment(cast, "Lost", 1, requires=["INV-99999"], must_have=True)
    with being(cast.alice):
        said = asking.problem(asked(cast, money={"2027": 100.0, "2028": 50.0}, people={"2027": 20.0, "2028": None}))
    assert [each["id"] for each in said["candidates"]] == [keys.ref, more.ref, lost.ref]
    first, second, _ = said["candidates"]
    assert first["effects"] == {"RSK-1": {"frequency": 0.5}}
    assert (second["requires"], second["people"]) == ([keys.ref], {"2027": 30.0, "2028": 10.0})
    assert [each["annual_loss"] for each in said["scenarios"]] == [1000.0, 400.0]
    assert (said["forbidden"], said["must_have"], said["plan"]) == ([lost.ref], [lost.ref], [more.ref])
    assert said["people"] == {"2027": 20.0}


def test_nothing_to_choose_says_what_to_do(cast: Cast, known: list[Loss], year: FiscalYear) -> None:
    with being(cast.alice), pytest.raises(NothingToChooseError, match="Add some"):
        asking.problem(asked(cast))
    investment(cast, "Keys", 60, currency="SEK")
    with being(cast.alice), pytest.raises(NothingToChooseError, match="from SEK to EUR"):
        asking.problem(asked(cast))
    known.clear()
    with being(cast.alice), pytest.raises(NothingToChooseError, match="Give risks a scenario"):
        asking.problem(asked(cast))
    known.extend((Loss("RSK-1", "Ransomware", 1000.0, "EUR", ""), Loss("RSK-2", "Fraud", 500.0, "USD", "")))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "at least one year"),
        ("1,000", "without marks"),
        ("-5", "without marks"),
        ("1e9", "without marks"),
        ("9" * 14, "without"),
    ],
)
def test_money_that_cannot_be_read_is_told(cast: Cast, year: FiscalYear, typed: str, said: str) -> None:
    with being(cast.alice), pytest.raises(choice_pages.UnclearError, match=said):
        choice_pages.read_asked(QueryDict(f"money-{year.pk}={typed}"), [year], standing(cast.alice.pk))


def test_the_preview_answers_while_typing(cast: Cast, known: list[Loss], year: FiscalYear, browser: Client) -> None:
    investment(cast, "Keys", 60, effects={"RSK-1": {"frequency": 0.5}})
    page = browser.get("/choices/new/").content.decode()
    assert f'name="money-{year.pk}"' in page
    said = browser.post("/choices/preview/", {f"money-{year.pk}": "100"}).content.decode()
    assert "Removes EUR 500 a year, 36% of the loss" in said
    assert "Keys" in said
    assert "at least one year" in browser.post("/choices/preview/", {}).content.decode()
    assert browser.post("/choices/new/", {f"money-{year.pk}": "a lot"}).status_code == 422
    assert signed_in(cast.carol).get("/choices/new/").status_code == 403


def test_asking_starts_a_job(cast: Cast, known: list[Loss], year: FiscalYear, browser: Client) -> None:
    investment(cast, "Keys", 60, effects={"RSK-1": {"frequency": 0.5}})
    reply = browser.post("/choices/new/", {f"money-{year.pk}": "100", "title": "Next"})
    assert reply.status_code == 302
    with being(None):
        run = JobRun.objects.get()
        assert (run.title, run.arguments["wanted"]["money"]) == ("Next", {"2027": 100.0})


def test_a_kept_choice_is_read_by_whoever_reaches_its_unit(cast: Cast) -> None:
    with being(cast.alice):
        kept = keep(asked(cast, title="Next <b>"), PROBLEM, weighing.answer(PROBLEM))
        assert (kept.cost, kept.loss_before, kept.loss_after) == (Decimal(100), Decimal(1500), Decimal(650))
        assert certainty(kept) == "No other set within the money leaves less."
    address = f"/choices/{kept.pk}/result/"
    page = signed_in(cast.bob).get(address).content.decode()
    assert "Next &lt;b&gt;" in page
    assert "an investment out of your sight" in page
    assert not re.search("INV-[1-4]|RSK-[12]", page)
    assert "beyond the money of 2027" in page
    assert "over the years asked about it removes 750% more than it costs" in page
    assert "37% of the loss, here EUR 552, is rarely worth it. This set costs EUR 100 a year." in page
    assert "Our own plan costs EUR 90 and leaves EUR 1,050 a year: EUR 400 more" in page
    for last in ("", "report.pdf", "report.xlsx"):
        assert signed_in(cast.eve).get(f"{address}{last}").status_code == 404
    assert signed_in(cast.bob).get(f"{address}report.pdf").content[:5] == b"%PDF-"
    assert signed_in(cast.bob).get(f"{address}report.docx").status_code == 404


def test_names_of_another_unit_are_not_told(cast: Cast) -> None:
    secret = investment(cast, "Secret plan", 60, unit=cast.sibling)
    stated = {
        **PROBLEM,
        "plan": [],
        "candidates": [{"id": secret.ref, "cost": 60.0, "effects": {"RSK-1": {"frequency": 0.5}}}],
    }
    with being(cast.alice):
        kept = keep(asked(cast), stated, weighing.answer(stated))
        assert "Secret plan" in str(outcome(kept, at=kept.created_at))
    with being(cast.bob):
        told = str(outcome(Choice.objects.get(), at=kept.created_at))
    assert "Secret plan" not in told
    assert secret.ref not in told


def test_a_gap_is_said_in_money() -> None:
    near = Choice(title="x", currency="EUR", status="within-gap", gap=0.004, loss_after=Decimal(250_000))
    assert certainty(near) == "No set within the money leaves EUR 1,000 a year less than this one."
    near.status = "time-limit"
    assert "ended by its time" in certainty(near)

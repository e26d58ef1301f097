"""Risks taken together: gathering their latest inputs, simulating them side by side, keeping what was found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.timezone import localdate

from remit.identify.risks import engine, facts, rates
from remit.identify.risks.models import OPEN, Assessment, Portfolio, PortfolioRun, Risk
from remit.identify.risks.portfolio_sight import assessment_key
from remit.kernel import actor
from remit.kernel.access.standing import Standing

STAGES: Final = ("current", "target", "inherent")
"""What is simulated, in the order of interest; "target" is with the treatments that are under way or approved."""
SEED: Final = 20_260_101
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Held:
    """A risk of a portfolio with the scenarios of its latest assessment, in the currency asked for."""

    risk: Risk
    assessment: int
    inputs: Mapping[str, Mapping[str, Any]]


def risks_of(portfolio: Portfolio) -> Any:
    """Return the open risks within a portfolio's units; restricted ones are nobody's to add up."""
    return Risk.objects.filter(
        state__in=OPEN, restricted=False, unit__in=facts.units_below(portfolio.unit_id)
    ).order_by("pk")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a portfolio adds up: the risks that count, those that cannot with the reason, and the rates put on them."""

    held: list[Held]
    left_out: list[dict[str, Any]]
    rates: list[dict[str, Any]]


def gathered(portfolio: Portfolio, on: date | None = None) -> Gathered:
    """Return what can be counted in the portfolio's currency at the rates of a day (today), and what cannot.

    Queries: four, and one for each other currency.
    """
    known = rates.Rates(portfolio.currency, on or localdate())
    held, left_out = [], []
    for risk, assessment in _assessed(portfolio):
        if assessment is None:
            left_out.append(_left(risk, "has not been assessed in numbers"))
            continue
        try:
            held.append(Held(risk, assessment.pk, known.converted(risk.currency, assessment.inputs)))
        except rates.NotConvertedError as problem:
            left_out.append(_left(risk, str(problem)) | problem.as_json())
    return Gathered(held, left_out, known.used())


def kept_in(portfolio: Portfolio, currency: str) -> list[Held]:
    """Return the risks of a portfolio that are kept in this currency, as they are kept."""
    return [
        Held(risk, assessment.pk, assessment.inputs)
        for risk, assessment in _assessed(portfolio)
        if assessment is not None and risk.currency == currency
    ]


def _assessed(portfolio: Portfolio) -> list[tuple[Risk, Assessment | None]]:
    """Return the risks of a portfolio, each with its latest assessment; None where that has nothing to compute."""
    latest = Assessment.objects.filter(risk=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    risks = list(risks_of(portfolio).annotate(latest=Subquery(latest)))
    assessments = Assessment.objects.exclude(inputs={}).in_bulk([risk.latest for risk in risks if risk.latest])
    return [(risk, assessments.get(risk.latest)) for risk in risks]


def _left(risk: Risk, why: str) -> dict[str, Any]:
    return {"id": risk.pk, "ref": risk.ref, "why": why}


def dependence(kind: str, strength: float, count: int) -> dict[str, Any]:
    """Return the dependence of a portfolio in the shape of `fair.model`.

    For one factor `strength` is the correlation of any two risks, for a common shock the spread of the log rate.
    """
    if kind == "one_factor" and count > 1:
        return {"kind": "one_factor", "loadings": math.sqrt(strength)}
    if kind == "common_shock" and count > 1:
        return {"kind": "common_shock", "beta": strength}
    return {"kind": "independent"}


def scenario_set(
    portfolio: Portfolio, held: Sequence[Held], stage: str = "current", *, title: str = "", currency: str = ""
) -> dict[str, Any]:
    """Return a stage as the JSON that `remit risk simulate` reads."""
    return {
        "title": title or portfolio.name,
        "currency": currency or portfolio.currency,
        "scenarios": [{**each.inputs[stage], "id": each.risk.ref, "title": each.risk.title} for each in held],
        "dependence": dependence(portfolio.dependence, portfolio.strength, len(held)),
    }


def handed_out(portfolio: Portfolio, standing: Standing, *, currency: str = "") -> tuple[dict[str, Any], list[Held]]:
    """Return the set that a reader may take out, and whose scenarios these are.

    It is what counts, in the portfolio's currency; or what is kept in the currency named, which the import takes back.
    The title says how many are not in it.
    """
    whole = None if currency else gathered(portfolio)
    every = whole.held if whole else kept_in(portfolio, currency)
    held = [each for each in every if standing.may_do("export", each.risk)]
    missing = len(every) - len(held) + (len(whole.left_out) if whole else 0)
    title = portfolio.name if not missing else f"{portfolio.name}, without {missing} of its risks"
    return scenario_set(portfolio, held, title=title, currency=currency), held


class NothingToCountError(Exception):
    """No risk of a portfolio can be counted; the message says why and what to do."""


def simulate(portfolio: Portfolio, tell: Tell) -> PortfolioRun:
    """Simulate a portfolio in its three stages and keep the result.

    The stages share their random streams, so that their difference is not noise. NothingToCountError where no risk can
    be computed, `fair.InputError` for a scenario that cannot be.
    """
    whole = gathered(portfolio)
    held = whole.held
    if not held:
        raise NothingToCountError(_nothing(portfolio, whole.left_out))
    found = {}
    for number, stage in enumerate(STAGES):

        def step(done: int, total: int, stage: str = stage, number: int = number) -> None:
            tell(number * total + done, total * len(STAGES), f"Simulating the {stage} stage")

        found[stage] = engine.simulated_set(
            scenario_set(portfolio, held, stage), trials=portfolio.trials, seed=SEED, progress=step
        )
    return _kept(portfolio, whole, found)


def _nothing(portfolio: Portfolio, left_out: Sequence[Mapping[str, Any]]) -> str:
    waiting = next((each for each in left_out if each.get("remedy")), None)
    if waiting is None:
        return f"{portfolio.name} holds no risk that was assessed in numbers. Fill in a scenario first."
    return f"{portfolio.name} holds no risk that can be counted. {waiting['ref']} {waiting['why']}. {waiting['remedy']}"


@transaction.atomic
def _kept(portfolio: Portfolio, whole: Gathered, found: Mapping[str, Mapping[str, Any]]) -> PortfolioRun:
    totals = {stage: result["portfolio"] for stage, result in found.items()}
    now = totals["current"]
    sums = {
        "annual_loss": round(now["mean"], 2),
        "loss_var95": round(now["quantiles"]["0.95"], 2),
        "loss_var99": round(now["var99"], 2),
        "loss_es99": round(now["es99"], 2),
        "planned_loss": round(totals["target"]["mean"], 2),
    }
    run = PortfolioRun.objects.create(
        portfolio=portfolio,
        unit_id=portfolio.unit_id,
        owner_id=actor.actor().user_id,
        restricted=portfolio.restricted,
        currency=portfolio.currency,
        dependence=portfolio.dependence,
        strength=portfolio.strength,
        trials=portfolio.trials,
        seed=SEED,
        engine=engine.VERSION,
        numbers=totals,
        parts=[_part(each, found) for each in whole.held],
        left_out=whole.left_out,
        rates=whole.rates,
        **sums,
    )
    with actor.system(f"following {run.ref}"):
        Portfolio.objects.filter(pk=portfolio.pk).update(**sums, simulated_at=timezone.now())
    return run


def _part(each: Held, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What one risk is of the whole."""
    by_stage = {stage: result["scenarios"][each.risk.ref] for stage, result in found.items()}
    return {
        "id": each.risk.pk,
        "ref": each.risk.ref,
        "currency": each.risk.currency,
        "assessment": f"{Assessment.prefix}-{each.assessment}",
        "mean": {stage: numbers["mean"] for stage, numbers in by_stage.items()},
        "var95": by_stage["current"]["quantiles"]["0.95"],
        "es99_part": by_stage["current"].get("es99_part"),
    }


def moved_since(run: PortfolioRun) -> str:
    """Say that risks were assessed anew, came or went since a run; "" where it still holds."""
    counted = {part["id"]: assessment_key(part) for part in run.parts}
    newest = dict(
        Assessment.objects.filter(risk__in=counted).order_by("risk", "-pk").distinct("risk").values_list("risk", "pk")
    )
    moved = sum(newest.get(risk, known) != known for risk, known in counted.items())
    there = set(risks_of(run.portfolio).values_list("pk", flat=True))
    left = {each["id"] for each in run.left_out}
    again = _quoted_now(run)
    came, went = len(there - counted.keys() - left), len(counted.keys() - there)
    said = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (moved, "risk was assessed anew", "risks were assessed anew"),
            (came, "risk is new", "risks are new"),
            (went, "risk is closed or out of sight", "risks are closed or out of sight"),
            (again, "exchange rate is new", "exchange rates are new"),
        )
        if count
    ]
    return f"Since this simulation {', '.join(said)}. Simulate again to count them." if said else ""


def _quoted_now(run: PortfolioRun) -> int:
    """Count the rates that are others today, or known at last."""
    known = rates.Rates(run.currency, localdate())
    used = {each["base"]: each["rate"] for each in run.rates}
    missed = {each["pair"][0] for each in run.left_out if each.get("pair")}
    quoted = [(base, known.quotation(base)) for base in sorted({*used, *missed})]
    return sum(found is not None and str(found.rate) != used.get(base) for base, found in quoted)

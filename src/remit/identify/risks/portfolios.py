"""Risks taken together: gathering their latest inputs, simulating them side by side, keeping what was found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from remit.identify.risks import engine, facts
from remit.identify.risks.models import OPEN, Assessment, Portfolio, PortfolioRun, Risk
from remit.kernel import actor

STAGES: Final = ("current", "target", "inherent")
"""What is simulated, in the order of interest; "target" is with the treatments that are under way or approved."""
SEED: Final = 20_260_101
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Held:
    """A risk of a portfolio with the scenarios of its latest assessment."""

    risk: Risk
    assessment: int
    inputs: Mapping[str, Mapping[str, Any]]


def risks_of(portfolio: Portfolio) -> Any:
    """Return the open risks within a portfolio's units; restricted ones are nobody's to add up."""
    return Risk.objects.filter(
        state__in=OPEN, restricted=False, unit__in=facts.units_below(portfolio.unit_id)
    ).order_by("pk")


def gathered(portfolio: Portfolio) -> tuple[list[Held], list[dict[str, Any]]]:
    """Return the risks that can be counted, and those that cannot with the reason, in three queries."""
    latest = Assessment.objects.filter(risk=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    risks = list(risks_of(portfolio).annotate(latest=Subquery(latest)))
    assessments = Assessment.objects.in_bulk([risk.latest for risk in risks if risk.latest])
    held, left_out = [], []
    for risk in risks:
        if risk.latest not in assessments:
            left_out.append(_left(risk, "has not been assessed in numbers"))
        elif risk.currency != portfolio.currency:
            left_out.append(_left(risk, f"is in {risk.currency}"))
        else:
            held.append(Held(risk, risk.latest, assessments[risk.latest].inputs))
    return held, left_out


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


def scenario_set(portfolio: Portfolio, held: Sequence[Held], stage: str = "current") -> dict[str, Any]:
    """Return a stage as the JSON that `remit risk simulate` reads."""
    return {
        "title": portfolio.name,
        "currency": portfolio.currency,
        "scenarios": [{**each.inputs[stage], "id": each.risk.ref, "title": each.risk.title} for each in held],
        "dependence": dependence(portfolio.dependence, portfolio.strength, len(held)),
    }


def simulate(portfolio: Portfolio, tell: Tell) -> PortfolioRun | None:
    """Simulate a portfolio in its three stages and keep the result; None where it holds no risk that can be computed.

    The stages share their random streams, so that their difference is not noise. `fair.InputError` for a scenario that
    cannot be computed.
    """
    held, left_out = gathered(portfolio)
    if not held:
        return None
    found = {}
    for number, stage in enumerate(STAGES):

        def step(done: int, total: int, stage: str = stage, number: int = number) -> None:
            tell(number * total + done, total * len(STAGES), f"Simulating the {stage} stage")

        found[stage] = engine.simulated_set(
            scenario_set(portfolio, held, stage), trials=portfolio.trials, seed=SEED, progress=step
        )
    return _kept(portfolio, held, left_out, found)


@transaction.atomic
def _kept(
    portfolio: Portfolio, held: Iterable[Held], left_out: list[dict[str, Any]], found: Mapping[str, Mapping[str, Any]]
) -> PortfolioRun:
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
        parts=[_part(each, found) for each in held],
        left_out=left_out,
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
        "assessment": each.assessment,
        "mean": {stage: numbers["mean"] for stage, numbers in by_stage.items()},
        "var95": by_stage["current"]["quantiles"]["0.95"],
        "es99_part": by_stage["current"].get("es99_part"),
    }


def moved_since(run: PortfolioRun) -> str:
    """Say that risks were assessed anew, came or went since a run; "" where it still holds."""
    counted = {part["id"]: part["assessment"] for part in run.parts}
    newest = dict(
        Assessment.objects.filter(risk__in=counted).order_by("risk", "-pk").distinct("risk").values_list("risk", "pk")
    )
    moved = sum(newest.get(risk, known) != known for risk, known in counted.items())
    there = set(risks_of(run.portfolio).filter(currency=run.currency).values_list("pk", flat=True))
    left = {each["id"] for each in run.left_out}
    came, went = len(there - counted.keys() - left), len(counted.keys() - there)
    said = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (moved, "risk was assessed anew", "risks were assessed anew"),
            (came, "risk is new", "risks are new"),
            (went, "risk is closed or out of sight", "risks are closed or out of sight"),
        )
        if count
    ]
    return f"Since this simulation {', '.join(said)}. Simulate again to count them." if said else ""

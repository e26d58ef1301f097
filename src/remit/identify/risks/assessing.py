"""Assessing a risk: its scenario in three stages becomes numbers, levels and a verdict, kept as one assessment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from remit.identify.risks import engine, facts, rules, scales, stages
from remit.identify.risks.inputs import Scenario
from remit.identify.risks.models import (
    OPEN,
    Appetite,
    Assessment,
    Binding,
    Cause,
    Risk,
    RiskCategory,
    RiskMatrix,
    Treatment,
)
from remit.identify.risks.models.appetite import unit_chain
from remit.identify.risks.models.treatment import UNDER_WAY
from remit.identify.risks.terms import EFFECTS
from remit.kernel import actor

KEPT = ("mean", "sd", "p_zero", "quantiles", "var99", "es99", "events", "recovered", "standard_error", "exceedance")
"""What of the engine's numbers an assessment keeps for each stage."""


def measure(treatment: Treatment) -> stages.Measure:
    """Return a treatment as what it changes; avoiding leaves nothing to happen."""
    effect = {name: float(getattr(treatment, f"{name}_effect")) for name in EFFECTS}
    if treatment.strategy == "avoid":
        effect["frequency"] = effect["frequency"] or 1.0
    ref = treatment.ref if treatment.pk else "treatment"
    return stages.Measure(ref, effect, treatment.retention, treatment.limit)


@transaction.atomic
def assess(risk: Risk, cause: str = Cause.ASKED, *, at: datetime | None = None, only_if_moved: bool = False) -> Any:
    """Compute a risk by its scenario as it is now, and keep what was found.

    Returns the Assessment, or None for a risk without a scenario, or (`only_if_moved`) where no input has changed.
    `at` dates it, for what is loaded from elsewhere. `fair.InputError` for a scenario that cannot be computed.
    """
    if not risk.scenario:
        return None
    current, applied = facts.resolved(risk)
    plans = list(risk.treatments.filter(state__in=UNDER_WAY).order_by("pk"))
    made: dict[str, Scenario] = {
        "inherent": stages.inherent(current),
        "current": current,
        "target": stages.treated(current, map(measure, plans)),
    }
    before = risk.assessments.order_by("-pk").first()
    if only_if_moved and before is not None and before.inputs == made:
        return None
    numbers = {name: _kept(engine.numbers(scenario)) for name, scenario in made.items()}
    numbers["current"]["swings"] = engine.swings(current)
    moved = stages.drivers(before.inputs["current"], current, engine.mean) if before else []
    now = numbers["current"]
    assessment = Assessment.objects.create(
        risk=risk,
        unit_id=risk.unit_id,
        owner_id=actor.actor().user_id,
        restricted=risk.restricted,
        cause=cause,
        engine=engine.VERSION,
        currency=risk.currency,
        inputs=made,
        numbers=numbers,
        drivers=[driver.as_json() for driver in moved],
        annual_loss=now["mean"],
        loss_var95=now["quantiles"]["0.95"],
        loss_var99=now["var99"],
        loss_es99=now["es99"],
        limitation=" ".join(f"{a.binding.path}: {a.problem}" for a in applied if a.problem),
        **({"created_at": at} if at else {}),
    )
    with actor.system(f"following {assessment.ref}"):
        _store(risk, numbers, before, at)
        _remember(applied)
        _residuals(risk, current)
    risk.refresh_from_db()
    return assessment


def _kept(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: numbers[name] for name in KEPT if name in numbers}


def _store(risk: Risk, numbers: Mapping[str, Any], before: Assessment | None, at: datetime | None) -> None:
    """Write what was found on the risk itself, for lists and the heat map."""
    now = numbers["current"]
    values: dict[str, Any] = {
        "annual_loss": round(now["mean"]),
        "loss_var95": round(now["quantiles"]["0.95"]),
        "loss_var99": round(now["var99"]),
        "loss_es99": round(now["es99"]),
        "inherent_loss": round(numbers["inherent"]["mean"]),
        "target_loss": round(numbers["target"]["mean"]),
        "assessed_at": at or timezone.now(),
    }
    if before is not None and before.annual_loss is not None:
        values["annual_loss_before"] = round(before.annual_loss)
    matrix = RiskMatrix.objects.filter(pk=risk.matrix_id).first() if risk.by_numbers and risk.matrix_id else None
    if matrix is not None and matrix.currency == risk.currency:
        for stage, found in numbers.items():
            values |= levels(matrix.scale, stage, found)
    Risk.objects.filter(pk=risk.pk).update(**values)
    judge(Risk.objects.filter(pk=risk.pk))


def levels(scale: scales.Scale, stage: str, found: Mapping[str, Any]) -> dict[str, int | None]:
    """Place numbers on a scale: events a year by likelihood, the mean loss of one event by impact."""
    events = found.get("events") or 0.0
    each = found["mean"] / events if events else 0.0
    return {
        f"{stage}_likelihood": scales.placed(events, scale.likelihood),
        f"{stage}_impact": scales.placed(each, scale.impact),
    }


def _remember(applied: Iterable[facts.Applied]) -> None:
    for found in applied:
        if not found.problem:
            Binding.objects.filter(pk=found.binding.pk).update(
                fact=found.fact, applied=found.value, applied_at=timezone.now()
            )


def _residuals(risk: Risk, current: Scenario) -> None:
    """Say of each treatment to come what would be left with it alone."""
    for treatment in risk.treatments.filter(state__in=UNDER_WAY):
        found = engine.numbers(stages.treated(current, [measure(treatment)]), engine.QUICK)
        Treatment.objects.filter(pk=treatment.pk).update(
            residual_loss=round(found["mean"]), residual_var95=round(found["quantiles"]["0.95"])
        )


def judge(risks: Any) -> int:
    """Hold risks against the limits that are laid down for them; returns how many verdicts changed. As the system."""
    with actor.system("appetite"):
        limits = [
            rules.Limit(a.unit_id, a.category_id, a.measure, a.appetite, a.tolerance, a.currency)
            for a in Appetite.objects.filter(restricted=False)
        ]
        wider = dict(RiskCategory.objects.values_list("pk", "parent_id"))
        chains: dict[int, list[int]] = {}
        changed = []
        for risk in risks:
            units = chains.setdefault(risk.unit_id, unit_chain(risk.unit_id))
            state, says = verdict(risk, limits, units, wider)
            if (risk.appetite_state, risk.appetite_says) != (state, says):
                risk.appetite_state, risk.appetite_says = state, says
                changed.append(risk)
        Risk.objects.bulk_update(changed, ["appetite_state", "appetite_says"], batch_size=500)
        return len(changed)


def verdict(
    risk: Risk, limits: Iterable[rules.Limit], units: list[int], wider: Mapping[int, int | None]
) -> tuple[str, str]:
    """Return a risk's state against its limits, and in words which limit that is."""
    categories: list[int] = []
    here = risk.category_id
    while here is not None and here not in categories:
        categories.append(here)
        here = wider.get(here)
    holding = rules.limits_for(limits, units, categories, risk.currency)
    found = rules.verdict(holding, {"mean": risk.annual_loss, "var95": risk.loss_var95, "es99": risk.loss_es99})
    if found.limit is None:
        return found.state, ""
    measured = dict(Appetite._meta.get_field("measure").flatchoices)[found.limit.measure]
    return found.state, (
        f"{measured} {rules.money(found.value, risk.currency)}; appetite {rules.money(found.limit.appetite)}, "
        f"tolerance {rules.money(found.limit.tolerance)}"
    )


def judge_all() -> int:
    """Judge every open risk anew, when limits have changed."""
    with actor.system("appetite"):
        return judge(Risk.objects.filter(state__in=OPEN).order_by("pk"))

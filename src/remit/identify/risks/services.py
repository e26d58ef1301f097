"""Writes of several records, and what follows from a move or a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils.timezone import localdate

from remit.identify.risks import assessing, engine, facts, rules
from remit.identify.risks.inputs import WHOLE, changed, inputs
from remit.identify.risks.models import (
    OPEN,
    Appetite,
    Assessment,
    Cause,
    Estimate,
    Indicator,
    IndicatorReading,
    Risk,
    RiskAcceptance,
    RiskMatrix,
    Treatment,
)
from remit.identify.risks.scales import Scale
from remit.kernel import actor
from remit.kernel.lifecycle import after
from remit.kernel.records import StaleRecordError
from remit.kernel.work import services as work
from remit.kernel.work.models import Work

assess = assessing.assess
ENDS_SOON = timedelta(days=30)


def set_scale(matrix: RiskMatrix, scale: Scale, *, version: str = "") -> None:
    """Give a matrix its levels, ratings and cells; StaleRecordError where somebody changed it since `version`."""
    if version and version != str(matrix.version):
        raise StaleRecordError(matrix)
    for name, value in scale.as_json().items():
        setattr(matrix, name, value)
    matrix.__dict__.pop("scale", None)
    matrix.save()


@transaction.atomic
def set_scenario(
    risk: Risk,
    scenario: Mapping[str, Any],
    *,
    reason: str = "",
    version: int | None = None,
    at: Any = None,
    weight: float = 1.0,
) -> Assessment | None:
    """Give a risk a scenario, keep an estimate of each input that is new, and assess it.

    `weight` is how much those estimates count among others: 0 for what is drawn from others.
    `fair.InputError` names what is wrong; StaleRecordError where somebody changed the risk since `version`.
    """
    if version is not None and version != risk.version:
        raise StaleRecordError(risk)
    kept = engine.checked(scenario, risk.ref)
    before = dict(risk.scenario)
    risk.scenario = kept
    risk.save(update_fields=["scenario"])
    found = inputs(kept)
    for path in changed(before, kept):
        said = found.get(path)
        if said is not None and not (path.endswith((".coverage", ".reliability")) and said.value == WHOLE):
            estimate(risk, path, said.value, reason=reason, at=at, weight=weight)
    made: Assessment | None = assess(risk, Cause.SCENARIO, at=at)
    return made


def estimate(risk: Risk, path: str, value: Any, *, reason: str = "", at: Any = None, weight: float = 1.0) -> Estimate:
    """Keep one person's judgement of one input, in the name of whoever acts."""
    held = value if isinstance(value, Mapping) else {"distribution": "constant", "value": value}
    low, likely, high, confidence = _ends(held)
    return Estimate.objects.create(
        risk=risk,
        unit_id=risk.unit_id,
        restricted=risk.restricted,
        owner_id=actor.actor().user_id,
        path=path,
        distribution=dict(held),
        low=low,
        likely=likely,
        high=high,
        confidence=confidence,
        reason=reason,
        weight=weight,
        **({"created_at": at} if at else {}),
    )


def _ends(held: Mapping[str, Any]) -> tuple[float | None, float | None, float | None, int]:
    """Return the interval that somebody gave, its middle, and how sure they were of it."""
    for low, high, confidence in (("p05", "p95", 90), ("p10", "p90", 80), ("low", "high", 99)):
        if low in held and high in held:
            return _plain(held[low]), _plain(held.get("mode")), _plain(held[high]), confidence
    middle = _plain(held.get("value", held.get("mean")))
    return None, middle, None, 90


def _plain(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


@transaction.atomic
def reviewed(risk: Risk, on: date) -> None:
    """Note that a risk was looked at and still stands as it is; the next review follows from its period."""
    risk.reviewed_on, risk.next_review = on, rules.next_review(on, risk.review_days)
    with actor.verb("review"):
        risk.save(update_fields=["reviewed_on", "next_review"])
    for item in Work.objects.filter(
        about_kind=Risk.kind(), about_id=risk.pk, state="open", type=Work.Type.REVIEW, owner=risk.owner_id
    ):
        item.move("finish")


@after("kernel.work", "finish")
def review_done(item: Any) -> None:
    """Finishing the work of a review is the review."""
    if item.about_kind != Risk.kind() or item.type != Work.Type.REVIEW:
        return
    risk = Risk.objects.filter(pk=item.about_id).first()
    if risk is not None and risk.reviewed_on != localdate() and risk.state in OPEN:
        reviewed(risk, localdate())


@after("risks.riskacceptance", "grant")
def accepted(acceptance: Any) -> None:
    """A granted acceptance accepts the risk, and takes the place of the one it renews."""
    with actor.system(f"granting {acceptance.ref}"):
        if acceptance.renews and acceptance.renews.state == "granted":
            acceptance.renews.move("replace")
        risk = Risk.objects.get(pk=acceptance.risk_id)
        if risk.state in {"assessed", "treated"}:
            risk.move("accept")


@after("risks.riskacceptance", "expire")
@after("risks.riskacceptance", "revoke")
def lapsed(acceptance: Any) -> None:
    """Without an acceptance a risk is to be treated again."""
    with actor.system(f"the end of {acceptance.ref}"):
        if RiskAcceptance.objects.filter(risk=acceptance.risk_id, state="granted").exists():
            return
        risk = Risk.objects.get(pk=acceptance.risk_id)
        if risk.state == "accepted":
            risk.move("lapse")


@receiver(post_save, sender=Treatment, dispatch_uid="risks.treatment")
def follow_treatment(instance: Treatment, update_fields: frozenset[str] | None, **_: Any) -> None:
    """A changed treatment changes the target, and what it leaves itself."""
    risk = instance.risk
    if risk.scenario and (update_fields is None or not {"owner"} >= set(update_fields)):
        assess(risk, Cause.TREATMENT, only_if_moved=True)


@receiver((post_save, post_delete), sender=Appetite, dispatch_uid="risks.appetite")
def follow_appetite(**_: Any) -> None:
    assessing.judge_all()


@receiver(post_save, sender=IndicatorReading, dispatch_uid="risks.reading")
def follow_reading(instance: IndicatorReading, **_: Any) -> None:
    """The newest reading is the indicator's."""
    with actor.system("its newest reading"):
        indicator = Indicator.objects.get(pk=instance.indicator_id)
        newest = indicator.readings.order_by("-on", "-pk").first()
        if newest is not None:
            show(indicator, newest.value, newest.on)


def show(indicator: Indicator, value: float, on: date) -> None:
    """Store the newest reading of an indicator and the colour it has."""
    state = rules.indicator_state(value, indicator.amber, indicator.red, indicator.higher_is_worse)
    Indicator.objects.filter(pk=indicator.pk).update(value=value, read_on=on, status=state)


@transaction.atomic
def read_indicators(on: date) -> int:
    """Read the figure of every indicator that has one, as the system; again on the same day nothing more."""
    done = 0
    with actor.system("risk indicators"):
        known = set(IndicatorReading.objects.filter(on=on).values_list("indicator_id", flat=True))
        for indicator in Indicator.objects.exclude(figure="").filter(risk__state__in=OPEN).order_by("pk"):
            value = facts.figure_value(indicator.figure, indicator.unit_id)
            if value is None or indicator.pk in known:
                continue
            IndicatorReading.objects.create(
                indicator=indicator, unit_id=indicator.unit_id, restricted=indicator.restricted, on=on, value=value
            )
            done += 1
    return done


@transaction.atomic
def ask_for_reviews(today: date) -> int:
    """Ask owners, by work in their inbox, to look at risks whose review is due; never twice for the same day."""
    asked = 0
    with actor.system("reviews of risks"):
        due = Risk.objects.filter(state__in=OPEN, next_review__lte=today, owner__is_active=True)
        reviews = Work.objects.filter(about_kind=Risk.kind(), type=Work.Type.REVIEW, state="open")
        waiting = set(reviews.values_list("about_id", flat=True))
        for risk in due.order_by("pk"):
            if risk.pk in waiting or risk.owner_id is None:
                continue
            work.ask(
                f"Review the risk: {risk.title}",
                owner_id=risk.owner_id,
                due_on=risk.next_review,
                record=risk,
                type=Work.Type.REVIEW,
                detail="Is it still as described, and are its estimates still yours? Change what is not, then finish.",
            )
            asked += 1
    return asked


@transaction.atomic
def end_acceptances(today: date) -> tuple[int, int]:
    """Let acceptances past their last day expire, and ask about those that end soon. Returns (expired, asked)."""
    expired = asked = 0
    with actor.system("acceptances of risks"):
        granted = RiskAcceptance.objects.filter(state="granted").select_related("risk")
        for acceptance in granted.filter(expires_on__lt=today).order_by("pk"):
            acceptance.move("expire")
            expired += 1
        told = set(Work.objects.filter(about_kind=RiskAcceptance.kind()).values_list("about_id", "due_on"))
        for acceptance in granted.filter(expires_on__gte=today, expires_on__lte=today + ENDS_SOON).order_by("pk"):
            owner = acceptance.owner_id or acceptance.risk.owner_id
            if owner is None or (acceptance.pk, acceptance.expires_on) in told:
                continue
            work.ask(
                f"The acceptance of “{acceptance.risk}” ends",
                owner_id=owner,
                due_on=acceptance.expires_on,
                record=acceptance,
                detail="Renew it with a reason that still holds, or treat the risk: from that day it is open again.",
            )
            asked += 1
    return expired, asked


def with_scenario() -> QuerySet[Risk]:
    """Return the open risks that can be computed."""
    return Risk.objects.filter(state__in=OPEN).exclude(scenario={}).order_by("pk")

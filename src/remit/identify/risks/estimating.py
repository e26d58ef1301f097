"""People's estimates of one input beside each other and made one; and what came, against what they had said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Sum

from remit.identify.risks import services
from remit.identify.risks.calibration import record
from remit.identify.risks.inputs import Input, inputs, put
from remit.identify.risks.models import Assessment, Estimate, Exercise, Outcome, Risk
from remit.kernel import actor
from remit.kernel.records import StaleRecordError

if TYPE_CHECKING:
    from remit.identify.risks.calibration.outcomes import Judged
    from remit.identify.risks.calibration.pooling import Method, Pool

WEIGHTINGS: Final = {"equal": "All alike", "given": "Weights given", "record": "By their record"}
METHODS: Final = {"linear": "Linear", "logarithmic": "Logarithmic"}
MOST_JUDGED: Final = 2000
"""The newest estimates that are held against what came, for a person's record."""


@dataclass(frozen=True)
class Question:
    """One input and what people estimate of it: their newest estimates, the pool, or why there is none."""

    input: Input
    estimates: tuple[Estimate, ...]
    pool: Pool | None
    problem: str
    outcomes: tuple[Outcome, ...]


def questions(risk: Risk, method: Method, weighting: str) -> list[Question]:
    """Return the inputs of a risk's scenario that somebody estimated or something is known of, each with its pool."""
    found: dict[str, list[Estimate]] = {}
    for one in newest(risk):
        found.setdefault(one.path, []).append(one)
    came: dict[str, list[Outcome]] = {}
    for outcome in risk.outcomes.order_by("-on", "-pk").select_related("owner")[:200]:
        came.setdefault(outcome.path, []).append(outcome)
    weights = weights_of({one.owner_id for some in found.values() for one in some}) if weighting == "record" else {}
    made = []
    for path, place in inputs(risk.scenario).items():
        estimates = found.get(path, [])
        if estimates or path in came:
            pool, problem = pooled(estimates, method, weighting, weights)
            made.append(Question(place, tuple(estimates), pool, problem, tuple(came.get(path, ()))))
    return made


def newest(risk: Risk) -> Iterable[Estimate]:
    """Return the newest estimate of each person for each input; what weighs nothing is nobody's own."""
    counted = Estimate.objects.filter(risk=risk, weight__gt=0, owner__isnull=False)
    return counted.order_by("path", "owner_id", "-pk").distinct("path", "owner_id").select_related("owner")


def pooled(
    estimates: Collection[Estimate], method: Method, weighting: str, by_record: Mapping[int, record.Record]
) -> tuple[Pool | None, str]:
    """Draw estimates together; returns why not where that cannot be done."""
    from remit.identify.risks.calibration import pooling  # noqa: PLC0415 - loads NumPy

    if not estimates:
        return None, ""
    earned = record.weights({one.owner_id or 0: by_record.get(one.owner_id or 0, record.Record()) for one in estimates})

    def weight(one: Estimate) -> float:
        return {"given": one.weight, "record": earned[one.owner_id or 0]}.get(weighting, 1.0)

    try:
        members = [pooling.Member(str(one.owner), pooling.read(one.distribution), weight(one)) for one in estimates]
        return pooling.pool(members, method), ""
    except ValueError as error:
        return None, str(error)


class NotPooledError(ValueError):
    """A pooled estimate that cannot be used; the message says why."""


@transaction.atomic
def use_pooled(
    risk: Risk, path: str, *, method: Method, weighting: str, reason: str, version: int | None = None
) -> Assessment | None:
    """Put the pool of an input in its place in the scenario, and assess the risk.

    NotPooledError for an input without a pool or a missing reason; `fair.InputError` and StaleRecordError as
    `services.set_scenario`.
    """
    from remit.identify.risks.calibration.pooling import BESIDE  # noqa: PLC0415 - loads NumPy

    if version is not None and version != risk.version:
        raise StaleRecordError(risk)
    if not reason.strip():
        raise NotPooledError("Say why the pooled estimate is to be used: it stands with the number from then on.")
    found = next((one for one in questions(risk, method, weighting) if one.input.path == path), None)
    if found is None or found.pool is None:
        raise NotPooledError(found.problem if found and found.problem else "Nobody has estimated this input.")
    present = found.input.value
    beside = {key: present[key] for key in BESIDE if key in present} if isinstance(present, Mapping) else {}
    said = f"{METHODS[method]} pool of {len(found.estimates)}, {WEIGHTINGS[weighting].lower()}: {reason.strip()}"
    scenario = put(risk.scenario, found.input.keys, {**found.pool.fitted, **beside})
    return services.set_scenario(risk, scenario, reason=said, version=risk.version, weight=0.0)


def note_outcome(risk: Risk, path: str, value: float, *, since: date | None, on: date, note: str = "") -> Outcome:
    """Keep what came of an input, in the name of whoever acts; ValidationError for days that cannot be."""
    made = Outcome(
        risk=risk,
        unit_id=risk.unit_id,
        restricted=risk.restricted,
        owner_id=actor.actor().user_id,
        path=path,
        value=value,
        since=since,
        on=on,
        note=note,
    )
    made.clean()
    made.save()
    return made


@dataclass(frozen=True)
class Met:
    """An estimate and an outcome that it foretold, well or badly."""

    estimate: Estimate
    outcome: Outcome
    judged: Judged


def met(estimates: Iterable[Estimate], outcomes: Iterable[Outcome]) -> list[Met]:
    """Hold each outcome against the newest estimate of each person from before it; outcomes in their order.

    Numbers without a spread, and what cannot be read any more, are left out: they say nothing of calibration.
    """
    from remit.identify.risks.calibration.outcomes import judge  # noqa: PLC0415 - loads NumPy

    known: dict[tuple[int, str], list[Estimate]] = {}
    for one in sorted(estimates, key=lambda e: e.pk, reverse=True):
        known.setdefault((one.risk_id, one.path), []).append(one)
    found = []
    for outcome in outcomes:
        before = datetime.combine(outcome.since or outcome.on, time(), UTC)
        told: set[int | None] = set()
        for one in known.get((outcome.risk_id, outcome.path), ()):
            if one.owner_id in told or one.created_at >= before or one.distribution.get("distribution") == "constant":
                continue
            told.add(one.owner_id)
            try:
                judged = judge(one.distribution, outcome.value, path=one.path, years=outcome.years)
            except ValueError:
                continue
            found.append(Met(one, outcome, judged))
    return found


def met_by(user_ids: Collection[int]) -> list[Met]:
    """Return what these people estimated and what came of it, within the actor's reach, the newest first."""
    outcomes = list(Outcome.objects.order_by("-on", "-pk").select_related("risk")[:MOST_JUDGED])
    estimates = Estimate.objects.filter(
        owner__in=user_ids, weight__gt=0, risk__in={one.risk_id for one in outcomes}
    ).order_by("-pk")
    return met(estimates.select_related("owner", "risk")[:MOST_JUDGED], outcomes)


def weights_of(user_ids: Collection[int | None]) -> dict[int, record.Record]:
    """Return people's records, of exercises and of real estimates together, read as the system.

    Who pools sees what each weighs, not what each answered.
    """
    people = {user_id for user_id in user_ids if user_id is not None}
    with actor.system("weights of estimates"):
        rows = (
            Exercise.objects.filter(owner__in=people)
            .exclude(finished_at=None)
            .values_list("owner")
            .annotate(Sum("below"), Sum("hits"), Sum("above"), Sum("intervals"), Sum("information"))
            .order_by("owner")
        )
        found = {
            owner: record.Record(below, hits, above, 0.9 * of, information or 0.0)
            for owner, below, hits, above, of, information in rows
        }
        for one in met_by(people):
            owner = one.estimate.owner_id
            if owner is not None:
                found[owner] = found.get(owner, record.Record()) + one.judged.record
    return found

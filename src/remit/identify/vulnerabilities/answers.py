"""The answer to "what do we fix first": open findings within reach, read in three queries, given to the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import QuerySet

from remit.identify.vulnerabilities import fixfirst
from remit.identify.vulnerabilities.fixfirst import Action, OpenFinding, Overdue, Plan
from remit.identify.vulnerabilities.models import OPEN, Occurrence, PriorityLevel, Weakness
from remit.identify.vulnerabilities.rules import Circumstances, Level, Priority, prioritise
from remit.kernel import actor
from remit.kernel.access.need_to_know import next_end
from remit.kernel.access.standing import within
from remit.kernel.figures.services import quiet_position

MOST = 20_000
"""Findings weighed at most: the most pressing ones. Beyond that the answer says how many it left out."""
TOLD = 40
"""Actions the page lists at most."""
KEPT = 64
"""Answers kept in this process."""
_kept: dict[Any, Answer] = {}
LEVEL_NAMES: dict[int, Level] = {3: "act", 2: "attend", 1: "track", 0: "note"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What to fix first: the plan, what is overdue, and how much was weighed."""

    plan: Plan
    overdue: Overdue
    weighed: int
    left_out: int


class WeaknessFacts(NamedTuple):
    """What the rule needs of a weakness; equal facts give equal answers, which are kept."""

    severity: int
    cves: bool
    cvss_score: float | None
    cvss_version: str
    cvss_vector: str
    epss: float | None
    kev: bool
    kev_due: date | None
    ransomware: bool
    exploited_by_source: bool


class AssetFacts(NamedTuple):
    criticality: int
    exposure: str
    environment: str
    data_classes: tuple[str, ...]


@lru_cache(maxsize=20_000)
def judged(weakness: WeaknessFacts, asset: AssetFacts, fix_known: bool) -> Priority:
    """The priority of a weakness on an asset, by the rule; asked once for equal circumstances."""
    return prioritise(
        Circumstances(
            severity=weakness.severity,
            cve=weakness.cves,
            cvss_score=weakness.cvss_score,
            cvss_version=weakness.cvss_version,
            cvss_vector=weakness.cvss_vector,
            epss=weakness.epss,
            kev=weakness.kev,
            kev_due=weakness.kev_due,
            ransomware=weakness.ransomware,
            exploited_by_source=weakness.exploited_by_source,
            criticality=asset.criticality,
            exposure=asset.exposure,
            environment=asset.environment,
            data_classes=asset.data_classes,
            fixed_version_known=fix_known,
        )
    )


def facts_of_weakness(weakness: Any) -> WeaknessFacts:
    return WeaknessFacts(
        weakness.severity,
        bool(weakness.cves),
        weakness.cvss_score,
        weakness.cvss_version,
        weakness.cvss_vector,
        weakness.epss,
        weakness.kev_added is not None,
        weakness.kev_due,
        weakness.ransomware,
        weakness.exploited_by_source,
    )


def facts_of_asset(asset: Any) -> AssetFacts:
    return AssetFacts(asset.criticality, asset.exposure, asset.environment, tuple(asset.data_classes))


def priority_of(occurrence: Occurrence) -> Priority:
    """Judge one finding afresh, with its reasons."""
    return judged(
        facts_of_weakness(occurrence.weakness), facts_of_asset(occurrence.asset), bool(occurrence.fixed_version)
    )


def standing(
    scope: Sequence[int] | None = None, *, owner: int | None = None, level: int | None = None
) -> QuerySet[Occurrence]:
    """Return the open findings that ask for something to be done."""
    found = Occurrence.objects.filter(within(Occurrence), state__in=OPEN)
    found = found.filter(level__gte=PriorityLevel.TRACK) if level is None else found.filter(level=level)
    if scope is not None:
        found = found.filter(unit__in=scope)
    return found if owner is None else found.filter(owner=owner)


ASSET_COLUMNS = ("pk", "name", "kind_of", "criticality", "exposure", "environment", "data_classes")
WEAKNESS_COLUMNS = (
    "pk",
    "source",
    "rule",
    "title",
    "solution",
    "severity",
    "cves",
    "cvss_score",
    "cvss_version",
    "cvss_vector",
    "epss",
    "kev_added",
    "kev_due",
    "ransomware",
    "exploited_by_source",
)


def columns(model: Any, names: Sequence[str], keys: Iterable[int]) -> Any:
    """Read some columns of these records within reach."""
    return model._default_manager.filter(pk__among=list(keys)).order_by().values_list(*names, named=True)


def open_findings(found: QuerySet[Occurrence]) -> list[OpenFinding]:
    """Read findings with what the engine needs, in three queries whatever their number (at most MOST)."""
    rows = list(
        found.order_by("-level", "-score", "-pk").values_list(
            "pk",
            "weakness_id",
            "asset_id",
            "level",
            "due_on",
            "package",
            "fixed_version",
            "score",
            "unit__name",
            "owner__name",
        )[:MOST]
    )
    Asset = apps.get_model("assets", "Asset")
    assets = {a.pk: a for a in columns(Asset, ASSET_COLUMNS, {row[2] for row in rows})}
    weaknesses = {w.pk: w for w in columns(Weakness, WEAKNESS_COLUMNS, {row[1] for row in rows})}
    facts = {key: facts_of_weakness(w) for key, w in weaknesses.items()}
    where = {key: facts_of_asset(a) for key, a in assets.items()}
    made = []
    for pk, weakness_id, asset_id, level, due, package, fixed, score, unit, owner in rows:
        if weakness_id not in weaknesses or asset_id not in assets:
            continue
        weakness, asset = weaknesses[weakness_id], assets[asset_id]
        priority = judged(facts[weakness_id], where[asset_id], bool(fixed))
        made.append(
            OpenFinding(
                id=pk,
                weakness=f"{weakness.source} {weakness.rule}",
                title=weakness.title,
                asset=asset_id,
                asset_name=asset.name,
                level=LEVEL_NAMES[level],
                probability=priority.probability,
                impact=priority.impact,
                solution=weakness.solution,
                package=package,
                fixed_version=fixed,
                asset_kind=asset.kind_of,
                worth=priority.worth,
                criticality=asset.criticality,
                exposure=asset.exposure,
                unit=unit,
                owner=owner or "",
                due=due,
                exploited=weakness.kev_added is not None or weakness.ransomware,
                score=score,
            )
        )
    return made


def fix_first(
    scope: Sequence[int] | None = None,
    *,
    today: date,
    limit: int = 10,
    owner: int | None = None,
    level: int | None = None,
) -> Answer:
    """Answer for these units (None: everything within reach), one owner or one level.

    An answer is kept until anything changes: the ledger's position tells.
    """
    position = quiet_position()
    where = tuple(scope) if scope is not None else None
    asked = (actor.actor(), where, today, limit, owner, level, position, next_end())
    if (known := _kept.get(asked)) is not None:
        return known
    answer = _answer(scope, today=today, limit=limit, owner=owner, level=level)
    if position is not None:
        while len(_kept) >= KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[asked] = answer
    return answer


def _answer(scope: Sequence[int] | None, *, today: date, limit: int, owner: int | None, level: int | None) -> Answer:
    found = standing(scope, owner=owner, level=level)
    findings = open_findings(found)
    left_out = found.count() - len(findings) if len(findings) >= MOST else 0
    plan = fixfirst.fix_first(findings, today=today, limit=limit)
    plan = replace(plan, actions=tuple(sorted(plan.actions, key=lambda action: -action.risk_removed)))
    return Answer(plan, fixfirst.overdue(findings, today=today), len(findings), left_out)


def action_called(key: str, unit: str, owner: str, scope: Sequence[int] | None, *, today: date) -> Action | None:
    """Return one action of the answer by what names it, as the page tells it; one further down stands for itself."""
    findings = open_findings(standing(scope))
    whole = fixfirst.fix_first(findings, today=today, limit=TOLD)
    for action in whole.actions:
        if (action.key, action.unit, action.owner) == (key, unit, owner):
            return action
    own = [f for f in findings if f.unit == unit and f.owner == owner]
    plan = fixfirst.fix_first(own, today=today, limit=len(own))
    found = next((action for action in plan.actions if action.key == key), None)
    return found and replace(found, share=100 * found.risk_removed / whole.total_risk if whole.total_risk else 0.0)


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer as plain values: what `remit fix-first --json` and the API say."""
    return {
        "actions": [
            {
                "headline": a.headline,
                "level": a.level,
                "unit": a.unit,
                "owner": a.owner,
                "findings": len(a.findings),
                "finding_ids": list(a.findings),
                "assets": list(a.asset_names),
                "hours": round(a.hours, 1),
                "risk_removed": round(a.risk_removed, 3),
                "share": round(a.share, 2),
                "reasons": list(a.reasons),
                "due": a.due.isoformat() if a.due else None,
                "overdue": a.overdue,
            }
            for a in answer.plan.actions
        ],
        "candidates": answer.plan.candidates,
        "share": round(answer.plan.share, 2),
        "overdue": {
            "findings": answer.overdue.findings,
            "assets": answer.overdue.assets,
            "levels": dict(answer.overdue.levels),
            "oldest": answer.overdue.oldest.isoformat() if answer.overdue.oldest else None,
        },
        "weighed": answer.weighed,
        "left_out": answer.left_out,
    }

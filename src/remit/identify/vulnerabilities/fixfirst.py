"""Which few actions remove most risk: open findings, grouped by what one does and who does it.

An action is one fix (an upgrade, a change of configuration) by one owner in one unit, on all assets that need it. Its
worth is the risk it takes off those assets as they stand once the actions before it are done, combined on each asset
as `rules.combined_risk` says; actions are picked one by one by risk removed per hour of work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import heapify, heappop, heappush
from math import exp, log1p
from typing import NamedTuple

from remit.identify.vulnerabilities.headlines import headline, reasons_for
from remit.identify.vulnerabilities.products import Fix, fix_of, highest, needs_restart
from remit.identify.vulnerabilities.rules import LEVELS, LIKELIHOOD_LARGEST, Level

PREPARE_HOURS, REPLACE_HOURS = 2.0, 16.0
"""Work before the first asset is touched: to test and plan an upgrade or a setting; to replace what has no fix."""
EACH_HOURS, RESTART_HOURS = 0.5, 0.5
"""Work on each asset, and more where it restarts."""
BY_HAND, ROLLED_OUT = 20, 0.1
"""Beyond this many assets one rolls out by tool: every further asset takes this share of the work."""

_RANK = {level: rank for rank, level in enumerate(LEVELS)}


class OpenFinding(NamedTuple):
    """One occurrence that still stands, with what is needed of its weakness and its asset."""

    id: int
    weakness: str
    """Names the weakness: source and rule."""
    title: str
    asset: int
    asset_name: str
    level: Level
    probability: float
    """Of exploitation here within 30 days, as `Priority.probability`."""
    impact: float
    """0 to 1, as `Priority.impact`."""
    solution: str = ""
    package: str = ""
    fixed_version: str = ""
    asset_kind: str = "host"
    worth: float = 1.0
    """Of the asset, as `rules.asset_worth`; the same for all its findings."""
    criticality: int = 3
    exposure: str = "internal"
    unit: str = ""
    owner: str = ""
    due: date | None = None
    exploited: bool = False
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do, by one owner."""

    key: str
    headline: str
    """"Upgrade OpenSSH to 9.8p1 on 7 internet-facing hosts"."""
    level: Level
    """The most urgent of its findings."""
    unit: str
    owner: str
    findings: tuple[int, ...]
    """Ids of the findings it closes."""
    assets: tuple[int, ...]
    asset_names: tuple[str, ...]
    hours: float
    """Estimated work."""
    risk_removed: float
    """Risk points, after the actions before it in the plan."""
    share: float
    """Of all risk of the findings given, in per cent."""
    reasons: tuple[str, ...]
    due: date | None
    """The earliest of its findings."""
    overdue: int
    """How many of its findings are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer: `actions` in the order to do them; `candidates` counts all actions there are."""

    actions: tuple[Action, ...]
    candidates: int
    total_risk: float
    """Risk points of all findings together, summed over assets."""
    share: float
    """What the actions remove of it, in per cent."""


class OverdueShare(NamedTuple):
    unit: str
    owner: str
    findings: int
    oldest: date


@dataclass(frozen=True, slots=True)
class Overdue:
    """What should be done by now. `levels` counts by level; `owners` has most findings first."""

    findings: int
    assets: int
    levels: dict[Level, int]
    owners: tuple[OverdueShare, ...]
    oldest: date | None


class _Group:
    """The findings of one action while it is being weighed."""

    __slots__ = ("findings", "fix", "hours", "logs", "worth")

    def __init__(self, fix: Fix) -> None:
        self.fix = fix
        self.findings: list[OpenFinding] = []
        self.logs: dict[int, float] = defaultdict(float)  # by asset: log of the chance that none of these is used
        self.hours = self.worth = 0.0


def fix_first(findings: Iterable[OpenFinding], *, today: date, limit: int = 10) -> Plan:
    """The plan of at most `limit` actions; fewer when nothing more takes risk away."""
    standing = list(findings)
    worth = _worths(standing)
    groups = _grouped(standing, worth)
    spared: dict[int, float] = defaultdict(float)
    for group in groups:
        group.hours = _hours(group)
        for asset, log in group.logs.items():
            spared[asset] += log
    total = sum(worth[asset] * (1 - exp(log)) for asset, log in spared.items()) * 100
    actions = tuple(
        _action(group, removed * 100, total, today) for group, removed in _picked(groups, worth, spared, limit)
    )
    return Plan(actions, len(groups), total, sum(action.share for action in actions))


def overdue(findings: Iterable[OpenFinding], *, today: date) -> Overdue:
    """Summary of the findings whose due day is before today."""
    late = [(each, each.due) for each in findings if each.due is not None and each.due < today]
    owners: dict[tuple[str, str], list[date]] = defaultdict(list)
    for each, due in late:
        owners[each.unit, each.owner].append(due)
    shares = [OverdueShare(unit, owner, len(days), min(days)) for (unit, owner), days in owners.items()]
    shares.sort(key=lambda share: (-share.findings, share.oldest, share.unit, share.owner))
    counts = Counter(each.level for each, _ in late)
    levels: dict[Level, int] = {level: counts[level] for level in LEVELS if counts[level]}
    oldest = min((due for _, due in late), default=None)
    return Overdue(len(late), len({each.asset for each, _ in late}), levels, tuple(shares), oldest)


def _worths(findings: Sequence[OpenFinding]) -> dict[int, float]:
    worth: dict[int, float] = {}
    for each in findings:
        if each.worth >= worth.get(each.asset, 0.2):
            worth[each.asset] = each.worth
    return worth


def _grouped(findings: Sequence[OpenFinding], worth: dict[int, float]) -> list[_Group]:
    groups: dict[tuple[str, str, str], _Group] = {}
    for each in findings:
        fix = fix_of(each.weakness, each.title, each.solution, each.package, each.fixed_version)
        key = fix.key, each.unit, each.owner
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(fix)
        elif fix.version != group.fix.version:
            group.fix = group.fix._replace(version=highest([fix.version, group.fix.version]))
        group.findings.append(each)
        chance = min(each.probability * each.impact / worth[each.asset], LIKELIHOOD_LARGEST)
        group.logs[each.asset] += log1p(-chance)
    return list(groups.values())


def _hours(group: _Group) -> float:
    assets = len(group.logs)
    each = EACH_HOURS + (RESTART_HOURS if group.fix.verb and needs_restart(group.fix.product) else 0.0)
    touched = min(assets, BY_HAND) + max(assets - BY_HAND, 0) * ROLLED_OUT
    return (REPLACE_HOURS if group.fix.verb == "Replace" else PREPARE_HOURS) + each * touched


def _picked(
    groups: list[_Group], worth: dict[int, float], spared: dict[int, float], limit: int
) -> list[tuple[_Group, float]]:
    """Greedy choice. What an action removes only grows as others are done, so a raised entry is pushed anew and an
    old one is known by its lower worth. `spared` is used up."""
    on_asset: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        group.worth = sum(_relief(worth[asset], spared[asset], log) for asset, log in group.logs.items())
        for asset in group.logs:
            on_asset[asset].append(index)
    heap = [(-group.worth / group.hours, index) for index, group in enumerate(groups)]
    heapify(heap)
    done: set[int] = set()
    picked: list[tuple[_Group, float]] = []
    while heap and len(picked) < limit:
        negative, index = heappop(heap)
        group = groups[index]
        if index in done or -negative != group.worth / group.hours:
            continue
        if group.worth <= 1e-9:
            break
        done.add(index)
        picked.append((group, group.worth))
        raised: set[int] = set()
        for asset, log in group.logs.items():
            before, after = spared[asset], spared[asset] - log
            spared[asset] = after
            for other in on_asset[asset]:
                if other not in done:
                    part = groups[other].logs[asset]
                    change = _relief(worth[asset], after, part) - _relief(worth[asset], before, part)
                    groups[other].worth += change
                    raised.add(other)
        for other in raised:
            heappush(heap, (-groups[other].worth / groups[other].hours, other))
    return picked


def _relief(worth: float, spared: float, log: float) -> float:
    """What an asset's risk falls by when findings of this log are mended, the rest as it stands."""
    return worth * (exp(min(spared - log, 0.0)) - exp(spared))


def _action(group: _Group, removed: float, total: float, today: date) -> Action:
    findings = group.findings
    assets = {each.asset: each for each in findings}
    names = tuple(each.asset_name for each in assets.values())
    dues = [each.due for each in findings if each.due is not None]
    late = [due for due in dues if due < today]
    reasons = reasons_for(
        exploited=sum(each.exploited for each in findings),
        internet=sum(each.exposure == "internet" for each in assets.values()),
        crown_jewels=[each.asset_name for each in assets.values() if each.criticality >= 5],
        overdue_since=min(late, default=None),
    )
    kinds, exposures = ({each.asset_kind for each in findings}, {each.exposure for each in findings})
    return Action(
        key=group.fix.key,
        headline=headline(group.fix, names, kinds, exposures),
        level=min((each.level for each in findings), key=_RANK.__getitem__),
        unit=findings[0].unit,
        owner=findings[0].owner,
        findings=tuple(each.id for each in findings),
        assets=tuple(assets),
        asset_names=names,
        hours=group.hours,
        risk_removed=removed,
        share=100 * removed / total if total > 0 else 0.0,
        reasons=tuple(reasons),
        due=min(dues, default=None),
        overdue=len(late),
    )

"""How urgent a finding is, and why: one pure rule over what is known about the weakness and the asset.

The LEVEL follows the decision points of SSVC (CISA, "Stakeholder-Specific Vulnerability Categorization Guide", 2022;
CERT/CC SSVC v2): exploitation, automatable, technical impact, mission and well-being; system exposure then moves it.
The DAYS are shortened as CISA BOD 26-04 asks (it replaced BOD 19-02 and 22-01 in June 2026).
The SCORE orders findings: by level first, within a level by likelihood times impact, on a logarithmic scale.

The rule is total (everything may be missing), deterministic, and monotone: a worse fact never lowers level or score.
Every number is explained in docs/priority.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import log10
from typing import Literal, NamedTuple

from remit.identify.vulnerabilities.reasons import Circumstances, Reason, Weighed, explain
from remit.identify.vulnerabilities.vectors import VectorFacts, base_score, best_cvss, facts

__all__ = [
    "DAYS",
    "LEVELS",
    "Circumstances",
    "Level",
    "Priority",
    "Reason",
    "asset_worth",
    "base_score",
    "best_cvss",
    "combined_risk",
    "due_on",
    "prioritise",
    "risk",
]

Level = Literal["act", "attend", "track", "note"]
LEVELS: tuple[Level, ...] = ("act", "attend", "track", "note")
"""Most urgent first."""

DAYS: dict[Level, tuple[int, int] | None] = {"act": (3, 7), "attend": (14, 30), "track": (60, 90), "note": None}
"""Days allowed from first seen, at least and at most. The fewer are those of CISA BOD 26-04 (table 1) and apply
where it asks for them; 7 is NCSC's "Vulnerability management" 2.0 for systems and applications; 30 and 90 are the
field's custom."""

SHORTEST_DAYS = 3
"""A KEV due date that is long past still leaves these days from the day the finding was first seen."""

SENSITIVE_DATA = frozenset({"personal", "special_category", "health", "payment", "financial", "credentials"})
"""Data classes of `remit.identify.assets.rules` whose loss hurts more than the asset's criticality says."""

NON_PRODUCTION = frozenset({"development", "test", "staging", "sandbox"})
"""Environments whose loss hurts one step less; anything else, the unknown included, counts as production."""

LIKELIHOOD_LARGEST = 0.99
"""Nothing is certain, and the chances on one asset must stay combinable."""

# Exploitation (0 none, 1 proof of concept, 2 active), automatable, technical impact total, and then the level for
# mission and well-being low, medium, high: the coordinator's table of CISA's guide, "track*" being its Track*.
_TABLE: dict[tuple[int, bool, bool], tuple[str, str, str]] = {
    (0, False, False): ("track", "track", "track"),
    (0, False, True): ("track", "track", "track*"),
    (0, True, False): ("track", "track", "attend"),
    (0, True, True): ("track", "track", "attend"),
    (1, False, False): ("track", "track", "track*"),
    (1, False, True): ("track", "track*", "attend"),
    (1, True, False): ("track", "track", "attend"),
    (1, True, True): ("track", "track*", "attend"),
    (2, False, False): ("track", "track", "attend"),
    (2, False, True): ("track", "attend", "act"),
    (2, True, False): ("attend", "attend", "act"),
    (2, True, True): ("attend", "act", "act"),
}
# CISA BOD 26-04 (June 2026), table 1: in KEV, exposed to the internet, automatable, technical impact total, and then
# days to remediate; None where it waits for the next upgrade. It speaks of CVEs only.
_DIRECTIVE: dict[tuple[bool, bool, bool, bool], int | None] = {
    (False, False, False, False): None,
    (False, False, False, True): None,
    (False, False, True, False): 60,
    (False, False, True, True): 60,
    (False, True, False, False): 60,
    (False, True, False, True): 14,
    (False, True, True, False): 14,
    (False, True, True, True): 3,
    (True, False, False, False): 14,
    (True, False, False, True): 14,
    (True, False, True, False): 14,
    (True, False, True, True): 3,
    (True, True, False, False): 14,
    (True, True, False, True): 3,
    (True, True, True, False): 3,
    (True, True, True, True): 3,
}
# What system exposure does to the table's answer.
_ON_INTERNET: dict[str, Level] = {"act": "act", "attend": "attend", "track*": "attend", "track": "track"}
_CONTROLLED: dict[str, Level] = {"act": "act", "attend": "attend", "track*": "track", "track": "track"}
_ISOLATED: dict[str, Level] = {"act": "attend", "attend": "track", "track*": "track", "track": "track"}

_BANDS: dict[Level, tuple[float, float]] = {"act": (80, 100), "attend": (50, 80), "track": (10, 50), "note": (0, 10)}
_REACH = {"internet": 1.0, "partner": 0.6, "internal": 0.4, "isolated": 0.1}
_REACH_AT_MOST = {"A": 0.4, "L": 0.4, "P": 0.1}  # such a weakness is not reached from the internet, wherever the host
_RATED = (0.0, 0.01, 0.40, 0.70, 0.90)  # lower end of the CVSS rating for the source's severity 0 to 4
_PRIOR = (0.001, 0.002, 0.005, 0.02, 0.05)  # exploitation in 30 days where no EPSS speaks, by rating
_SMALLEST_RISK_EXPONENT = 5  # a risk of 0.00001 and less is the foot of the score's scale


@dataclass(frozen=True, slots=True)
class Priority:
    """The answer. `score` is 0 to 100 and sorts by level, then by risk; `days` is None where nothing is asked."""

    level: Level
    score: float
    days: int | None
    probability: float
    """That it is exploited here within 30 days, 0 to 0.99."""
    impact: float
    """Loss if it is, as a share of losing a crown jewel wholly, 0 to 1; never over `worth`."""
    worth: float
    """What losing the asset wholly means, 0.2 to 1: see `asset_worth`."""
    reasons: tuple[Reason, ...]
    """Why; the points of all reasons add up to the score."""


class _Technics(NamedTuple):
    magnitude: float
    automatable: bool
    total: bool
    impact: float


class _Stake(NamedTuple):
    step: int
    mission: int


def prioritise(known: Circumstances) -> Priority:
    """Level, score, days allowed and reasons of one finding. Never raises on well-typed input."""
    vector = facts(known.cvss_vector)
    technics = _technics(known, vector)
    exploitation = _exploitation(known, technics.magnitude)
    stake = _stake(known.criticality, known.data_classes, known.environment)
    reach = min(_REACH.get(known.exposure, 0.4), _REACH_AT_MOST.get(vector.attack_vector, 1.0))
    threat = _threat(known, technics.magnitude, exploitation)
    probability, impact = threat * reach, technics.impact * stake.step / 5

    nothing = technics.magnitude == 0 and exploitation == 0 and known.epss is None and not known.cve
    level: Level = "note" if nothing else _decide(technics, exploitation, stake.mission, reach)
    if known.kev or known.ransomware:
        level = min(level, _demanded(technics, stake.mission, reach), key=LEVELS.index)
    foot, top = _BANDS[level]
    score = round(foot + (top - foot) * _position(probability * impact), 2)
    weighed = Weighed(technics.magnitude, threat, reach, stake.step / 5, exploitation, score)
    days = _days(known, technics, level, reach)
    return Priority(level, score, days, probability, impact, stake.step / 5, explain(known, weighed))


def _technics(known: Circumstances, vector: VectorFacts) -> _Technics:
    """Severity and SSVC's technical points; where no vector speaks, only a critical weakness counts as the worst."""
    magnitude = _magnitude(known)
    automatable = magnitude >= 0.9 if vector.automatable is None else vector.automatable
    total = magnitude >= 0.9 if vector.total is None else vector.total
    return _Technics(magnitude, automatable, total, magnitude if vector.loss is None else (magnitude + vector.loss) / 2)


def _magnitude(known: Circumstances) -> float:
    """Severity, 0 to 1: CVSS, but never under the rating which the source, having seen the place, gives."""
    rated = _RATED[min(max(known.severity, 0), 4)]
    return rated if known.cvss_score is None else max(rated, min(known.cvss_score, 10.0) / 10)


def _exploitation(known: Circumstances, magnitude: float) -> int:
    """SSVC "Exploitation": 2 active, 1 proof of concept, 0 none."""
    epss = known.epss or 0.0
    if known.kev or known.ransomware or epss >= 0.5:
        return 2
    well_known_method = not known.cve and magnitude >= 0.7  # a misconfiguration needs no exploit: SSVC counts it as PoC
    return 1 if known.exploited_by_source or epss >= 0.1 or well_known_method else 0


def _threat(known: Circumstances, magnitude: float, exploitation: int) -> float:
    """Probability that someone exploits it within 30 days, before reach: EPSS, raised by evidence (NIST CSWP 41)."""
    rating = sum(magnitude >= least for least in (0.01, 0.40, 0.70, 0.90))
    spoken = _PRIOR[rating] if known.epss is None else min(max(known.epss, 0.0), 1.0)
    evidence = 0.95 if known.ransomware else 0.90 if known.kev else 0.05 if exploitation else 0.0
    return min(max(spoken, evidence), LIKELIHOOD_LARGEST)


def _stake(criticality: int, data_classes: Iterable[str], environment: str) -> _Stake:
    """How much the asset matters, in five steps, and SSVC "Mission and well-being" (0 low, 1 medium, 2 high)."""
    step = min(max(criticality, 1), 5)
    if not SENSITIVE_DATA.isdisjoint(data_classes):
        step += 1
    if environment in NON_PRODUCTION:
        step -= 1
    step = min(max(step, 1), 5)
    return _Stake(step, 2 if step == 5 else 1 if step >= 3 else 0)


def asset_worth(criticality: int, data_classes: Iterable[str] = (), environment: str = "") -> float:
    """What losing an asset wholly means, 0.2 to 1: its criticality over five, one step more for sensitive data and
    one less outside production."""
    return _stake(criticality, data_classes, environment).step / 5


def _decide(technics: _Technics, exploitation: int, mission: int, reach: float) -> Level:
    """The table's answer, moved by SSVC "System exposure": open (the internet), controlled, or small (isolated)."""
    if technics.magnitude < 0.4 and exploitation < 2:
        return "track"  # a weakness rated low is not worth an interruption until someone uses it
    answer = _TABLE[exploitation, technics.automatable, technics.total][mission]
    if reach <= _REACH["isolated"]:
        return _ISOLATED[answer]
    if reach < _REACH["internet"]:
        return _CONTROLLED[answer]
    worst = technics.automatable and technics.total and answer == "track"
    return "attend" if worst else _ON_INTERNET[answer]


def _demanded(technics: _Technics, mission: int, reach: float) -> Level:
    """The least level of what is in KEV: BOD 26-04 leaves it 14 days at most, and its three days are for Act, but
    where little is at stake or the network is isolated."""
    urgent = _asked(True, technics, reach) == 3 and mission > 0 and reach > _REACH["isolated"]
    return "act" if urgent else "attend"


def _asked(in_kev: bool, technics: _Technics, reach: float) -> int | None:
    return _DIRECTIVE[in_kev, reach >= _REACH["internet"], technics.automatable, technics.total]


def _days(known: Circumstances, technics: _Technics, level: Level, reach: float) -> int | None:
    """The level's days, fewer where the directive asks for fewer."""
    bounds = DAYS[level]
    if bounds is None:
        return None
    least, most = bounds
    in_kev = known.kev or known.ransomware
    asked = _asked(in_kev, technics, reach) if known.cve or in_kev else None
    return most if asked is None else max(least, min(most, asked))


def _position(risk_share: float) -> float:
    """Where a risk of 0 to 1 stands on the logarithmic scale, 0 to 1."""
    if risk_share <= 10**-_SMALLEST_RISK_EXPONENT:
        return 0.0
    return 1 + log10(risk_share) / _SMALLEST_RISK_EXPONENT


def due_on(
    first_seen: date, days: int | None, kev_due: date | None = None, kev_added: date | None = None
) -> date | None:
    """The day by which it is to be fixed: a priority's days from first seen, or CISA's date in KEV when sooner.

    Days count from the entry in KEV where that came later: nobody is late for news of today. A KEV date already past,
    or nearly, leaves SHORTEST_DAYS. None where nothing is asked.
    """
    start = first_seen if kev_added is None else max(first_seen, kev_added)
    allowed = None if days is None else start + timedelta(days=days)
    if kev_due is None:
        return allowed
    demanded = max(kev_due, start + timedelta(days=SHORTEST_DAYS))
    return demanded if allowed is None else min(allowed, demanded)


def risk(priority: Priority) -> float:
    """Risk points of one finding alone, 0 to 100: a hundred times probability times impact."""
    return 100 * priority.probability * priority.impact


def combined_risk(findings: Iterable[tuple[float, float]], worth: float = 1.0) -> float:
    """Risk points, 0 to 100 times `worth`, of one asset with several findings, each as (probability, impact).

    An asset is lost once: with chances c = probability · impact / worth it is worth · (1 - ∏(1 - c)), so that mending
    one of thirty findings does not claim the relief of all thirty.
    """
    spared = 1.0
    for probability, impact in findings:
        spared *= 1 - min(probability * impact / worth, LIKELIHOOD_LARGEST)
    return 100 * worth * (1 - spared)

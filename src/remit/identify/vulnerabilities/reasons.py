"""What is known of a finding, and the reasons it gives for the priority: in words and points, for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of one finding. Every field may be left out; unknown counts as the middling case."""

    severity: int = 0
    """As the source rates it: 0 informational, 1 low, 2 medium, 3 high, 4 critical."""
    cve: bool = False
    """The weakness has at least one CVE."""
    cvss_score: float | None = None
    cvss_version: str = ""
    cvss_vector: str = ""
    epss: float | None = None
    """Probability of exploitation within 30 days, 0 to 1 (FIRST EPSS); the highest of the finding's CVEs."""
    kev: bool = False
    """In CISA's catalogue of known exploited vulnerabilities."""
    kev_due: date | None = None
    ransomware: bool = False
    """Used in ransomware campaigns (KEV `knownRansomwareCampaignUse`)."""
    exploited_by_source: bool = False
    """The source says that it is exploited or that an exploit is at hand."""
    criticality: int = 3
    """Of the asset: 1 (least) to 5 (crown jewel)."""
    exposure: str = "internal"
    """"internet", "partner", "internal" or "isolated"; any other text counts as internal."""
    environment: str = ""
    data_classes: tuple[str, ...] = ()
    fixed_version_known: bool = False


class Reason(NamedTuple):
    """One circumstance and what it does to the priority."""

    label: str
    """What it is: "Exploitation", "EPSS", "Severity", "Exposure", "Criticality", "Fix"."""
    value: str
    """As text: "in KEV", "0.91", "CVSS 3.1 9.8", "internet", "4 of 5"."""
    weight: float
    """For the meter: 0 (speaks for waiting) to 1 (speaks for acting)."""
    points: float
    """Its part of the score; the points of all reasons add up to the score."""
    sentence: str


class Weighed(NamedTuple):
    """The intermediate values of the rule: shares of 0 to 1, exploitation 0 to 2, score 0 to 100."""

    magnitude: float
    threat: float
    reach: float
    stake: float
    exploitation: int
    score: float


_EXPLOITATION = (
    ("none known", "No exploitation and no public exploit is known."),
    ("exploit known", "A way to exploit it is public or close at hand."),
    ("likely now", "Exploitation within 30 days is more likely than not."),
)
_EXPOSURE = {
    "internet": "Anyone on the internet can reach the asset.",
    "partner": "Partners' networks can reach the asset.",
    "internal": "Only the internal network reaches the asset.",
    "isolated": "The asset stands apart from other networks.",
}
_STAKES = (
    "Losing it would hardly be noticed.",
    "Losing it would hurt one team.",
    "Losing it would hurt a department.",
    "Losing it would hurt the business.",
    "Losing it would hurt the whole organisation.",
)
_SHARES = (0.30, 0.15, 0.20, 0.15, 0.20)  # of exploitation, EPSS, severity, exposure, criticality, at weight 1


def explain(known: Circumstances, weighed: Weighed) -> tuple[Reason, ...]:
    """The five weighed reasons and the fix; the score is shared out by weight times the share of its reason."""
    exploitation, exploited = _exploitation(known, weighed)
    weights = (exploitation, weighed.threat, weighed.magnitude, weighed.reach, weighed.stake)
    parts = [share * weight for share, weight in zip(_SHARES, weights, strict=True)]
    whole = sum(parts)
    points = [weighed.score * part / whole for part in parts]
    exposure = known.exposure if known.exposure in _EXPOSURE else "internal"
    step = round(weighed.stake * 5)
    return (
        Reason("Exploitation", exploited[0], exploitation, points[0], exploited[1]),
        _epss(known, weighed, points[1]),
        _severity(known, weighed, points[2]),
        Reason("Exposure", exposure, weighed.reach, points[3], _reach(exposure, weighed.reach)),
        Reason("Criticality", f"{step} of 5", weighed.stake, points[4], _STAKES[step - 1] + _moved(known, step)),
        _FIX_KNOWN if known.fixed_version_known else _FIX_UNKNOWN,
    )


_FIX_KNOWN = Reason("Fix", "known", 0.0, 0.0, "A fixed version is known.")
_FIX_UNKNOWN = Reason("Fix", "not named", 0.0, 0.0, "The source names no fixed version: read its advice.")


def _exploitation(known: Circumstances, weighed: Weighed) -> tuple[float, tuple[str, str]]:
    if known.ransomware:
        return 1.0, ("ransomware", "Ransomware groups use it (CISA KEV).")
    if known.kev:
        due = f", due {known.kev_due.isoformat()}" if known.kev_due else ""
        return 1.0, ("in KEV", f"Exploited in the wild: in CISA's KEV catalogue{due}.")
    if known.exploited_by_source and weighed.exploitation == 1:
        return 0.5, ("source reports", "The source says that an exploit is at hand or in use.")
    return (0.0, 0.5, 0.9)[weighed.exploitation], _EXPLOITATION[weighed.exploitation]


def _epss(known: Circumstances, weighed: Weighed, points: float) -> Reason:
    if known.epss is None:
        said = f"No EPSS: {weighed.threat:.1%} is assumed from severity and evidence."
        return Reason("EPSS", "none", weighed.threat, points, said)
    said = f"EPSS expects exploitation within 30 days with {known.epss:.1%}."
    if weighed.threat > known.epss:
        said += f" Evidence of exploitation raises it to {weighed.threat:.0%}."
    return Reason("EPSS", f"{known.epss:.2f}", weighed.threat, points, said)


def _severity(known: Circumstances, weighed: Weighed, points: float) -> Reason:
    rated = ("informational", "low", "medium", "high", "critical")[min(max(known.severity, 0), 4)]
    if known.cvss_score is None:
        return Reason("Severity", rated, weighed.magnitude, points, f"The source rates it {rated}; it has no CVSS.")
    value = f"CVSS {known.cvss_version} {known.cvss_score:.1f}" if known.cvss_version else f"{known.cvss_score:.1f}"
    return Reason("Severity", value, weighed.magnitude, points, f"CVSS base score; the source rates it {rated}.")


def _reach(exposure: str, reach: float) -> str:
    said = _EXPOSURE[exposure]
    if reach <= 0.1 and exposure != "isolated":
        return said + " Exploiting it needs hands on the machine."
    if reach <= 0.4 and exposure in ("internet", "partner"):
        return said + " Exploiting it needs a place on the machine or its network first."
    return said


def _moved(known: Circumstances, step: int) -> str:
    criticality = min(max(known.criticality, 1), 5)
    if step > criticality:
        return f" One step above its own {criticality}: it holds sensitive data."
    if step < criticality:
        return f" One step below its own {criticality}: it is not production."
    return ""

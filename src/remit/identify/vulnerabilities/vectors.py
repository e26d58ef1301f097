"""What a CVSS vector says: its base score, and the few facts the priority rule needs.

Scores come from the `cvss` library; the facts are read here, without it, because they are asked for far more often.
Sources: CVSS v2.0 guide section 3.2.1, CVSS v3.1 specification sections 2 and 7.4, CVSS v4.0 specification section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

import cvss  # type: ignore[import-untyped]

VERSIONS = ("4.0", "3.1", "3.0", "2.0")
"""Newest first: the order in which assessments are preferred."""

ASSESSORS = ("nvd", "nvd@nist.gov", "cisa", "redhat", "ghsa")
"""Whom to believe first within one version: NVD, other public enrichers, anybody else (a vendor, the tool)."""

_V4_BASE = ("AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA")
_LOSS_V2 = {"N": 0.0, "P": 0.275, "C": 0.660}
_LOSS_V3 = {"N": 0.0, "L": 0.22, "H": 0.56, "S": 0.56}
_LARGEST_V2 = 1 - (1 - 0.660) ** 3
_LARGEST_V3 = 1 - (1 - 0.56) ** 3


class Assessment(Protocol):
    """One CVSS assessment; `remit.ingest.observations.Cvss` is one."""

    @property
    def version(self) -> str: ...
    @property
    def vector(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def by(self) -> str: ...


AnyAssessment = TypeVar("AnyAssessment", bound=Assessment)


class VectorFacts(NamedTuple):
    """The SSVC decision points that a vector answers; None where it does not."""

    attack_vector: str
    """"N" network, "A" adjacent, "L" local, "P" physical; "" where unknown."""
    automatable: bool | None
    """Steps 1 to 4 of the kill chain can be automated: network, low complexity, no privileges, no person needed."""
    total: bool | None
    """SSVC "Technical Impact: total", by CERT/CC's table from CVSS v4 to technical impact 1.0.0."""
    loss: float | None
    """What is lost of confidentiality, integrity and availability, 0 (nothing) to 1 (all of all three)."""


UNKNOWN = VectorFacts("", None, None, None)


def base_score(vector: str) -> tuple[str, float]:
    """Version ("2.0", "3.0", "3.1", "4.0") and base score (0.0 to 10.0) of a vector.

    Temporal, threat and environmental metrics are left out: those are for Remit's own rule to weigh.
    Raises ValueError naming the vector when it is broken or of an unknown version.
    """
    text = vector.strip().strip("()")
    try:
        if text.startswith("CVSS:4.0/"):
            kept = [part for part in text.split("/")[1:] if part.partition(":")[0] in _V4_BASE]
            return "4.0", float(cvss.CVSS4("/".join(["CVSS:4.0", *kept])).base_score)
        if text.startswith(("CVSS:3.0/", "CVSS:3.1/")):
            return text[5:8], float(cvss.CVSS3(text).base_score)
        return "2.0", float(cvss.CVSS2(text.removeprefix("CVSS2#").removeprefix("CVSS:2.0/")).base_score)
    except cvss.CVSSError as fault:
        raise ValueError(f"not a CVSS vector: {vector[:120]!r}. Give all base metrics, as in {_EXAMPLE}") from fault


_EXAMPLE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def best_cvss(assessments: Iterable[AnyAssessment]) -> AnyAssessment | None:
    """The one assessment to go by: newest CVSS version, then the order of ASSESSORS, then the higher score.

    Ties end on the vector's text, so that the order of the input never decides. None for no assessments.
    """
    return min(assessments, key=_preference, default=None)


def _preference(assessment: Assessment) -> tuple[int, int, float, str]:
    by = assessment.by.lower()
    version = VERSIONS.index(assessment.version) if assessment.version in VERSIONS else len(VERSIONS)
    assessor = ASSESSORS.index(by) if by in ASSESSORS else len(ASSESSORS)
    return version, assessor, -assessment.score, assessment.vector


@lru_cache(maxsize=8192)
def facts(vector: str) -> VectorFacts:
    """Facts of a vector of any version. Never raises: a broken vector says nothing."""
    metrics = dict(part.split(":", 1) for part in vector.strip().strip("()").split("/") if ":" in part)
    version = metrics.get("CVSS", "")
    if version.startswith("4"):
        return _facts_v4(metrics)
    if version.startswith("3"):
        return _facts_v3(metrics)
    return _facts_v2(metrics) if "Au" in metrics else UNKNOWN


def _facts_v2(metrics: Mapping[str, str]) -> VectorFacts:
    try:
        losses = [_LOSS_V2[metrics[name]] for name in ("C", "I", "A")]
        automatable = (metrics["AV"], metrics["AC"], metrics["Au"]) == ("N", "L", "N")
    except KeyError:
        return UNKNOWN
    total = metrics["C"] == metrics["I"] == "C"
    return VectorFacts(metrics["AV"], automatable, total, _joined(losses) / _LARGEST_V2)


def _facts_v3(metrics: Mapping[str, str]) -> VectorFacts:
    try:
        losses = [_LOSS_V3[metrics[name]] for name in ("C", "I", "A")]
        automatable = [metrics[name] for name in ("AV", "AC", "PR", "UI")] == ["N", "L", "N", "N"]
    except KeyError:
        return UNKNOWN
    total = _is_total(metrics["C"] + metrics["I"], metrics["PR"])
    return VectorFacts(metrics["AV"], automatable, total, _joined(losses) / _LARGEST_V3)


def _facts_v4(metrics: Mapping[str, str]) -> VectorFacts:
    """Version 4 has no impact formula: version 3's, on the worse of the vulnerable and the subsequent system."""
    try:
        losses = [max(_LOSS_V3[metrics["V" + name]], _LOSS_V3[metrics["S" + name]]) for name in "CIA"]
        automatable = [metrics[name] for name in ("AV", "AC", "AT", "PR", "UI")] == ["N", "L", "N", "N", "N"]
    except KeyError:
        return UNKNOWN
    total = _is_total(metrics["VC"] + metrics["VI"], metrics["PR"])
    return VectorFacts(metrics["AV"], automatable, total, _joined(losses) / _LARGEST_V3)


def _is_total(confidentiality_and_integrity: str, privileges: str) -> bool:
    return confidentiality_and_integrity == "HH" or (
        privileges == "N" and confidentiality_and_integrity in {"HL", "LH"}
    )


def _joined(losses: list[float]) -> float:
    kept = 1.0
    for loss in losses:
        kept *= 1 - loss
    return 1 - kept

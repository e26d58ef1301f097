"""Small values that many formats share: times, severities, CVSS assessments, network addresses."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from typing import Final, Literal

from remit.ingest.observations import Cvss
from remit.ingest.rejected import ImportRejected
from remit.ingest.text import line

CvssVersion = Literal["2.0", "3.0", "3.1", "4.0"]

_MONTH_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SEVERITIES: Final = {
    "critical": 4,
    "high": 3,
    "error": 3,
    "medium": 2,
    "moderate": 2,
    "warning": 2,
    "low": 1,
    "note": 1,
    "minor": 1,
    "negligible": 1,
    "unknown": 0,
    "informational": 0,
    "information": 0,
    "info": 0,
    "none": 0,
}
_MONTHS: Final = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_PREFIXED: Final = re.compile(r"CVSS:(3\.0|3\.1|4\.0)(/[A-Za-z]{1,4}:[A-Za-z]{1,6}){4,40}", re.ASCII)
_METRICS: Final = re.compile(r"[A-Za-z]{1,4}:[A-Za-z]{1,6}(/[A-Za-z]{1,4}:[A-Za-z]{1,6}){3,40}", re.ASCII)


def severity(word: str | None, default: int = 0) -> int:
    """0 to 4 for a severity in words, whatever its case; `default` for a word nobody knows."""
    return SEVERITIES.get((word or "").strip().lower(), default)


def severity_of_score(score: float) -> int:
    """0 to 4 for a CVSS score, by the qualitative rating scale of CVSS v3.1, section 5."""
    return 4 if score >= 9 else 3 if score >= 7 else 2 if score >= 4 else 1 if score > 0 else 0


def moment(text: str | None, where: str) -> datetime | None:
    """An ISO 8601 time in UTC; without a zone it is taken as UTC. "" and the year 1 (Go's "never") give None.

    Raises ImportRejected("bad-date") for a time that does not exist.
    """
    if not text or text.startswith("0001-01-01"):
        return None
    try:
        found = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ImportRejected("bad-date", where, "Give a time that exists, as 2026-01-31T12:00:00Z.") from None


def moment_of_epoch(seconds: float | None, where: str) -> datetime | None:
    """Seconds, or milliseconds where they are too many for seconds, since 1970; 0 and None give None."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise ImportRejected("bad-date", where, "Give a time that exists, as seconds since 1970.") from None


def moment_of_ctime(text: str, where: str) -> datetime | None:
    """A time as C's ctime writes it, "Mon Nov 16 02:00:00 2026", or ISO 8601; taken as UTC where no zone is named."""
    words = text.split()
    if len(words) != 5 or words[1] not in _MONTHS:
        return moment(text, where)
    return moment(f"{words[4]:0>4}-{_MONTHS[words[1]]:02d}-{words[2]:0>2}T{words[3]}", where)


def assessment(vector: str | None, score: float, by: str, version: CvssVersion | None = None) -> Cvss | None:
    """A CVSS assessment; None where neither the vector nor `version` says which version it is, or nothing was assessed.

    A vector that is not one is dropped, the score is kept. The caller has made sure that 0 <= `score` <= 10.
    """
    vector = (vector or "").strip().removeprefix("CVSS2#").strip("()")
    if prefixed := _PREFIXED.fullmatch(vector):
        version = prefixed.group(1)  # type: ignore[assignment]  # the pattern allows these three alone
    elif _METRICS.fullmatch(vector) is None:
        vector = ""
    elif "Au:" in vector:
        version = "2.0"
    elif version in ("3.0", "3.1", "4.0"):
        vector = f"CVSS:{version}/{vector}"
    if version is None or (score == 0 and not vector):
        return None
    return Cvss(version=version, vector=vector, score=score, by=line(by))


def score(text: str | None, where: str) -> float | None:
    """A CVSS score out of text; None for "", "-" and "n/a". Raises ImportRejected("bad-score") outside 0.0 to 10.0."""
    if not text or text.strip().lower() in ("", "-", "n/a", "none"):
        return None
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 10:
        raise ImportRejected("bad-score", where, "A CVSS score is a number from 0.0 to 10.0; export the report anew.")
    return found


def address(text: str | None) -> str:
    """An IP address in canonical form, "" for anything else."""
    try:
        return str(ipaddress.ip_address((text or "").strip()))
    except ValueError:
        return ""


def domain(text: str | None) -> str:
    """A host or other dotted name: lower case, without the trailing dot."""
    return line(text).lower().rstrip(".")

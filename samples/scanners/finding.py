"""What is found, where and in which weeks; and the scan files that say so."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from samples.chance import chance

Weeks = tuple[bool, bool, bool]
ALWAYS: Weeks = (True, True, True)

# In percent: there all along; gone after one scan, after two; new in the second, in the third; fixed and back again.
_COURSES: tuple[tuple[Weeks, int], ...] = (
    (ALWAYS, 64),
    ((True, False, False), 10),
    ((True, True, False), 11),
    ((False, True, True), 6),
    ((False, False, True), 6),
    ((True, False, True), 3),
)


def course(rng: Random) -> Weeks:
    """Return in which of the three weeks something is there."""
    return rng.choices([weeks for weeks, _ in _COURSES], [share for _, share in _COURSES])[0]


def known_for(seed: int, finding: Finding) -> int:
    """Return for how many days a tool that keeps such dates knew it before the first scan of the sample."""
    return 0 if finding.placed else chance(seed, "known for", *finding.key).randrange(80)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One weakness at one place; `asset` is the inventory's name, or the scanner's where the inventory has none."""

    source: str
    rule: str
    asset: str
    location: str
    severity: int
    weeks: Weeks
    suppressed: bool = False
    placed: bool = False
    """Put there by hand: see `samples.catalogue.placed`."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells this occurrence from any other."""
        return (self.source, self.rule, self.asset, self.location)


@dataclass(frozen=True, kw_only=True)
class ScanFile:
    """One file of one week. Files of one `scope` follow each other; a complete one closes what it no longer sees."""

    path: str
    week: int
    scope: str
    format: str
    unit: str
    coverage: Literal["complete", "partial"]
    content: bytes
    findings: tuple[Finding, ...]

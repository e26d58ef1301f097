"""Actions in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from remit.identify.vulnerabilities.products import Fix

_PLURALS = {
    "host": "hosts",
    "application": "applications",
    "cloud_resource": "cloud resources",
    "repository": "repositories",
    "container": "containers",
    "service": "services",
    "network": "networks",
}
_INSIDE = frozenset({"application", "repository", "container"})


def headline(fix: Fix, names: Sequence[str], kinds: Iterable[str], exposures: Iterable[str]) -> str:
    """What to do and where: "Upgrade OpenSSH to 9.8p1 on 7 internet-facing hosts".

    `names`, `kinds` and `exposures` are those of the distinct assets touched; one asset is called by its name.
    """
    return f"{_doing(fix)} {_place(names, set(kinds), set(exposures))}"


def _doing(fix: Fix) -> str:
    if fix.verb == "Upgrade":
        return f"Upgrade {fix.product} to {fix.version}" if fix.version else f"Upgrade {fix.product}"
    if fix.verb == "Replace":
        return f"Replace or shield {fix.product} (no fixed version)"
    return fix.product


def _place(names: Sequence[str], kinds: set[str], exposures: set[str]) -> str:
    word = "in" if kinds <= _INSIDE else "on"
    if len(names) == 1:
        return f"{word} {names[0]}"
    kind = _PLURALS.get(next(iter(kinds)), "assets") if len(kinds) == 1 else "assets"
    facing = "internet-facing " if exposures == {"internet"} else ""
    return f"{word} {len(names):,} {facing}{kind}"


def reasons_for(*, exploited: int, internet: int, crown_jewels: Sequence[str], overdue_since: date | None) -> list[str]:
    """Why an action stands where it stands; each a few words.

    `exploited` counts findings, `internet` assets; `crown_jewels` names assets of criticality 5.
    """
    reasons = []
    if exploited:
        reasons.append(f"exploited in the wild ({_count(exploited, 'finding')})")
    if internet:
        reasons.append(f"internet-facing ({_count(internet, 'asset')})")
    if crown_jewels:
        more = f" and {len(crown_jewels) - 1} more" if len(crown_jewels) > 1 else ""
        reasons.append(f"crown jewel: {crown_jewels[0]}{more}")
    if overdue_since:
        reasons.append(f"overdue since {overdue_since.day} {overdue_since:%B %Y}")
    return reasons


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

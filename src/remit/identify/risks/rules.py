"""What the register means, over plain values: limits, authority, trends, indicators."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from remit.identify.risks.economics import rosi

STAGES: Final = ("inherent", "current", "target")
STILL: Final = 0.01
"""A change of the annual loss that is smaller than this share is none worth telling."""


def money(amount: float | None, currency: str = "") -> str:
    """Print a sum as people say it: three significant digits, thousands, millions, billions ("1.24 M EUR")."""
    if amount is None or not math.isfinite(amount):
        return "–"
    for size, letter in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if abs(amount) >= size * 0.9995:
            text = f"{amount / size:.3g}" if abs(amount / size) < 999.5 else f"{amount / size:,.0f}"
            return f"{text}{letter} {currency}".strip()
    return f"{amount:.3g} {currency}".strip() if 0 < abs(amount) < 100 else f"{amount:,.0f} {currency}".strip()


def trend(before: float | None, now: float | None) -> tuple[str, str]:
    """Say how an annual loss moved since the assessment before: a word with an arrow, and its colour."""
    if before is None or now is None:
        return "", ""
    if abs(now - before) <= STILL * max(before, now):
        return "steady", "soft"
    if before == 0:
        return "▲ new", "act"
    share = (now - before) / before
    size = f"{abs(share):.0%}" if abs(share) < 10 else f"{1 + share:.0f}-fold"
    return (f"▲ {size}", "act") if share > 0 else (f"▼ {size}", "good")


@dataclass(frozen=True, slots=True)
class Limit:
    """An appetite as it was laid down: `unit` and `category` (None: any) say for what, sums are in its currency."""

    unit: int
    category: int | None
    measure: str
    appetite: float
    tolerance: float
    currency: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a risk stands: "within", "over_appetite", "over_tolerance" or "unknown", by which limit and number."""

    state: str
    limit: Limit | None = None
    value: float | None = None


def limits_for(
    limits: Iterable[Limit], units: Sequence[int], categories: Sequence[int], currency: str
) -> dict[str, Limit]:
    """Choose for each measure the limit that holds: of the nearest unit, and there of the nearest category.

    `units` and `categories` are those of the risk and above, nearest first; a limit without a category comes last.
    """
    chosen: dict[str, tuple[tuple[int, int], Limit]] = {}
    for limit in limits:
        if limit.unit not in units or limit.currency != currency:
            continue
        if limit.category is not None and limit.category not in categories:
            continue
        distance = len(categories) if limit.category is None else categories.index(limit.category)
        key = (units.index(limit.unit), distance)
        if limit.measure not in chosen or key < chosen[limit.measure][0]:
            chosen[limit.measure] = (key, limit)
    return {measure: limit for measure, (_, limit) in chosen.items()}


ORDER: Final = ("unknown", "within", "over_appetite", "over_tolerance")


def verdict(limits: Mapping[str, Limit], numbers: Mapping[str, float | None]) -> Verdict:
    """Judge a risk by every measure that has a limit and a number; the worst counts."""
    worst = Verdict("unknown")
    for measure, limit in limits.items():
        value = numbers.get(measure)
        if value is None:
            continue
        state = "over_tolerance" if value > limit.tolerance else "over_appetite" if value > limit.appetite else "within"
        if ORDER.index(state) > ORDER.index(worst.state):
            worst = Verdict(state, limit, value)
    return worst


def authority_refusal(amount: float, currency: str, own: Sequence[float | None], anybody: bool) -> str:
    """Say why somebody may not accept so much a year, or return "".

    `own` are the limits they have there (None: any amount), `anybody` says whether somebody has one at all.
    """
    if any(limit is None or amount <= limit for limit in own):
        return ""
    if own:
        most = max(limit or 0.0 for limit in own)
        return f"You may accept up to {money(most, currency)} a year; this is {money(amount, currency)}."
    if not anybody:
        return f"Nobody may accept risks in {currency} here yet. Add an acceptance authority for this unit."
    return "You have no authority to accept risks here. See acceptance authorities for who has."


def next_review(reviewed: date, every: int) -> date:
    return reviewed + timedelta(days=every)


def indicator_state(value: float | None, amber: float, red: float, higher_is_worse: bool) -> str:
    """Return "green", "amber" or "red" for a reading, "unknown" for none; a value at a threshold has reached it."""
    if value is None or not math.isfinite(value):
        return "unknown"
    sign = 1 if higher_is_worse else -1
    if sign * value >= sign * red:
        return "red"
    return "amber" if sign * value >= sign * amber else "green"


def return_on_treatment(before: float, after: float, once: float, yearly: float, years: int = 3) -> float | None:
    """Return on security investment over some years: (loss avoided − cost) / cost; None where it costs nothing."""
    annual_cost = once / years + yearly
    return None if annual_cost <= 0 else rosi(before, after, annual_cost)

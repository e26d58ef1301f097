"""Loss exceedance curves as drawings: plain numbers to the attributes of an SVG, quick enough to follow typing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from remit.identify.risks.rules import money

WIDTH: Final = 640
HEIGHT: Final = 260
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 12, 30
CEILINGS: Final = (0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
RAREST: Final = 0.001
Points = Sequence[Sequence[float]]


COLOURS: Final = {"": "accent", "soft": "ink-faint"}
"""The colour of a tone where it is not called like it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve, drawn: the `d` of its path, what it is, and its tone."""

    path: str
    name: str
    tone: str

    @property
    def colour(self) -> str:
        return COLOURS.get(self.tone, self.tone)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where (in the drawing's units), and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a sum: a limit, or a number of the table."""

    at: float
    text: str
    tone: str
    y: float = TOP + 10

    @property
    def colour(self) -> str:
        return COLOURS.get(self.tone, self.tone)


@dataclass(frozen=True, slots=True)
class Curve:
    """A drawing of curves over losses on a logarithmic axis; `table` says the same in numbers."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    upward: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    description: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def curve(
    series: Sequence[tuple[str, str, Points]],
    limits: Sequence[tuple[str, float, str]] = (),
    currency: str = "",
    *,
    rare: bool = False,
) -> Curve | None:
    """Draw P(annual loss > x) for each (name, tone, points); points are (loss, probability), losses ascending.

    `limits` are (name, sum, tone). `rare` gives each tenth of probability the same room, down to one year in a
    thousand, for what is decided by its bad years. None where there is nothing to draw.
    """
    known = [(name, tone, [(float(x), float(p)) for x, p in points]) for name, tone, points in series]
    sums = [x for _, _, points in known for x, p in points if x > 0 and p > 1e-4] + [x for _, x, _ in limits if x > 0]
    top = max((p for _, _, points in known for _, p in points), default=0.0)
    if not sums or top <= 0:
        return None
    low, high = math.log10(max(min(sums) / 2, max(sums) * 1e-4)), math.log10(max(sums))
    high = max(high, low + 0.5)
    ceiling = next(level for level in CEILINGS if level >= min(top, 1.0) - 1e-9)

    def x(value: float) -> float:
        share = (math.log10(value) - low) / (high - low) if value > 0 else 0.0
        return LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT)

    def y(probability: float) -> float:
        share = 1 + math.log10(max(probability, RAREST)) / -math.log10(RAREST) if rare else probability / ceiling
        return TOP + (1 - min(1.0, share)) * (HEIGHT - TOP - BOTTOM)

    lines = tuple(Line(_path([(x(a), y(p)) for a, p in points]), name, tone) for name, tone, points in known if points)
    marks = tuple(
        Mark(round(x(value), 1), f"{name} {money(value)}", tone, TOP + 10 + 14 * number)
        for number, (name, value, tone) in enumerate(limits)
        if value > 0
    )
    across = tuple(Tick(round(x(value), 1), money(value)) for value in _decades(low, high))
    levels = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001) if rare else [ceiling * n / 4 for n in range(5)]
    upward = tuple(Tick(round(y(level), 1), f"{100 * level:g} %") for level in levels)
    return Curve(lines, across, upward, marks, _told(known, currency))


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)


def _decades(low: float, high: float) -> list[float]:
    """Return round sums between two powers of ten, few enough to be read."""
    whole = [10.0**n for n in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    if len(whole) > 6:
        return whole[:: math.ceil(len(whole) / 6)]
    if len(whole) < 3:
        between = [m * 10.0**n for n in range(math.floor(low), math.ceil(high) + 1) for m in (1, 2, 5)]
        return [value for value in between if low <= math.log10(value) <= high][:8]
    return whole


def _told(series: Sequence[tuple[str, str, Sequence[tuple[float, float]]]], currency: str) -> str:
    """Say each curve by one of its points: with which probability a year costs more."""
    parts = []
    for name, _, points in series:
        worst = next(((x, p) for x, p in points if p <= 0.05), None)
        if worst:
            parts.append(f"{name}: a year costs more than {money(worst[0], currency)} with {worst[1]:.1%} probability")
    return "; ".join(parts) or "No loss worth drawing."

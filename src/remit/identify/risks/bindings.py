"""Facts that move inputs: from a figure, a count of events or the tests of a control to a number of the scenario.

Pure functions over plain values. A transform is one of KINDS, with its parameters as text people can type:

* linear: "fact: input" pairs, as "0: 0.05, 200: 0.4"; straight between them, level beyond the ends;
* share: the fact is a percentage, the input the share (35 becomes 0.35); no parameters;
* same: the fact is the input;
* rate: a prior, as "events: 2, years: 3", updated by the counted events of a year (Gamma–Poisson);
* probability: a prior, as "yes: 1, no: 1", updated by tests that passed and failed (beta–binomial).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

KINDS: Final = {
    "linear": "A line through points",
    "share": "Per cent to share",
    "same": "As it is",
    "rate": "Rate from counted events",
    "probability": "Probability from tests",
}
PAIR: Final = re.compile(r"\s*([^:,]+?)\s*:\s*([^:,]+?)\s*\Z")


class BindingError(ValueError):
    """Parameters that cannot be used; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Gamma:
    """What is believed of a rate: Gamma with `events` seen in `years` (shape and rate)."""

    events: float
    years: float

    @property
    def mean(self) -> float:
        return self.events / self.years

    def updated(self, events: float, years: float) -> Gamma:
        """Learn that so many events were counted in so many years (Gamma–Poisson conjugacy)."""
        if events < 0 or years <= 0:
            raise BindingError("Count events from 0 up, over a time longer than none.")
        return Gamma(self.events + events, self.years + years)

    def as_distribution(self) -> dict[str, float | str]:
        """Return it as an uncertain rate of a scenario."""
        return {"distribution": "gamma", "shape": self.events, "scale": 1 / self.years}


@dataclass(frozen=True, slots=True)
class Beta:
    """What is believed of a probability: Beta(yes, no)."""

    yes: float
    no: float

    @property
    def mean(self) -> float:
        return self.yes / (self.yes + self.no)

    def updated(self, yes: float, no: float) -> Beta:
        """Learn that it was so `yes` times and not so `no` times (beta–binomial conjugacy)."""
        if yes < 0 or no < 0:
            raise BindingError("Count from 0 up.")
        return Beta(self.yes + yes, self.no + no)

    def as_distribution(self) -> dict[str, float | str]:
        return {"distribution": "beta", "alpha": self.yes, "beta": self.no}


@dataclass(frozen=True, slots=True)
class Transform:
    """How a fact becomes an input."""

    kind: str
    points: tuple[tuple[float, float], ...] = ()
    prior: Gamma | Beta | None = None

    def __call__(self, fact: float, over: float = 1.0) -> float:
        """Return the input for a fact; `over` is the years counted, or the tests that failed."""
        if not math.isfinite(fact):
            raise BindingError("The fact is not a number.")
        if self.kind == "linear":
            return along(self.points, fact)
        if self.kind == "share":
            return min(1.0, max(0.0, fact / 100))
        if self.kind == "rate" and isinstance(self.prior, Gamma):
            return self.prior.updated(fact, over).mean
        if self.kind == "probability" and isinstance(self.prior, Beta):
            return self.prior.updated(fact, over).mean
        return fact


def along(points: Sequence[tuple[float, float]], fact: float) -> float:
    """Interpolate between points in the order of their facts; beyond the ends the value stays."""
    before = points[0]
    if fact <= before[0]:
        return before[1]
    for point in points[1:]:
        if fact <= point[0]:
            share = (fact - before[0]) / (point[0] - before[0])
            return before[1] + share * (point[1] - before[1])
        before = point
    return before[1]


def read(kind: str, text: str) -> Transform:
    """Read a transform from what somebody typed; BindingError says what to write."""
    if kind not in KINDS:
        raise BindingError(f"Choose one of {', '.join(KINDS)}.")
    if kind == "linear":
        points = sorted((_number(a), _number(b)) for a, b in _pairs(text))
        if len(points) < 2:
            raise BindingError("Give at least two points, as 0: 0.05, 200: 0.4.")
        if len({fact for fact, _ in points}) < len(points):
            raise BindingError("Give each fact once; a line has one input for it.")
        return Transform(kind, tuple(points))
    if kind == "rate":
        said = _named(text, ("events", "years"))
        if said["years"] <= 0 or said["events"] <= 0:
            raise BindingError("Give what you believed before: events: 2, years: 3, both more than 0.")
        return Transform(kind, prior=Gamma(said["events"], said["years"]))
    if kind == "probability":
        said = _named(text or "yes: 1, no: 1", ("yes", "no"))
        if said["yes"] <= 0 or said["no"] <= 0:
            raise BindingError("Give what you believed before: yes: 1, no: 1, both more than 0.")
        return Transform(kind, prior=Beta(said["yes"], said["no"]))
    return Transform(kind)


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for part in filter(str.strip, text.split(",")):
        pair = PAIR.match(part)
        if pair is None:
            raise BindingError(f"“{part.strip()}” is no pair; write two numbers with a colon between, as 200: 0.4.")
        found.append((pair[1], pair[2]))
    return found


def _named(text: str, names: tuple[str, str]) -> dict[str, float]:
    said = {name.lower(): _number(value) for name, value in _pairs(text)}
    if set(said) != set(names):
        raise BindingError(f"Write {names[0]}: 2, {names[1]}: 3, with your numbers.")
    return said


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError as wrong:
        raise BindingError(f"“{text}” is no number.") from wrong
    if not math.isfinite(number):
        raise BindingError(f"“{text}” is no number.")
    return number

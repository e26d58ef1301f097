"""What moves the mean annual loss: a tornado, and the shares of its variance that uncertain inputs explain.

All means are in closed form, before insurance, so that an answer takes milliseconds and has no Monte Carlo error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from remit.identify.risks.fair.distributions import Constant, Distribution, FloatArray, Real, real
from remit.identify.risks.fair.model import Scenario, ScenarioSet
from remit.identify.risks.fair.quadrature import quasirandom
from remit.identify.risks.fair.tree import Compiled, compiled

LOW: Final = 0.05
HIGH: Final = 0.95


@dataclass(frozen=True)
class Swing:
    """The mean annual loss with one input at its 5 % and its 95 % quantile, the others at their means.

    `kind` is "uncertain" for an input that nobody knows (a rate, a probability, a parameter), and "variable" for an
    amount that differs from event to event, which more knowledge would not narrow.
    """

    scenario: str
    path: str
    kind: Literal["uncertain", "variable"]
    low: float
    high: float
    at_low: float
    at_high: float
    base: float

    @property
    def width(self) -> float:
        """How far the input swings the mean annual loss."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True)
class Index:
    """Shares of the variance of the mean annual loss: by this input alone, and with all that it interacts in."""

    scenario: str
    path: str
    first_order: float
    total: float


def tornado(scenario: Scenario) -> tuple[Swing, ...]:
    """The inputs of a scenario by how far each swings its mean annual loss, widest first."""
    found = compiled(scenario)
    means = {path: float(value.mean) for path, value in found.inputs.items()}
    base = float(found.given(means).mean)

    def swing(path: str, value: Distribution, kind: Literal["uncertain", "variable"]) -> Swing:
        ends = [float(value.quantile(level)) for level in (LOW, HIGH)]
        if kind == "uncertain":
            reached = [float(found.given({**means, path: end}).mean) for end in ends]
        else:
            reached = [_with_constant(scenario, path, end, means) for end in ends]
        return Swing(scenario.id, path, kind, ends[0], ends[1], reached[0], reached[1], base)

    swings = [swing(path, value, "uncertain") for path, value in found.inputs.items()]
    swings += [swing(path, value, "variable") for path, value in _amounts(scenario).items()]
    return tuple(sorted(swings, key=lambda found: -found.width))


def indices(scenarios: ScenarioSet | Scenario, *, points: int = 4096) -> tuple[Index, ...]:
    """First-order and total Sobol indices of the mean annual loss (of all scenarios together), largest total first.

    Sources: Saltelli et al., Computer Physics Communications 181 (2010), table 2 (b) and (f), over evenly spread points
    instead of random ones. Inputs are independent, hence scenarios too, and variances add up.
    """
    items = scenarios.scenarios if isinstance(scenarios, ScenarioSet) else (scenarios,)
    parts = [_shares(compiled(scenario), points) for scenario in items]
    total = sum(variance for variance, _ in parts)
    if not total > 0:
        return ()
    found = [
        replace(index, first_order=index.first_order * variance / total, total=index.total * variance / total)
        for variance, some in parts
        for index in some
    ]
    return tuple(sorted(found, key=lambda index: -index.total))


def _shares(found: Compiled, points: int) -> tuple[float, list[Index]]:
    """The variance of one scenario's mean annual loss, and the shares of its inputs in it."""
    inputs = found.inputs
    if not inputs:
        return 0.0, []
    cube = quasirandom(points, 2 * len(inputs))
    first = {path: value.quantile(cube[:, place]) for place, (path, value) in enumerate(inputs.items())}
    second = {path: value.quantile(cube[:, len(inputs) + place]) for place, (path, value) in enumerate(inputs.items())}
    at_first, at_second = _means(found, first, points), _means(found, second, points)
    variance = float(np.var(np.concatenate((at_first, at_second))))
    if variance <= 0:
        return 0.0, [Index(found.scenario.id, path, 0.0, 0.0) for path in inputs]
    indexes = []
    for path in inputs:
        mixed = _means(found, {**first, path: second[path]}, points)
        alone = float(np.mean((at_second - at_second.mean()) * (mixed - at_first))) / variance
        total = float(np.mean((at_first - mixed) ** 2)) / (2 * variance)
        indexes.append(Index(found.scenario.id, path, min(max(alone, 0.0), 1.0), min(total, 1.0)))
    return variance, indexes


def _means(found: Compiled, draws: dict[str, FloatArray], points: int) -> FloatArray:
    return real(real(found.given(dict[str, Real](draws)).mean) + np.zeros(points))


def _amounts(scenario: Scenario) -> dict[str, Distribution]:
    """The amounts and durations that differ from event to event, by path."""
    found: dict[str, Distribution | None] = {"magnitude": scenario.magnitude, "duration": scenario.duration}
    if scenario.secondary is not None:
        found["secondary.magnitude"] = scenario.secondary.magnitude
    found |= {f"forms.{form.name}": form.magnitude for form in scenario.forms}
    return {path: value for path, value in found.items() if value is not None and not isinstance(value, Constant)}


def _with_constant(scenario: Scenario, path: str, value: float, means: dict[str, float]) -> float:
    """The mean annual loss with one amount held at a value."""
    held = Constant(value)
    if path == "magnitude":
        scenario = replace(scenario, magnitude=held)
    elif path == "duration":
        scenario = replace(scenario, duration=held)
    elif scenario.secondary is not None and path == "secondary.magnitude":
        scenario = replace(scenario, secondary=replace(scenario.secondary, magnitude=held))
    else:
        forms = tuple(replace(f, magnitude=held) if path == f"forms.{f.name}" else f for f in scenario.forms)
        scenario = replace(scenario, forms=forms)
    return float(compiled(scenario).given(means).mean)

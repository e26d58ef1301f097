"""Annual loss by Fourier transform: the instant answer of a page, and the oracle of the simulation.

A year's loss is a compound of a count of events and the loss of each. Its transform is the count's generating function
at the event's transform (Panjer and Willmot 1992; Embrechts and Frei, MMOR 69, 2009). Two grids are used where the tail
is long: one for the body of the distribution, one for its tail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np

from remit.identify.risks.fair.counts import ComplexArray
from remit.identify.risks.fair.distributions import FloatArray, Real, real
from remit.identify.risks.fair.grids import Grid
from remit.identify.risks.fair.model import Scenario, ScenarioSet
from remit.identify.risks.fair.results import LEVELS, TAIL, Numbers, Result
from remit.identify.risks.fair.transforms import Frame
from remit.identify.risks.fair.tree import compiled
from remit.identify.risks.fair.yearly import COARSE, Analysed, Yearly, end_of, on_grid
from remit.identify.risks.fair.yearly import TAIL as BEYOND

POINTS: Final = 2**16
"""Points of the grid; 2^18 for a finer one."""

_BODY: Final = 2e-3
"""The grid of the body leaves this much of the probability beyond its end."""

_LEAST: Final = 1e-9

_SMALLEST: Final = 1e-100
"""A loss below this is none."""


@dataclass(frozen=True)
class Aggregate:
    """The distribution of annual loss on grids. Money in the scenario's currency.

    `mean`, `sd` and `p_zero` come from closed forms, quantiles and shortfall from the grids (relative error about 1e-5
    on 2^16 points where the tail is not extreme).
    """

    mean: float
    sd: float
    p_zero: float
    grids: tuple[Grid, ...]

    def quantile(self, q: float) -> float:
        """The smallest loss that a share q of years does not exceed; ValueError for q beyond the last grid."""
        return self._grid(q).quantile(q)

    def expected_shortfall(self, q: float) -> float:
        """The mean of the worst 1 − q share of years."""
        return self._grid(q).expected_shortfall(q)

    def exceedance(self, points: Real) -> FloatArray:
        """P(loss > point) for each amount."""
        found = 1 - self.grids[-1].cdf(points)
        for grid in reversed(self.grids[:-1]):
            found = np.where(real(points) < grid.step * (len(grid.pmf) - 1), 1 - grid.cdf(points), found)
        return np.maximum(found, 0.0)

    def curve(self, count: int = 64) -> tuple[tuple[float, float], ...]:
        """The loss exceedance curve: points (loss, P(a year's loss is above it)), losses ascending."""
        levels = 1 - np.geomspace(1 - self.p_zero, 1e-4, count)[1:] if self.p_zero < 1 - 1e-4 else np.array([])
        losses = sorted({self.quantile(float(q)) for q in levels if self.p_zero < q < self.grids[-1].reached})
        return tuple((loss, float(self.exceedance(loss))) for loss in [0.0, *losses])

    @property
    def pmf(self) -> FloatArray:
        """Probabilities of the finest grid, at 0, step, 2·step, …"""
        return self.grids[0].pmf

    @property
    def step(self) -> float:
        """The step of the finest grid."""
        return self.grids[0].step

    def numbers(self) -> Numbers:
        """The numbers of an answer."""
        quantiles = {q: self.quantile(q) for q in LEVELS}
        return Numbers(
            mean=self.mean,
            sd=self.sd,
            p_zero=self.p_zero,
            quantiles=quantiles,
            var99=self.quantile(TAIL),
            es99=self.expected_shortfall(TAIL),
            exceedance=self.curve(),
        )

    def _grid(self, q: float) -> Grid:
        return next((grid for grid in self.grids if q <= grid.reached - _LEAST), self.grids[-1])


def aggregate(scenario: Scenario, *, points: int = POINTS, gross: bool = False, tail: float = BEYOND) -> Aggregate:
    """The annual loss of a scenario, after insurance (before it where `gross`), on a grid of so many points.

    `tail` is the probability that may lie beyond the last grid: quantiles up to 1 − tail can be asked for.
    """
    analysed = Analysed(compiled(scenario))
    return _solved(analysed.gross() if gross else analysed.net(), points // analysed.share, tail)


def approximate(scenarios: ScenarioSet, *, points: int = 2**14) -> Result:
    """Numbers of all scenarios and of their sum, as if they were independent; a note says so where they are not.

    Grids are coarser than for one scenario alone: a portfolio of a hundred takes about a second.
    """
    analysed = {scenario.id: Analysed(compiled(scenario)) for scenario in scenarios.scenarios}
    yearly = {name: found.net() for name, found in analysed.items()}
    numbers = {name: _numbers(analysed[name], yearly[name], points) for name in analysed}
    notes = list(scenarios.notes)
    if scenarios.dependence.kind != "independent" or scenarios.dependence.shocks:
        notes.append("The portfolio is of independent scenarios; simulate to see how they hang together.")
    return Result(
        trials=0,
        seed=0,
        method="fft",
        currency=scenarios.currency,
        scenarios=numbers,
        portfolio=_solved(_together(list(yearly.values())), points, BEYOND).numbers(),
        notes=tuple(notes),
    )


def _numbers(analysed: Analysed, yearly: Yearly, points: int) -> Numbers:
    size = points // analysed.share
    found = replace(_solved(yearly, size, BEYOND).numbers(), events=float(analysed.compiled.frequency.mean))
    if analysed.compiled.insurance is None:
        return found
    gross = _solved(analysed.gross(), size, BEYOND).numbers()
    return replace(found, gross=gross, recovered=analysed.recovered)


def _together(parts: list[Yearly]) -> Yearly:
    """The sum of independent years' losses."""
    mean, variance = math.fsum(part.mean for part in parts), math.fsum(part.variance for part in parts)
    reach = min(math.fsum(part.reach for part in parts), max(p.reach for p in parts) + mean + 8 * math.sqrt(variance))

    def transform(frame: Frame) -> ComplexArray:
        return reduce(lambda found, part: found * part.transform(frame), parts[1:], parts[0].transform(frame))

    return Yearly(transform, mean, variance, math.prod(part.p_zero for part in parts), reach)


def _solved(yearly: Yearly, points: int, tail: float) -> Aggregate:
    """The distribution on a grid that ends where `tail` is left, and a finer one for the body where that is far."""
    sd = math.sqrt(max(yearly.variance, 0.0))
    if yearly.reach < _SMALLEST:
        grid = Grid(1.0, np.ones(1), 0.0, 1.0, lattice=True)
        return Aggregate(yearly.mean, sd, 1.0, (grid,))
    last, rough = end_of(yearly, tail)
    body = rough.quantile(1 - _BODY) * 1.05 + 4 * rough.step if rough.reached > 1 - _BODY else last
    far = last > 4 * body and not yearly.unit
    ends = [(body, points), (last, max(points // 4, COARSE))] if far else [(last, points)]
    grids = [on_grid(yearly, end, size) for end, size in ends]
    for _ in range(4):  # where the coarse grid put the end too near
        if grids[-1].reached > 1 - 2 * tail:
            break
        last *= 2
        grids[-1] = on_grid(yearly, last, ends[-1][1])
    return Aggregate(yearly.mean, sd, yearly.p_zero, tuple(grids))

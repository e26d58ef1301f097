"""Distributions on a grid of money: from severities onto it, and measures from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from remit.identify.risks.fair.distributions import Distribution, FloatArray, Real, real


def discretised(distribution: Distribution, factor: float, step: float, size: int) -> FloatArray:
    """Probabilities at 0, step, 2·step, … of factor × X, with the same mean: local moment matching of first order.

    p(k) = (2 L(k) − L(k−1) − L(k+1)) / step with L the limited expected value at k·step (Gerber 1982; Klugman, Panjer,
    Willmot: Loss Models, 9.6.5). What lies beyond the grid is left out.
    """
    if factor == 0.0:
        return _point(size)
    if distribution.atoms is not None:
        values, shares = distribution.atoms
        return spread(values * factor / step, shares, size)
    unit = step / factor
    low, high = (float(end) for end in distribution.support)
    first = min(int(max(low, 0.0) / unit), size)
    last = size if not high / unit < size else int(high / unit) + 1
    limited = real(np.arange(size + 1) * unit)
    limited[last + 1 :] = distribution.mean
    inside = slice(max(first, 1), last + 1)
    limited[inside] = distribution.limited_mean(limited[inside])
    slopes = np.diff(limited)
    found = np.empty(size)
    found[0] = 1 - slopes[0] / unit
    found[1:] = (slopes[:-1] - slopes[1:]) / unit
    return np.maximum(found, 0.0, out=found)


def spread(places: FloatArray, shares: FloatArray, size: int) -> FloatArray:
    """Shares at any places ≥ 0 (in steps) given to the two neighbouring points, which keeps the mean."""
    nearest = np.rint(places)
    places = np.where(np.abs(places - nearest) < 1e-9 * np.maximum(nearest, 1.0), nearest, places)
    inside = places < size
    left = np.floor(places[inside]).astype(np.int64)
    right = places[inside] - left
    some = shares[inside]
    found = np.bincount(left, some * (1 - right), size + 1) + np.bincount(left + 1, some * right, size + 1)
    return real(found[:size])


def _point(size: int) -> FloatArray:
    found = np.zeros(size)
    found[0] = 1.0
    return found


@dataclass(frozen=True)
class Grid:
    """Probabilities of an annual loss at 0, step, 2·step, …; `reached` of all is on the grid.

    `mean` is that of the whole distribution, also of what lies beyond. On a `lattice` the points are the only possible
    values; elsewhere each stands for the half step on both of its sides.
    """

    step: float
    pmf: FloatArray
    mean: float
    p_zero: float
    lattice: bool = False

    @cached_property
    def _cumulative(self) -> FloatArray:
        return np.minimum(np.cumsum(self.pmf), 1.0)

    @cached_property
    def _corners(self) -> tuple[FloatArray, FloatArray]:
        """Losses and P(loss ≤ x) at the points between which the distribution function is a line."""
        losses = np.concatenate(([0.0], (np.arange(len(self.pmf)) + 0.5) * self.step))
        reached = np.concatenate(([self.p_zero], np.maximum(self._cumulative, self.p_zero)))
        return losses, np.maximum.accumulate(reached)

    @property
    def reached(self) -> float:
        """How much of the distribution is on the grid."""
        return float(self._cumulative[-1])

    def cdf(self, x: Real) -> FloatArray:
        """P(loss ≤ x); 1 beyond the grid's end is not known and is given as what was reached."""
        if self.lattice:
            place = np.clip(np.floor(real(x) / self.step + 1e-9), -1, len(self.pmf) - 1).astype(np.int64)
            return real(np.where(place < 0, 0.0, self._cumulative[np.maximum(place, 0)]))
        return real(np.where(real(x) < 0, 0.0, np.interp(x, *self._corners)))

    def quantile(self, q: float) -> float:
        """The smallest x with P(loss ≤ x) ≥ q; ValueError where the grid does not reach so far."""
        if q > self.reached:
            raise ValueError(f"the grid reaches {self.reached:.6f} of the distribution, not {q}")
        if q <= self.p_zero * (1 + 1e-14):
            return 0.0
        if self.lattice:
            return float(np.searchsorted(self._cumulative, q * (1 - 1e-14)) * self.step)
        losses, reached = self._corners
        place = int(np.searchsorted(reached, q))
        below, above = reached[place - 1], reached[place]
        share = (q - below) / (above - below) if above > below else 1.0
        return float(losses[place - 1] + share * (losses[place] - losses[place - 1]))

    def limited_mean(self, x: float) -> float:
        """E[min(loss, x)]."""
        points = np.arange(len(self.pmf)) * self.step
        return float(self.pmf @ np.minimum(points, x)) + x * (1 - self.reached)

    def expected_shortfall(self, q: float) -> float:
        """The mean of the worst 1 − q share of years; right also where the grid ends before the tail does."""
        value = self.quantile(q)
        return value + max(self.mean - self.limited_mean(value), 0.0) / (1 - q)

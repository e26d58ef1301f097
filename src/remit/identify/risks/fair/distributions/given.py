"""Distributions of given values: one value, many observed values, and a distribution cut at its ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import numpy as np

from remit.identify.risks.fair.distributions.base import Distribution, FloatArray, Real, plain, real
from remit.identify.risks.fair.quadrature import UNIFORMS, WEIGHTS

LEAST_MASS: Final = 1e-9
"""A truncation that leaves less than this of a distribution is refused: nothing of it would be left to trust."""

_OFTEN: Final = 0.25
"""Where more than this of a distribution lies between the ends, drawing again is quicker than quantiles."""


@dataclass(frozen=True)
class Constant(Distribution):
    """One value, for certain."""

    name: ClassVar[str] = "constant"
    value: Real

    def cdf(self, x: Real) -> FloatArray:
        return real(real(x) >= self.value)

    def quantile(self, u: Real) -> FloatArray:
        return real(self.value + np.zeros_like(real(u)))

    def limited_mean(self, x: Real) -> FloatArray:
        return real(np.minimum(x, self.value))

    @property
    def mean(self) -> Real:
        return self.value

    @property
    def variance(self) -> Real:
        return 0.0 * self.value

    @property
    def support(self) -> tuple[Real, Real]:
        return self.value, self.value

    @property
    def atoms(self) -> tuple[FloatArray, FloatArray] | None:
        return real([self.value]), real([1.0])

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return real(self.value + np.zeros(size))

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"value": self.value}


@dataclass(frozen=True)
class Empirical(Distribution):
    """The given values, each as likely as its weight says; weights need not add up to 1."""

    name: ClassVar[str] = "empirical"
    values: tuple[float, ...]
    weights: tuple[float, ...] = ()

    @cached_property
    def _steps(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Distinct values ascending, their probabilities, and the cumulative ones."""
        values, places = np.unique(real(self.values), return_inverse=True)
        shares = np.bincount(places, weights=real(self.weights) if self.weights else None).astype(np.float64)
        shares /= math.fsum(shares)
        cumulative = np.cumsum(shares)
        cumulative[-1] = 1.0
        return values, shares, cumulative

    @property
    def atoms(self) -> tuple[FloatArray, FloatArray] | None:
        return self._steps[:2]

    def cdf(self, x: Real) -> FloatArray:
        values, _, cumulative = self._steps
        return np.concatenate(([0.0], cumulative))[np.searchsorted(values, x, side="right")]

    def quantile(self, u: Real) -> FloatArray:
        values, _, cumulative = self._steps
        return values[np.minimum(np.searchsorted(cumulative, u, side="left"), len(values) - 1)]

    def limited_mean(self, x: Real) -> FloatArray:
        values, shares, cumulative = self._steps
        place = np.searchsorted(values, x, side="right")
        below = np.concatenate(([0.0], np.cumsum(values * shares)))[place]
        tail = 1 - np.concatenate(([0.0], cumulative))[place]
        return real(below + np.where(tail > 0, x, 0.0) * tail)

    @property
    def mean(self) -> Real:
        values, shares, _ = self._steps
        return math.fsum(values * shares)

    @property
    def variance(self) -> Real:
        values, shares, _ = self._steps
        return math.fsum((values - real(self.mean)) ** 2 * shares)

    @property
    def support(self) -> tuple[Real, Real]:
        values = self._steps[0]
        return float(values[0]), float(values[-1])

    @property
    def parameters(self) -> dict[str, object]:
        written: dict[str, object] = {"values": list(self.values)}
        return written | ({"weights": list(self.weights)} if self.weights else {})


@dataclass(frozen=True)
class Truncated(Distribution):
    """A distribution given that it lies between low and high."""

    name: ClassVar[str] = "truncated"
    base: Distribution
    low: float = -math.inf
    high: float = math.inf

    @cached_property
    def _ends(self) -> tuple[FloatArray, FloatArray]:
        """P(X ≤ low) and P(low < X ≤ high) of the base."""
        below = self.base.cdf(self.low) if math.isfinite(self.low) else real(0.0)
        upto = self.base.cdf(self.high) if math.isfinite(self.high) else real(1.0)
        return below, real(upto - below)

    @property
    def mass(self) -> FloatArray:
        """How much of the base lies between the ends."""
        return self._ends[1]

    def cdf(self, x: Real) -> FloatArray:
        below, mass = self._ends
        return real(np.clip((self.base.cdf(x) - below) / mass, 0.0, 1.0))

    def quantile(self, u: Real) -> FloatArray:
        below, mass = self._ends
        return real(np.clip(self.base.quantile(np.clip(below + mass * real(u), 0.0, 1.0)), self.low, self.high))

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """By drawing again what falls outside, where little does; else by mapping quantiles, which is slower."""
        if np.ndim(self.mass) or self.mass < _OFTEN:
            return super().sample(rng, size)
        draws = self.base.sample(rng, size)
        outside = np.flatnonzero((draws < self.low) | (draws > self.high))
        while len(outside):
            again = self.base.sample(rng, len(outside))
            draws[outside] = again
            outside = outside[(again < self.low) | (again > self.high)]
        return draws

    def _below(self, x: Real) -> FloatArray:
        """E[X; X ≤ x] of the base."""
        finite = np.isfinite(real(x))
        inside = np.where(finite, x, 0.0)
        at_infinity = np.where(real(x) > 0, self.base.mean, 0.0)
        return real(
            np.where(finite, self.base.limited_mean(inside) - inside * (1 - self.base.cdf(inside)), at_infinity)
        )

    def limited_mean(self, x: Real) -> FloatArray:
        inside = np.clip(real(x), self.low, min(self.high, 1e308))
        start = self._below(self.low) if math.isfinite(self.low) else 0.0
        found = (self._below(inside) - start) / self.mass + inside * (1 - self.cdf(inside))
        return real(np.minimum(x, np.minimum(found, self.mean)))

    @cached_property
    def mean(self) -> Real:
        start = self._below(self.low) if math.isfinite(self.low) else 0.0
        return plain((self._below(self.high) - start) / self.mass)

    @cached_property
    def variance(self) -> Real:
        shape = (-1,) + (1,) * np.ndim(self.mass)
        distances = self.quantile(UNIFORMS.reshape(shape)) - real(self.mean)
        return plain((WEIGHTS.reshape(shape) * distances**2).sum(axis=0))

    @property
    def support(self) -> tuple[Real, Real]:
        low, high = self.base.support
        return np.maximum(low, self.low), np.minimum(high, self.high)

    @property
    def parameters(self) -> dict[str, object]:
        ends = {"low": self.low, "high": self.high}
        kept = {key: value for key, value in ends.items() if math.isfinite(value)}
        return self.base.parameters | {"truncate": kept}

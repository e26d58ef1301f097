"""Counts made of something else: a continuous quantity rounded, and a mixture over uncertain parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from remit.identify.risks.fair.counts.base import ComplexArray, Count
from remit.identify.risks.fair.distributions.base import Distribution, FloatArray, Real, plain, real

_MOST_TERMS: Final = 1024
"""Longer polynomials of a rounded count are drawn together to so many terms, keeping their mean."""

_MOST_ROWS: Final = 2000
"""Longer tables of a thinned count are made by a Fourier transform instead of binomial rows."""


@dataclass(frozen=True)
class Rounded(Count):
    """A continuous quantity rounded to whole events (halves up), of which each is kept with probability `kept`."""

    distribution: Distribution
    kept: Real = 1.0

    @cached_property
    def _all(self) -> FloatArray:
        """P(rounded = 0, 1, 2, …), before thinning."""
        top = int(np.ceil(float(self.distribution.quantile(1 - 1e-14)))) + 1
        reached = self.distribution.cdf(real(np.arange(top + 1) + 0.5))
        if self.distribution.atoms is not None:
            reached = self.distribution.cdf(real(np.nextafter(np.arange(top + 1) + 0.5, 0.0)))
        shares = np.diff(reached, prepend=0.0)
        return real(shares / shares.sum())

    @cached_property
    def _table(self) -> FloatArray:
        """P(N = 0, 1, 2, …) after thinning, which is binomial."""
        shares, kept = self._all, float(real(self.kept))
        if kept == 1.0:
            return shares
        if len(shares) > _MOST_ROWS:
            circle = np.exp(-2j * np.pi * np.arange(len(shares) // 2 + 1) / len(shares))
            return real(np.maximum(np.fft.irfft(self.pgf(circle), len(shares)), 0.0))
        found = np.zeros_like(shares)
        counts = np.arange(len(shares), dtype=np.float64)
        for total in np.flatnonzero(shares > 0):
            some = counts[: total + 1]
            logs = special.gammaln(total + 1) - special.gammaln(some + 1) - special.gammaln(total - some + 1)
            logs = logs + special.xlogy(some, kept) + special.xlog1py(total - some, -kept)
            found[: total + 1] += shares[total] * np.exp(logs)
        return real(found)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        counts = np.arange(len(self._all))
        mean = float(self._all @ counts)
        return mean, float(self._all @ (counts - mean) ** 2)

    @property
    def mean(self) -> Real:
        return plain(real(self.kept) * self._moments[0])

    @property
    def variance(self) -> Real:
        mean, variance = self._moments
        kept = real(self.kept)
        return plain(kept**2 * variance + kept * (1 - kept) * mean)

    @property
    def p_zero(self) -> Real:
        kept = real(self.kept)
        return plain(np.polynomial.polynomial.polyval(1 - kept, self._all))

    def pmf(self, k: Real) -> FloatArray:
        places = real(k).astype(np.int64)
        inside = (places >= 0) & (places < len(self._table))
        return real(np.where(inside, self._table[np.where(inside, places, 0)], 0.0))

    @cached_property
    def _cumulative(self) -> FloatArray:
        sums = np.cumsum(self._table)
        sums[-1] = 1.0
        return real(np.concatenate(([0.0], sums)))

    def cdf(self, k: Real) -> FloatArray:
        places = np.clip(np.floor(real(k)) + 1, 0, len(self._cumulative) - 1).astype(np.int64)
        return real(self._cumulative[places])

    def quantile(self, u: Real) -> FloatArray:
        places = np.searchsorted(self._cumulative[1:], u, side="left")
        return np.minimum(places, len(self._table) - 1).astype(np.float64)

    def pgf(self, z: ComplexArray) -> ComplexArray:
        base = 1 + float(real(self.kept)) * (z - 1)
        shares, stride = self._all, -(-len(self._all) // _MOST_TERMS)
        if stride > 1:
            position = np.arange(len(shares)) / stride
            left = np.floor(position).astype(np.int64)
            right = position - left
            size = int(left[-1]) + 2
            near, far = shares * (1 - right), shares * right
            shares = real(np.bincount(left, near, size)) + real(np.bincount(left + 1, far, size))
            base = base**stride
        found = np.full(base.shape, shares[-1], dtype=np.complex128)
        for share in shares[-2::-1]:
            found *= base
            found += share
        return found

    def thinned(self, kept: Real) -> Rounded:
        return Rounded(self.distribution, plain(real(self.kept) * kept))

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        counts = np.floor(self.distribution.sample(rng, size) + 0.5).astype(np.int64)
        if isinstance(self.kept, float) and self.kept == 1.0:
            return counts
        return np.asarray(rng.binomial(counts, self.kept), dtype=np.int64)


@dataclass(frozen=True)
class Mixed(Count):
    """A count whose parameters are uncertain: `parts` with `weights` that add up to 1."""

    weights: tuple[float, ...]
    parts: tuple[Count, ...]

    def _average(self, values: list[Any]) -> Any:
        return sum(weight * value for weight, value in zip(self.weights, values, strict=True))

    @cached_property
    def mean(self) -> Real:
        return math.fsum(w * float(part.mean) for w, part in zip(self.weights, self.parts, strict=True))

    @cached_property
    def variance(self) -> Real:
        spread = [float(part.variance) + (float(part.mean) - float(self.mean)) ** 2 for part in self.parts]
        return math.fsum(w * value for w, value in zip(self.weights, spread, strict=True))

    @property
    def p_zero(self) -> Real:
        return float(self._average([part.p_zero for part in self.parts]))

    def pmf(self, k: Real) -> FloatArray:
        return real(self._average([part.pmf(k) for part in self.parts]))

    def cdf(self, k: Real) -> FloatArray:
        return real(self._average([part.cdf(k) for part in self.parts]))

    def pgf(self, z: ComplexArray) -> ComplexArray:
        found = np.zeros(np.shape(z), dtype=np.complex128)
        for weight, part in zip(self.weights, self.parts, strict=True):
            found += weight * part.pgf(z)
        return found

    def thinned(self, kept: Real) -> Mixed:
        return Mixed(self.weights, tuple(part.thinned(kept) for part in self.parts))

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        chosen = rng.choice(len(self.parts), size, p=self.weights)
        found = np.zeros(size, dtype=np.int64)
        for number, part in enumerate(self.parts):
            mine = np.flatnonzero(chosen == number)
            found[mine] = part.sample(rng, len(mine))
        return found

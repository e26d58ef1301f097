"""Counts that hang together: correlated normals for each year, and the thresholds that turn them into counts.

A scenario's yearly count is the quantile of its own distribution at Φ(z), z being its row of a matrix of correlated
normals: so each scenario keeps its distribution, and years that are bad for one are bad for those correlated with it.
Events are found by comparing z with Φ⁻¹(P(N ≤ k)): all years with the first threshold, the few beyond it with the
second, and so on. Magnitudes stay independent.

Normals and factors are rounded to multiples of 2⁻²⁰. Each product is then a multiple of 2⁻⁴⁰ and each sum below 2¹³, so
that double precision holds all of them exactly: whichever way a BLAS orders its sums, the bits are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from remit.identify.risks.fair.streams import Streams

from .samples import Floats, Integers

GRID = 2.0**20
BLOCK = 100
"""Rows of the triangular product that are computed together: about half of a full product is left out."""
RARE = 1e-15
"""Counts rarer than this in a year are not told from the largest that is not."""


def on_grid(values: Floats) -> Floats:
    """Round to multiples of 2⁻²⁰, in place."""
    values *= GRID
    np.rint(values, out=values)
    values /= GRID
    return values


@dataclass(frozen=True)
class Thresholds:
    """Normals at which a count passes from `least` + k to more, for k = 0, 1, …"""

    least: int
    at: Floats


@dataclass(frozen=True)
class Copula:
    """Normals that are correlated by a lower triangular factor, or by one common factor.

    Attributes:
        names: the coupled scenarios, in the order of the set; the keys of their streams.
        factor: (scenarios, scenarios) lower triangular with factor · factorᵀ = correlation; or None.
        loadings: (scenarios,) on the common factor, where there is no matrix.
        degrees_of_freedom: of the t copula; None for the Gaussian one.
    """

    names: tuple[str, ...]
    factor: NDArray[np.float64] | None = None
    loadings: NDArray[np.float64] | None = None
    degrees_of_freedom: float | None = None

    def normals(self, streams: Streams, years: int) -> Floats:
        """(scenarios, years) draws; for the t copula divided by √(χ²/ν), so t distributed."""
        drawn = np.empty((len(self.names), years))
        for row, name in zip(drawn, self.names, strict=True):
            streams.at("copula", name).standard_normal(out=row)
        if self.factor is not None:
            self._correlate(drawn)
        elif self.loadings is not None:
            common = streams.at("common factor").standard_normal(years)
            own = np.sqrt(1 - self.loadings**2)
            for row, loading, rest in zip(drawn, self.loadings, own, strict=True):
                row *= rest
                row += loading * common
        if self.degrees_of_freedom is not None:
            half = self.degrees_of_freedom / 2
            drawn *= np.sqrt(half / streams.at("copula scale").standard_gamma(half, years))
        return drawn

    def _correlate(self, drawn: Floats) -> None:
        """Multiply by the factor in place, last rows first: none that is still needed is overwritten."""
        assert self.factor is not None
        on_grid(drawn)
        for end in range(len(drawn), 0, -BLOCK):
            start = max(0, end - BLOCK)
            drawn[start:end] = self.factor[start:end, :end] @ drawn[:end]

    def thresholds(self, more: Floats) -> Floats:
        """Where z passes from k to more than k events, given P(N > k) for k = 0, 1, …"""
        found: Floats = (
            -special.ndtri(more) if self.degrees_of_freedom is None else -special.stdtrit(self.degrees_of_freedom, more)
        )
        return found

    def probability(self, normals: Floats) -> Floats:
        """P(Z > z) of each normal (or t distributed number)."""
        found: Floats = (
            special.ndtr(-normals)
            if self.degrees_of_freedom is None
            else special.stdtr(self.degrees_of_freedom, -normals)
        )
        return found


def years_of_events(z: Floats, thresholds: Thresholds) -> Integers:
    """The year of each event: years above the first threshold, then those of them above the second, …"""
    found = np.flatnonzero(z > thresholds.at[0])
    levels = [np.repeat(np.arange(len(z)), thresholds.least), found] if thresholds.least else [found]
    above = z[found]
    for threshold in thresholds.at[1:]:
        deeper = np.flatnonzero(above > threshold)
        if not len(deeper):
            break
        found, above = found[deeper], above[deeper]
        levels.append(found)
    return np.concatenate(levels)

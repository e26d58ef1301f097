"""Counts that hang together: correlated normals for each year, and the thresholds that turn them into counts.

A scenario's yearly count is the quantile of its own distribution at Φ(z), z being its row of a matrix of correlated
normals: so each scenario keeps its distribution, and years that are bad for one are bad for those correlated with it.
Events are found by comparing z with Φ⁻¹(P(N ≤ k)): all years with the first threshold, the few beyond it with the
second, and so on. Magnitudes stay independent.

Normals are kept in single precision, and rounded to multiples of 2⁻¹⁹; factors are multiples of 2⁻²⁰. Each product is
then a multiple of 2⁻³⁹ and each sum below 2¹³, so that double precision holds all of them exactly: whichever way a BLAS
orders its sums, the bits are the same. Rounding moves no normal by more than 2⁻¹⁹, hence no P(N > k) by more than 10⁻⁶.
Products in single precision would take half the time, but their bits would depend on the BLAS and on the processor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from remit.identify.risks.fair import normals as normal
from remit.identify.risks.fair.normals import Singles
from remit.identify.risks.fair.streams import Streams

from .samples import Floats, Integers

GRID = 2.0**20
TO_GRID = np.float32(24)
"""Near it, single precision holds multiples of 2⁻¹⁹ alone: adding and subtracting it rounds a normal to one."""
TOGETHER = 8
"""Rows of normals that are computed together: threads then ask for the interpreter less often."""
BLOCK = 64
"""Rows of the triangular product that are computed together: about half of a full product is left out."""
PANEL = 1024
"""Years that are computed together, so that they and a block stay in a cache."""
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
    at: Singles


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

    def normals(self, streams: Streams, years: int) -> Singles:
        """(scenarios, years) draws; for the t copula divided by √(χ² / degrees of freedom), so t distributed."""
        drawn = np.empty((len(self.names), years), np.float32)
        for start in range(0, len(drawn), TOGETHER):
            rows = drawn[start : start + TOGETHER]
            names = self.names[start : start + TOGETHER]
            normal.transform(np.stack([normal.words(streams.at("copula", name), years) for name in names]), rows)
            if self.factor is not None:
                rows += TO_GRID
                rows -= TO_GRID
        if self.factor is not None:
            _correlate(drawn, self.factor)
        elif self.loadings is not None:
            common = np.empty(years, np.float32)
            normal.fill(streams.at("common factor"), common)
            drawn *= np.sqrt(1 - self.loadings**2).astype(np.float32)[:, None]
            for place, loading in enumerate(self.loadings.astype(np.float32)):
                drawn[place] += loading * common
        if self.degrees_of_freedom is not None:
            half = self.degrees_of_freedom / 2
            drawn *= np.sqrt(half / streams.at("copula scale").standard_gamma(half, years)).astype(np.float32)
        return drawn

    def thresholds(self, more: Floats) -> Singles:
        """Where z passes from k to more than k events, given P(N > k) for k = 0, 1, …"""
        if self.degrees_of_freedom is None:
            return np.asarray(-special.ndtri(more), np.float32)
        return np.asarray(-special.stdtrit(self.degrees_of_freedom, more), np.float32)

    def probability(self, normals: Singles) -> Floats:
        """P(Z > z) of each normal (or t distributed number)."""
        below = -normals.astype(np.float64)
        if self.degrees_of_freedom is None:
            return np.asarray(special.ndtr(below), np.float64)
        return np.asarray(special.stdtr(self.degrees_of_freedom, below), np.float64)


def _correlate(drawn: Singles, factor: Floats) -> None:
    """Multiply by the factor in place, in double precision."""
    doubles, room = np.empty((len(drawn), PANEL)), np.empty((BLOCK, PANEL))
    for left in range(0, drawn.shape[1], PANEL):
        panel = drawn[:, left : left + PANEL]
        width = panel.shape[1]
        doubles[:, :width] = panel
        for start in range(0, len(drawn), BLOCK):
            end = min(start + BLOCK, len(drawn))
            block = room[: end - start, :width]
            np.matmul(factor[start:end, :end], doubles[:end, :width], out=block)
            panel[start:end] = block


def years_of_events(z: Singles, thresholds: Thresholds) -> Integers:
    """The year of each event: years above the first threshold, then those of them above the second, …"""
    found: Integers = (z > thresholds.at[0]).nonzero()[0]
    levels = [np.repeat(np.arange(len(z)), thresholds.least), found] if thresholds.least else [found]
    above = z.take(found)
    for threshold in thresholds.at[1:]:
        deeper = (above > threshold).nonzero()[0]
        if not len(deeper):
            break
        found, above = found.take(deeper), above.take(deeper)
        levels.append(found)
    return np.concatenate(levels)

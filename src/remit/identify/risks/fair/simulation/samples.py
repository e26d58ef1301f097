"""What is kept of simulated years: enough for every number that is asked, in bounded memory.

Of a small run every loss is kept. Of a large one losses are counted in bins whose edges are floats with nine bits of
mantissa, so that each bin is at most 0.2 % wide; each keeps its sum too, so that a quantile is the mean of its bin: a
loss that is always the same comes out as it went in. Mean and spread are exact in both.

Samples of chunks are merged in the order of the chunks, whoever drew them first: floating-point sums depend on order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

MANTISSA_BITS = 9
"""Of 52: 512 bins for each doubling of the loss."""
_SHIFT = 52 - MANTISSA_BITS


def bin_of(losses: Floats) -> Integers:
    """The number of the bin of each loss, ascending with it. Losses are positive."""
    return np.right_shift(losses.view(np.int64), _SHIFT)


@dataclass(slots=True)
class Bins:
    """Positive losses in bins: how many and their sum, from the bin numbered `first` on."""

    first: int
    counts: NDArray[np.int32]  # no run has more years than that holds
    sums: Floats

    @classmethod
    def of(cls, losses: Floats) -> Bins:
        """Count losses; at least one."""
        keys = bin_of(losses)
        first = int(keys.min())
        keys -= first
        sums = np.bincount(keys, weights=losses).astype(np.float64, copy=False)
        return cls(first, np.bincount(keys).astype(np.int32), sums)

    @staticmethod
    def size(losses: Floats) -> int:
        """How many bytes the bins of losses take."""
        first, last = bin_of(np.array([losses.min(), losses.max()]))
        return int(last - first + 1) * 12

    def add(self, other: Bins) -> None:
        """Take the losses of another in."""
        first = min(self.first, other.first)
        last = max(self.first + len(self.counts), other.first + len(other.counts))
        if first < self.first or last > self.first + len(self.counts):
            before, after = self.first - first, last - self.first - len(self.counts)
            self.counts, self.sums = np.pad(self.counts, (before, after)), np.pad(self.sums, (before, after))
            self.first = first
        there = slice(other.first - first, other.first - first + len(other.counts))
        self.counts[there] += other.counts
        self.sums[there] += other.sums


@dataclass(slots=True)
class Sample:
    """The yearly losses of one scenario, or of the portfolio, over years simulated so far.

    `positive` years had a loss; `mean` and `spread` (the sum of squared deviations from the mean) are over all years.
    The losses are in `kept`, in the order of the years, or counted in `bins`. Where they are to be counted, those of a
    single chunk are in `kept` all the same until it meets another, if they take less room than its bins would: chunks
    that wait for their turn are much of what a large run takes.
    """

    years: int
    positive: int
    mean: float
    spread: float
    keep: bool
    kept: list[Floats] = field(default_factory=list)
    bins: Bins | None = None

    @classmethod
    def of(cls, losses: Floats, years: int, *, keep: bool) -> Sample:
        """Take the positive losses of so many years; `keep` each of them, or count them in bins."""
        if not len(losses):
            return cls(years, 0, 0.0, 0.0, keep)
        mean = float(losses.sum()) / years
        apart = losses - mean
        apart *= apart
        spread = float(apart.sum()) + (years - len(losses)) * mean * mean
        sample = cls(years, len(losses), mean, spread, keep, [losses])
        if not keep and Bins.size(losses) < losses.nbytes:
            sample._count()
        return sample

    def add(self, later: Sample) -> None:
        """Take in the years that follow (Chan, Golub and LeVeque 1983)."""
        years = self.years + later.years
        apart = later.mean - self.mean
        self.mean += apart * later.years / years
        self.spread += later.spread + apart * apart * self.years * later.years / years
        self.years, self.positive = years, self.positive + later.positive
        if self.keep:
            self.kept += later.kept
            return
        self._count()
        later._count()
        if self.bins is None:
            self.bins = later.bins
        elif later.bins is not None:
            self.bins.add(later.bins)

    def _count(self) -> None:
        """Count what is kept in bins."""
        if self.kept:
            self.bins = Bins.of(self.kept.pop())

    @property
    def variance(self) -> float:
        """Of the yearly loss, without bias; 0 of a single year."""
        return self.spread / (self.years - 1) if self.years > 1 else 0.0

    def ascending(self) -> tuple[Floats, Integers | None]:
        """The positive losses in ascending order, and how often each occurred (None: once)."""
        if not self.keep:
            self._count()
        if self.kept:
            losses = np.concatenate(self.kept)
            losses.sort()
            return losses, None
        if self.bins is None:
            return np.empty(0), None
        filled = np.flatnonzero(self.bins.counts)
        counts = self.bins.counts[filled].astype(np.int64)
        return self.bins.sums[filled] / counts, counts

"""Who the worst years of the portfolio come from: the parts of its expected shortfall that are each scenario's own.

The part of a scenario is its mean loss in the portfolio's worst years (Euler allocation; Tasche 1999), so that parts
add up. Which years are the worst is known at the end only. Each chunk therefore hands over more of its worst years than
can be among them, summed by bins of the portfolio's loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from remit.identify.risks.fair.normals import Singles

from .samples import Floats, Integers, bin_of

Row: TypeAlias = Floats | Singles | tuple[Integers, Floats]
"""Yearly losses of one scenario: of all years, or the years that had one with what they had."""
SHARE = 0.01


def candidates(years: int) -> int:
    """How many of a chunk's years may be among the worst hundredth of all: eight standard deviations above that."""
    expected = SHARE * years
    return min(years, int(expected + 8 * expected**0.5 + 8))


@dataclass(slots=True)
class Tail:
    """The worst years: bins of the portfolio's loss (ascending), how many years in each, each scenario's sums there."""

    bins: Integers
    counts: Integers
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, totals: Floats, rows: list[Row]) -> Tail:
        """The worst of the years of a chunk, given the portfolio's losses and those of each scenario."""
        size = candidates(len(totals))
        least = np.partition(totals, len(totals) - size)[len(totals) - size]
        worst = np.flatnonzero((totals >= least) & (totals > 0))
        bins, place, counts = np.unique(bin_of(totals[worst]), return_inverse=True, return_counts=True)
        sums = np.zeros((len(rows), len(bins)))
        there = np.full(len(totals), -1)
        there[worst] = place
        for number, row in enumerate(rows):
            if isinstance(row, tuple):
                theirs = there.take(row[0])
                among = (theirs >= 0).nonzero()[0]
                sums[number] = np.bincount(theirs.take(among), weights=row[1].take(among), minlength=len(bins))
            else:
                sums[number] = np.bincount(place, weights=row.take(worst), minlength=len(bins))
        return cls(bins, counts, sums)

    def add(self, later: Tail) -> None:
        """Take in the worst years of a later chunk."""
        bins = np.union1d(self.bins, later.bins)
        if len(bins) > len(self.bins):
            counts, sums = np.zeros(len(bins), np.int64), np.zeros((len(self.sums), len(bins)))
            at = np.searchsorted(bins, self.bins)
            counts[at], sums[:, at] = self.counts, self.sums
            self.bins, self.counts, self.sums = bins, counts, sums
        at = np.searchsorted(bins, later.bins)
        self.counts[at] += later.counts
        self.sums[:, at] += later.sums

    def parts(self, years: int) -> Floats:
        """Each scenario's mean loss in the worst hundredth of so many years.

        Of the bin in which the worst hundredth begins, as large a share is taken as is needed.
        """
        wanted = SHARE * years
        above = np.cumsum(self.counts[::-1])[::-1] - self.counts
        taken = np.clip(wanted - above, 0, self.counts) / self.counts
        parts: Floats = (self.sums * taken).sum(axis=1) / wanted
        return parts

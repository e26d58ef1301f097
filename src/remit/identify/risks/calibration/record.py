"""What somebody's intervals add up to, and how much their next one should weigh: performance weights after Cooke.

Cooke, Experts in Uncertainty (1991), chapter 12 (the classical model), simplified where the functions say so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

FEWEST: Final = 10
"""Intervals that a record needs before it weighs anything."""
LEAST: Final = 0.05
"""No one's weight is less than this share of the greatest: chance alone costs a good judge much in few intervals."""
Who = TypeVar("Who")


@dataclass(frozen=True, slots=True)
class Record:
    """How many truths lay below, inside and above somebody's intervals, and how informative those were.

    `confidence` is the mean of what the intervals claimed; `information` the sum over them of `information(…)`.
    """

    below: int = 0
    inside: int = 0
    above: int = 0
    claimed: float = 0.0
    information: float = 0.0

    @property
    def of(self) -> int:
        return self.below + self.inside + self.above

    @property
    def confidence(self) -> float:
        return self.claimed / self.of if self.of else math.nan

    def __add__(self, other: Record) -> Record:
        return Record(
            self.below + other.below,
            self.inside + other.inside,
            self.above + other.above,
            self.claimed + other.claimed,
            self.information + other.information,
        )


def of_interval(low: float, high: float, value: float, reach: tuple[float, float], confidence: float = 0.9) -> Record:
    """The record of one interval; `reach` is the range in which the truth was to be looked for."""
    return Record(
        below=int(value < low),
        inside=int(low <= value <= high),
        above=int(value > high),
        claimed=confidence,
        information=information(low, high, reach, confidence),
    )


def total(records: Iterable[Record]) -> Record:
    return sum(records, Record())


def calibration(record: Record) -> float:
    """Cooke's calibration score, 0 to 1: how likely misses at least so uneven are for somebody who is calibrated.

    The chi-square tail of 2·N·I(s ‖ p), with the shares s below, inside and above and the claimed shares p (equal
    tails), of two degrees of freedom, whose tail is exp(−x/2). It is asymptotic: of 60 intervals of somebody
    calibrated, one record in nine scores below 0.05. nan for no intervals.
    """
    if not record.of:
        return math.nan
    tail = (1 - record.confidence) / 2
    pairs = ((record.below, tail), (record.inside, record.confidence), (record.above, tail))
    divergence = sum(n / record.of * math.log(n / record.of / p) for n, p in pairs if n)
    return math.exp(-record.of * max(divergence, 0.0))


def information(low: float, high: float, reach: tuple[float, float], confidence: float = 0.9) -> float:
    """How much an interval says beside "somewhere in reach": I(p ‖ uniform over the reach), at least 0.

    Give logarithms for what spans orders of magnitude. The reach is widened by a tenth on both sides, as Cooke's
    intrinsic range is, and so far that it holds the interval.
    """
    start, end = min(reach[0], low), max(reach[1], high)
    start, end = start - 0.1 * (end - start), end + 0.1 * (end - start)
    if not end > start:
        return 0.0
    tail = (1 - confidence) / 2
    widths = ((low - start, tail), (max(high - low, 1e-6 * (end - start)), confidence), (end - high, tail))
    return max(0.0, sum(p * math.log(p * (end - start) / width) for width, p in widths))


def strength(record: Record) -> float | None:
    """What a record is worth: calibration times mean information; None for one with fewer than `FEWEST` intervals.

    Cooke's weight, without the cut-off he optimises: `weights` keeps a floor in its place.
    """
    if record.of < FEWEST:
        return None
    return calibration(record) * max(record.information / record.of, 1e-3)


def weights(records: Mapping[Who, Record]) -> dict[Who, float]:
    """Return weights that add up to 1, by each one's record.

    Who has too short a record weighs as the weakest of those who have one; where nobody has, all weigh alike. Nobody
    weighs less than `LEAST` of the strongest.
    """
    known = {who: strength(record) for who, record in records.items()}
    found = [value for value in known.values() if value is not None]
    top = max(found, default=0.0)
    if not top > 0:
        return dict.fromkeys(records, 1 / len(records)) if records else {}
    floor = LEAST * top
    least = max(min(found), floor)
    raw = {who: least if value is None else max(value, floor) for who, value in known.items()}
    whole = sum(raw.values())
    return {who: value / whole for who, value in raw.items()}

"""From a sample of simulated years to its numbers and their Monte Carlo errors.

Errors are those of large samples: of the mean sd/√n; of the standard deviation by the fourth moment; of a probability
the binomial one; of a quantile half the distance between the order statistics one binomial standard deviation of their
rank to each side (Serfling 1980, 2.6); of the expected shortfall that of the mean excess over the quantile, divided by
1 − q (Manistre and Hancock 2005).
"""

from __future__ import annotations

import math

import numpy as np

from remit.identify.risks.fair.results import LEVELS, TAIL, Errors, Numbers

from .samples import Floats, Sample

EXCEEDED: tuple[float, ...] = (
    *(0.99, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.175, 0.15, 0.125),
    *(0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.025, 0.02, 0.015, 0.01, 0.0075, 0.005, 0.0035, 0.002, 0.001),
    *(0.0005, 0.0002, 0.0001),
)
"""The probabilities at which the exceedance curve is drawn, as far as the run has at least ten years beyond."""


class Ranks:
    """The years of a sample in ascending order of loss, those without loss first."""

    def __init__(self, sample: Sample) -> None:
        self.years, self.zeros = sample.years, sample.years - sample.positive
        self.losses, self._counts = sample.ascending()
        self._upto = None if self._counts is None else np.cumsum(self._counts)

    def place(self, level: float) -> int:
        """The index in `losses` of the smallest x with F(x) ≥ level; −1 where that is 0."""
        rank = min(self.years, max(1, math.ceil(level * self.years - 1e-9))) - self.zeros
        if rank <= 0:
            return -1
        return rank - 1 if self._upto is None else int(np.searchsorted(self._upto, rank))

    def weighted(self, values: Floats, start: int = 0) -> float:
        """The sum of values, given for the losses from a place on, over the years that had these losses."""
        return float((values if self._counts is None else values * self._counts[start:]).sum())

    def quantile(self, level: float) -> float:
        """The smallest x with F(x) ≥ level."""
        place = self.place(level)
        return 0.0 if place < 0 else float(self.losses[place])

    def beyond(self, place: int) -> float:
        """The share of years with more than the loss at a place."""
        if place < 0:
            return (self.years - self.zeros) / self.years
        if self._upto is None:
            upto = self.zeros + int(np.searchsorted(self.losses, self.losses[place], side="right"))
        else:
            upto = self.zeros + int(self._upto[place])
        return (self.years - upto) / self.years

    def quantile_error(self, level: float) -> float:
        """Standard error of a quantile."""
        apart = math.sqrt(level * (1 - level) / self.years)
        return (self.quantile(min(1.0, level + apart)) - self.quantile(max(0.0, level - apart))) / 2

    def shortfall(self, level: float) -> tuple[float, float]:
        """The mean of the worst (1 − level) share of years, and its standard error."""
        least = self.quantile(level)
        place = self.place(level) + 1
        excess = self.losses[place:] - least
        mean, square = (self.weighted(values, place) / self.years for values in (excess, excess * excess))
        share = 1 - level
        return least + mean / share, math.sqrt(max(0.0, square - mean * mean) / self.years) / share

    def curve(self) -> tuple[tuple[float, float], ...]:
        """Points (loss, probability of more), losses ascending, without repeats."""
        places = [self.place(1 - beyond) for beyond in EXCEEDED if beyond * self.years >= 10]
        points = {float(self.losses[place]): self.beyond(place) for place in places if place >= 0}
        if self.zeros:
            points[0.0] = self.beyond(-1)
        return tuple(sorted(points.items()))


def numbers_of(
    sample: Sample,
    *,
    events: float | None = None,
    es99_part: float | None = None,
    gross: Sample | None = None,
) -> Numbers:
    """All numbers of a sample; `gross` is the same years before insurance."""
    ranks = Ranks(sample)
    shortfall, shortfall_error = ranks.shortfall(TAIL)
    quantiles = {level: ranks.quantile(level) for level in LEVELS}
    errors = {level: ranks.quantile_error(level) for level in LEVELS}
    zero = ranks.zeros / sample.years
    return Numbers(
        mean=sample.mean,
        sd=math.sqrt(sample.variance),
        p_zero=zero,
        quantiles=quantiles,
        var99=quantiles[TAIL],
        es99=shortfall,
        exceedance=ranks.curve(),
        standard_error=Errors(
            mean=math.sqrt(sample.variance / sample.years),
            sd=_error_of_sd(sample, ranks),
            p_zero=math.sqrt(zero * (1 - zero) / sample.years),
            quantiles=errors,
            var99=errors[TAIL],
            es99=shortfall_error,
        ),
        events=events,
        es99_part=es99_part,
        gross=None if gross is None else numbers_of(gross),
        recovered=None if gross is None else gross.mean - sample.mean,
    )


def _error_of_sd(sample: Sample, ranks: Ranks) -> float:
    variance = sample.spread / sample.years
    if variance <= 0:
        return 0.0
    fourths = ranks.losses - sample.mean
    fourths *= fourths
    fourths *= fourths
    fourth = (ranks.weighted(fourths) + ranks.zeros * sample.mean**4) / sample.years
    return math.sqrt(max(0.0, fourth - variance * variance) / (4 * sample.years * variance))

"""The events of each scenario in one chunk, whatever makes scenarios hang together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from remit.identify.risks.fair.counts import Bernoulli, Count, NegativeBinomial, Poisson
from remit.identify.risks.fair.streams import Streams

from .copula import years_of_events
from .occurrences import batches, independent_years, of_counts, uneven_years
from .plan import Lane, Plan
from .samples import Floats, Integers

MANY = 30.0
"""Mean counts above this are found by searching thresholds instead of passing them one by one."""


class Happening:
    """One chunk's events."""

    def __init__(self, plan: Plan, streams: Streams, years: int) -> None:
        self._plan, self._streams, self._years = plan, streams, years
        self._normals = None if plan.copula is None else plan.copula.normals(streams, years)
        self._factors: dict[float, Floats] = {}

    @cached_property
    def _shock_years(self) -> list[Integers]:
        """The years in which each common cause strikes."""
        found = []
        for number, (rate, _) in enumerate(self._plan.shocks):
            rng = self._streams.at(f"shock {number}")
            found.append(independent_years(Poisson(rate), rng, self._years))
        return found

    @cached_property
    def _common(self) -> Floats:
        """The common shock of each year, standard normal."""
        return self._streams.at("common shock").standard_normal(self._years)

    def normals(self, lane: Lane) -> Floats | None:
        """The scenario's row of coupled normals; to be overwritten once its events are known."""
        return None if self._normals is None or lane.row is None else self._normals[lane.row]

    def events(self, place: int, draws: Mapping[str, Floats]) -> Iterable[Integers]:
        """The year of each event of a scenario, in batches; `draws` are its uncertain frequency inputs by year."""
        lane = self._plan.lanes[place]
        found = self._own(lane, draws)
        struck = [years for years, (_, hit) in zip(self._shock_years, self._plan.shocks, strict=True) if place in hit]
        if struck:
            found = np.concatenate([found, *struck])
        if lane.busy:
            return batches(np.bincount(found, minlength=self._years))
        return (found,)

    def _own(self, lane: Lane, draws: Mapping[str, Floats]) -> Integers:
        count = lane.compiled.frequency_given(draws) if draws else lane.compiled.fixed.frequency
        normals = None if self._plan.reorders else self.normals(lane)
        if normals is not None:
            if lane.thresholds is None:
                assert self._plan.copula is not None
                return _conditional(count, self._plan.copula.probability(normals), lane.expected)
            if lane.expected > MANY:
                return of_counts(lane.thresholds.least + np.searchsorted(lane.thresholds.at, normals))
            return years_of_events(normals, lane.thresholds)
        rng = self._streams.at("counts", lane.name)
        if draws or lane.beta:
            return uneven_years(count, rng, self._years, self._factor(lane.beta))
        return independent_years(count, rng, self._years)

    def _factor(self, beta: float) -> Floats | None:
        """What the common shock multiplies rates with, on average 1."""
        if beta and beta not in self._factors:
            self._factors[beta] = np.exp(beta * self._common - beta * beta / 2)
        return self._factors.get(beta)


def _conditional(count: Count, more: Floats, expected: float) -> Integers:
    """The year of each event of a count whose parameters differ by year, at given probabilities of more.

    P(N = k) goes over to P(N = k + 1) by a factor (Panjer 1981); only years that have more than k events go on.
    """
    match count:
        case Bernoulli(probability=probability):
            return np.flatnonzero(more < probability)
        case Poisson(rate=rate) if expected <= MANY:
            first, second = np.zeros_like(more), rate + np.zeros_like(more)
            share = np.exp(-second)
        case NegativeBinomial(average=average, dispersion=dispersion) if expected <= MANY:
            first = average / (dispersion + average) + np.zeros_like(more)
            second = first * (dispersion - 1)
            share = np.asarray(count.p_zero) + np.zeros_like(more)
        case _:
            return of_counts(count.quantile(1 - more).astype(np.int64))
    left = 1 - share
    at = np.flatnonzero(more < left)
    levels = [at]
    number = 0
    parts = [values[at] for values in (more, first, second, share, left)]
    while len(at):
        number += 1
        more, first, second, share, left = parts
        share = share * (first + second / number)
        left = left - share
        deeper = np.flatnonzero(more < left)
        at = at[deeper]
        levels.append(at)
        parts = [values[deeper] for values in (more, first, second, share, left)]
    return np.concatenate(levels)

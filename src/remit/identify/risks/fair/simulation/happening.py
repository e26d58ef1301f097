"""The events of each scenario in one chunk, whatever makes scenarios hang together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from remit.identify.risks.fair.counts import Count, Poisson
from remit.identify.risks.fair.normals import Singles
from remit.identify.risks.fair.streams import Streams

from .copula import Copula, years_of_events
from .occurrences import batches, independent_years, moved, of_counts, rising_years, uneven_years
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

    def normals(self, lane: Lane) -> Singles | None:
        """The scenario's row of coupled normals; to be overwritten once its events are known."""
        return None if self._normals is None or lane.row is None else self._normals[lane.row]

    def events(self, place: int, draws: Mapping[str, Floats]) -> Iterable[Integers]:
        """The year of each event of a scenario, in batches; `draws` are its uncertain inputs by year."""
        lane = self._plan.lanes[place]
        count = lane.compiled.frequency_given(draws) if draws else lane.compiled.fixed.frequency
        struck = [years for years, (_, hit) in zip(self._shock_years, self._plan.shocks, strict=True) if place in hit]
        if lane.busy:
            counts = self._counts(lane, count)
            for years in struck:
                counts += np.bincount(years, minlength=self._years)
            return batches(counts)
        found = self._found(lane, count, bool(draws))
        return (np.concatenate([found, *struck]) if struck else found,)

    def _coupled(self, lane: Lane) -> tuple[Copula, Singles] | None:
        """What makes the scenario's counts, where something does."""
        copula, normals = self._plan.copula, self.normals(lane)
        return None if copula is None or normals is None or self._plan.reorders else (copula, normals)

    def _found(self, lane: Lane, count: Count, uneven: bool) -> Integers:
        """The year of each event."""
        if coupled := self._coupled(lane):
            copula, normals = coupled
            if lane.expected > MANY:
                return of_counts(self._counts(lane, count))
            if lane.thresholds is None:
                return rising_years(count, copula.probability(normals))
            return years_of_events(normals, lane.thresholds)
        rng = self._streams.at("counts", lane.name)
        if uneven or lane.beta:
            return uneven_years(count, rng, self._years, self._factor(lane.beta))
        return independent_years(count, rng, self._years)

    def _counts(self, lane: Lane, count: Count) -> Integers:
        """How many events each year has, where there are too many to find them one by one."""
        if coupled := self._coupled(lane):
            copula, normals = coupled
            if lane.thresholds is None:
                return count.quantile(1 - copula.probability(normals)).astype(np.int64)
            found: Integers = lane.thresholds.least + np.searchsorted(lane.thresholds.at, normals)
            return found
        return moved(count, self._factor(lane.beta)).sample(self._streams.at("counts", lane.name), self._years)

    def _factor(self, beta: float) -> Floats | None:
        """What the common shock multiplies rates with, on average 1."""
        if beta and beta not in self._factors:
            self._factors[beta] = np.exp(beta * self._common - beta * beta / 2)
        return self._factors.get(beta)

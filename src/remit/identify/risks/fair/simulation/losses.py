"""What a scenario's events cost in each year of a chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from remit.identify.risks.fair.normals import Singles
from remit.identify.risks.fair.severity import Severity
from remit.identify.risks.fair.streams import Streams

from .plan import Lane
from .samples import Floats, Integers


@dataclass(slots=True)
class Losses:
    """Yearly losses of one scenario: (years,) after insurance, before it (None: not insured), and how many events."""

    net: Floats
    gross: Floats | None
    events: int

    def in_order_of(self, normals: Singles) -> Losses:
        """The same losses dealt to other years: the n-th smallest to the year with the n-th smallest normal.

        Source: Iman and Conover, A distribution-free approach to inducing rank correlation (1982).
        """
        years, ranks = np.argsort(normals, kind="stable"), np.argsort(self.net, kind="stable")
        dealt = [np.empty_like(self.net) for _ in range(2)]
        for into, losses in zip(dealt, (self.net, self.gross), strict=True):
            if losses is not None:
                into[years] = losses[ranks]
        return Losses(dealt[0], None if self.gross is None else dealt[1], self.events)


def yearly_draws(lane: Lane, streams: Streams, years: int) -> dict[str, Floats]:
    """One value for each year of each uncertain input on which the number of events hangs.

    Of all uncertain inputs where events come in batches, which may split a year.
    """
    inputs = lane.compiled.inputs if lane.busy else lane.compiled.frequency_inputs
    return {path: value.sample(streams.at(f"input {path}", lane.name), years) for path, value in inputs.items()}


def yearly_losses(
    lane: Lane, batches: Iterable[Integers], draws: Mapping[str, Floats], streams: Streams, years: int
) -> Losses:
    """Draw what the events cost, given the year of each, and sum by year.

    Of each event insurance pays what is above the retention, up to the limit; of a year at most the aggregate.
    """
    gross, paid = np.zeros(years), np.zeros(years)
    events = 0
    for number, at in enumerate(batches):
        events += len(at)
        keyed = _Keyed(streams, lane.name, number)
        costs = _drawn(_severity(lane, at, draws, keyed, years), keyed.at("magnitude"), len(at))
        gross += np.bincount(at, weights=costs, minlength=years)
        if lane.insurance is not None:
            recovered = np.clip(costs - lane.insurance.retention, 0.0, lane.insurance.limit)
            paid += np.bincount(at, weights=recovered, minlength=years)
    if lane.insurance is None:
        return Losses(gross, None, events)
    if lane.insurance.aggregate is not None:
        np.minimum(paid, lane.insurance.aggregate, out=paid)
    return Losses(gross - paid, gross, events)


@dataclass(frozen=True, slots=True)
class _Keyed:
    """Streams of one scenario; batches after the first have streams of their own."""

    streams: Streams
    name: str
    batch: int

    def at(self, purpose: str) -> np.random.Generator:
        return self.streams.at(f"{purpose} {self.batch}" if self.batch else purpose, self.name)


def _severity(lane: Lane, at: Integers, draws: Mapping[str, Floats], keyed: _Keyed, years: int) -> Severity:
    """The loss of one event, its uncertain inputs drawn once for each year that has events."""
    tree = lane.compiled
    if not tree.inputs:
        return tree.fixed.severity
    there = np.zeros(years, np.bool_)
    there[at] = True
    hit = np.flatnonzero(there)
    place = np.zeros(years, np.int64)
    place[hit] = np.arange(len(hit))
    event = place[at]
    return tree.given(
        {
            path: draws[path][at] if path in draws else value.sample(keyed.at(f"input {path}"), len(hit))[event]
            for path, value in tree.inputs.items()
        }
    ).severity


def _drawn(severity: Severity, rng: np.random.Generator, events: int) -> Floats:
    """The loss of each event; a single certain piece, as most scenarios have it, without passing over it again."""
    piece = severity.pieces[0]
    if len(severity.pieces) > 1 or piece.per_day or not isinstance(piece.probability, float) or piece.probability < 1:
        return severity.sample(rng, events)
    costs: Floats = piece.magnitude.sample(rng, events)
    if not isinstance(piece.factor, float) or piece.factor != 1.0:
        costs = costs * piece.factor
    return costs

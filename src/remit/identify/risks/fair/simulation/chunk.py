"""One chunk of years: what every thread, process or machine computes, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remit.identify.risks.fair.normals import Singles
from remit.identify.risks.fair.streams import Streams

from .happening import Happening
from .losses import Losses, yearly_draws, yearly_losses
from .plan import YEARS, Plan
from .samples import Floats, Integers, Sample
from .tails import Row, Tail

LARGEST = float(np.finfo(np.float32).max)
"""A row of normals holds no larger losses. Others it rounds by 10⁻⁷ of themselves, which no Monte Carlo error shows."""


@dataclass(slots=True)
class Summary:
    """What is kept of years simulated so far.

    Attributes:
        net: the sample of each scenario, after insurance.
        gross: of each insured scenario, before it, by its place in the set.
        portfolio: the sample of all together, net.
        gross_portfolio: the same before insurance; None where none is insured.
        events: (scenarios,) how many loss events there were.
        tail: whose losses the worst years are.
    """

    net: list[Sample]
    gross: dict[int, Sample]
    portfolio: Sample
    gross_portfolio: Sample | None
    events: Integers
    tail: Tail

    def add(self, later: Summary) -> None:
        """Take in the chunk that follows."""
        for sample, other in zip(self.net, later.net, strict=True):
            sample.add(other)
        for place, sample in self.gross.items():
            sample.add(later.gross[place])
        self.portfolio.add(later.portfolio)
        if self.gross_portfolio is not None and later.gross_portfolio is not None:
            self.gross_portfolio.add(later.gross_portfolio)
        self.events += later.events
        self.tail.add(later.tail)


def chunks(trials: int) -> int:
    """How many chunks so many years are; the last may be shorter."""
    return -(-trials // YEARS)


def simulate_chunk(plan: Plan, number: int) -> Summary:
    """Simulate the years of one chunk."""
    years = min(YEARS, plan.trials - number * YEARS)
    streams = Streams(plan.seed, number)
    happening = Happening(plan, streams, years)
    book = _Book(plan, years)
    for place, lane in enumerate(plan.lanes):
        draws = yearly_draws(lane, streams, years)
        losses = yearly_losses(lane, happening.events(place, draws), draws, streams, years)
        room = happening.normals(lane)
        if plan.reorders and room is not None:
            losses = losses.in_order_of(room)
        book.enter(place, losses, room)
    return book.close()


class _Book:
    """Collects the scenarios' losses of one chunk."""

    def __init__(self, plan: Plan, years: int) -> None:
        self._plan, self._years = plan, years
        self._total = np.zeros(years)
        self._gross_total = np.zeros(years) if plan.insured else None
        self._net: list[Sample] = []
        self._gross: dict[int, Sample] = {}
        self._events = np.zeros(len(plan.lanes), np.int64)
        self._rows: list[Row] = []

    def enter(self, place: int, losses: Losses, room: Singles | None) -> None:
        """Take one scenario's losses; `room` is a row that is no longer needed, to keep them in."""
        self._total += losses.net
        if self._gross_total is not None:
            self._gross_total += losses.net if losses.gross is None else losses.gross
        if losses.gross is not None:
            self._gross[place] = self._sample(_positive(losses.gross)[1])
        hit, amounts = _positive(losses.net)
        sample = self._sample(amounts)
        self._net.append(sample)
        self._events[place] = losses.events
        if room is not None and sample.mean * self._years < LARGEST:
            room[:] = losses.net
            self._rows.append(room)
        else:
            self._rows.append((hit, amounts) if 2 * len(hit) < self._years else losses.net)

    def _sample(self, amounts: Floats) -> Sample:
        return Sample.of(amounts, self._years, keep=self._plan.keeps_losses)

    def close(self) -> Summary:
        """Hand back what is kept."""

        def whole(totals: Floats) -> Sample:
            return Sample.of(totals[totals > 0], self._years, keep=self._plan.keeps_totals)

        return Summary(
            net=self._net,
            gross=self._gross,
            portfolio=whole(self._total),
            gross_portfolio=None if self._gross_total is None else whole(self._gross_total),
            events=self._events,
            tail=Tail.of(self._total, self._rows),
        )


def _positive(losses: Floats) -> tuple[Integers, Floats]:
    """The years with a loss, and their losses."""
    hit = (losses > 0).nonzero()[0]
    return hit, losses.take(hit)

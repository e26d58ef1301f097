"""A year's loss net of insurance, on a grid: layers for each event exactly, a limit for the year by a plane of two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from remit.identify.risks.fair.counts import ComplexArray
from remit.identify.risks.fair.distributions import FloatArray, real
from remit.identify.risks.fair.grids import Grid, spread
from remit.identify.risks.fair.model import Insurance
from remit.identify.risks.fair.severity import Severity
from remit.identify.risks.fair.transforms import Frame, event, recovered, tilted
from remit.identify.risks.fair.tree import Resolved

_SIDE: Final = 512
"""Points on each side of the plane of (retained, recovered) that an aggregate limit needs."""

_TILT: Final = 7.0
"""Of each side of the plane: the two multiply in its corner."""


@dataclass(frozen=True)
class Cover:
    """One scenario under its insurance; `reach` is the largest gross annual loss to look at."""

    resolved: Resolved
    insurance: Insurance
    reach: float

    def annual(self, frame: Frame) -> ComplexArray:
        """The transform of a year's loss after insurance."""
        if self.aggregate_matters:
            net, step = self._with_aggregate
            places = real(np.arange(len(net)) * (step / frame.step))
            return frame.forward(spread(places, net, frame.size))
        return self.resolved.frequency.pgf(self._event(frame))

    def _event(self, frame: Frame) -> ComplexArray:
        """The transform of one event's loss that stays with us.

        Losses beyond the frame come back into it by what is recovered: they are taken from a grid of the whole reach.
        """
        losses, gross = self._gross(frame)
        far_losses, far = self._far
        far = np.where(far_losses > losses[-1], far, 0.0)
        if far.any():
            losses = np.concatenate((losses, far_losses))
            gross = np.concatenate((gross, far * (max(1 - gross.sum(), 0.0) / far.sum())))
        kept = losses - recovered(losses, self.insurance)
        return frame.forward(spread(kept / frame.step, gross, frame.size))

    def _gross(self, frame: Frame) -> tuple[FloatArray, FloatArray]:
        """Losses of one event before insurance, and their probabilities."""
        severity = self.resolved.severity
        return real(np.arange(frame.size) * frame.step), frame.back(event(severity, frame))

    @cached_property
    def _far(self) -> tuple[FloatArray, FloatArray]:
        """The same up to the reach."""
        return self._gross(Frame(self.reach / 2**15, 2**15))

    @cached_property
    def _layer(self) -> tuple[float, float, float, float]:
        """Of one event: mean recovered, its square's mean, the mean of kept squared, and P(nothing is kept)."""
        losses, gross = self._far
        paid = recovered(losses, self.insurance)
        beyond = max(1 - float(gross.sum()), 0.0)
        mean, variance = (float(value) for value in self.resolved.severity.moments())
        beyond_mean = max(mean - float(gross @ losses), 0.0)
        top = self.insurance.limit if beyond > 0 else 0.0
        recovery = float(gross @ paid) + beyond * top
        square = float(gross @ paid**2) + beyond * top**2
        saved = float(gross @ (2 * losses * paid - paid**2)) + 2 * beyond_mean * top - beyond * top**2
        free = nothing(self.resolved.severity)
        if self.insurance.retention == 0:
            free = float(Grid(losses[1], gross, mean, free).cdf(self.insurance.limit))
        return recovery, square, max(variance + mean**2 - saved, 0.0), free

    @property
    def aggregate_matters(self) -> bool:
        """Whether the year's limit can bind at all."""
        limit = self.insurance.aggregate
        if limit is None:
            return False
        return float(self.resolved.frequency.quantile(1 - 1e-12)) * self.insurance.limit > limit

    @cached_property
    def recovered_mean(self) -> float:
        """Mean annual amount that the cover pays."""
        if self.aggregate_matters:
            return self._paid_mean
        return float(self.resolved.frequency.mean) * self._layer[0]

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Mean and variance of a year's loss after insurance."""
        count = self.resolved.frequency
        mean = float(self.resolved.mean) - self.recovered_mean
        if self.aggregate_matters:
            net, step = self._with_aggregate
            points = np.arange(len(net)) * step
            return mean, max(float(net @ points**2) - float(net @ points) ** 2, 0.0)
        kept = float(self.resolved.severity.mean) - self._layer[0]
        within = self._layer[2] - kept**2
        return mean, float(count.mean) * within + float(count.variance) * kept**2

    @property
    def free(self) -> float:
        """P(an event leaves nothing with us), where only the layer of each event counts."""
        return self._layer[3]

    @cached_property
    def _plane(self) -> tuple[FloatArray, float]:
        """P(retained = i, recovered = j) of a year, in steps of reach / side."""
        step = self.reach / _SIDE
        losses, gross = self._far
        paid = recovered(losses, self.insurance)
        joint = _planted((losses - paid) / step, paid / step, gross)
        weights = np.outer(tilted(_SIDE, _TILT), tilted(_SIDE, _TILT))
        year = np.fft.irfft2(self.resolved.frequency.pgf(np.fft.rfft2(joint * weights)), (_SIDE, _SIDE))
        return np.maximum(year / weights, 0.0), step

    @cached_property
    def _with_aggregate(self) -> tuple[FloatArray, float]:
        """Probabilities of a year's net loss under the aggregate limit, and their step."""
        year, step = self._plane
        counts = np.arange(_SIDE) * step
        unpaid = np.maximum(counts - (self.insurance.aggregate or 0.0), 0.0)
        places = (counts[:, None] + unpaid[None, :]) / step
        return spread(places.ravel(), year.ravel(), 2 * _SIDE), step

    @property
    def _paid_mean(self) -> float:
        year, step = self._plane
        paid = np.minimum(np.arange(_SIDE) * step, self.insurance.aggregate or 0.0)
        by_paid = year.sum(axis=0)
        return float(by_paid @ paid) + max(1 - float(by_paid.sum()), 0.0) * (self.insurance.aggregate or 0.0)


def nothing(severity: Severity) -> float:
    """P(an event costs nothing)."""
    found = 1.0
    for branch in severity.branches:
        chances = (1.0 if float(real(p.factor)) == 0 else float(p.magnitude.cdf(0.0)) for p in branch)
        found *= 1 - float(real(branch[0].probability)) * (1 - math.prod(chances))
    return found


def _planted(left: FloatArray, right: FloatArray, shares: FloatArray) -> FloatArray:
    """Shares at any points of the plane given to the four neighbouring ones, which keeps both means."""
    inside = (left < _SIDE - 1) & (right < _SIDE - 1)
    left, right, shares = left[inside], right[inside], shares[inside]
    row, column = np.floor(left).astype(np.int64), np.floor(right).astype(np.int64)
    down, across = left - row, right - column
    found = np.zeros(_SIDE * _SIDE)
    for below, a in ((0, 1 - down), (1, down)):
        for beside, b in ((0, 1 - across), (1, across)):
            found += np.bincount((row + below) * _SIDE + column + beside, shares * a * b, _SIDE * _SIDE)
    return found.reshape(_SIDE, _SIDE)

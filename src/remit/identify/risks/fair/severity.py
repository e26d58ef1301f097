"""What one event costs: pieces of primary and secondary loss, put together, drawn and summed up in moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remit.identify.risks.fair.distributions import Distribution, FloatArray, Real, plain, real


@dataclass(frozen=True)
class Piece:
    """One amount of an event's loss: factor × magnitude (× the event's days where `per_day`), with a probability.

    Pieces of the same `branch` happen together or not at all: branch 0 is the primary loss (probability 1), branch 1
    the secondary one. Numbers may be arrays of one a year or event.
    """

    probability: Real
    magnitude: Distribution
    factor: Real = 1.0
    branch: int = 0
    per_day: bool = False


@dataclass(frozen=True)
class Severity:
    """The loss of one event before insurance; `days`, drawn once for each event, serves all pieces per day."""

    pieces: tuple[Piece, ...]
    days: Distribution | None = None
    days_factor: Real = 1.0

    @property
    def branches(self) -> tuple[tuple[Piece, ...], ...]:
        """The pieces by branch, each with one probability."""
        numbers = sorted({piece.branch for piece in self.pieces})
        return tuple(tuple(piece for piece in self.pieces if piece.branch == number) for number in numbers)

    @property
    def per_day(self) -> bool:
        """Whether any piece is multiplied by the event's days."""
        return any(piece.per_day for piece in self.pieces)

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """The losses of `size` events; numbers of the pieces must be single, or arrays of this size."""
        days: Real = 1.0
        if self.per_day and self.days is not None:
            days = self.days.sample(rng, size) * self.days_factor
        total = np.zeros(size)
        for branch in self.branches:
            loss = sum(
                piece.magnitude.sample(rng, size) * piece.factor * (days if piece.per_day else 1.0) for piece in branch
            )
            certain = isinstance(branch[0].probability, float) and branch[0].probability == 1.0
            total += loss if certain else loss * (rng.random(size) < branch[0].probability)
        return total

    def moments(self) -> tuple[Real, Real]:
        """Mean and variance of one event's loss, in closed form."""
        one, two = self._day_moments()
        means, variances = [real(0.0)] * 2, [real(0.0)] * 3  # coefficients of polynomials in the number of days
        for branch in self.branches:
            p = real(branch[0].probability)
            fixed, daily = (_mean(branch, per_day) for per_day in (False, True))
            means = [means[0] + p * fixed, means[1] + p * daily]
            variances = [
                variances[0] + p * _variance(branch, False) + p * (1 - p) * fixed**2,
                variances[1] + 2 * p * (1 - p) * fixed * daily,
                variances[2] + p * _variance(branch, True) + p * (1 - p) * daily**2,
            ]
        expected = means[0] + means[1] * one
        within = variances[0] + variances[1] * one + variances[2] * two
        between = means[1] ** 2 * (two - one**2)
        return plain(expected), plain(within + between)

    @property
    def mean(self) -> Real:
        """E of one event's loss."""
        return self.moments()[0]

    @property
    def variance(self) -> Real:
        """Var of one event's loss."""
        return self.moments()[1]

    def _day_moments(self) -> tuple[FloatArray, FloatArray]:
        if self.days is None:
            return real(0.0), real(0.0)
        factor = real(self.days_factor)
        return factor * self.days.mean, factor**2 * (self.days.variance + real(self.days.mean) ** 2)


def _mean(branch: tuple[Piece, ...], per_day: bool) -> FloatArray:
    return real(sum(real(p.factor) * p.magnitude.mean for p in branch if p.per_day is per_day))


def _variance(branch: tuple[Piece, ...], per_day: bool) -> FloatArray:
    return real(sum(real(p.factor) ** 2 * p.magnitude.variance for p in branch if p.per_day is per_day))

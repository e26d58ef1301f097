"""A year's loss taken apart for transforms: its parts, where its grid may end, and its transform on any frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Final

import numpy as np
from scipy import special

from remit.identify.risks.fair.counts import ComplexArray
from remit.identify.risks.fair.distributions import Distribution, FloatArray, real
from remit.identify.risks.fair.grids import Grid
from remit.identify.risks.fair.insured import Cover, nothing
from remit.identify.risks.fair.quadrature import nodes, quasirandom
from remit.identify.risks.fair.transforms import Frame, annual
from remit.identify.risks.fair.tree import Compiled, Resolved

TAIL: Final = 1e-5
"""The probability that the last grid leaves beyond its end."""

COARSE: Final = 2**12
"""Points of the grids on which the ends of the finer ones are found."""


@dataclass(frozen=True)
class Part:
    """One resolved scenario, with the weight of its uncertain inputs' values."""

    weight: float
    resolved: Resolved
    cover: Cover | None


@dataclass(frozen=True)
class Yearly:
    """A year's loss, known by its transform on any frame, its first moments and its probability of no loss."""

    transform: Callable[[Frame], ComplexArray]
    mean: float
    variance: float
    p_zero: float
    reach: float
    unit: float = 0.0  # where all losses are multiples of one amount


@dataclass(frozen=True)
class Analysed:
    """A scenario taken apart for transforms."""

    compiled: Compiled

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """One part, or one for each of some values of the inputs on which magnitudes hang."""
        found = self.compiled
        if not found.severity_inputs:
            return (self._part(1.0, Resolved(found.frequency, found.severity, found.insurance)),)
        weights, points = _few(found.severity_inputs)
        return tuple(
            self._part(float(weight), found.given_some({path: float(values[place]) for path, values in points.items()}))
            for place, weight in enumerate(weights)
        )

    @property
    def share(self) -> int:
        """By how much a grid is made coarser where many of them are needed."""
        severity = self.parts[0].resolved.severity
        days = severity.per_day and severity.days is not None and severity.days.atoms is None
        if len(self.parts) > 16:
            return 8
        return 4 if days or len(self.parts) > 1 else 1

    def _part(self, weight: float, resolved: Resolved) -> Part:
        if resolved.insurance is None:
            return Part(weight, resolved, None)
        mean, variance = float(resolved.mean), float(resolved.variance)
        gross = Yearly(lambda frame: annual(resolved, frame), mean, variance, 0.0, _reach(resolved))
        return Part(weight, resolved, Cover(resolved, resolved.insurance, end_of(gross, TAIL / 4)[0]))

    def gross(self) -> Yearly:
        """A year's loss before insurance."""
        mean = math.fsum(part.weight * float(part.resolved.mean) for part in self.parts)
        variance = self.compiled.moments[1]
        zero = sum(p.weight * _p_zero(p.resolved, nothing(p.resolved.severity)) for p in self.parts)
        return Yearly(self._gross, mean, variance, zero, self.reach, self.unit)

    def net(self) -> Yearly:
        """A year's loss after insurance."""
        covers = [(part.weight, part.cover) for part in self.parts if part.cover is not None]
        if not covers:
            return self.gross()
        mean = math.fsum(weight * cover.moments[0] for weight, cover in covers)
        square = math.fsum(weight * (cover.moments[1] + cover.moments[0] ** 2) for weight, cover in covers)
        zero = math.fsum(weight * _p_zero(cover.resolved, cover.free) for weight, cover in covers)
        return Yearly(self._net, mean, max(square - mean**2, 0.0), zero, self.reach)

    @property
    def recovered(self) -> float:
        """Mean annual amount that insurance pays."""
        return math.fsum(part.weight * part.cover.recovered_mean for part in self.parts if part.cover is not None)

    @cached_property
    def reach(self) -> float:
        """A loss that next to no year exceeds, estimated from above."""
        return max(_reach(part.resolved) for part in self.parts)

    @property
    def unit(self) -> float:
        """The amount of which all losses are multiples, where the magnitude is one constant."""
        severity = self.parts[0].resolved.severity
        atoms = severity.pieces[0].magnitude.atoms
        if len(self.parts) > 1 or len(severity.pieces) > 1 or severity.per_day or atoms is None or len(atoms[0]) > 1:
            return 0.0
        return float(atoms[0][0] * real(severity.pieces[0].factor))

    def _gross(self, frame: Frame) -> ComplexArray:
        return _sum(part.weight * annual(part.resolved, frame) for part in self.parts)

    def _net(self, frame: Frame) -> ComplexArray:
        return _sum(part.weight * part.cover.annual(frame) for part in self.parts if part.cover is not None)


def end_of(yearly: Yearly, tail: float) -> tuple[float, Grid]:
    """Where the grid may end so that `tail` lies beyond; found on coarse grids, of which the last is given too."""
    reach = yearly.reach
    for _ in range(8):
        rough = on_grid(yearly, reach, COARSE)
        if rough.reached <= 1 - tail:
            reach *= 2
            continue
        last = rough.quantile(1 - tail)
        if not 0 < last < reach / 8:
            return min(reach, 1.05 * last + 4 * rough.step) if last > 0 else reach, rough
        reach = max(1.25 * last, 16 * rough.step)
    return reach, rough


def on_grid(yearly: Yearly, end: float, size: int) -> Grid:
    """The distribution on so many points from 0 to `end`."""
    step = end / (size - 1)
    lattice = yearly.unit >= step
    if lattice:
        step = yearly.unit / math.floor(yearly.unit / step)
    frame = Frame(step, size)
    pmf = frame.back(yearly.transform(frame))
    return Grid(step, pmf, yearly.mean, float(pmf[0]) if lattice else yearly.p_zero, lattice)


def _reach(resolved: Resolved) -> float:
    """A loss that next to no year exceeds: many events of the usual size and one of the largest."""
    count, severity = resolved.frequency, resolved.severity
    events = float(count.mean)
    if events <= 0:
        return 0.0
    rare = min(TAIL / max(events, 1.0), 0.5)
    days = 1.0
    if severity.per_day and severity.days is not None:
        days = float(severity.days.quantile(1 - rare) * real(severity.days_factor))
    largest = 0.0
    for piece in severity.pieces:
        p = float(real(piece.probability))
        if p > 0:
            level = max(1 - rare / p, 0.5)
            factor = float(real(piece.factor)) * (days if piece.per_day else 1.0)
            largest += factor * float(piece.magnitude.quantile(level))
    most = float(count.quantile(1 - TAIL))
    mean, variance = (float(value) for value in severity.moments())
    usual = min(mean + 6 * math.sqrt(variance / max(most, 1.0)), largest)
    return largest + most * usual


def _p_zero(resolved: Resolved, nothing: float) -> float:
    """P(no loss in a year), where an event costs nothing with probability `nothing`."""
    if nothing <= 0:
        return float(resolved.frequency.p_zero)
    return float(resolved.frequency.pgf(np.array([nothing], dtype=np.complex128))[0].real)


def _few(inputs: Mapping[str, Distribution]) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Some values of uncertain inputs, few enough to transform each, and their weights."""
    if len(inputs) == 1:
        uniforms, weights = nodes(0.5)
        grid = uniforms[:, None]
    elif len(inputs) == 2:
        points, shares = np.polynomial.hermite_e.hermegauss(5)
        grid = special.ndtr(np.column_stack([part.ravel() for part in np.meshgrid(points, points)]))
        weights = np.outer(shares, shares).ravel()
    else:
        grid, weights = quasirandom(96, len(inputs)), np.ones(96)
    kept = weights > 1e-7 * weights.max()
    values = {path: value.quantile(grid[kept, place]) for place, (path, value) in enumerate(inputs.items())}
    return weights[kept] / weights[kept].sum(), values


def _sum(parts: Iterable[ComplexArray]) -> ComplexArray:
    return np.asarray(reduce(np.add, parts), dtype=np.complex128)

"""Fourier transforms of an event's and of a year's loss on a grid, tilted against wrapping around.

Tilting multiplies the probability at point k by e^(−tilt·k): what runs over the end of the grid and comes back at its
beginning is made smaller by e^(−tilt·size) (Grübel and Hermesmeier, ASTIN Bulletin 29, 1999), so that the grid is right
up to its end though the tail goes on beyond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Final

import numpy as np

from remit.identify.risks.fair.counts import ComplexArray, Count
from remit.identify.risks.fair.distributions import Distribution, FloatArray, real
from remit.identify.risks.fair.grids import discretised
from remit.identify.risks.fair.model import Insurance
from remit.identify.risks.fair.quadrature import nodes
from remit.identify.risks.fair.severity import Piece, Severity
from remit.identify.risks.fair.tree import Resolved

TILT: Final = 16.0
"""tilt × size: wrapping is damped by e^−16, and rounding errors grow by e^16 at the end of the grid."""

_EVENT_DAYS: Final = nodes(0.6)


@lru_cache(maxsize=8)
def tilted(size: int, tilt: float) -> FloatArray:
    """e^(−tilt·k / size) for k from 0 to size − 1; not to be written to."""
    found: FloatArray = np.exp(np.arange(size) * (-tilt / size))
    found.flags.writeable = False
    return found


@dataclass(frozen=True)
class Frame:
    """A grid to calculate on: `size` points, `step` apart."""

    step: float
    size: int
    tilt: float = TILT

    @property
    def weights(self) -> FloatArray:
        """e^(−tilt·k) for each point."""
        return tilted(self.size, self.tilt)

    def forward(self, pmf: FloatArray) -> ComplexArray:
        """The transform of the tilted probabilities."""
        return np.fft.rfft(pmf * self.weights)

    def back(self, transform: ComplexArray) -> FloatArray:
        """Probabilities from the transform of tilted ones."""
        return np.maximum(np.fft.irfft(transform, self.size) / self.weights, 0.0)


def event(severity: Severity, frame: Frame) -> ComplexArray:
    """The transform of one event's loss before insurance; pieces per day are averaged over the event's days."""
    fixed = {piece: _piece(piece, frame, 1.0) for piece in severity.pieces if not piece.per_day}
    if not severity.per_day or severity.days is None:
        return _together(severity, fixed)
    found = np.zeros(frame.size // 2 + 1, dtype=np.complex128)
    for days, weight in _days(severity.days):
        length = days * float(real(severity.days_factor))
        daily = {piece: _piece(piece, frame, length) for piece in severity.pieces if piece.per_day}
        found += weight * _together(severity, fixed | daily)
    return found


def _days(days: Distribution) -> list[tuple[float, float]]:
    """Values that stand for the days of an event, and their weights."""
    values, weights = days.atoms or (days.quantile(_EVENT_DAYS[0]), _EVENT_DAYS[1])
    kept = weights > 1e-9
    weights = weights[kept] / weights[kept].sum()
    return list(zip(values[kept].tolist(), weights.tolist(), strict=True))


def _together(severity: Severity, transforms: Mapping[Piece, ComplexArray]) -> ComplexArray:
    found: ComplexArray | None = None
    for branch in severity.branches:
        loss = reduce(np.multiply, (transforms[piece] for piece in branch))
        p = float(real(branch[0].probability))
        loss = loss if p == 1.0 else 1 + p * (loss - 1)
        found = loss if found is None else found * loss
    return np.asarray(found, dtype=np.complex128)


def _piece(piece: Piece, frame: Frame, days: float) -> ComplexArray:
    factor = float(real(piece.factor)) * days
    return frame.forward(discretised(piece.magnitude, factor, frame.step, frame.size))


def recovered(losses: FloatArray, insurance: Insurance) -> FloatArray:
    """What the cover pays of each event's loss: the part above the retention, up to the limit."""
    return real(np.clip(real(losses) - insurance.retention, 0.0, insurance.limit))


def annual(resolved: Resolved, frame: Frame) -> ComplexArray:
    """The transform of a year's loss before insurance."""
    return resolved.frequency.pgf(event(resolved.severity, frame))


def compound(count: Count, severity: FloatArray, tilt: float = 4.0) -> FloatArray:
    """The probabilities of 0, 1, 2, … units a year where each event costs 0, 1, 2, … units with these probabilities.

    The array must be long enough for the year; a small tilt keeps next to all digits of double precision.
    """
    frame = Frame(1.0, len(severity), tilt)
    return frame.back(count.pgf(frame.forward(severity)))

"""Linear lower bounds on what remains of a scenario, as strong as sets of candidates allow.

What remains of a scenario's loss is g(x) = Π (1 − r_j x_j) = e^y with y = Σ ln(1 − r_j) x_j. A tangent of e^y at any
point, t ≥ e^y0 (1 + y − y0), holds everywhere (outer approximation: Duran and Grossmann, 1986). But x is 0 or 1, and
two things make bounds much stronger where candidates are taken in parts:

* A coefficient may be raised until the bound meets g at some set (lifting). Over the strongest candidates all sets are
  gone through in a table; the others count in a way that only makes the bound weaker, never wrong.
* The best bound at a point is a facet of the convex hull of g over sets. It is found by a small linear programme over
  the candidates that are taken in parts there, and lifted to the others.

A lifted tangent that met g at a set meets it there still, so that bounds are exact wherever they were taken. A
candidate that ends the loss (r = 1) has no logarithm; as g ≥ 0, its coefficient is what brings the bound to 0 where it
is chosen: no floor and no large constant is needed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from .arrays import Arrays, Floats, Indices
from .faces import FACE, Faces

TABLED = 11
"""So many of a scenario's candidates are gone through as sets: 2**11 rows of a table."""
PART = 1e-6
"""A candidate is taken in parts where it is further than this from 0 and from 1."""


@dataclass(frozen=True)
class Cut:
    """t ≥ constant + coefficients · x, over a scenario's candidates."""

    scenario: int
    constant: float
    coefficients: Floats

    def at(self, x: Floats) -> float:
        """The bound at a point (n of the scenario)."""
        return float(self.constant + self.coefficients @ x)


@cache
def sets_of(count: int) -> tuple[Floats, list[Indices], list[Indices]]:
    """All subsets of `count` candidates as rows, and which rows contain, or lack, each of them."""
    bits = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1
    inside = [np.flatnonzero(bits[:, index]) for index in range(count)]
    outside = [np.flatnonzero(bits[:, index] == 0) for index in range(count)]
    return bits.astype(float), inside, outside


class Bounds:
    """The source of bounds on one scenario."""

    def __init__(self, scenario: int, candidates: Indices, kept: Floats, faces: Faces) -> None:
        """Take a scenario's candidates, strongest first, and what each lets remain."""
        self.scenario = scenario
        self.faces = faces
        self.candidates = candidates
        self.kept = kept
        self.ends = kept == 0
        self.slopes = np.log(np.where(self.ends, 1.0, kept))
        self.count = min(TABLED, len(kept))
        self.least = float(self.slopes[self.count :].sum())  # of y over those that are not in the table
        sets, _, _ = sets_of(self.count)
        self.logarithms = sets @ self.slopes[: self.count]
        self.ended = (sets @ self.ends[: self.count].astype(float)) > 0
        self.remains = np.where(self.ended, 0.0, np.exp(self.logarithms))

    def tangent(self, x: Floats) -> Cut:
        """The lifted tangent at a point; x has the shape of `candidates`."""
        sets, _, _ = sets_of(self.count)
        at = float(self.slopes @ x)
        height = float(np.exp(at))
        constant, coefficients = height * (1 - at), height * self.slopes
        # Whatever is chosen besides, this brings the bound of a set that ends the loss to 0 at most.
        coefficients[self.ends] = -constant
        # Of the candidates beside the table the one continuous y that comes nearest to the tangent; where the loss has
        # ended g is 0 whatever y is, and the tangent's part beside the table is at most 0.
        beside = np.where(self.ended, 0.0, np.clip(at - self.logarithms, self.least, 0.0))
        spare = self.remains * np.exp(beside) - constant - height * beside - sets @ coefficients[: self.count]
        constant = self._lift(constant, coefficients, spare, x)
        late = self.count + np.flatnonzero(self.ends[self.count :])
        coefficients[late] = -constant - float(np.maximum(coefficients, 0.0).sum())
        return Cut(self.scenario, constant, coefficients)

    def facet(self, x: Floats) -> Cut | None:
        """A facet of the hull that is highest at a point; None where too many candidates are taken in parts there."""
        parts = np.flatnonzero((x > PART) & (x < 1 - PART))
        if not 1 <= len(parts) <= FACE or parts[-1] >= self.count:
            return None
        whole = x >= 1 - PART
        height = float(self.kept[whole].prod())
        if height == 0:
            return None
        small, _, _ = sets_of(len(parts))
        values = height * np.where(small > 0, self.kept[parts], 1.0).prod(axis=1)
        constant, slopes = self.faces.facet(values, small, x[parts])
        # What is out may come in: Π (1 − r) ≥ 1 − Σ r. What is in may go out: then more remains.
        coefficients = np.where(whole, 0.0, self.kept - 1)
        coefficients[parts] = slopes
        sets, _, _ = sets_of(self.count)
        beside = float(self.kept[self.count :][whole[self.count :]].prod())
        spare = self.remains * beside - constant - sets @ coefficients[: self.count]
        constant = self._lift(constant, coefficients, spare, x)
        return Cut(self.scenario, constant, coefficients)

    def _lift(self, constant: float, coefficients: Floats, spare: Floats, x: Floats) -> float:
        """Raise the coefficients of the tabled candidates in place, and return the raised constant.

        Args:
            spare: for each set of the table by how much the bound is below what remains, at least.
        """
        _, inside, outside = sets_of(self.count)
        spare = np.maximum(spare, 0.0)
        order = np.argsort(-x[: self.count], kind="stable")
        for index in order:
            raised = float(spare[inside[index]].min())
            if raised > 0:
                coefficients[index] += raised
                spare[inside[index]] -= raised
        for index in order[::-1]:
            raised = float(spare[outside[index]].min())
            if raised > 0:
                constant += raised
                coefficients[index] -= raised
                spare[outside[index]] -= raised
        return constant


def bounds_of(arrays: Arrays) -> list[Bounds]:
    """The source of bounds on each scenario."""
    pairs: Iterable[tuple[Indices, Floats]] = zip(arrays.touching, arrays.kept, strict=True)
    faces = Faces()
    return [Bounds(row, candidates, kept, faces) for row, (candidates, kept) in enumerate(pairs)]

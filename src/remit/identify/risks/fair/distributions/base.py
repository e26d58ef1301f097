"""What every continuous distribution of the engine can say of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Real = float | FloatArray
"""A number, or one number a year (or an event): every formula here broadcasts."""

Parameters = tuple[tuple[str, Any], ...]


def real(value: Any) -> FloatArray:
    """Anything numeric as an array of float64 (of no dimension for one number)."""
    return np.asarray(value, dtype=np.float64)


def plain(value: Any) -> Real:
    """An array, or a float where it has no dimension."""
    found = real(value)
    return found if found.ndim else float(found)


@dataclass(frozen=True)
class Distribution(ABC):
    """A distribution of one quantity: an amount of money, a rate, a probability, a duration in days.

    Parameters are floats; a distribution that was resolved for simulated years may hold arrays in their place, and all
    methods then broadcast. `given` keeps the parameters as they were written (an interval, say), so that they are
    written back so.
    """

    name: ClassVar[str]
    given: Parameters = field(default=(), kw_only=True)

    @abstractmethod
    def cdf(self, x: Real) -> FloatArray:
        """P(X ≤ x)."""

    @abstractmethod
    def quantile(self, u: Real) -> FloatArray:
        """The smallest x with P(X ≤ x) ≥ u, for u from 0 to 1."""

    @abstractmethod
    def limited_mean(self, x: Real) -> FloatArray:
        """E[min(X, x)], the limited expected value (Klugman, Panjer, Willmot: Loss Models, 3.1)."""

    @property
    @abstractmethod
    def mean(self) -> Real:
        """E[X]."""

    @property
    @abstractmethod
    def variance(self) -> Real:
        """Var[X]."""

    @property
    @abstractmethod
    def support(self) -> tuple[Real, Real]:
        """The least and the greatest value; infinite where there is none."""

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """`size` independent draws, float64."""
        return self.quantile(rng.random(size))

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters as they were written, or the canonical ones."""
        return dict(self.given)

    @property
    def atoms(self) -> tuple[FloatArray, FloatArray] | None:
        """Values and their probabilities, where there are only so many; None for a continuous distribution."""
        return None

    @cached_property
    def second_moment(self) -> Real:
        """E[X²]."""
        return self.variance + real(self.mean) ** 2

    @property
    def uncertain(self) -> bool:
        """Whether parameters are themselves distributions, drawn once per simulated year."""
        return False

    def excess_mean(self, x: Real) -> FloatArray:
        """E[max(X − x, 0)], what a layer without limit above the retention x pays on average."""
        return real(real(self.mean) - self.limited_mean(x))

    def expected_shortfall(self, q: float) -> float:
        """The mean of the worst 1 − q share, in the distribution's own unit."""
        value = self.quantile(q)
        return float(value + self.excess_mean(value) / (1 - q))

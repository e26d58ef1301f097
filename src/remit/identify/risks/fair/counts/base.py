"""What every distribution of a number of events can say of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from remit.identify.risks.fair.distributions.base import FloatArray, Real, real

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True)
class Count(ABC):
    """How many events a year has."""

    @property
    @abstractmethod
    def mean(self) -> Real:
        """E[N]."""

    @property
    @abstractmethod
    def variance(self) -> Real:
        """Var[N]."""

    @property
    @abstractmethod
    def p_zero(self) -> Real:
        """P(N = 0)."""

    @abstractmethod
    def pmf(self, k: Real) -> FloatArray:
        """P(N = k) for whole numbers k ≥ 0."""

    @abstractmethod
    def cdf(self, k: Real) -> FloatArray:
        """P(N ≤ k)."""

    @abstractmethod
    def pgf(self, z: ComplexArray) -> ComplexArray:
        """The probability generating function E[z^N] for |z| ≤ 1; parameters must be single numbers."""

    @abstractmethod
    def thinned(self, kept: Real) -> Count:
        """The count of those events that remain when each stays with probability `kept`, independently."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        """`size` draws (int64); arrays as parameters must have this size."""

    def quantile(self, u: Real) -> FloatArray:
        """The smallest k with P(N ≤ k) ≥ u."""
        u = real(u)
        guess = np.floor(real(self.mean) + special.ndtri(np.clip(u, 1e-300, 1 - 1e-16)) * np.sqrt(self.variance))
        high = np.maximum(guess, 1.0) + np.zeros_like(u)
        while (short := self.cdf(high) < u).any():
            if (high > 1e15).any():
                break
            high = np.where(short, 2 * high, high)
        low = np.full_like(high, -1.0)
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            enough = self.cdf(middle) >= u
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return real(high)

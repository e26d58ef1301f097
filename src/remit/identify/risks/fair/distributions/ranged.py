"""Distributions between two ends: beta, PERT, triangular, uniform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from remit.identify.risks.fair.distributions.base import Distribution, FloatArray, Real, plain, real


@dataclass(frozen=True)
class Beta(Distribution):
    """Beta with shapes `alpha` and `beta`, stretched from [0, 1] to [low, high]."""

    name: ClassVar[str] = "beta"
    alpha: Real
    beta: Real
    low: Real = 0.0
    high: Real = 1.0

    def _share(self, x: Real) -> FloatArray:
        return real(np.clip((real(x) - self.low) / (real(self.high) - self.low), 0.0, 1.0))

    def cdf(self, x: Real) -> FloatArray:
        return real(special.betainc(self.alpha, self.beta, self._share(x)))

    def quantile(self, u: Real) -> FloatArray:
        return real(self.low + (real(self.high) - self.low) * special.betaincinv(self.alpha, self.beta, u))

    def limited_mean(self, x: Real) -> FloatArray:
        # I(a+1, b; y) follows from I(a, b; y) by DLMF 8.17.20, which saves half of the work.
        y, a, b = self._share(x), real(self.alpha), real(self.beta)
        below = real(special.betainc(a, b, y))
        lost = np.exp(special.xlogy(a, y) + special.xlog1py(b, -y) - special.betaln(a, b)) / a
        share = a / (a + b) * (below - lost) + y * (1 - below)
        return real(np.minimum(x, self.low + (real(self.high) - self.low) * share))

    @property
    def mean(self) -> Real:
        return plain(self.low + (real(self.high) - self.low) * self.alpha / (real(self.alpha) + self.beta))

    @property
    def variance(self) -> Real:
        total = real(self.alpha) + self.beta
        spread = (real(self.high) - self.low) ** 2
        return plain(spread * self.alpha * self.beta / (total**2 * (total + 1)))

    @property
    def support(self) -> tuple[Real, Real]:
        return self.low, self.high

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        draws = rng.beta(self.alpha, self.beta, size)
        draws *= real(self.high) - self.low
        draws += self.low
        return draws

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"alpha": self.alpha, "beta": self.beta, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Pert(Beta):
    """PERT: a beta between low and high whose shapes follow from the most likely value.

    Source: Vose, Risk Analysis (modified PERT); a gamma of 4 is the classical one, mean (low + 4 mode + high) / 6.
    """

    name: ClassVar[str] = "pert"

    @classmethod
    def from_mode(cls, low: Real, mode: Real, high: Real, gamma: Real = 4.0) -> Pert:
        """With its mode exactly where it is said to be."""
        span = real(high) - low
        rising, falling = gamma * (real(mode) - low) / span, gamma * (real(high) - mode) / span
        return cls(plain(1 + rising), plain(1 + falling), low, high)

    @classmethod
    def pyfair(cls, low: float, mode: float, high: float, gamma: float = 4.0) -> Pert:
        """As pyfair draws it: the standard deviation is (high − low) / (gamma + 2), and the mode is elsewhere."""
        mean = (low + gamma * mode + high) / (gamma + 2)
        sd = (high - low) / (gamma + 2)
        alpha = (mean - low) / (high - low) * ((mean - low) * (high - mean) / sd**2 - 1)
        return cls(alpha, alpha * (high - mean) / (mean - low), low, high)


@dataclass(frozen=True)
class Triangular(Distribution):
    """Rises in a line from low to mode, and falls in a line to high."""

    name: ClassVar[str] = "triangular"
    low: Real
    mode: Real
    high: Real

    def _spans(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        left, right = real(self.mode) - self.low, real(self.high) - self.mode
        # Where the mode is an end, its side of each formula is computed and never used.
        return np.where(left > 0, left, 1.0), np.where(right > 0, right, 1.0), left + right

    def cdf(self, x: Real) -> FloatArray:
        left, right, span = self._spans()
        x = np.clip(real(x), self.low, self.high)
        rising = ((x - self.low) / span) * ((x - self.low) / left)
        falling = 1 - ((self.high - x) / span) * ((self.high - x) / right)
        return real(np.where(x < self.mode, rising, falling))

    def quantile(self, u: Real) -> FloatArray:
        left, right, span = self._spans()
        u = real(u)
        rising = self.low + np.sqrt(u * span * left)
        falling = self.high - np.sqrt((1 - u) * span * right)
        return real(np.where(u * span < real(self.mode) - self.low, rising, falling))

    def limited_mean(self, x: Real) -> FloatArray:
        left, right, span = self._spans()
        inside = np.clip(real(x), self.low, self.high)
        rising = inside - (inside - self.low) ** 3 / (3 * span * left)
        falling = self.mean - (self.high - inside) ** 3 / (3 * span * right)
        return real(np.minimum(x, np.where(inside < self.mode, rising, falling)))

    @property
    def mean(self) -> Real:
        return (self.low + self.mode + self.high) / 3

    @property
    def variance(self) -> Real:
        a, c, b = self.low, self.mode, self.high
        return (a * a + b * b + c * c - a * b - a * c - b * c) / 18

    @property
    def support(self) -> tuple[Real, Real]:
        return self.low, self.high

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"low": self.low, "mode": self.mode, "high": self.high}


@dataclass(frozen=True)
class Uniform(Distribution):
    """Every value from low to high alike."""

    name: ClassVar[str] = "uniform"
    low: Real
    high: Real

    def cdf(self, x: Real) -> FloatArray:
        return real(np.clip((real(x) - self.low) / (real(self.high) - self.low), 0.0, 1.0))

    def quantile(self, u: Real) -> FloatArray:
        return real(self.low + (real(self.high) - self.low) * u)

    def limited_mean(self, x: Real) -> FloatArray:
        inside = np.clip(real(x), self.low, self.high)
        return real(np.minimum(x, inside - (inside - self.low) ** 2 / (2 * (real(self.high) - self.low))))

    @property
    def mean(self) -> Real:
        return (self.low + self.high) / 2

    @property
    def variance(self) -> Real:
        return plain((real(self.high) - self.low) ** 2 / 12)

    @property
    def support(self) -> tuple[Real, Real]:
        return self.low, self.high

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"low": self.low, "high": self.high}

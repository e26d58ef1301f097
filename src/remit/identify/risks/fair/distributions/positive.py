"""Distributions on the positive half-line: lognormal, gamma, exponential; and the normal, which needs truncation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from scipy import special

from remit.identify.risks.fair import normals
from remit.identify.risks.fair.distributions.base import Distribution, FloatArray, Real, plain, real

Z95: Final = float(special.ndtri(0.95))  # 1.6448536269514722
Z90: Final = float(special.ndtri(0.90))  # 1.2815515655446004


def _density(z: FloatArray) -> FloatArray:
    return real(np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi))


@dataclass(frozen=True)
class Lognormal(Distribution):
    """ln X is normal with mean `mu` and standard deviation `sigma`."""

    name: ClassVar[str] = "lognormal"
    mu: Real
    sigma: Real

    @classmethod
    def from_interval(cls, low: Real, high: Real, z: float = Z95) -> Lognormal:
        """Between low and high with probability 2Φ(z) − 1: z = 1.6448… for 5/95, 1.2815… for 10/90."""
        logs = np.log(real(low)), np.log(real(high))
        return cls(plain((logs[0] + logs[1]) / 2), plain((logs[1] - logs[0]) / (2 * z)))

    @classmethod
    def from_moments(cls, mean: Real, sd: Real) -> Lognormal:
        """With this mean and standard deviation."""
        squared = np.log1p((real(sd) / real(mean)) ** 2)
        return cls(plain(np.log(real(mean)) - squared / 2), plain(np.sqrt(squared)))

    def _z(self, x: Real) -> FloatArray:
        with np.errstate(divide="ignore"):
            return real((np.log(np.maximum(real(x), 0.0)) - self.mu) / self.sigma)

    def cdf(self, x: Real) -> FloatArray:
        return real(special.ndtr(self._z(x)))

    def quantile(self, u: Real) -> FloatArray:
        return real(np.exp(self.mu + self.sigma * special.ndtri(u)))

    def limited_mean(self, x: Real) -> FloatArray:
        z = self._z(x)
        above = np.where(np.isneginf(z), x, real(x) * special.ndtr(-z))
        return real(self.mean * special.ndtr(z - self.sigma) + above)

    @property
    def mean(self) -> Real:
        return plain(np.exp(self.mu + real(self.sigma) ** 2 / 2))

    @property
    def variance(self) -> Real:
        squared = real(self.sigma) ** 2
        return plain(np.expm1(squared) * np.exp(2 * self.mu + squared))

    @property
    def support(self) -> tuple[Real, Real]:
        return 0.0, math.inf

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        draws = normals.standard(rng, size)
        draws *= self.sigma
        draws += self.mu
        return np.exp(draws, out=draws)

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"mu": self.mu, "sigma": self.sigma}


@dataclass(frozen=True)
class Normal(Distribution):
    """Normal with `mu` and `sigma`. Money, rates and probabilities want it truncated."""

    name: ClassVar[str] = "normal"
    mu: Real
    sigma: Real

    @classmethod
    def from_interval(cls, low: Real, high: Real, z: float = Z95) -> Normal:
        """Between low and high with probability 2Φ(z) − 1."""
        return cls(plain((real(low) + high) / 2), plain((real(high) - low) / (2 * z)))

    def cdf(self, x: Real) -> FloatArray:
        return real(special.ndtr((real(x) - self.mu) / self.sigma))

    def quantile(self, u: Real) -> FloatArray:
        return real(self.mu + self.sigma * special.ndtri(u))

    def limited_mean(self, x: Real) -> FloatArray:
        z = (real(x) - self.mu) / self.sigma
        with np.errstate(invalid="ignore"):
            above = np.where(np.isinf(real(x)), 0.0, real(x) * special.ndtr(-z))
        return real(self.mu * special.ndtr(z) - self.sigma * _density(z) + above)

    @property
    def mean(self) -> Real:
        return self.mu

    @property
    def variance(self) -> Real:
        return self.sigma**2

    @property
    def support(self) -> tuple[Real, Real]:
        return -math.inf, math.inf

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return real(self.mu + self.sigma * normals.standard(rng, size))

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"mean": self.mu, "sd": self.sigma}


@dataclass(frozen=True)
class Gamma(Distribution):
    """Gamma with `shape` and `scale`: mean shape × scale."""

    name: ClassVar[str] = "gamma"
    shape: Real
    scale: Real

    @classmethod
    def from_moments(cls, mean: Real, sd: Real) -> Gamma:
        """With this mean and standard deviation."""
        return cls(plain((real(mean) / sd) ** 2), plain(real(sd) ** 2 / mean))

    def cdf(self, x: Real) -> FloatArray:
        return real(special.gammainc(self.shape, np.maximum(real(x), 0.0) / self.scale))

    def quantile(self, u: Real) -> FloatArray:
        return real(self.scale * special.gammaincinv(self.shape, u))

    def limited_mean(self, x: Real) -> FloatArray:
        y = np.maximum(real(x), 0.0) / self.scale
        below = self.mean * special.gammainc(real(self.shape) + 1, y)
        tail = special.gammaincc(self.shape, y)
        return real(below + np.where(tail > 0, np.minimum(real(x), 1e308) * tail, 0.0))

    @property
    def mean(self) -> Real:
        return self.shape * self.scale

    @property
    def variance(self) -> Real:
        return self.shape * real(self.scale) ** 2 if isinstance(self.scale, np.ndarray) else self.shape * self.scale**2

    @property
    def support(self) -> tuple[Real, Real]:
        return 0.0, math.inf

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return real(rng.standard_gamma(self.shape, size) * self.scale)

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"shape": self.shape, "scale": self.scale}


@dataclass(frozen=True)
class Exponential(Distribution):
    """Exponential with this `average`."""

    name: ClassVar[str] = "exponential"
    average: Real

    def cdf(self, x: Real) -> FloatArray:
        return real(-np.expm1(-np.maximum(real(x), 0.0) / self.average))

    def quantile(self, u: Real) -> FloatArray:
        with np.errstate(divide="ignore"):
            return real(-self.average * np.log1p(-real(u)))

    def limited_mean(self, x: Real) -> FloatArray:
        return real(-self.average * np.expm1(-real(x) / self.average))

    @property
    def mean(self) -> Real:
        return self.average

    @property
    def variance(self) -> Real:
        return self.average**2

    @property
    def support(self) -> tuple[Real, Real]:
        return 0.0, math.inf

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return real(rng.standard_exponential(size) * self.average)

    @property
    def parameters(self) -> dict[str, object]:
        return dict(self.given) or {"mean": self.average}

"""Counts by a law: Poisson, negative binomial, Bernoulli; each stays of its kind when events are thinned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from remit.identify.risks.fair.counts.base import ComplexArray, Count
from remit.identify.risks.fair.distributions.base import FloatArray, Real, plain, real


@dataclass(frozen=True)
class Poisson(Count):
    """Events at a constant rate, independently of each other; `rate` a year."""

    rate: Real

    @property
    def mean(self) -> Real:
        return self.rate

    @property
    def variance(self) -> Real:
        return self.rate

    @property
    def p_zero(self) -> Real:
        return plain(np.exp(-real(self.rate)))

    def pmf(self, k: Real) -> FloatArray:
        return real(np.exp(special.xlogy(k, self.rate) - self.rate - special.gammaln(real(k) + 1)))

    def cdf(self, k: Real) -> FloatArray:
        return real(np.where(real(k) < 0, 0.0, special.pdtr(np.maximum(np.floor(real(k)), 0.0), self.rate)))

    def pgf(self, z: ComplexArray) -> ComplexArray:
        return np.asarray(np.exp(self.rate * (z - 1)), dtype=np.complex128)

    def thinned(self, kept: Real) -> Poisson:
        return Poisson(plain(real(self.rate) * kept))

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        return np.asarray(rng.poisson(self.rate, size), dtype=np.int64)


@dataclass(frozen=True)
class NegativeBinomial(Count):
    """Poisson events whose rate is gamma distributed; variance = average + average² / dispersion."""

    average: Real
    dispersion: Real

    @property
    def _success(self) -> FloatArray:
        return real(real(self.dispersion) / (real(self.dispersion) + self.average))

    @property
    def mean(self) -> Real:
        return self.average

    @property
    def variance(self) -> Real:
        return plain(self.average + real(self.average) ** 2 / self.dispersion)

    @property
    def p_zero(self) -> Real:
        return plain(np.exp(-self.dispersion * np.log1p(real(self.average) / self.dispersion)))

    def pmf(self, k: Real) -> FloatArray:
        k, r = real(k), real(self.dispersion)
        logs = special.gammaln(k + r) - special.gammaln(k + 1) - special.gammaln(r)
        logs = logs + special.xlogy(k, 1 - self._success) - r * np.log1p(real(self.average) / r)
        return real(np.exp(logs))

    def cdf(self, k: Real) -> FloatArray:
        k = np.floor(real(k))
        return real(np.where(k < 0, 0.0, special.betainc(self.dispersion, np.maximum(k, 0.0) + 1, self._success)))

    def pgf(self, z: ComplexArray) -> ComplexArray:
        inner = 1 + real(self.average) / self.dispersion * (1 - z)
        return np.asarray(np.exp(-self.dispersion * np.log(inner)), dtype=np.complex128)

    def thinned(self, kept: Real) -> NegativeBinomial:
        return NegativeBinomial(plain(real(self.average) * kept), self.dispersion)

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        rates = rng.standard_gamma(self.dispersion, size) * self.average / self.dispersion
        return np.asarray(rng.poisson(rates), dtype=np.int64)


@dataclass(frozen=True)
class Bernoulli(Count):
    """One event or none."""

    probability: Real

    @property
    def mean(self) -> Real:
        return self.probability

    @property
    def variance(self) -> Real:
        return plain(real(self.probability) * (1 - real(self.probability)))

    @property
    def p_zero(self) -> Real:
        return plain(1 - real(self.probability))

    def pmf(self, k: Real) -> FloatArray:
        k = real(k)
        return real(np.where(k == 0, self.p_zero, np.where(k == 1, self.probability, 0.0)))

    def cdf(self, k: Real) -> FloatArray:
        k = real(k)
        return real(np.where(k < 0, 0.0, np.where(k < 1, self.p_zero, 1.0)))

    def pgf(self, z: ComplexArray) -> ComplexArray:
        return np.asarray(1 + self.probability * (z - 1), dtype=np.complex128)

    def thinned(self, kept: Real) -> Bernoulli:
        return Bernoulli(plain(real(self.probability) * kept))

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        return (rng.random(size) < self.probability).astype(np.int64)

"""A distribution whose own parameters are uncertain: drawn once for each simulated year, alike for all its events."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from remit.identify.risks.fair.distributions.base import Distribution, FloatArray, Real, plain, real
from remit.identify.risks.fair.distributions.given import Truncated
from remit.identify.risks.fair.quadrature import nodes, quasirandom

Build = Callable[..., Distribution]
Number = float | Distribution


@dataclass(frozen=True)
class Uncertain(Distribution):
    """A family with numbers and distributions as parameters; its own numbers are those of one event in any year."""

    name: ClassVar[str] = "uncertain"
    family: str
    build: Build = field(repr=False, compare=False)
    values: tuple[tuple[str, Number], ...]
    low: float = -math.inf
    high: float = math.inf

    @property
    def uncertain(self) -> bool:
        return True

    @property
    def inputs(self) -> dict[str, Distribution]:
        """The parameters that are distributions."""
        return {key: value for key, value in self.values if isinstance(value, Distribution)}

    def at(self, draws: Mapping[str, Real]) -> Distribution:
        """The distribution with these values (numbers, or arrays of one a year or event) for its inputs."""
        made = self.build(*(draws[key] if isinstance(value, Distribution) else value for key, value in self.values))
        return made if math.isinf(self.low) and math.isinf(self.high) else Truncated(made, self.low, self.high)

    @cached_property
    def _mixture(self) -> tuple[tuple[float, ...], tuple[Distribution, ...]]:
        inputs = self.inputs
        if len(inputs) == 1:
            points, weights = nodes(0.25)
            points = points[:, None]
        else:
            points = quasirandom(256, len(inputs))
            weights = np.full(256, 1 / 256)
        values = [inputs[key].quantile(points[:, place]) for place, key in enumerate(inputs)]
        draws = [dict(zip(inputs, map(float, row), strict=True)) for row in zip(*values, strict=True)]
        return tuple(weights.tolist()), tuple(self.at(draw) for draw in draws)

    def _average(self, found: Callable[[Distribution], Any]) -> FloatArray:
        weights, parts = self._mixture
        return real(sum(weight * real(found(part)) for weight, part in zip(weights, parts, strict=True)))

    def cdf(self, x: Real) -> FloatArray:
        return self._average(lambda part: part.cdf(x))

    def limited_mean(self, x: Real) -> FloatArray:
        return self._average(lambda part: part.limited_mean(x))

    def quantile(self, u: Real) -> FloatArray:
        reached = [part.quantile(u) for part in self._mixture[1]]
        low, high = np.min(reached, axis=0), np.max(reached, axis=0)
        with np.errstate(invalid="ignore"):
            for _ in range(80):
                middle = np.where(np.isfinite(low + high), (low + high) / 2, high)
                enough = self.cdf(middle) >= u
                low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return real(high)

    @cached_property
    def mean(self) -> Real:
        return plain(self._average(lambda part: part.mean))

    @cached_property
    def variance(self) -> Real:
        squares = self._average(lambda part: part.variance + real(part.mean) ** 2)
        return plain(squares - real(self.mean) ** 2)

    @property
    def support(self) -> tuple[Real, Real]:
        ends = [part.support for part in self._mixture[1]]
        return min(float(low) for low, _ in ends), max(float(high) for _, high in ends)

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Draws of one event in each of `size` different years."""
        return self.at({key: part.sample(rng, size) for key, part in self.inputs.items()}).sample(rng, size)

    @property
    def parameters(self) -> dict[str, Any]:
        ends = {"low": self.low, "high": self.high}
        kept = {key: value for key, value in ends.items() if math.isfinite(value)}
        return dict(self.given) | ({"truncate": kept} if kept else {})

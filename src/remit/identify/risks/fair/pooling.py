"""Several people's estimates of one quantity made one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from remit.identify.risks.fair.distributions import Distribution, FloatArray, real


@dataclass(frozen=True)
class Pooled:
    """The quantiles of a pooled estimate; `p05` and `p95` make a calibrated range again."""

    p05: float
    p50: float
    p95: float


def pooled(
    estimates: Sequence[Distribution],
    weights: Sequence[float] = (),
    method: Literal["quantiles", "probabilities"] = "quantiles",
) -> Pooled:
    """Estimates drawn together with weights (alike, where none are given).

    "quantiles" averages quantiles, for positive quantities their logarithms: as sharp as its members (Lichtendahl,
    Grushka-Cockayne and Winkler, Management Science 59, 2013). "probabilities" averages the distributions (the linear
    opinion pool, Stone 1961): wider the more the members disagree. Raises ValueError for no estimates, or weights that
    do not fit.
    """
    shares = real(weights if len(weights) else np.ones(len(estimates)))
    if not len(estimates) or len(shares) != len(estimates) or (shares < 0).any() or not shares.sum() > 0:
        raise ValueError("give at least one estimate, and for each a weight of 0 or more that are not all 0")
    shares = shares / shares.sum()
    levels = real([0.05, 0.5, 0.95])
    table = real([estimate.quantile(levels) for estimate in estimates])
    found = _quantiles(table, shares) if method == "quantiles" else _probabilities(estimates, shares, table, levels)
    return Pooled(*map(float, found))


def _quantiles(table: FloatArray, shares: FloatArray) -> FloatArray:
    if (table > 0).all():
        return real(np.exp(shares @ np.log(table)))
    return real(shares @ table)


def _probabilities(
    estimates: Sequence[Distribution], shares: FloatArray, table: FloatArray, levels: FloatArray
) -> FloatArray:
    low, high = table.min(axis=0), table.max(axis=0)
    for _ in range(100):
        middle = (low + high) / 2
        reached = sum(share * estimate.cdf(middle) for share, estimate in zip(shares, estimates, strict=True))
        enough = real(reached) >= levels
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return real(high)

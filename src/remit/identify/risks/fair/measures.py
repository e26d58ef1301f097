"""Measures of risk, by one convention, on plain samples and on grids of probabilities.

The value at risk of level q is the inverse CDF: the smallest loss x with P(loss ≤ x) ≥ q. The expected shortfall is the
mean of the worst (1 − q) share of years, zeros included where losses are rarer than that (Acerbi and Tasche 2002).
"""

from __future__ import annotations

import math

import numpy as np

from remit.identify.risks.fair.distributions import FloatArray, real


def value_at_risk(losses: FloatArray, q: float) -> float:
    """The smallest of the losses (one a year, in any order) that a share of at least q does not exceed."""
    place = _place(len(losses), q)
    return float(np.partition(real(losses), place)[place])


def expected_shortfall(losses: FloatArray, q: float) -> float:
    """The mean of the worst (1 − q) share of the losses; the year on the border counts with its part."""
    ordered = np.sort(real(losses))
    worst = round(len(ordered) * (1 - q), 9)
    if worst <= 0:
        return float(ordered[-1])
    whole = math.floor(worst)
    beyond = math.fsum(ordered[len(ordered) - whole :]) if whole else 0.0
    border = (worst - whole) * ordered[len(ordered) - whole - 1] if worst > whole else 0.0
    return float((beyond + border) / worst)


def exceedance(losses: FloatArray, points: FloatArray) -> FloatArray:
    """P(loss > point) for each point: the loss exceedance curve."""
    ordered = np.sort(real(losses))
    return real(1 - np.searchsorted(ordered, points, side="right") / len(ordered))


def weighted_value_at_risk(values: FloatArray, weights: FloatArray, q: float) -> float:
    """The same for ascending values with weights."""
    reached = np.cumsum(weights)
    return float(values[min(int(np.searchsorted(reached, q * reached[-1] * (1 - 1e-12))), len(values) - 1)])


def weighted_expected_shortfall(values: FloatArray, weights: FloatArray, q: float) -> float:
    """The same for ascending values with weights: E[max(X − v, 0)] / (1 − q) + v with v the value at risk."""
    value = weighted_value_at_risk(values, weights, q)
    beyond = float(weights @ np.maximum(real(values) - value, 0.0)) / float(np.sum(weights))
    return value + beyond / (1 - q)


def _place(count: int, q: float) -> int:
    """The index in ascending order of the smallest value with P ≥ q; 0.95 of 100 is the 95th, not the 96th."""
    return min(max(math.ceil(q * count - 1e-9) - 1, 0), count - 1)

"""Shapes solved from calibrated ranges, where no formula gives them: PERT and beta from two quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from remit.identify.risks.fair.distributions.base import FloatArray, real
from remit.identify.risks.fair.distributions.positive import Z95
from remit.identify.risks.fair.distributions.ranged import Beta, Pert


def pert_from_interval(low: float, mode: float, high: float, gamma: float = 4.0, tail: float = 0.05) -> Pert:
    """The PERT with this mode whose quantiles at `tail` and 1 − `tail` are low and high.

    Raises ValueError where there is none: a mode very near to one end of the interval cannot be had.
    """
    span = high - low

    def made(logs: FloatArray) -> Pert:
        below, above = np.exp(np.clip(logs, -40, 40)) * span
        return Pert.from_mode(float(mode - below), mode, float(mode + above), gamma)

    def missed(logs: FloatArray) -> FloatArray:
        return (made(logs).quantile(real([tail, 1 - tail])) - real([low, high])) / span

    start = np.log(1.5 * real([mode - low, high - mode]) / span)
    return made(_solved(missed, start))


def beta_from_interval(p_low: float, p_high: float, low: float, high: float, tail: float = 0.05) -> Beta:
    """The beta on [low, high] whose quantiles at `tail` and 1 − `tail` are p_low and p_high; ValueError if none."""
    ends = (real([p_low, p_high]) - low) / (high - low)

    def missed(logs: FloatArray) -> FloatArray:
        alpha, beta = np.exp(np.clip(logs, -12, 25))
        reached = Beta(float(alpha), float(beta)).quantile(real([tail, 1 - tail]))
        return real(np.log(reached / (1 - reached)) - np.log(ends / (1 - ends)))

    mean, sd = ends.mean(), (ends[1] - ends[0]) / (2 * Z95)
    total = max(mean * (1 - mean) / sd**2 - 1, 0.2)
    alpha, beta = np.exp(_solved(missed, np.log(real([mean * total, (1 - mean) * total]))))
    return Beta(float(alpha), float(beta), low, high)


def _solved(missed: Callable[[FloatArray], FloatArray], start: FloatArray) -> FloatArray:
    from scipy import optimize  # noqa: PLC0415  costs a tenth of a second, and few intervals need it

    with np.errstate(all="ignore"):
        found = optimize.root(missed, start, method="hybr", tol=1e-12)
        miss = np.abs(missed(found.x)).max()
    if not miss < 1e-7:
        raise ValueError("no such shape")
    return real(found.x)

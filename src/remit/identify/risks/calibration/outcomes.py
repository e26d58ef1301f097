"""What came, against what was said: a past estimate scored by the same rules as an exercise.

An estimate of a rate is not met by a rate but by a number of events; it is judged by what it foretold of that number:
Poisson counts over the rates it thought possible. Importing it loads NumPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import gammaln, xlogy

from remit.identify.risks.calibration import pooling, record, scoring
from remit.identify.risks.fair.distributions import Distribution, FloatArray, real

CONFIDENCE: Final = 0.9
RATES: Final = 200
"""Points of the estimate's distribution of the rate."""
POINTS: Final = 500
"""Levels at which the score of a distribution without a formula is reckoned."""
MOST: Final = 20_000
"""Events in a period beyond which a count is judged as a quantity."""
SHARES: Final = ("vulnerability", "probability", "probability_of_action", "coverage", "reliability", "dispersion")
CAPABILITIES: Final = ("threat_capability", "resistance_strength")


@dataclass(frozen=True, slots=True)
class Judged:
    """One estimate and what came: the 90 % interval it said, and whether that holds it; `record` is for weights.

    `interval_score` (Winkler) is in the unit of the value.
    """

    low: float
    high: float
    inside: bool
    interval_score: float
    record: record.Record


def counted(path: str) -> bool:
    """Whether the input of this path is a rate, whose outcome is a number of events."""
    last = path.rpartition(".")[2]
    return path.startswith("frequency") and last not in {*SHARES, *CAPABILITIES}


def judge(value: Any, came: float, *, path: str = "", years: float = 1.0) -> Judged:
    """Hold an estimate, as it stands in a scenario, against what came.

    For a rate `came` is the number of events in `years`. `fair.InputError` for what is no distribution.
    """
    found = pooling.read(value)
    if not _by_count(found, came, path, years):
        return _judged(float(found.quantile(0.05)), float(found.quantile(0.95)), came)
    reached = np.cumsum(foretold(_means(found, years), int(came)))
    low, high = (int(np.searchsorted(reached, level - 1e-12)) for level in (0.05, 0.95))
    return _judged(low, high, came)


def crps(value: Any, came: float, *, path: str = "", years: float = 1.0) -> float:
    """The continuous ranked probability score of an estimate, in the unit of the value; as `judge`."""
    found = pooling.read(value)
    if _by_count(found, came, path, years):
        return scoring.crps_count(foretold(_means(found, years), int(came)).tolist(), int(came))
    closed = pooling.closed_score(found, came)
    if closed is not None:
        return closed
    levels = (np.arange(POINTS) + 0.5) / POINTS
    at = found.quantile(levels)
    return float(2 * np.mean(((came <= at) - levels) * (at - came)))


def _by_count(rate: Distribution, came: float, path: str, years: float) -> bool:
    return counted(path) and came == int(came) and max(came, float(rate.quantile(0.999)) * years) < MOST


def _means(rate: Distribution, years: float) -> FloatArray:
    return np.maximum(rate.quantile((np.arange(RATES) + 0.5) / RATES), 0.0) * years


def foretold(means: FloatArray, came: int) -> FloatArray:
    """The probabilities of 0, 1, 2 … events: Poisson, averaged over the means; to where next to nothing is left."""
    top = float(means.max())
    last = max(came, math.ceil(top + 8 * math.sqrt(top) + 10))
    counts = np.arange(last + 1)
    step = max(1, 2_000_000 // (last + 1))
    total = np.zeros(last + 1)
    for start in range(0, len(means), step):
        part = means[start : start + step, None]
        total += np.exp(xlogy(counts, part) - part - gammaln(counts + 1)).sum(axis=0)
    return real(total / len(means))


def _judged(low: float, high: float, came: float) -> Judged:
    positive = low > 0 and came > 0
    ends = [math.log10(x) if positive else x for x in (low, high, came)]
    reach = (min(ends) - 1.0, max(ends) + 1.0) if positive else _reach(ends)
    return Judged(
        low=low,
        high=high,
        inside=low <= came <= high,
        interval_score=scoring.interval_score(low, high, came, CONFIDENCE),
        record=record.of_interval(ends[0], ends[1], ends[2], reach, CONFIDENCE),
    )


def _reach(ends: list[float]) -> tuple[float, float]:
    """Where the truth was to be looked for: as far again as the interval and what came reach."""
    low, high = min(ends), max(ends)
    return low - (high - low), high + (high - low)

"""How good a judgement was, once the truth is known: the scores of the field, over plain numbers.

Sources: Brier, Verification of forecasts expressed in terms of probability (1950); Murphy, A new vector partition of
the probability score (1973); Winkler, A decision-theoretic approach to interval estimation (1972); Gneiting and
Raftery, Strictly proper scoring rules, prediction, and estimation (2007); Cooke, Experts in Uncertainty (1991);
Hubbard, How to Measure Anything (the exercises of 90 % intervals and of statements with a confidence).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Z95: Final = 1.959963984540054
"""The standard normal's quantile at 0.975."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `of` trials and its 95 % interval; all of them 0 to 1, nan for no trials."""

    value: float
    low: float
    high: float
    of: int


def share(hits: int, of: int) -> Share:
    """The share of hits with the score interval of Wilson (1927), which holds for few trials and near 0 and 1.

    Brown, Cai and DasGupta (2001) compare it with others.
    """
    if not of:
        return Share(math.nan, 0.0, 1.0, 0)
    rate, z2 = hits / of, Z95**2
    centre = (rate + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 / (1 + z2 / of) * math.sqrt(rate * (1 - rate) / of + z2 / (4 * of * of))
    low = 0.0 if not hits else max(0.0, centre - half)
    high = 1.0 if hits == of else min(1.0, centre + half)
    return Share(rate, low, high, of)


def interval_score(low: float, high: float, value: float, confidence: float = 0.9) -> float:
    """Winkler's score of a central interval, in the unit of the value; 0 is perfect, lower is better.

    The width, and for a miss 2/(1 − confidence) times the distance: proper, so that nobody gains by saying wider or
    narrower than they believe (Gneiting and Raftery 2007, 6.2).
    """
    if not low <= high:
        raise ValueError("the lower end of an interval is not above its upper end")
    missed = max(low - value, 0.0, value - high)
    return (high - low) + 2.0 / (1.0 - confidence) * missed


@dataclass(frozen=True, slots=True)
class Said:
    """One statement: how sure somebody was of their answer, 0.5 to 1, and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Brier:
    """The Brier score and its parts, after Murphy: score = calibration − resolution + uncertainty.

    `score`: 0 is perfect, 0.25 is what "50 %" throughout gets. `calibration`: 0 where each confidence came true as
    often as said. `resolution`: the more, the better the confidences tell right answers from wrong ones.
    """

    score: float
    calibration: float
    resolution: float
    uncertainty: float
    of: int


def brier(said: Sequence[Said]) -> Brier:
    """The mean squared difference of confidence and truth, in parts; nan for none. Exact where confidences repeat."""
    if not said:
        return Brier(math.nan, math.nan, math.nan, math.nan, 0)
    count = len(said)
    base = sum(s.right for s in said) / count
    groups = [(point.said, point.came.value, point.came.of) for point in curve(said)]
    return Brier(
        score=sum((s.confidence - s.right) ** 2 for s in said) / count,
        calibration=sum(of * (f - came) ** 2 for f, came, of in groups) / count,
        resolution=sum(of * (came - base) ** 2 for _, came, of in groups) / count,
        uncertainty=base * (1 - base),
        of=count,
    )


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What was said with one confidence, and how often it came true."""

    said: float
    came: Share


def curve(said: Iterable[Said]) -> tuple[CurvePoint, ...]:
    """The calibration curve: for each confidence, from the lowest, how often it was right."""
    groups: dict[float, list[bool]] = {}
    for one in said:
        groups.setdefault(one.confidence, []).append(one.right)
    return tuple(CurvePoint(f, share(sum(right), len(right))) for f, right in sorted(groups.items()))


def overconfidence(said: Sequence[Said]) -> float:
    """The mean confidence less the share that was right: above 0 for who is too sure; nan for none."""
    if not said:
        return math.nan
    return sum(s.confidence - s.right for s in said) / len(said)


def verdict(claimed: float, came: Share) -> str:
    """Say in a word whether a claimed share and what came agree within chance: "over", "under", "fits" or "unknown"."""
    if came.of < 5:
        return "unknown"
    return "over" if came.high < claimed else "under" if came.low > claimed else "fits"


def calibration_score(said: Sequence[Said], hits: int, intervals: int, confidence: float = 0.9) -> float:
    """One number from 0 to 100 for whoever practises: 100 where all came true just as often as it was said to.

    A hundred less the mean distance (in per cent) between confidence and share right, over the confidences used and
    the intervals, weighed by how many answers each has: the expected calibration error. It is no proper score, which
    is why the Brier and the interval score stand beside it. nan for no answers.
    """
    groups = [(point.said, point.came.value, point.came.of) for point in curve(said)]
    if intervals:
        groups.append((confidence, hits / intervals, intervals))
    total = sum(of for *_, of in groups)
    if not total:
        return math.nan
    return 100.0 * (1.0 - sum(of * abs(claimed - came) for claimed, came, of in groups) / total)


def crps_normal(mu: float, sigma: float, value: float) -> float:
    """The continuous ranked probability score of a normal distribution (Gneiting and Raftery 2007, eq. 21)."""
    if sigma <= 0:
        return abs(value - mu)
    z = (value - mu) / sigma
    return sigma * (z * (2 * _cdf(z) - 1) + 2 * _density(z) - 1 / math.sqrt(math.pi))


def crps_lognormal(mu: float, sigma: float, value: float) -> float:
    """The same of a lognormal distribution, mu and sigma those of the logarithm (Baran and Lerch 2015, eq. 4)."""
    if sigma <= 0:
        return abs(value - math.exp(mu))
    z = (math.log(value) - mu) / sigma if value > 0 else -math.inf
    ends = _cdf(z - sigma) + _cdf(sigma / math.sqrt(2)) - 1
    return value * (2 * _cdf(z) - 1) - 2 * math.exp(mu + sigma * sigma / 2) * ends


def crps_quantiles(quantile: Callable[[float], float], value: float, points: int = 2000) -> float:
    """The same of any distribution, by its quantiles: twice the mean pinball loss over all levels (midpoint rule).

    Laio and Tamea (2007), eq. 7. In the unit of the value.
    """
    total = 0.0
    for step in range(points):
        level = (step + 0.5) / points
        at = quantile(level)
        total += ((value <= at) - level) * (at - value)
    return 2.0 * total / points


def crps_count(probabilities: Sequence[float], value: int) -> float:
    """The same of a count: Σ (F(k) − [value ≤ k])², over k from 0; `probabilities` of 0, 1, 2 … reach far enough."""
    total, below = 0.0, 0.0
    for count in range(max(len(probabilities), value + 1)):
        below += probabilities[count] if count < len(probabilities) else 0.0
        total += (below - (value <= count)) ** 2
    return total


def _cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

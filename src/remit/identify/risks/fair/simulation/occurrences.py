"""In which years of a chunk events happen, at a cost that follows the events.

The events of many years are as many as one draw says; each then falls on a year by itself. For a Poisson count at a
fixed rate that is exact, since the events of years with equal rates are one Poisson process. Where the rate differs by
year (an uncertain rate, a common shock, a gamma-mixed count), events fall on years in proportion to the years' rates. A
negative binomial count is a Poisson number of clusters with logarithmic sizes (Quenouille 1949).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from remit.identify.risks.fair.counts import Bernoulli, Count, NegativeBinomial, Poisson

from .samples import Floats, Integers

BATCH = 1 << 20
"""Events whose magnitudes are drawn together, as far as whole years allow: what bounds memory."""


def independent_years(count: Count, rng: np.random.Generator, years: int) -> Integers:
    """The year of each event of a count with fixed parameters, the same in each year."""
    match count:
        case Poisson(rate=float(rate)):
            return rng.integers(0, years, rng.poisson(rate * years))
        case NegativeBinomial(average=float(average), dispersion=float(dispersion)):
            clusters = rng.poisson(years * dispersion * np.log1p(average / dispersion))
            at = rng.integers(0, years, clusters)
            return np.repeat(at, rng.logseries(average / (dispersion + average), clusters)) if average else at
        case Bernoulli(probability=float(probability)):
            return rng.choice(years, rng.binomial(years, probability), replace=False, shuffle=False)
    return of_counts(count.sample(rng, years))


def uneven_years(count: Count, rng: np.random.Generator, years: int, factor: Floats | None) -> Integers:
    """The year of each event where parameters differ by year, or a common shock multiplies rates by a `factor`."""
    times = np.ones(years) if factor is None else factor
    match count:
        case Poisson(rate=rate):
            return _in_proportion(rate * times, rng)
        case NegativeBinomial(average=average, dispersion=dispersion):
            gamma = rng.standard_gamma(dispersion, years) / dispersion
            return _in_proportion(average * times * gamma, rng)
        case Bernoulli(probability=probability):
            return np.flatnonzero(rng.random(years) < probability * times)
    return of_counts(count.sample(rng, years))


def of_counts(counts: Integers) -> Integers:
    """The year of each event, given how many each year has."""
    return np.repeat(np.arange(len(counts)), counts)


def _in_proportion(rates: Floats, rng: np.random.Generator) -> Integers:
    """Poisson events that fall on years in proportion to their rates; sorted, which makes the search fast."""
    upto = np.cumsum(rates)
    places = rng.random(rng.poisson(upto[-1]))
    places *= upto[-1]
    places.sort()
    years: Integers = np.minimum(np.searchsorted(upto, places, side="right"), len(rates) - 1)
    return years


def batches(counts: Integers) -> Iterator[Integers]:
    """The year of each event of many, some whole years at a time."""
    upto = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = upto[start] - counts[start]
        end = max(start + 1, int(np.searchsorted(upto, before + BATCH, side="right")))
        yield start + of_counts(counts[start:end])
        start = end

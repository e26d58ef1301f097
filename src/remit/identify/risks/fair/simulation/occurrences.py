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

LARGE = 300.0
"""Mean counts up to this have a P(N = 0) that a float can hold."""
BATCH = 1 << 20
"""Events whose magnitudes are drawn together: what bounds memory."""


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


def rising_years(count: Count, more: Floats) -> Integers:
    """The year of each event of a count whose parameters differ by year, at given probabilities of more.

    P(N = k) goes over to P(N = k + 1) by a factor (Panjer 1981); only years that have more than k events go on. Where a
    year's P(N = 0) may be too small for a float, counts are searched for instead.
    """
    if np.max(count.mean) > LARGE:
        return of_counts(count.quantile(1 - more).astype(np.int64))
    match count:
        case Bernoulli(probability=probability):
            return np.flatnonzero(more < probability)
        case Poisson(rate=rate):
            first, second = np.zeros_like(more), rate + np.zeros_like(more)
            share = np.exp(-second)
        case NegativeBinomial(average=average, dispersion=dispersion):
            first = average / (dispersion + average) + np.zeros_like(more)
            second = first * (dispersion - 1)
            share = np.asarray(count.p_zero) + np.zeros_like(more)
        case _:
            return of_counts(count.quantile(1 - more).astype(np.int64))
    left = 1 - share
    at = np.flatnonzero(more < left)
    levels = [at]
    number = 0
    parts = [values[at] for values in (more, first, second, share, left)]
    while len(at):
        number += 1
        more, first, second, share, left = parts
        share = share * (first + second / number)
        left = left - share
        deeper = np.flatnonzero(more < left)
        at = at[deeper]
        levels.append(at)
        parts = [values[deeper] for values in (more, first, second, share, left)]
    return np.concatenate(levels)


def moved(count: Count, factor: Floats | None) -> Count:
    """The count with its rate multiplied by a factor for each year."""
    match count:
        case Poisson(rate=rate) if factor is not None:
            return Poisson(rate * factor)
        case NegativeBinomial(average=average, dispersion=dispersion) if factor is not None:
            return NegativeBinomial(average * factor, dispersion)
    return count


def of_counts(counts: Integers) -> Integers:
    """The year of each event, given how many each year has."""
    return np.repeat(np.arange(len(counts)), counts)


def batches(counts: Integers) -> Iterator[Integers]:
    """The year of each event, so many events at a time."""
    upto = np.cumsum(counts)
    for start in range(0, int(upto[-1]), BATCH):
        events = np.arange(start, min(start + BATCH, int(upto[-1])))
        yield np.searchsorted(upto, events, side="right")


def _in_proportion(rates: Floats, rng: np.random.Generator) -> Integers:
    """Poisson events that fall on years in proportion to their rates; sorted, which makes the search fast."""
    upto = np.cumsum(rates)
    places = rng.random(rng.poisson(upto[-1]))
    places *= upto[-1]
    places.sort()
    years: Integers = np.minimum(np.searchsorted(upto, places, side="right"), len(rates) - 1)
    return years

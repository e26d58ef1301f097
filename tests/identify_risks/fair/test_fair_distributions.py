"""Distributions: draws follow them, CDF and quantile invert each other, moments are those of the literature."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from remit.identify.risks.fair.counts import Bernoulli, Mixed, NegativeBinomial, Poisson, Rounded
from remit.identify.risks.fair.distributions import read, read_distribution, write

SOME = {
    "constant": {"distribution": "constant", "value": 12.5},
    "uniform": {"distribution": "uniform", "low": 2, "high": 5},
    "triangular": {"distribution": "triangular", "low": 1, "mode": 2, "high": 7},
    "triangular at its low end": {"distribution": "triangular", "low": 1, "mode": 1, "high": 7},
    "triangular at its high end": {"distribution": "triangular", "low": 1, "mode": 7, "high": 7},
    "pert": {"distribution": "pert", "low": 10, "mode": 20, "high": 100},
    "pert, sharper": {"distribution": "pert", "low": 10, "mode": 90, "high": 100, "gamma": 12},
    "pert by interval": {"distribution": "pert", "p05": 10, "mode": 20, "p95": 60},
    "pert, 10/90": {"distribution": "pert", "p10": 10, "mode": 30, "p90": 60},
    "pert of pyfair": {"distribution": "pert", "low": 5, "mode": 20, "high": 50, "gamma": 2, "convention": "pyfair"},
    "lognormal": {"distribution": "lognormal", "p05": 1e5, "p95": 1e6},
    "lognormal, 10/90": {"distribution": "lognormal", "p10": 1e5, "p90": 1e6},
    "lognormal by moments": {"distribution": "lognormal", "mean": 100, "sd": 250},
    "lognormal by logs": {"distribution": "lognormal", "mu": 2, "sigma": 0.5},
    "normal": {"distribution": "normal", "mean": 3, "sd": 2},
    "normal by interval": {"distribution": "normal", "p05": -1, "p95": 1},
    "normal, 10/90": {"distribution": "normal", "p10": 4, "p90": 6},
    "gamma": {"distribution": "gamma", "shape": 0.7, "scale": 30},
    "gamma by moments": {"distribution": "gamma", "mean": 10, "sd": 3},
    "exponential": {"distribution": "exponential", "mean": 4},
    "exponential by rate": {"distribution": "exponential", "rate": 0.25},
    "beta": {"distribution": "beta", "alpha": 2, "beta": 5},
    "beta, stretched": {"distribution": "beta", "alpha": 0.8, "beta": 3, "low": 10, "high": 30},
    "beta by interval": {"distribution": "beta", "p05": 0.1, "p95": 0.4},
    "beta, 10/90": {"distribution": "beta", "p10": 0.6, "p90": 0.9},
    "empirical": {"distribution": "empirical", "values": [1, 5, 5, 9]},
    "empirical, weighted": {"distribution": "empirical", "values": [9, 1, 4], "weights": [1, 2, 5]},
    "normal, truncated": {"distribution": "normal", "mean": 1, "sd": 1, "truncate": {"low": 0}},
    "lognormal, truncated": {"distribution": "lognormal", "p05": 1, "p95": 50, "truncate": {"low": 2, "high": 40}},
    "pert, truncated": {"distribution": "pert", "low": 0, "mode": 2, "high": 9, "truncate": {"high": 5}},
    "empirical, truncated": {"distribution": "empirical", "values": [1, 2, 3, 4], "truncate": {"low": 2, "high": 3}},
    "lognormal, uncertain": {
        "distribution": "lognormal",
        "p05": {"distribution": "uniform", "low": 1, "high": 2},
        "p95": 10,
    },
}
COUNTS = {
    "poisson": Poisson(3.7),
    "poisson, rare": Poisson(0.02),
    "negative binomial": NegativeBinomial(4.0, 0.8),
    "bernoulli": Bernoulli(0.35),
    "rounded": Rounded(read(SOME["pert"])),
    "rounded and thinned": Rounded(read(SOME["pert"])).thinned(0.3),
    "mixed": Mixed((0.25, 0.75), (Poisson(1.0), Poisson(6.0))),
}
DRAWS = 1_000_000

each = pytest.mark.parametrize("data", SOME.values(), ids=SOME)
each_count = pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)


def fits(observed, expected):
    """Chi-square with a chance of 1e-4 to fail where the fit is right."""
    together = expected > 20
    observed = np.append(observed[together], observed[~together].sum())
    expected = np.append(expected[together], expected[~together].sum())
    statistic = ((observed - expected)[expected > 0] ** 2 / expected[expected > 0]).sum()
    return special.chdtrc(max((expected > 0).sum() - 1, 1), statistic) > 1e-4


@each
def test_a_million_draws_fit(data):
    distribution = read_distribution(data)
    draws = distribution.sample(np.random.default_rng(20260101), DRAWS)
    if distribution.atoms is not None:
        values, shares = distribution.atoms
        assert set(np.unique(draws)) <= set(values)
        assert fits(np.array([(draws == value).sum() for value in values]), shares * DRAWS)
        return
    edges = distribution.quantile(np.arange(1, 200) / 200)
    observed = np.bincount(np.searchsorted(edges, draws), minlength=200)
    assert fits(observed, np.full(200, DRAWS / 200))
    error = float(distribution.variance) ** 0.5 / DRAWS**0.5
    assert draws.mean() == pytest.approx(float(distribution.mean), abs=5 * error)
    assert distribution.support[0] <= draws.min() <= draws.max() <= distribution.support[1]


@each_count
def test_a_million_counts_fit(count):
    draws = count.sample(np.random.default_rng(20260102), DRAWS)
    some = np.arange(draws.max() + 30)
    assert fits(np.bincount(draws, minlength=len(some)), count.pmf(some) * DRAWS)


@each
def test_cdf_and_quantile_invert_each_other(data):
    distribution = read_distribution(data)
    levels = np.linspace(0.001, 0.999, 101)
    values = distribution.quantile(levels)
    assert (np.diff(values) >= 0).all()
    if distribution.atoms is None:
        assert distribution.cdf(values) == pytest.approx(levels, abs=1e-9)
    else:
        assert (distribution.cdf(values) >= levels).all()
        assert (distribution.cdf(np.nextafter(values, -np.inf)) < levels).all()


@each
def test_the_limited_mean_is_the_integral_of_the_tail(data):
    distribution = read_distribution(data)
    low = float(distribution.quantile(1e-12))
    points = distribution.quantile(np.array([0.05, 0.3, 0.6, 0.95, 0.999]))
    for point in points:
        steps = np.linspace(low, point, 40_001)
        middles = (steps[1:] + steps[:-1]) / 2
        expected = point - (distribution.cdf(middles) * np.diff(steps)).sum()
        scale = max(abs(point), 1e-9)
        assert float(distribution.limited_mean(point)) == pytest.approx(expected, abs=2e-4 * scale)
    far = float(distribution.quantile(1 - 1e-13)) * 10 + 1
    assert float(distribution.limited_mean(far)) == pytest.approx(float(distribution.mean), rel=1e-6)


@each
def test_what_is_written_reads_back_equal(data):
    distribution = read_distribution(data)
    assert read_distribution(json.loads(json.dumps(write(distribution)))) == distribution


def test_calibrated_ranges_hold_exactly():
    assert read(SOME["lognormal"]).quantile(np.array([0.05, 0.95])) == pytest.approx([1e5, 1e6], rel=1e-12)
    assert read(SOME["lognormal, 10/90"]).quantile(np.array([0.1, 0.9])) == pytest.approx([1e5, 1e6], rel=1e-12)
    assert read(SOME["normal by interval"]).quantile(np.array([0.05, 0.95])) == pytest.approx([-1, 1], rel=1e-12)
    assert read(SOME["normal, 10/90"]).quantile(np.array([0.1, 0.9])) == pytest.approx([4, 6], rel=1e-12)
    assert read(SOME["beta by interval"]).quantile(np.array([0.05, 0.95])) == pytest.approx([0.1, 0.4], rel=1e-8)
    assert read(SOME["beta, 10/90"]).quantile(np.array([0.1, 0.9])) == pytest.approx([0.6, 0.9], rel=1e-8)
    found = read(SOME["pert by interval"])
    assert found.quantile(np.array([0.05, 0.95])) == pytest.approx([10, 60], rel=1e-8)
    mode = found.low + (found.alpha - 1) / (found.alpha + found.beta - 2) * (found.high - found.low)
    assert mode == pytest.approx(20)


def test_the_mode_of_a_pert_is_where_it_is_said_to_be():
    found = read(SOME["pert, sharper"])
    around = found.cdf(np.array([89.0, 89.5, 90.0, 90.5, 91.0]))
    density = np.diff(around)
    assert density[1] > density[0]
    assert density[2] > density[3]


@given(st.floats(-50, 50), st.floats(0.1, 30), st.floats(0.1, 30), st.floats(0.5, 20), st.floats(1e-6, 1 - 1e-6))
@settings(max_examples=60, deadline=None)
def test_quantile_and_cdf_of_any_pert(low, left, right, gamma, level):
    found = read({"distribution": "pert", "low": low, "mode": low + left, "high": low + left + right, "gamma": gamma})
    value = float(found.quantile(level))
    assert low <= value <= low + left + right
    assert float(found.cdf(value)) == pytest.approx(level, abs=1e-7)
    assert float(found.limited_mean(value)) <= min(value, found.mean) + 1e-9


@each_count
def test_counts_agree_with_themselves(count):
    some = np.arange(400)
    shares = count.pmf(some)
    mean = float(shares @ some)
    assert shares.sum() == pytest.approx(1, abs=1e-9)
    assert mean == pytest.approx(float(count.mean), rel=1e-7)
    assert float(shares @ (some - mean) ** 2) == pytest.approx(float(count.variance), rel=1e-6)
    assert float(count.p_zero) == pytest.approx(float(shares[0]), abs=1e-12)
    assert count.cdf(some) == pytest.approx(np.cumsum(shares), abs=1e-9)
    z = np.array([0.3 + 0.4j, -0.5, 1.0])
    assert count.pgf(z) == pytest.approx((shares * z[:, None] ** some).sum(axis=1), abs=1e-9)
    levels = np.array([0.01, 0.5, 0.9, 0.999])
    reached = count.quantile(levels)
    assert (count.cdf(reached) >= levels).all()
    assert (count.cdf(reached - 1) < levels).all()


@each_count
def test_thinning_keeps_each_event_with_a_probability(count):
    thinned = count.thinned(0.4)
    z = np.array([0.2 + 0.5j, 0.9])
    assert thinned.pgf(z) == pytest.approx(count.pgf(0.6 + 0.4 * z), abs=1e-12)
    assert float(thinned.mean) == pytest.approx(0.4 * float(count.mean))
    spread = 0.16 * float(count.variance) + 0.24 * float(count.mean)
    assert float(thinned.variance) == pytest.approx(spread)


def test_a_count_too_long_for_a_table_of_binomials_is_thinned_all_the_same():
    count = Rounded(read({"distribution": "pert", "low": 2000, "mode": 4000, "high": 9000})).thinned(0.01)
    some = np.arange(len(count._all))
    assert float(count.pmf(some) @ some) == pytest.approx(float(count.mean), rel=1e-3)
    assert float(count.quantile(0.5)) == pytest.approx(count.mean, rel=0.05)

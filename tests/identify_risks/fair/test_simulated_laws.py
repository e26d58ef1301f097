"""What is simulated has the distribution that it should have: closed forms, the transform, insurance, controls.

Bounds are four to five standard errors of the stated Monte Carlo error, at fixed seeds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from remit.identify.risks import fair
from remit.identify.risks.fair.simulation import occurrences, plan

from .simulated import alone, of, scenario

ONE = {"distribution": "constant", "value": 1}


def close(found: float, wanted: float, error: float, most: float = 4.5) -> bool:
    return abs(found - wanted) <= most * error + 1e-12 * abs(wanted)


def test_compound_poisson_of_rare_events() -> None:
    found = alone(scenario(frequency=0.1), trials=1_000_000)
    errors = found.standard_error
    assert errors is not None
    assert close(found.mean, 40_400.128, errors.mean)
    assert close(found.sd, 163_217.036, errors.sd)
    assert close(found.p_zero, math.exp(-0.1), errors.p_zero)
    assert close(found.var99, 809_772.2, errors.var99)
    assert close(found.es99, 1_185_135.7, errors.es99)
    assert found.quantiles[0.9] == 0
    assert 0.002 < errors.var99 / found.var99 < 0.008
    assert 0.003 < errors.es99 / found.es99 < 0.01


def test_compound_poisson_of_exponentials() -> None:
    found = alone(scenario(frequency=2, magnitude={"distribution": "exponential", "mean": 1}), trials=400_000)
    errors = found.standard_error
    assert errors is not None
    assert close(found.var99, 8.622567981, errors.var99)
    assert close(found.es99, 10.171925905, errors.es99)
    assert close(found.sd, 2, errors.sd)


def test_a_loss_rarer_than_the_tail_has_its_share_in_the_shortfall() -> None:
    found = alone(scenario(frequency=0.005), trials=300_000)
    assert found.var99 == 0
    assert found.es99 == pytest.approx(found.mean / 0.01, rel=1e-9)


@pytest.mark.parametrize(
    ("frequency", "pmf"),
    [
        ({"distribution": "poisson", "mean": 0.7}, stats.poisson(0.7).pmf),
        ({"distribution": "poisson", "mean": 12}, stats.poisson(12).pmf),
        ({"distribution": "negative_binomial", "mean": 3, "dispersion": 2}, stats.nbinom(2, 0.4).pmf),
        ({"distribution": "bernoulli", "probability": 0.3}, stats.bernoulli(0.3).pmf),
        (
            {"distribution": "uniform", "low": 0, "high": 3, "rounded": True},
            lambda k: np.array([0.5, 1, 1, 0.5, *[0] * (len(k) - 4)]) / 3,
        ),
        # Uncertain rates: gamma mixed Poisson is negative binomial; the rest by conditioning on the rate.
        (
            {"distribution": "poisson", "mean": {"distribution": "gamma", "mean": 3, "sd": 4.5**0.5}},
            stats.nbinom(2, 0.4).pmf,
        ),
        (
            {"distribution": "bernoulli", "probability": {"distribution": "uniform", "low": 0.1, "high": 0.5}},
            stats.bernoulli(0.3).pmf,
        ),
        (
            {
                "threat_event_frequency": {"contact_frequency": 10, "probability_of_action": 0.3},
                "vulnerability": {"distribution": "constant", "value": 0.5},
            },
            stats.poisson(1.5).pmf,
        ),
    ],
)
@pytest.mark.parametrize("coupled", [False, True])
def test_counts_have_their_distribution_whether_coupled_or_not(frequency: Any, pmf: Any, coupled: bool) -> None:
    dependence = {"kind": "one_factor", "loadings": 0.6} if coupled else None
    trials = 100_000
    found = fair.simulate(
        of(scenario("A", frequency, ONE), scenario("B", frequency, ONE), dependence=dependence), trials=trials
    ).scenarios["B"]
    expected = pmf(np.arange(60))
    mean = float(expected @ np.arange(60))
    sd = math.sqrt(float(expected @ (np.arange(60) - mean) ** 2))
    assert close(found.mean, mean, sd / trials**0.5)
    assert close(found.sd, sd, found.standard_error.sd if found.standard_error else 0)
    beyond = dict(found.exceedance)
    wanted = 1 - np.cumsum(expected)
    chi = [
        (share - wanted[int(count)]) / math.sqrt(wanted[int(count)] * (1 - wanted[int(count)]) / trials)
        for count, share in beyond.items()
        if 1e-4 < wanted[int(count)] < 1 - 1e-9
    ]
    assert len(chi) >= (1 if "bernoulli" in str(frequency) else 3)
    assert max(map(abs, chi)) < 4.5


def test_uncertain_rate_by_pert() -> None:
    rate = {"distribution": "pert", "low": 0.1, "mode": 0.3, "high": 1.0}
    found = alone(scenario(frequency={"distribution": "poisson", "mean": rate}, magnitude=ONE), trials=400_000)
    assert close(found.mean, 0.3833333333, found.sd / 400_000**0.5)
    assert close(found.p_zero, 0.6899015953, (0.69 * 0.31 / 400_000) ** 0.5)
    assert found.sd**2 == pytest.approx(0.40829365, rel=0.01)


def test_frequency_controls_thin_events() -> None:
    controls = [{"id": "mfa", "effect": {"frequency": 0.5}}, {"id": "edr", "effect": {"frequency": 0.4}}]
    found = alone(scenario(frequency=2, magnitude=ONE, controls=controls), trials=400_000)
    assert close(found.p_zero, math.exp(-0.6), 0.0008)
    assert close(found.sd**2, 0.6, 0.003)


def test_uncertain_reliability_is_one_draw_a_year_for_frequency_and_magnitude() -> None:
    works = {"distribution": "uniform", "low": 0, "high": 1}
    control = {"id": "backup", "effect": {"frequency": 1, "magnitude": 1}, "reliability": works}
    found = alone(scenario(frequency=1, magnitude=ONE, controls=[control]), trials=400_000)
    assert close(found.mean, 1 / 3, found.sd / 400_000**0.5)  # E[(1 − r)²], not E[1 − r]² = 1/4


def test_primary_and_secondary_loss() -> None:
    found = alone(
        scenario(
            frequency=0.5,
            magnitude={"distribution": "lognormal", "p05": 1e4, "p95": 1e5},
            secondary={"probability": 0.2, "magnitude": {"distribution": "lognormal", "p05": 1e5, "p95": 5e6}},
        ),
        trials=1_000_000,
    )
    errors = found.standard_error
    assert errors is not None
    assert close(found.mean, 163_603.215, errors.mean)
    assert close(found.sd, 926_667.87, errors.sd, most=6)


def test_insurance_pays_its_layer_of_each_event() -> None:
    found = alone(scenario(frequency=1, insurance={"retention": 250_000, "limit": 500_000}), trials=400_000)
    assert found.gross is not None
    assert found.recovered is not None
    assert found.recovered == pytest.approx(147_067.74, rel=0.006)
    assert found.gross.mean - found.mean == pytest.approx(found.recovered)
    assert close(found.gross.mean, 404_001.28, found.gross.sd / 400_000**0.5)
    assert found.var99 < found.gross.var99


def test_the_aggregate_is_the_most_that_a_year_recovers() -> None:
    cover = {"retention": 0, "limit": 1, "aggregate": 2}
    found = alone(scenario(frequency=3, magnitude=ONE, insurance=cover), trials=200_000)
    paid = 2 - 2 * math.exp(-3) - 3 * math.exp(-3)  # E[min(N, 2)]
    assert found.recovered is not None
    assert close(found.recovered, paid, 0.0015)
    assert close(found.p_zero, float(special.pdtr(2, 3)), 0.0011)


def test_uncertain_magnitudes_are_drawn_once_a_year() -> None:
    """All events of a year share the draw, so that the year's losses vary more than independent draws would."""
    amount = {"distribution": "exponential", "mean": {"distribution": "uniform", "low": 1, "high": 3}}
    found = alone(scenario(frequency=5, magnitude=amount), trials=400_000)
    # Given m: mean 5 m, variance 10 m². Var = E[10 m²] + 25 Var[m]; E[m²] = 13/3, Var[m] = 1/3.
    assert close(found.mean, 10, found.sd / 400_000**0.5)
    assert found.sd**2 == pytest.approx(130 / 3 + 25 / 3, rel=0.012)


def test_many_events_a_year_are_drawn_in_batches() -> None:
    found = alone(scenario(frequency=900, magnitude={"distribution": "exponential", "mean": 1}), trials=20_000)
    assert close(found.mean, 900, 42.5 / 20_000**0.5)
    assert found.sd == pytest.approx(1800**0.5, rel=0.03)


@pytest.mark.parametrize(
    "dependence", [None, {"kind": "one_factor", "loadings": 0.5}, {"kind": "common_shock", "beta": 0.1}]
)
def test_batches_split_years_but_not_their_draws(dependence: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A year in two batches has one uncertain amount: loss = 300 m ± 17 m, so its spread is that of m."""
    monkeypatch.setattr(plan, "BATCH", 100_000)
    monkeypatch.setattr(occurrences, "BATCH", 100_000)
    amount = {"distribution": "constant", "value": {"distribution": "uniform", "low": 1, "high": 3}}
    shocks = {"shocks": [{"rate": 20, "scenarios": ["A"]}]}
    asked = {**(dependence or {"kind": "independent"}), **shocks}
    found = fair.simulate(of(scenario("A", 280, amount), dependence=asked), trials=20_000).scenarios["A"]
    shocked = 280**2 * math.expm1(0.01) if "beta" in asked else 0.0
    squares = 13 / 3  # E[m²], while Var[m] = 1/3
    assert close(found.mean, 600, found.sd / 20_000**0.5)
    assert found.sd**2 == pytest.approx(300 * squares + shocked * squares + 300**2 / 3, rel=0.04)
    assert found.events == pytest.approx(300, rel=0.005)


@pytest.mark.parametrize("dependence", [None, {"kind": "one_factor", "loadings": 0.5}])
def test_rates_that_may_be_very_large(dependence: Any) -> None:
    rate = {"distribution": "lognormal", "mean": 5, "sd": 60}
    frequency = {"distribution": "poisson", "mean": rate}
    found = fair.simulate(of(scenario("A", frequency, ONE), dependence=dependence), trials=60_000).scenarios["A"]
    assert close(found.mean, 5, 60 / 60_000**0.5)
    assert max(loss for loss, _ in found.exceedance) > 500


def test_a_shock_cannot_move_a_rounded_count() -> None:
    rounded = {"distribution": "uniform", "low": 0, "high": 3, "rounded": True}
    with pytest.raises(fair.InputError, match=r"dependence.beta: the count of “A” is rounded"):
        fair.simulate(of(scenario("A", rounded), dependence={"kind": "common_shock", "beta": 0.5}))


def test_nothing_happens_at_rate_zero() -> None:
    found = alone(scenario(frequency=0), trials=1000)
    assert (found.mean, found.sd, found.p_zero, found.var99, found.es99, found.es99_part) == (0, 0, 1, 0, 0, 0)


@pytest.mark.parametrize("trials", [1, 2, 16_384, 16_385])
def test_any_number_of_years(trials: int) -> None:
    found = fair.simulate(of(scenario(frequency=3), scenario("B", 0.01)), trials=trials)
    assert found.trials == trials
    assert found.portfolio.mean > 0
    assert found.convergence[-1].trials == trials
    assert sum(numbers.es99_part or 0 for numbers in found.scenarios.values()) == pytest.approx(found.portfolio.es99)


def random_scenario(rng: np.random.Generator, place: int) -> dict[str, Any]:
    """A scenario such as people write them."""
    middle, factor = 10 ** rng.uniform(3, 6), 10 ** rng.uniform(0.2, 0.7)
    magnitudes: list[dict[str, Any]] = [
        {"distribution": "lognormal", "p05": middle / factor, "p95": middle * factor},
        {"distribution": "pert", "low": middle / 10, "mode": middle, "high": middle * factor * 3},
        {"distribution": "gamma", "mean": middle, "sd": middle * rng.uniform(0.3, 1.5)},
        {"distribution": "uniform", "low": middle / 2, "high": middle * 2},
        {"distribution": "exponential", "mean": middle},
    ]
    rate = 10 ** rng.uniform(-1.5, 1)
    frequencies: list[Any] = [
        rate,
        {"distribution": "negative_binomial", "mean": rate, "dispersion": rng.uniform(0.5, 5)},
        {"distribution": "bernoulli", "probability": rng.uniform(0.02, 0.9)},
        {"threat_event_frequency": rate * 2, "vulnerability": rng.uniform(0.1, 0.9)},
        {"distribution": "poisson", "mean": {"distribution": "pert", "low": rate / 3, "mode": rate, "high": rate * 3}},
    ]
    more: dict[str, Any] = {}
    if rng.random() < 0.3:
        more["secondary"] = {"probability": rng.uniform(0.05, 0.5), "magnitude": magnitudes[rng.integers(5)]}
    if rng.random() < 0.3:
        more["controls"] = [{"id": "c", "effect": {"frequency": rng.uniform(0, 0.8), "magnitude": rng.uniform(0, 0.5)}}]
    if rng.random() < 0.3:
        more["insurance"] = {"retention": middle, "limit": 3 * middle}
    return scenario(f"S{place}", frequencies[rng.integers(5)], magnitudes[rng.integers(5)], **more)


def test_simulation_and_transform_agree_on_a_hundred_scenarios() -> None:
    """Of some 600 comparisons at fixed seeds the largest lies within five standard errors, and most within two."""
    rng = np.random.default_rng(2026)
    scenarios = of(*(random_scenario(rng, place) for place in range(100)))
    simulated, calculated = fair.simulate(scenarios, trials=50_000), fair.approximate(scenarios)
    apart: list[float] = []
    for name, found in simulated.scenarios.items():
        exact, error = calculated.scenarios[name], found.standard_error
        assert error is not None
        pairs = [(found.mean, exact.mean, error.mean), (found.p_zero, exact.p_zero, error.p_zero)]
        pairs += [(found.es99, exact.es99, error.es99), (found.var99, exact.var99, error.var99)]
        pairs += [(found.quantiles[0.95], exact.quantiles[0.95], error.quantiles[0.95])]
        for monte_carlo, transform, spread in pairs:
            apart.append(abs(monte_carlo - transform) / (spread + 0.001 * abs(transform) + 1e-9))
    assert max(apart) < 5
    assert np.mean(np.array(apart) < 2) > 0.94
    error = simulated.portfolio.standard_error
    assert error is not None
    assert close(simulated.portfolio.mean, calculated.portfolio.mean, error.mean)
    assert close(simulated.portfolio.es99, calculated.portfolio.es99, error.es99)

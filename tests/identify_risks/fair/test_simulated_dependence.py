"""Scenarios that hang together: their own distributions stay, their joint one is as asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from remit.identify.risks import fair
from remit.identify.risks.fair.simulation.copula import Copula, on_grid
from remit.identify.risks.fair.streams import Streams

from .simulated import of, scenario

ONE = {"distribution": "constant", "value": 1}
PAIR = [[1, 0.6], [0.6, 1]]


def pair(dependence: Any, first: float = 0.5, second: float = 0.5, trials: int = 300_000) -> fair.Result:
    """Two scenarios of unit losses."""
    return fair.simulate(
        of(scenario("A", first, ONE), scenario("B", second, ONE), dependence=dependence), trials=trials
    )


def covariance(result: fair.Result) -> float:
    """Of the two scenarios' yearly losses, by the variance of their sum."""
    first, second = result.scenarios.values()
    return (result.portfolio.sd**2 - first.sd**2 - second.sd**2) / 2


def count_covariance(rate: float, joint: Any) -> float:
    """Of two Poisson counts whose joint distribution function is joint(P(N ≤ i), P(N ≤ j)) (Hoeffding 1940)."""
    below = stats.poisson(rate).cdf(np.arange(12))
    return sum(joint(a, b) - a * b for a in below for b in below if max(a, b) < 1 - 1e-12)


def test_common_lognormal_shock_on_rates() -> None:
    first = scenario("A", 0.3, {"distribution": "lognormal", "p05": 1e4, "p95": 2e5})
    second = scenario("B", 1.2, {"distribution": "lognormal", "p05": 5e4, "p95": 4e5})
    found = fair.simulate(of(first, second, dependence={"kind": "common_shock", "beta": 0.5}), trials=1_000_000)
    error = found.portfolio.standard_error
    assert error is not None
    assert abs(found.portfolio.mean - 227_542.946) < 4.5 * error.mean
    assert abs(found.portfolio.sd - 266_875.003) < 4.5 * error.sd
    assert covariance(found) == pytest.approx(1_195_430_358.6, rel=0.12)


def test_a_shock_on_one_scenario_alone_leaves_the_other_as_it_was() -> None:
    plain = pair(None)
    shocked = pair({"kind": "common_shock", "beta": {"A": 0.8}})
    assert shocked.scenarios["B"].exceedance == plain.scenarios["B"].exceedance
    assert shocked.scenarios["A"].sd ** 2 == pytest.approx(0.5 + 0.25 * math.expm1(0.64), rel=0.03)


def test_gaussian_copula_of_counts() -> None:
    found = pair({"kind": "gaussian", "correlation": PAIR})
    for numbers in found.scenarios.values():
        assert abs(numbers.mean - 0.5) < 4.5 * (0.5 / 300_000) ** 0.5
        assert abs(numbers.p_zero - math.exp(-0.5)) < 4.5 * (0.24 / 300_000) ** 0.5
    normal = stats.multivariate_normal([0, 0], PAIR)
    wanted = count_covariance(0.5, lambda a, b: normal.cdf(stats.norm.ppf([a, b])))
    assert covariance(found) == pytest.approx(wanted, abs=0.006)


def test_one_factor_is_the_gaussian_copula_with_products_of_loadings() -> None:
    found = pair({"kind": "one_factor", "loadings": {"A": 0.9, "B": -0.5}})
    normal = stats.multivariate_normal([0, 0], [[1, -0.45], [-0.45, 1]])
    wanted = count_covariance(0.5, lambda a, b: normal.cdf(stats.norm.ppf([a, b])))
    assert wanted < 0
    assert covariance(found) == pytest.approx(wanted, abs=0.006)


def test_t_copula_has_more_years_in_which_both_are_bad() -> None:
    gaussian = pair({"kind": "gaussian", "correlation": PAIR}, 0.05, 0.05)
    heavy = pair({"kind": "t", "degrees_of_freedom": 2, "correlation": PAIR}, 0.05, 0.05)
    for numbers in heavy.scenarios.values():
        assert abs(numbers.p_zero - math.exp(-0.05)) < 4.5 * (0.0464 / 300_000) ** 0.5
    assert covariance(heavy) > 1.3 * covariance(gaussian)
    joint = stats.multivariate_t([0, 0], PAIR, df=2, seed=1)
    quantile = stats.t(2).ppf(math.exp(-0.05))
    both = 1 - 2 * math.exp(-0.05) + joint.cdf([quantile, quantile], random_state=1)
    found = 1 - sum(n.p_zero for n in heavy.scenarios.values()) + heavy.portfolio.p_zero
    assert found == pytest.approx(both, rel=0.04)


def test_a_t_copula_couples_where_correlation_is_none() -> None:
    found = pair({"kind": "t", "degrees_of_freedom": 2, "correlation": [[1, 0], [0, 1]]})
    assert covariance(found) > 0.01


def test_a_scenario_that_hangs_together_with_none_is_drawn_by_itself() -> None:
    three = [scenario(name, 0.5, ONE) for name in "ABC"]
    matrix = [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]
    coupled = fair.simulate(of(*three, dependence={"kind": "gaussian", "correlation": matrix}), trials=20_000)
    alone = fair.simulate(of(three[2]), trials=20_000)
    assert coupled.scenarios["C"].exceedance == alone.scenarios["C"].exceedance


def test_shared_shocks_hit_several_at_once() -> None:
    found = pair({"kind": "independent", "shocks": [{"rate": 0.2, "scenarios": ["A", "B"]}]})
    assert abs(found.scenarios["A"].mean - 0.7) < 4.5 * (0.7 / 300_000) ** 0.5
    assert covariance(found) == pytest.approx(0.2, abs=0.012)


def test_annual_losses_reordered_keep_their_distributions() -> None:
    plain = pair(None)
    dealt = pair({"kind": "gaussian", "correlation": PAIR, "couples": "annual_loss"})
    for name in "AB":
        assert dealt.scenarios[name].exceedance == plain.scenarios[name].exceedance
    assert covariance(dealt) > 0.2 * 0.5


def test_reordered_losses_have_the_rank_correlation_of_the_copula() -> None:
    amounts = {"distribution": "uniform", "low": 0, "high": 1}
    sure = {"distribution": "bernoulli", "probability": 1}
    dependence = {"kind": "gaussian", "correlation": PAIR, "couples": "annual_loss"}
    found = fair.simulate(
        of(scenario("A", sure, amounts), scenario("B", sure, amounts), dependence=dependence), trials=200_000
    )
    spearman = 6 / math.pi * math.asin(0.3)
    assert covariance(found) * 12 == pytest.approx(spearman, abs=0.01)


def test_insured_losses_move_with_theirs() -> None:
    cover = {"retention": 0.5, "limit": 10}
    first, second = scenario("A", 0.5, ONE, insurance=cover), scenario("B", 0.5, ONE)
    dependence = {"kind": "gaussian", "correlation": PAIR, "couples": "annual_loss"}
    found = fair.simulate(of(first, second, dependence=dependence), trials=50_000)
    gross = found.scenarios["A"].gross
    assert gross is not None
    assert found.scenarios["A"].mean == pytest.approx(gross.mean / 2)
    assert found.portfolio.gross is not None
    assert found.portfolio.gross.mean == pytest.approx(gross.mean + found.scenarios["B"].mean)


def test_large_counts_are_coupled_too() -> None:
    many = {"distribution": "poisson", "mean": 80}
    varying = {"distribution": "poisson", "mean": {"distribution": "uniform", "low": 60, "high": 100}}
    dependence = {"kind": "gaussian", "correlation": PAIR}
    found = fair.simulate(
        of(scenario("A", many, ONE), scenario("B", varying, ONE), dependence=dependence), trials=60_000
    )
    assert found.scenarios["A"].sd ** 2 == pytest.approx(80, rel=0.03)
    assert found.scenarios["B"].sd ** 2 == pytest.approx(80 + 1600 / 12, rel=0.03)
    assert covariance(found) == pytest.approx(0.6 * 80, rel=0.06)


@pytest.mark.parametrize("size", [3, 300])
def test_correlated_normals_do_not_depend_on_the_order_of_sums(size: int) -> None:
    """Products of numbers on the grid and their sums are exact, so any way to multiply gives the same bits."""
    rng = np.random.default_rng(5)
    mixed = rng.standard_normal((size, size))
    matrix = mixed @ mixed.T
    sd = np.sqrt(np.diag(matrix))
    factor = on_grid(np.linalg.cholesky(matrix / np.outer(sd, sd)))
    names = tuple(map(str, range(size)))
    found = Copula(names, factor).normals(Streams(1, 0), 500)
    own = Copula(names, np.eye(size)).normals(Streams(1, 0), 500)
    one_by_one = np.zeros(found.shape)
    for place in reversed(range(size)):
        one_by_one += factor[:, place][:, None] * own[place]
    assert (found == one_by_one.astype(np.float32)).all()
    assert abs(np.corrcoef(found)[0, 1] - (matrix / np.outer(sd, sd))[0, 1]) < 0.2


def test_losses_too_large_for_single_precision_are_not_lost() -> None:
    huge = {"distribution": "constant", "value": 1e39}
    dependence = {"kind": "gaussian", "correlation": PAIR}
    found = fair.simulate(of(scenario("A", 0.5, huge), scenario("B", 2, ONE), dependence=dependence), trials=20_000)
    parts = [numbers.es99_part or 0 for numbers in found.scenarios.values()]
    assert sum(parts) == pytest.approx(found.portfolio.es99)
    assert parts[0] > 1e39

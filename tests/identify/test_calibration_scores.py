"""The scores of judgement: against their definitions, closed forms and properties that must hold."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.identify.risks.calibration import bank, outcomes, pooling, record, scoring
from remit.identify.risks.calibration.scoring import Said

SURE = st.builds(Said, st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]), st.booleans())


@given(st.lists(SURE, min_size=1, max_size=60))
def test_the_brier_score_is_the_sum_of_its_parts(said: list[Said]) -> None:
    parts = scoring.brier(said)
    assert parts.score == pytest.approx(parts.calibration - parts.resolution + parts.uncertainty, abs=1e-12)


def test_a_guesser_and_a_knower() -> None:
    assert scoring.brier([Said(0.5, True), Said(0.5, False)]).score == 0.25
    assert scoring.brier([Said(1.0, True)] * 4).score == 0
    assert math.isnan(scoring.brier([]).score)


def test_the_score_interval_of_a_share_is_wilsons() -> None:
    found = scoring.share(8, 10)
    assert (found.low, found.high) == (pytest.approx(0.4901625, abs=1e-6), pytest.approx(0.9433178, abs=1e-6))
    assert scoring.share(0, 10).low == 0
    assert scoring.share(10, 10).high == 1


def test_an_interval_score_is_the_width_and_a_fine_for_a_miss() -> None:
    assert scoring.interval_score(2, 5, 3) == 3
    assert scoring.interval_score(2, 5, 6) == pytest.approx(3 + 20)
    assert scoring.interval_score(2, 5, 1.5) == pytest.approx(3 + 10)
    with pytest.raises(ValueError, match="lower end"):
        scoring.interval_score(5, 2, 3)


def test_nobody_gains_by_another_interval_than_they_believe() -> None:
    draws = np.random.default_rng(5).standard_normal(200_000)

    def mean(half: float) -> float:
        missed = np.maximum(0, np.abs(draws) - half)
        return float(np.mean(2 * half + 20 * missed))

    honest = mean(1.6448536)
    assert honest < mean(1.2)
    assert honest < mean(2.2)


def test_verdicts_allow_for_chance() -> None:
    assert scoring.verdict(0.9, scoring.share(8, 10)) == "fits"
    assert scoring.verdict(0.9, scoring.share(5, 10)) == "over"
    assert scoring.verdict(0.6, scoring.share(40, 41)) == "under"
    assert scoring.verdict(0.9, scoring.share(1, 3)) == "unknown"


def test_the_calibration_score_is_a_hundred_for_what_comes_true_as_said() -> None:
    said = [Said(0.8, n < 8) for n in range(10)]
    assert scoring.calibration_score(said, 9, 10) == pytest.approx(100)
    assert scoring.calibration_score([], 5, 10) == pytest.approx(60)
    assert math.isnan(scoring.calibration_score([], 0, 0))


@pytest.mark.parametrize("value", [2e4, 1e5, 3e5, 4e6])
def test_the_closed_score_of_a_lognormal_is_the_integral(value: float) -> None:
    one = pooling.read({"distribution": "lognormal", "p05": 1e4, "p95": 1e6})
    closed = pooling.closed_score(one, value)
    assert closed == pytest.approx(scoring.crps_quantiles(lambda u: float(one.quantile(u)), value), rel=2e-3)


def test_the_closed_score_of_a_normal_is_the_integral() -> None:
    one = pooling.read({"distribution": "normal", "mean": 3, "sd": 2})
    closed = pooling.closed_score(one, 4.5)
    assert closed == pytest.approx(scoring.crps_quantiles(lambda u: float(one.quantile(u)), 4.5), rel=2e-3)
    assert scoring.crps_normal(3, 0, 4.5) == 1.5


def test_the_score_of_a_certain_count_is_its_distance() -> None:
    assert scoring.crps_count([0, 0, 1.0], 2) == 0
    assert scoring.crps_count([0, 0, 1.0], 5) == 3


# Records and weights


def test_a_calibrated_record_beats_one_of_narrow_intervals() -> None:
    good = record.Record(1, 18, 1, 18.0, 20.0)
    narrow = record.Record(6, 8, 6, 18.0, 40.0)
    assert record.calibration(good) == pytest.approx(1.0)
    assert record.calibration(narrow) < 1e-3
    weights = record.weights({"good": good, "narrow": narrow, "new": record.Record(0, 3, 0, 2.7, 2.0)})
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["good"] > 0.85
    assert weights["new"] == weights["narrow"] == pytest.approx(record.LEAST * weights["good"])


def test_cookes_score_is_a_probability_under_calibration() -> None:
    """Of somebody calibrated about one long record in twenty scores below 0.05."""
    rng = np.random.default_rng(7)
    drawn = rng.multinomial(600, [0.05, 0.9, 0.05], size=4000)
    scores = [record.calibration(record.Record(int(a), int(b), int(c), 540.0)) for a, b, c in drawn]
    assert 0.03 < np.mean(np.array(scores) < 0.05) < 0.07


def test_without_records_all_weigh_alike() -> None:
    assert record.weights({"a": record.Record(), "b": record.Record()}) == {"a": 0.5, "b": 0.5}
    assert record.weights({}) == {}


def test_a_narrower_interval_says_more() -> None:
    assert record.information(4, 6, (0, 10)) > record.information(2, 8, (0, 10)) >= 0


# Pools


def member(name: str, weight: float = 1.0, **values: object) -> pooling.Member:
    return pooling.Member(name, pooling.read(values), weight)


def test_the_linear_pool_is_the_mean_of_the_distribution_functions() -> None:
    two = [
        member("a", 1, distribution="lognormal", p05=1e4, p95=1e6),
        member("b", 3, distribution="lognormal", p05=1e5, p95=5e6),
    ]
    found = pooling.pool(two)
    for level, at in zip(pooling.LEVELS, found.quantiles, strict=True):
        reached = 0.25 * two[0].distribution.cdf(at) + 0.75 * two[1].distribution.cdf(at)
        assert float(reached) == pytest.approx(level, abs=1e-3)
    means = [float(m.distribution.mean) for m in two]
    assert found.mean == pytest.approx(0.25 * means[0] + 0.75 * means[1], rel=2e-3)
    assert found.weights == (0.25, 0.75)


def test_the_logarithmic_pool_of_normals_is_weighed_by_precision() -> None:
    two = [member("a", distribution="normal", mean=1, sd=1), member("b", distribution="normal", mean=3, sd=2)]
    found = pooling.pool(two, "logarithmic")
    sd = (0.5 + 0.125) ** -0.5
    assert found.mean == pytest.approx(1.4, abs=1e-4)
    assert found.quantiles[-1] == pytest.approx(1.4 + 1.6448536 * sd, abs=1e-3)
    assert found.fitted["distribution"] == "normal"
    assert found.departs < 1e-3


@pytest.mark.parametrize("method", ["linear", "logarithmic"])
@pytest.mark.parametrize(
    "said",
    [
        {"distribution": "lognormal", "p05": 2e4, "p95": 9e5},
        {"distribution": "normal", "p05": 10, "p95": 30},
        {"distribution": "pert", "low": 1, "mode": 3, "high": 9},
        {"distribution": "beta", "alpha": 2, "beta": 7},
    ],
    ids=lambda said: said["distribution"],
)
def test_a_pool_of_people_who_agree_is_what_they_say(method: str, said: dict[str, float | str]) -> None:
    found = pooling.pool([member("a", **said), member("b", **said)], method)  # type: ignore[arg-type]
    assert found.family == said["distribution"]
    assert found.departs < 0.01
    assert found.disagreement == pytest.approx(0, abs=1e-9)
    assert found.shifts == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))
    one = pooling.read(said)
    assert found.quantiles == pytest.approx([float(one.quantile(level)) for level in pooling.LEVELS], rel=5e-3)


def test_families_may_be_mixed_and_stay_where_they_can_lie() -> None:
    shares = [
        member("a", distribution="uniform", low=0.1, high=0.4),
        member("b", distribution="beta", alpha=2, beta=8),
    ]
    assert pooling.pool(shares).family == "beta"
    money = [
        member("a", distribution="pert", low=1e3, mode=2e3, high=9e3),
        member("b", distribution="lognormal", p05=1e3, p95=9e4),
    ]
    assert pooling.pool(money).family == "lognormal"


def test_those_who_exclude_each_other_have_no_logarithmic_pool() -> None:
    apart = [member("a", distribution="uniform", low=1, high=2), member("b", distribution="uniform", low=5, high=6)]
    with pytest.raises(pooling.PoolError, match="Nobody leaves room"):
        pooling.pool(apart, "logarithmic")
    found = pooling.pool(apart)
    assert found.apart == (("a", "b"),)
    assert found.disagreement > 0.9


def test_a_pool_needs_somebody_who_counts() -> None:
    with pytest.raises(pooling.PoolError, match="at least one estimate"):
        pooling.pool([])
    with pytest.raises(pooling.PoolError, match="at least one estimate"):
        pooling.pool([member("a", 0, distribution="constant", value=3)])


def test_numbers_alone_have_a_pool_too() -> None:
    found = pooling.pool([pooling.Member("a", pooling.read(3)), pooling.Member("b", pooling.read(3))])
    assert found.fitted["distribution"] == "constant"
    assert found.fitted["value"] == pytest.approx(3, rel=1e-3)


# What came


def test_a_rate_is_judged_by_the_events_it_foretold() -> None:
    said = {"distribution": "constant", "value": 2.0}
    found = outcomes.judge(said, 5, path="frequency.mean")
    assert (found.low, found.high, found.inside) == (0, 5, True)
    assert not outcomes.judge(said, 9, path="frequency.mean").inside
    assert outcomes.judge(said, 9, path="frequency.mean", years=4.0).inside


def test_foretold_counts_are_gamma_mixed_poisson() -> None:
    """A gamma rate foretells negative binomial counts: checked against its closed form."""
    rate = pooling.read({"distribution": "gamma", "shape": 3, "scale": 2})
    means = rate.quantile((np.arange(4000) + 0.5) / 4000)
    chances = outcomes.foretold(means, 4)
    p = 1 / 3
    exact = [math.comb(k + 2, k) * p**3 * (1 - p) ** k for k in range(12)]
    assert chances[:12] == pytest.approx(exact, abs=1e-4)
    assert chances.sum() == pytest.approx(1, abs=1e-9)


def test_a_cost_is_judged_as_it_is() -> None:
    said = {"distribution": "lognormal", "p05": 1e4, "p95": 1e6, "kind": "primary", "per_day": True}
    found = outcomes.judge(said, 3e6, path="forms.response")
    assert not found.inside
    assert found.record.above == 1
    assert found.interval_score == pytest.approx(990_000 + 20 * 2e6)


# The bank


def test_the_bank_is_large_enough_and_says_where_its_truths_are_written() -> None:
    assert len(bank.quantities()) >= 60
    assert len(bank.statements()) >= 60
    for question in (*bank.quantities().values(), *bank.statements().values()):
        assert question.source, question.id
        assert question.text.endswith(("?", ".")), question.id
    true = sum(one.truth for one in bank.statements().values())
    assert 0.4 < true / len(bank.statements()) < 0.6
    assert not bank.quantities().keys() & bank.statements().keys()
    assert all(one.value > 0 for one in bank.quantities().values() if one.logarithmic)


def test_an_exercise_asks_first_what_was_not_seen() -> None:
    first = bank.drawn((), 1)
    second = bank.drawn(first, 2)
    assert len(set(first)) == 2 * bank.EACH
    assert not set(first) & set(second)
    seen = [*bank.quantities(), *bank.statements()]
    random.Random(3).shuffle(seen)
    again = bank.drawn(seen, 4)
    oldest = [name for name in seen if name in bank.quantities()][: bank.EACH]
    assert set(again[: bank.EACH]) == set(oldest)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        ("", "5", "both ends"),
        ("7", "5", "swap"),
        ("few", "5", "is no number"),
        ("nan", "5", "beyond"),
        ("1e400", "1e401", "beyond"),
        ("0", "5", "above 0"),
    ],
)
def test_an_interval_that_cannot_be_taken_says_why(low: str, high: str, says: str) -> None:
    with pytest.raises(bank.AnswerError, match=says):
        bank.interval(bank.quantities()["annex-a-2022"], low, high)


def test_numbers_are_read_as_people_write_them() -> None:
    assert bank.interval(bank.quantities()["annex-a-2022"], "1,000", "2 000.5") == (1000, 2000.5)
    assert bank.interval(bank.quantities()["nitrogen-boils"], "−200", "-150") == (-200, -150)
    assert bank.choice("true", "70") == (True, 70)
    with pytest.raises(bank.AnswerError, match="true or false"):
        bank.choice("", "70")
    with pytest.raises(bank.AnswerError, match="how sure"):
        bank.choice("false", "75")


def test_years_are_scored_in_decades_and_sums_in_orders_of_magnitude() -> None:
    year, bytes_ = bank.quantities()["morris-worm"], bank.quantities()["tls-record"]
    assert year.score(1985, 1995) == pytest.approx(1)
    assert bytes_.score(1_638.4, 163_840) == pytest.approx(2)
    assert bytes_.record(10, 100).above == 1


def test_the_score_of_what_came_is_that_of_its_distribution() -> None:
    count = {"distribution": "constant", "value": 2.0}
    poisson = [math.exp(-2) * 2**k / math.factorial(k) for k in range(40)]
    assert outcomes.crps(count, 5, path="frequency.mean") == pytest.approx(scoring.crps_count(poisson, 5), rel=1e-6)
    cost = {"distribution": "lognormal", "p05": 1e4, "p95": 1e6}
    assert outcomes.crps(cost, 3e5) == pytest.approx(pooling.closed_score(pooling.read(cost), 3e5))
    spread = {"distribution": "uniform", "low": 0, "high": 1}
    assert outcomes.crps(spread, 0.5, path="frequency.vulnerability") == pytest.approx(1 / 12, rel=1e-4)

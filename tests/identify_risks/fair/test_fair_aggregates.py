"""Annual loss by Fourier transform: against closed forms, identities and plain simulation."""

import numpy as np
import pytest

from remit.identify.risks import economics, fair
from remit.identify.risks.fair import measures
from remit.identify.risks.fair.counts import Poisson
from remit.identify.risks.fair.distributions import read
from remit.identify.risks.fair.model import Strength
from remit.identify.risks.fair.sensitivity import indices, tornado
from remit.identify.risks.fair.transforms import compound
from remit.identify.risks.fair.tree import vulnerability

LOSS = {"distribution": "lognormal", "p05": 1e5, "p95": 1e6}
PERT = {"distribution": "pert", "low": 1e3, "mode": 5e3, "high": 2e4}


def poisson(mean):
    return {"distribution": "poisson", "mean": mean}


def scenario(**fields):
    return fair.read_scenario({"id": "A", **fields})


def simulated(found, years=400_000, seed=3):
    """Annual losses drawn plainly, year by year, with what each input is that year."""
    rng = np.random.default_rng(seed)
    compiled = fair.compiled(found)
    draws = compiled.draw(rng, years)
    year = np.repeat(np.arange(years), compiled.frequency_given(draws).sample(rng, years))
    resolved = compiled.given({path: values[year] for path, values in draws.items()})
    losses = resolved.severity.sample(rng, len(year))
    total = np.bincount(year, losses, years)
    cover = found.insurance
    if cover is None:
        return total
    paid = np.bincount(year, np.clip(losses - cover.retention, 0, cover.limit), years)
    return total - np.minimum(paid, cover.aggregate or np.inf)


CASES = {
    "rare": {"frequency": poisson(0.1), "magnitude": LOSS},
    "many": {"frequency": poisson(40), "magnitude": LOSS},
    "clustered": {"frequency": {"distribution": "negative_binomial", "mean": 3, "dispersion": 0.5}, "magnitude": PERT},
    "once": {
        "frequency": {"distribution": "bernoulli", "probability": 0.3},
        "magnitude": {"distribution": "gamma", "shape": 0.5, "scale": 1000},
    },
    "rounded": {
        "frequency": {
            "threat_event_frequency": {"distribution": "pert", "low": 10, "mode": 24, "high": 52, "rounded": True},
            "vulnerability": 0.3,
        },
        "magnitude": {"distribution": "triangular", "low": 0, "mode": 20, "high": 500},
    },
    "uncertain rate": {"frequency": poisson({"distribution": "lognormal", "p05": 0.1, "p95": 3}), "magnitude": LOSS},
    "uncertain tree": {
        "frequency": {
            "threat_event_frequency": {
                "contact_frequency": {"distribution": "pert", "low": 5, "mode": 20, "high": 50},
                "probability_of_action": {"distribution": "uniform", "low": 0.1, "high": 0.4},
            },
            "vulnerability": {"distribution": "beta", "p05": 0.1, "p95": 0.5},
        },
        "magnitude": PERT,
    },
    "uncertain magnitude": {
        "frequency": poisson({"distribution": "gamma", "shape": 2, "scale": 0.5}),
        "magnitude": LOSS | {"p95": {"distribution": "uniform", "low": 2e5, "high": 2e6}},
    },
    "secondary": {
        "frequency": poisson(0.5),
        "magnitude": PERT,
        "secondary": {"probability": 0.2, "magnitude": {"distribution": "lognormal", "p05": 1e4, "p95": 1e5}},
    },
    "forms": {
        "frequency": poisson(0.8),
        "secondary": {"probability": 0.3},
        "forms": {
            "response": {**PERT, "kind": "primary"},
            "productivity": {**PERT, "kind": "primary", "per_day": True},
            "reputation": {"distribution": "lognormal", "p05": 1e4, "p95": 2e5, "kind": "secondary"},
        },
        "duration": {"distribution": "lognormal", "p05": 0.5, "p95": 10},
        "controls": [{"id": "recovery", "effect": {"duration": 0.5, "magnitude": 0.1}}],
    },
    "layer": {"frequency": poisson(0.8), "magnitude": LOSS, "insurance": {"retention": 250000, "limit": 500000}},
    "first money": {"frequency": poisson(0.8), "magnitude": LOSS, "insurance": {"retention": 0, "limit": 500000}},
    "aggregate": {
        "frequency": poisson(3),
        "magnitude": LOSS,
        "insurance": {"retention": 100000, "limit": 500000, "aggregate": 800000},
    },
    "all but the retention": {
        "frequency": {"distribution": "bernoulli", "probability": 0.5},
        "magnitude": {"distribution": "uniform", "low": 170000, "high": 680000},
        "insurance": {"retention": 340000, "limit": 1000000},
    },
    "a low layer": {
        "frequency": poisson(0.3),
        "magnitude": {"distribution": "exponential", "mean": 100000},
        "insurance": {"retention": 20000, "limit": 300000},
    },
    "a constant": {"frequency": poisson(2), "magnitude": 1000},
}


@pytest.mark.parametrize("fields", CASES.values(), ids=CASES)
def test_the_transform_agrees_with_plain_simulation(fields):
    found = scenario(**fields)
    exact, losses = fair.aggregate(found), simulated(found)
    error = losses.std() / len(losses) ** 0.5
    assert exact.mean == pytest.approx(losses.mean(), abs=4.5 * error)
    assert exact.sd == pytest.approx(losses.std(), rel=0.04)
    assert exact.p_zero == pytest.approx((losses < 1e-6).mean(), abs=0.004)
    for level, rel in ((0.9, 0.015), (0.95, 0.015), (0.99, 0.03)):
        drawn = measures.value_at_risk(losses, level)
        assert exact.quantile(level) == pytest.approx(drawn, rel=rel, abs=1e-6)
    assert exact.expected_shortfall(0.99) == pytest.approx(measures.expected_shortfall(losses, 0.99), rel=0.04)


def test_published_numbers():
    rare = fair.aggregate(scenario(frequency=poisson(0.1), magnitude=LOSS))
    assert rare.mean == pytest.approx(40400.12826945731, rel=1e-9)
    assert rare.p_zero == pytest.approx(0.9048374180359595, rel=1e-12)
    assert rare.quantile(0.99) == pytest.approx(809772, rel=2e-3)  # 161,000 where a rate multiplies a magnitude
    assert rare.expected_shortfall(0.99) == pytest.approx(1185136, rel=2e-3)
    assert rare.quantile(0.9) == 0
    assert rare.expected_shortfall(0.9) == pytest.approx(rare.mean / 0.1, rel=1e-6)  # the worst tenth has it all
    exponential = {"distribution": "exponential", "mean": 1}
    exact = fair.aggregate(scenario(frequency=poisson(2), magnitude=exponential), points=2**18)
    assert exact.exceedance(np.array([1.0, 10.0])) == pytest.approx(
        [0.6057031411076685, 0.004165086260936923], rel=1e-6
    )
    assert exact.quantile(0.99) == pytest.approx(8.622567981050683, rel=1e-6)


def test_a_poisson_sum_of_logarithmic_losses_is_negative_binomial():
    counts = np.arange(1, 256)
    severity = np.concatenate(([0.0], -(0.6**counts) / (counts * np.log(0.4))))
    found = compound(Poisson(-2 * np.log(0.4)), severity)
    assert found[:4] == pytest.approx([0.16, 0.192, 0.1728, 0.13824], abs=1e-12)


def test_a_constant_loss_lies_on_its_multiples():
    found = fair.aggregate(scenario(frequency=poisson(2), magnitude=1000))
    assert [found.quantile(level) for level in (0.1, 0.5, 0.9, 0.99)] == pytest.approx([0, 2000, 4000, 6000])
    assert float(found.exceedance(1999.0)) == pytest.approx(1 - 3 * np.exp(-2), abs=1e-9)


def test_two_halves_of_a_scenario_are_one():
    whole = fair.aggregate(scenario(frequency=poisson(1.2), magnitude=LOSS))
    halves = [{"id": name, "frequency": poisson(0.6), "magnitude": LOSS} for name in "AB"]
    found = fair.approximate(fair.read({"currency": "USD", "scenarios": halves})).portfolio
    assert found.mean == pytest.approx(whole.mean)
    assert found.sd == pytest.approx(whole.sd)
    assert found.p_zero == pytest.approx(whole.p_zero)
    assert found.quantiles[0.95] == pytest.approx(whole.quantile(0.95), rel=1e-4)
    assert found.es99 == pytest.approx(whole.expected_shortfall(0.99), rel=1e-4)


def test_an_answer_says_what_it_is_of():
    data = {
        "currency": "USD",
        "scenarios": [{"id": name, "frequency": poisson(0.6), "magnitude": LOSS} for name in "AB"],
        "dependence": {"kind": "gaussian", "correlation": [[1, 0.5], [0.5, 1]]},
    }
    data["scenarios"][0]["insurance"] = {"retention": 100000, "limit": 500000}
    found = fair.approximate(fair.read(data)).as_dict()
    assert (found["method"], found["currency"], list(found["scenarios"])) == ("fft", "USD", ["A", "B"])
    assert "independent" in found["notes"][0]
    insured = found["scenarios"]["A"]
    assert insured["gross"]["mean"] - insured["recovered"] == pytest.approx(insured["mean"], rel=1e-9)
    assert insured["var99"] < insured["gross"]["var99"]


def test_nothing_costs_nothing():
    for fields in ({"frequency": poisson(0), "magnitude": LOSS}, {"frequency": poisson(1), "magnitude": 0}):
        found = fair.aggregate(scenario(**fields))
        assert (found.mean, found.p_zero, found.quantile(0.99), found.expected_shortfall(0.99)) == (0, 1, 0, 0)


def test_tails_far_beyond_the_body_keep_the_body_right():
    found = fair.aggregate(
        scenario(frequency=poisson(0.1), magnitude={"distribution": "lognormal", "p05": 1, "p95": 1e6})
    )
    severity = read({"distribution": "lognormal", "p05": 1, "p95": 1e6})
    assert len(found.grids) == 2
    assert found.quantile(0.99) == pytest.approx(float(severity.quantile(1 - 0.01 / 0.1)), rel=0.06)
    assert found.quantile(0.9999) > 30 * found.quantile(0.99)


def test_vulnerability_is_the_chance_that_capability_is_above_strength():
    def pert(low, mode, high):
        return read({"distribution": "pert", "low": low, "mode": mode, "high": high})

    assert vulnerability(Strength(pert(0.2, 0.6, 0.9), pert(0.3, 0.7, 0.95))) == pytest.approx(
        0.3104382861913829, abs=1e-6
    )
    assert vulnerability(Strength(pert(0, 1, 2), pert(0, 1, 2))) == pytest.approx(0.5, abs=1e-9)
    assert vulnerability(Strength(pert(0, 1, 2), pert(3, 4, 5))) == 0
    uniform, halves = (
        read({"distribution": "uniform", "low": 0, "high": 1}),
        read({"distribution": "constant", "value": 0.5}),
    )
    assert vulnerability(Strength(uniform, halves)) == pytest.approx(0.5)
    assert vulnerability(Strength(halves, uniform)) == pytest.approx(0.5)


def test_a_frequency_control_thins_events_and_never_scales_losses():
    controls = [{"id": "a", "effect": {"frequency": 0.5}}, {"id": "b", "effect": {"frequency": 0.4}}]
    found = fair.compiled(scenario(frequency=poisson(2), magnitude=LOSS, controls=controls))
    assert (found.frequency.mean, found.frequency.variance) == pytest.approx((0.6, 0.6))
    assert found.severity.mean == pytest.approx(read(LOSS).mean)
    clustered = {"distribution": "negative_binomial", "mean": 2, "dispersion": 0.7}
    thinned = fair.compiled(scenario(frequency=clustered, magnitude=1, controls=controls)).frequency
    assert (thinned.average, thinned.dispersion) == pytest.approx((0.6, 0.7))


def test_measures_by_their_definition():
    sample = np.arange(1.0, 101.0)
    assert measures.value_at_risk(sample, 0.95) == 95
    assert measures.expected_shortfall(sample, 0.95) == 98
    zeros = np.array([0.0] * 97 + [10.0, 20.0, 30.0])
    assert measures.value_at_risk(zeros, 0.95) == 0
    assert measures.expected_shortfall(zeros, 0.95) == pytest.approx(12)  # five years, two of them without loss
    assert measures.exceedance(zeros, np.array([0.0, 10.0])).tolist() == pytest.approx([0.03, 0.02])
    weights = np.full(100, 0.01)
    assert measures.weighted_value_at_risk(sample, weights, 0.95) == 95
    assert measures.weighted_expected_shortfall(sample, weights, 0.95) == pytest.approx(98)


def test_what_security_may_cost():
    assert economics.rosi(75000, 15000, 25000) == pytest.approx(1.4)
    best = [economics.gordon_loeb(0.65, 1e6, 1e-5, 1, breach) for breach in ("I", "II")]
    assert best == pytest.approx([154950.97567963926, 239018.57471893704], rel=1e-9)
    ceiling = economics.gordon_loeb_ceiling(0.65, 1e6)
    assert max(best) <= ceiling == pytest.approx(239121.63676143752)
    assert economics.gordon_loeb(0.01, 1000, 1e-5) == 0
    with pytest.raises(ValueError, match="costs something"):
        economics.rosi(1, 0, 0)


def test_a_tornado_is_widest_first():
    found = tornado(scenario(frequency=poisson({"distribution": "uniform", "low": 1, "high": 3}), magnitude=LOSS))
    assert [swing.path for swing in found] == ["magnitude", "frequency.mean"]
    rate = found[1]
    assert rate.kind == "uncertain"
    mean = read(LOSS).mean
    assert (rate.at_low, rate.at_high, rate.base) == pytest.approx((1.1 * mean, 2.9 * mean, 2 * mean))


def test_sobol_indices_of_a_product_are_those_of_theory():
    frequency = {
        "threat_event_frequency": {"distribution": "uniform", "low": 1, "high": 3},
        "vulnerability": {"distribution": "uniform", "low": 0, "high": 1},
    }
    found = {index.path: index for index in indices(scenario(frequency=frequency, magnitude=1))}
    # Var(XY) with X, Y independent: the first-order parts are Var(X)E(Y)² and E(X)²Var(Y).
    x, y = (2, 4 / 12), (0.5, 1 / 12)
    total = (x[1] + x[0] ** 2) * (y[1] + y[0] ** 2) - (x[0] * y[0]) ** 2
    rate, chance = found["frequency.threat_event_frequency.mean"], found["frequency.vulnerability"]
    assert rate.first_order == pytest.approx(x[1] * y[0] ** 2 / total, abs=0.01)
    assert chance.first_order == pytest.approx(x[0] ** 2 * y[1] / total, abs=0.01)
    assert chance.total == pytest.approx(1 - x[1] * y[0] ** 2 / total, abs=0.01)
    assert indices(scenario(frequency=poisson(1), magnitude=LOSS)) == ()


def test_a_page_answers_in_time():
    import time

    found = scenario(frequency=poisson(0.7), magnitude=LOSS)
    fair.aggregate(found)
    began = time.process_time()
    fair.aggregate(found).numbers()
    assert time.process_time() - began < 0.15  # 0.01 s where nothing else runs

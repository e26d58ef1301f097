"""Published and recomputed cases of loss distributions, where they lie beside the checkout: each in its tolerance."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from remit.identify.risks import economics, fair
from remit.identify.risks.fair import measures
from remit.identify.risks.fair.counts import Poisson, Rounded
from remit.identify.risks.fair.distributions import Constant, Lognormal, read
from remit.identify.risks.fair.severity import Piece, Severity
from remit.identify.risks.fair.transforms import compound

FILE = Path(__file__).parents[2] / "../shared/data/fair-cases.json"
CASES = json.loads(FILE.read_text())["cases"] if FILE.exists() else []

pytestmark = pytest.mark.skipif(not CASES, reason="no shared fair-cases.json beside the checkout")

CHECKS: dict[str, Callable] = {}


def check(name):
    return lambda function: CHECKS.setdefault(name, function)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_case_is_met(case):
    CHECKS[case["id"]](case["inputs"], case["expected"], case["tolerance"])


def compiled(**fields):
    return fair.compiled(scenario(**fields))


def scenario(**fields):
    return fair.read({"currency": "USD", "scenarios": [{"id": "A", **fields}]}).scenarios[0]


def interval(p05, p95):
    return {"distribution": "lognormal", "p05": p05, "p95": p95}


def poisson(mean):
    return {"distribution": "poisson", "mean": mean}


def pert(low, mode, high, gamma=4):
    return {"distribution": "pert", "low": low, "mode": mode, "high": high, "gamma": gamma}


def near(rel):
    return lambda value: pytest.approx(value, rel=rel)


@check("LN-90CI-1")
def _(given, expected, tolerance):
    found = Lognormal.from_interval(given["p05"], given["p95"])
    told = {
        "mu": found.mu,
        "sigma": found.sigma,
        "mean": found.mean,
        "sd": found.variance**0.5,
        "median": float(found.quantile(0.5)),
        "p99": float(found.quantile(0.99)),
    }
    assert told == pytest.approx(expected, rel=tolerance["rel"])


@check("LN-90CI-2")
def _(given, expected, tolerance):
    assert read(interval(**given)).mean == pytest.approx(expected["mean"], abs=tolerance["abs"])


@check("ALE-SIMPLE")
def _(given, expected, tolerance):
    magnitude = interval(given["p05"], given["p95"])
    found = [compiled(frequency=poisson(case["frequency"]), magnitude=magnitude).moments[0] for case in given["cases"]]
    assert found == pytest.approx(expected["ale"], rel=tolerance["rel"])


@check("RANK-3")
def _(given, expected, tolerance):
    rows = {
        row["id"]: compiled(frequency=poisson(row["freq"]), magnitude=interval(row["p05"], row["p95"])).moments[0]
        for row in given["scenarios"]
    }
    order = sorted(rows, key=rows.get, reverse=True)
    assert order == expected["order"]
    assert [rows[name] for name in order] == pytest.approx(expected["ale_exact"], rel=tolerance["rel"])
    assert [float(f"{rows[name]:.3g}") for name in order] == expected["ale_3sf"]


def standard_pert(given, expected, tolerance):
    found = read({"distribution": "pert", **given})
    told = {
        "alpha": found.alpha,
        "beta": found.beta,
        "mean": found.mean,
        "variance": found.variance,
        "sd": found.variance**0.5,
        **{f"p{level:02d}": float(found.quantile(level / 100)) for level in (5, 50, 95)},
    }
    assert told == pytest.approx(expected, rel=tolerance["rel"])
    assert found.low + (found.alpha - 1) / (found.alpha + found.beta - 2) * (found.high - found.low) == pytest.approx(
        given["mode"]
    )


CHECKS["PERT-STD-1"] = CHECKS["PERT-STD-2"] = standard_pert


@check("PERT-PYFAIR")
def _(given, expected, tolerance):
    found = read({"distribution": "pert", "convention": "pyfair", **given})
    mode = found.low + (found.alpha - 1) / (found.alpha + found.beta - 2) * (found.high - found.low)
    told = [found.alpha, found.beta, found.mean, found.variance**0.5, mode]
    names = ("alpha", "beta", "mean", "sd", "actual_mode")
    assert told == pytest.approx([expected[name] for name in names], rel=tolerance["rel"])


@check("TREE-VECTORS")
def _(given, expected, tolerance):
    some = {"distribution": "uniform", "low": 0, "high": 1}  # stands for what is drawn
    amount = {"distribution": "constant", "value": some}
    within = near(tolerance["rel"])

    def arrays(name, *keys):
        return [np.array(given[name][key], dtype=float) for key in keys]

    rate, loss = arrays("LEFxLM", "LEF", "LM")
    drawn = compiled(frequency=poisson(some), magnitude=amount).given({"frequency.mean": rate, "magnitude.value": loss})
    assert drawn.mean.tolist() == within(expected["LEFxLM"])

    threats, susceptible = arrays("TEFxV", "TEF", "V")
    tree = compiled(frequency={"threat_event_frequency": some, "vulnerability": some}, magnitude=1)
    draws = {"frequency.threat_event_frequency.mean": threats, "frequency.vulnerability": susceptible}
    assert tree.frequency_given(draws).mean.tolist() == within(expected["TEFxV"])

    contacts, action = arrays("CFxPoA", "CF", "PoA")
    below = "frequency.threat_event_frequency"
    tree = compiled(
        frequency={
            "threat_event_frequency": {"contact_frequency": some, "probability_of_action": some},
            "vulnerability": 1,
        },
        magnitude=1,
    )
    draws = {f"{below}.contact_frequency": contacts, f"{below}.probability_of_action": action}
    assert tree.frequency_given(draws).mean.tolist() == within(expected["CFxPoA"])

    primary, secondary = arrays("PLplusSL", "PL", "SL")
    tree = compiled(frequency=poisson(1), magnitude=amount, secondary={"probability": 1, "magnitude": amount})
    drawn = tree.given({"magnitude.value": primary, "secondary.magnitude.value": secondary})
    assert drawn.mean.tolist() == within(expected["PLplusSL"])

    capability, strength = given["V_step"]["TCap"], given["V_step"]["RS"]
    found = compiled(
        frequency={
            "threat_event_frequency": 1,
            "vulnerability": {
                "threat_capability": {"distribution": "empirical", "values": capability},
                "resistance_strength": {"distribution": "empirical", "values": strength},
            },
        },
        magnitude=1,
    )
    assert found.frequency.mean == within(expected["V"])


@check("SEC-LOSS")
def _(given, expected, tolerance):
    chances, losses = (np.array(given[key], dtype=float).T for key in ("prob", "loss"))
    pieces = tuple(
        Piece(chance, Constant(loss), branch=number)
        for number, (chance, loss) in enumerate(zip(chances, losses, strict=True))
    )
    assert Severity(pieces).mean.tolist() == pytest.approx(expected["total"], abs=tolerance["abs"])


@check("CP-LN-01")
def _(given, expected, tolerance):
    found = fair.aggregate(scenario(frequency=poisson(given["lam"]), magnitude=interval(given["p05"], given["p95"])))
    exact, close = near(tolerance["analytic_rel"]), near(tolerance["quantile_rel"])
    assert (found.mean, found.sd**2, found.sd, found.p_zero) == exact(
        tuple(expected[name] for name in ("mean", "variance", "sd", "p_zero"))
    )
    assert found.quantile(0.99) == close(expected["var99"])
    assert found.expected_shortfall(0.99) == close(expected["es99"])
    assert found.quantile(0.995) == close(expected["var995"])
    assert float(found.exceedance(1e6)) == close(expected["p_exceed_1e6"])
    assert found.quantile(0.9) == expected["var90"]


@check("CP-LN-12")
def _(given, expected, tolerance):
    found = fair.aggregate(scenario(frequency=poisson(given["lam"]), magnitude=interval(given["p05"], given["p95"])))
    close = near(tolerance["quantile_rel"])
    assert (found.mean, found.sd**2) == near(1e-9)((expected["mean"], expected["variance"]))
    assert (found.quantile(0.95), found.quantile(0.99)) == close((expected["var95"], expected["var99"]))
    assert found.expected_shortfall(0.99) == close(expected["es99"])


@check("CP-EXP")
def _(given, expected, tolerance):
    severity = {"distribution": "exponential", "mean": given["mean"]}
    found = fair.aggregate(scenario(frequency=poisson(given["lam"]), magnitude=severity), points=2**18)
    exact = near(tolerance["analytic_rel"])
    assert (found.mean, found.sd**2, found.p_zero) == exact(
        (expected["mean"], expected["variance"], expected["p_zero"])
    )
    points = np.array([float(point) for point in expected["exceed"]])
    assert found.exceedance(points).tolist() == near(1e-6)(list(expected["exceed"].values()))
    assert found.quantile(0.99) == near(1e-6)(expected["var99"])
    assert found.expected_shortfall(0.99) == near(1e-6)(expected["es99"])


@check("CP-LOG-NB")
def _(given, expected, tolerance):
    counts = np.arange(1, 512)
    severity = np.concatenate(([0.0], -(given["q"] ** counts) / (counts * np.log(1 - given["q"]))))
    found = compound(Poisson(given["lam"]), severity)
    assert found[:6].tolist() == pytest.approx(expected["pmf_0_to_5"], abs=tolerance["abs"])
    mean = float(found @ np.arange(512))
    assert mean == pytest.approx(expected["mean"], rel=1e-9)
    assert float(found @ (np.arange(512) - mean) ** 2) == pytest.approx(expected["variance"], rel=1e-9)
    assert int(np.searchsorted(np.cumsum(found), 0.99)) == expected["q99"]


def mixed_rate(**rate):
    return compiled(frequency=poisson(rate), magnitude=1).frequency


@check("MIX-GAMMA")
def _(given, expected, tolerance):
    found = mixed_rate(distribution="gamma", shape=given["shape"], scale=given["scale"])
    told = (found.mean, found.variance, found.p_zero, 1 - float(found.cdf(9)))
    names = ("mean", "variance", "p_zero", "p_ge_10")
    assert told == pytest.approx(tuple(expected[name] for name in names), abs=tolerance["abs"])


@check("MIX-PERT")
def _(given, expected, tolerance):
    found = mixed_rate(distribution="pert", **given)
    told = {"mean": found.mean, "variance": found.variance, "p_zero": found.p_zero}
    assert told == pytest.approx(expected, rel=tolerance["rel"])


@check("VULN-PERT")
def _(given, expected, tolerance):
    strength = {"threat_capability": pert(*given["TCap"]), "resistance_strength": pert(*given["RS"])}
    found = compiled(frequency={"threat_event_frequency": 1, "vulnerability": strength}, magnitude=1)
    assert found.frequency.mean == pytest.approx(expected["vulnerability"], abs=1e-6)


@check("LN-ES")
def _(given, expected, tolerance):
    found = Lognormal(given["mu"], given["sigma"])
    told = {"var": float(found.quantile(given["alpha"])), "es": found.expected_shortfall(given["alpha"])}
    assert told == pytest.approx(expected, rel=tolerance["rel"])


@check("INS-LAYER")
def _(given, expected, tolerance):
    found = Lognormal(given["mu"], given["sigma"])
    low, high = given["retention"], given["retention"] + given["limit"]
    told = {
        "expected_recovery": float(found.limited_mean(high) - found.limited_mean(low)),
        "exhaust_prob": float(1 - found.cdf(high)),
        "attach_prob": float(1 - found.cdf(low)),
    }
    assert told == pytest.approx(expected, rel=tolerance["rel"])
    magnitude = {"distribution": "lognormal", "mu": given["mu"], "sigma": given["sigma"]}
    cover = {"retention": given["retention"], "limit": given["limit"]}
    net = fair.aggregate(scenario(frequency=poisson(1), magnitude=magnitude, insurance=cover))
    assert found.mean - net.mean == pytest.approx(expected["expected_recovery"], rel=1e-4)


@check("HUBBARD-329")
def _(given, expected, tolerance):
    rounded = np.log(given["p95"] / given["p05"]) / 3.29
    exact = Lognormal.from_interval(given["p05"], given["p95"])
    old = Lognormal(exact.mu, rounded)
    assert (rounded, old.mean, exact.sigma, exact.mean) == near(tolerance["rel"])(
        tuple(expected[name] for name in ("sigma_329", "mean_329", "sigma_exact", "mean_exact"))
    )
    once = {"distribution": "bernoulli", "probability": given["probability"]}
    magnitude = {"distribution": "lognormal", "mu": exact.mu, "sigma": rounded}
    found = compiled(frequency=once, magnitude=magnitude).moments[0]
    assert found == pytest.approx(expected["expected_annual_loss_329"], rel=tolerance["rel"])


@check("GL-OPT")
def _(given, expected, tolerance):
    optima = [
        economics.gordon_loeb(given["v"], given["L"], given["alpha"], given["beta"], breach) for breach in ("I", "II")
    ]
    told = [*optima, economics.gordon_loeb_ceiling(given["v"], given["L"])]
    assert told == pytest.approx([expected[k] for k in ("z_star_I", "z_star_II", "bound")], rel=tolerance["rel"])


@check("GL-WIKI")
def _(given, expected, tolerance):
    loss = given["data_value"] * given["attack_probability"]
    assert loss * given["success_probability"] == pytest.approx(expected["expected_loss"])
    found = economics.gordon_loeb_ceiling(given["success_probability"], loss)
    assert found == pytest.approx(expected["ceiling_exact"], rel=tolerance["rel"])


@check("ROSI-ENISA")
def _(given, expected, tolerance):
    event = {"frequency": poisson(given["ARO"]), "magnitude": given["SLE"]}
    control = {"id": "anti-virus", "effect": {"frequency": given["mitigation_ratio"]}}
    before, after = compiled(**event).moments[0], compiled(**event, controls=[control]).moments[0]
    assert (before, after) == pytest.approx((expected["ale_before"], expected["ale_after"]), abs=1e-9)
    assert economics.rosi(before, after, given["annual_cost"]) == pytest.approx(expected["rosi"], abs=tolerance["abs"])


@check("CTRL-THIN")
def _(given, expected, tolerance):
    controls = [{"id": str(place), "effect": {"frequency": effect}} for place, effect in enumerate(given["effect"])]
    found = compiled(frequency=poisson(given["lam"]), magnitude=1, controls=controls).frequency
    told = {"residual_lambda": found.mean, "p_zero": found.p_zero, "variance": found.variance}
    assert told == pytest.approx(expected, abs=tolerance["abs"])


@check("FAIR-PL-SL")
def _(given, expected, tolerance):
    found = fair.aggregate(
        scenario(
            frequency=poisson(given["lam"]),
            magnitude=interval(*given["primary"]),
            secondary={"probability": given["slef"], "magnitude": interval(*given["secondary"])},
        )
    )
    told = {"mean": found.mean, "variance": found.sd**2, "sd": found.sd, "p_zero": found.p_zero}
    assert told == pytest.approx(expected, rel=tolerance["analytic_rel"])


@check("PORT-CORR")
def _(given, expected, tolerance):
    scenarios = [
        {"id": str(place), "frequency": poisson(row["lam"]), "magnitude": interval(row["p05"], row["p95"])}
        for place, row in enumerate(given["scenarios"])
    ]
    data = {"scenarios": scenarios, "dependence": {"kind": "common_shock", "beta": given["beta"]}}
    found = fair.simulate(fair.read(data), trials=2_000_000, seed=7).portfolio
    assert (found.mean, found.sd) == near(tolerance["mc_rel"])((expected["mean"], expected["sd"]))
    independent = replace(fair.read(data), dependence=fair.Dependence())
    assert fair.approximate(independent).portfolio.sd == near(tolerance["analytic_rel"])(expected["independent_sd"])


@check("EST-CONV")
def _(given, expected, tolerance):
    sample, other = np.arange(1.0, 101.0), np.array(given["sample2"], dtype=float)
    told = {
        "var_inverse_cdf": measures.value_at_risk(sample, given["alpha"]),
        "es_top_5": measures.expected_shortfall(sample, given["alpha"]),
        "p_exceed_gt_0": float(measures.exceedance(other, np.array(0.0))),
        "p_exceed_ge_20": float(measures.exceedance(other, np.array(np.nextafter(20, 0)))),
        "numpy_linear_p95": float(np.quantile(sample, 0.95)),
    }
    assert told == pytest.approx(expected, abs=tolerance["abs"])


@check("EVAL-PLM-SR")
def _(given, expected, tolerance):
    # The resistance of one event is the mean of seven controls' strengths: no named distribution, hence drawn.
    rng = np.random.default_rng(11)
    drawn = sum(read(pert(*control)).sample(rng, 400_000) for control in given["controls"]) / len(given["controls"])
    strength = {"distribution": "empirical", "values": np.quantile(drawn, (np.arange(4000) + 0.5) / 4000).tolist()}
    found = scenario(
        frequency={
            "threat_event_frequency": pert(*given["TEF"]) | {"rounded": True},
            "vulnerability": {"threat_capability": pert(*given["TCap"]), "resistance_strength": strength},
        },
        magnitude=pert(*given["PLM"]),
        secondary={"probability": 1, "magnitude": pert(*given["SR"])},
    )
    yearly, within = fair.aggregate(found), near(tolerance["mc_rel"])
    assert Rounded(read(pert(*given["TEF"]))).mean == within(expected["threat_events_mean"])
    assert fair.compiled(found).frequency.mean == within(expected["loss_events_mean"])
    assert (yearly.mean, yearly.quantile(0.95)) == within((expected["ale_mean"], expected["ale_p95"]))

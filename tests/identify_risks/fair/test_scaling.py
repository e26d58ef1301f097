"""A scenario in another currency: every number is the rate times what it was, and nothing else has moved."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from remit.identify.risks import fair
from remit.identify.risks.fair import scaling
from remit.identify.risks.fair.distributions.families import FAMILIES
from remit.identify.risks.fair.scaling import scaled

RATES = (0.92, 1.0, 157.3, 6.25e-5)
AMOUNTS: dict[str, Any] = {
    "number": 12_500,
    "constant": {"distribution": "constant", "value": 40_000},
    "lognormal by interval": {"distribution": "lognormal", "p05": 10_000, "p95": 900_000},
    "lognormal, 10 to 90": {"distribution": "lognormal", "p10": 10_000, "p90": 900_000},
    "lognormal by moments": {"distribution": "lognormal", "mean": 50_000, "sd": 80_000},
    "lognormal by logarithm": {"distribution": "lognormal", "mu": 11, "sigma": 1.2},
    "lognormal, mu uncertain": {
        "distribution": "lognormal",
        "mu": {"distribution": "normal", "mean": 11, "sd": 0.3, "truncate": {"low": 10, "high": 12}},
        "sigma": {"distribution": "uniform", "low": 0.5, "high": 0.9},
    },
    "lognormal, mu counted": {
        "distribution": "lognormal",
        "mu": {"distribution": "empirical", "values": [10, 11, 12], "weights": [1, 2, 1]},
        "sigma": 0.5,
    },
    "lognormal, ends uncertain": {
        "distribution": "lognormal",
        "p05": {"distribution": "uniform", "low": 1_000, "high": 2_000},
        "p95": {"distribution": "pert", "low": 50_000, "mode": 60_000, "high": 90_000},
    },
    "cut off": {"distribution": "lognormal", "p05": 10_000, "p95": 900_000, "truncate": {"low": 5_000, "high": 2e6}},
    "normal": {"distribution": "normal", "mean": 50_000, "sd": 20_000, "truncate": {"low": 0}},
    "normal by interval": {"distribution": "normal", "p05": 10_000, "p95": 90_000, "truncate": {"low": 0}},
    "gamma": {"distribution": "gamma", "shape": 0.7, "scale": 30_000},
    "gamma by moments": {"distribution": "gamma", "mean": 30_000, "sd": 40_000},
    "exponential": {"distribution": "exponential", "mean": 25_000},
    "exponential by rate": {"distribution": "exponential", "rate": 0.00004},
    "exponential, rate uncertain": {
        "distribution": "exponential",
        "rate": {"distribution": "uniform", "low": 0.00002, "high": 0.00006},
    },
    "beta": {"distribution": "beta", "alpha": 2, "beta": 5, "low": 1_000, "high": 50_000},
    "beta from 0 to 1": {"distribution": "beta", "alpha": 2, "beta": 5},
    "beta by interval": {"distribution": "beta", "p05": 2_000, "p95": 30_000, "low": 1_000, "high": 50_000},
    "pert": {"distribution": "pert", "low": 1_000, "mode": 9_000, "high": 80_000, "gamma": 6},
    "pert of pyfair": {"distribution": "pert", "low": 1_000, "mode": 9_000, "high": 80_000, "convention": "pyfair"},
    "pert by interval": {"distribution": "pert", "p05": 9_000, "mode": 20_000, "p95": 60_000},
    "triangular": {"distribution": "triangular", "low": 1_000, "mode": 9_000, "high": 80_000},
    "uniform": {"distribution": "uniform", "low": 1_000, "high": 80_000},
    "empirical": {
        "distribution": "empirical",
        "values": [100, 5_000, 77_777],
        "weights": [5, 3, 1],
        "truncate": {"low": 100, "high": 5_000},
    },
}
WHOLE: dict[str, Any] = {
    "id": "RSK-1",
    "title": "Everything there is",
    "frequency": {
        "threat_event_frequency": {"contact_frequency": 40, "probability_of_action": 0.3},
        "vulnerability": {
            "threat_capability": {"distribution": "uniform", "low": 0, "high": 100},
            "resistance_strength": {"distribution": "pert", "low": 40, "mode": 70, "high": 95},
        },
    },
    "secondary": {"probability": 0.4},
    "forms": {
        "productivity": {"distribution": "pert", "low": 100, "mode": 900, "high": 8_000, "kind": "primary",
                         "per_day": True},
        "fines_and_judgements": {"distribution": "lognormal", "p05": 1_000, "p95": 500_000, "kind": "secondary"},
    },
    "duration": {"distribution": "uniform", "low": 1, "high": 20},
    "controls": [{"id": "CTL-1", "effect": {"frequency": 0.5, "magnitude": 0.2}, "coverage": 0.8, "reliability": 0.9}],
    "insurance": {"retention": 20_000, "limit": 300_000, "aggregate": 500_000},
}  # fmt: skip


def of(magnitude: Any, **more: Any) -> dict[str, Any]:
    return {"id": "A", "frequency": {"distribution": "poisson", "mean": 1.4}, "magnitude": magnitude, **more}


def simulated(scenario: dict[str, Any]) -> dict[str, Any]:
    found = fair.simulate(fair.read({"scenarios": [scenario]}), trials=4_000, seed=11).as_dict()
    numbers: dict[str, Any] = found["scenarios"][scenario["id"]]
    return numbers


def assert_scaled(before: Any, after: Any, rate: float, *, key: str = "") -> None:
    """Money is the rate times what it was; probabilities and counts are what they were.

    Points of the curve are not compared: where years cost the same, rounding says which of two they are above of. For
    the same reason the part of the worst years may be of another year at their edge.
    """
    if isinstance(before, dict):
        assert before.keys() == after.keys()
        for name, value in before.items():
            assert_scaled(value, after[name], rate, key=name)
    elif key != "exceedance":
        factor = 1.0 if key in {"p_zero", "events"} else rate
        assert after == pytest.approx(before * factor, rel=1e-4 if key == "es99_part" else 1e-9), key


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS)
def test_simulated_numbers_are_the_rate_times_what_they_were(amount: Any, rate: float) -> None:
    before = of(amount)
    assert_scaled(simulated(before), simulated(scaled(before, rate)), rate)


@pytest.mark.parametrize("rate", RATES)
def test_so_they_are_with_forms_of_loss_reactions_controls_and_insurance(rate: float) -> None:
    assert_scaled(simulated(WHOLE), simulated(scaled(WHOLE, rate)), rate)


@pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS)
def test_so_they_are_by_fourier_transform(amount: Any) -> None:
    mean = fair.aggregate(fair.read_scenario(of(amount))).mean
    assert fair.aggregate(fair.read_scenario(scaled(of(amount), 7.5))).mean == pytest.approx(7.5 * mean, rel=1e-6)


def test_there_and_back_again() -> None:
    back = scaled(scaled(WHOLE, 0.92), 1 / 0.92)
    assert back["insurance"] == pytest.approx(WHOLE["insurance"])
    assert back["forms"]["productivity"] == {
        key: pytest.approx(value) if isinstance(value, int) and key != "per_day" else value
        for key, value in WHOLE["forms"]["productivity"].items()
    }


def test_what_is_no_money_stays_and_the_scenario_given_is_not_touched() -> None:
    given = copy.deepcopy(WHOLE)
    made = scaled(given, 2.0)
    assert given == WHOLE
    kept = ("id", "title", "frequency", "duration", "controls", "secondary")
    assert {name: made[name] for name in kept} == {name: WHOLE[name] for name in kept}
    assert made["insurance"] == {"retention": 40_000, "limit": 600_000, "aggregate": 1_000_000}
    assert made["forms"]["fines_and_judgements"]["kind"] == "secondary"


def test_every_parameter_of_every_distribution_is_known_to_be_money_or_not() -> None:
    """A new parameter must be said to be an amount or a shape; else it would quietly stay in the old currency."""
    known = scaling.AMOUNTS | scaling.SHAPES | {scaling.OF_LOGARITHM, scaling.INVERSE}
    assert {key for forms in FAMILIES.values() for form in forms for key in (*form.needs, *form.defaults)} <= known
    assert not scaling.AMOUNTS & scaling.SHAPES


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_no_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="no exchange rate"):
        scaled(WHOLE, rate)


def test_what_cannot_be_converted_names_its_place() -> None:
    amount = {"distribution": "lognormal", "mu": {"distribution": "gamma", "shape": 9, "scale": 1}, "sigma": 0.4}
    with pytest.raises(fair.InputError, match="p05 and p95") as refused:
        scaled(of(amount), 2.0)
    assert refused.value.where == "magnitude.mu"
    with pytest.raises(fair.InputError, match="Did you mean"):
        scaled(of({"distribution": "lognormall", "p05": 1, "p95": 2}), 2.0)

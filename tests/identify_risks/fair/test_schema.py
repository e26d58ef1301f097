"""The published JSON Schemas are those of the model, and agree with what is read and answered."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from remit.identify.risks import fair
from remit.identify.risks.fair.schema import answer_schema, input_schema

from .simulated import LOGNORMAL, everything, of, scenario

FOLDER = Path(__file__).parents[3] / "docs" / "schemas"
PUBLISHED = {"risk-simulate": input_schema, "risk-simulate-answer": answer_schema}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_schemas_are_those_of_the_model(name: str) -> None:
    path, made = FOLDER / f"{name}.schema.json", PUBLISHED[name]()
    Draft202012Validator.check_schema(made)
    if os.environ.get("REMIT_REFRESH"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(made, indent=1) + "\n")
    assert json.loads(path.read_text()) == made, "Run it again with REMIT_REFRESH=1 and look at the difference."


def fits(data: Any) -> bool:
    return bool(Draft202012Validator(input_schema()).is_valid(data))


FREQUENCIES: list[Any] = [
    0.5,
    {"distribution": "negative_binomial", "mean": {"distribution": "uniform", "low": 1, "high": 2}, "dispersion": 2},
    {"distribution": "gamma", "mean": 3, "sd": 1, "rounded": True},
    {"distribution": "lognormal", "p10": 1, "p90": 2},
    {
        "threat_event_frequency": {
            "contact_frequency": 4,
            "probability_of_action": {"distribution": "beta", "alpha": 2, "beta": 3},
        },
        "vulnerability": {
            "threat_capability": {"distribution": "pert", "low": 0, "mode": 1, "high": 2},
            "resistance_strength": {"distribution": "normal", "mean": 1, "sd": 1, "truncate": {"low": 0}},
        },
    },
]


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=str)
def test_what_is_read_fits(frequency: Any) -> None:
    data = {"scenarios": [scenario("A", frequency)]}
    fair.read(data)
    assert fits(data)


def test_what_is_written_fits() -> None:
    forms = {
        "response": {"distribution": "constant", "value": 5, "per_day": True},
        "reputation": {**LOGNORMAL, "kind": "secondary"},
    }
    full = {"id": "F", "frequency": 1, "forms": forms, "duration": 3, "secondary": {"probability": 0.1}}
    full["controls"] = [{"id": "c", "effect": {"duration": 0.5}, "coverage": 0.9}]
    rest = {"distribution": "empirical", "values": [1, 2], "weights": [1, 3]}
    for scenarios in (
        everything({"kind": "gaussian", "correlation": []}),
        of(full, scenario("B", 1, rest), dependence={"kind": "common_shock", "beta": {"F": 0.2}}),
        of(scenario("B", 1, rest), dependence={"kind": "independent", "shocks": [{"rate": 1, "scenarios": ["B"]}]}),
    ):
        assert fits(fair.write(scenarios))


@pytest.mark.parametrize(
    "data",
    [
        {"scenarios": []},
        {"scenarios": [{"id": "A", "frequency": 1, "magnitude": {"distribution": "lognormall", "p05": 1, "p95": 2}}]},
        {"scenarios": [{"id": "A", "frequency": 1, "magnitude": {"distribution": "lognormal", "p05": 1}}]},
        {"scenarios": [{"id": "A", "frequency": 1, "magnitude": {**LOGNORMAL, "p50": 3}}]},
        {"scenarios": [{"id": "A", "frequency": -1, "magnitude": 1}]},
        {"scenarios": [{"id": "A", "magnitude": 1}]},
        {"scenarios": [scenario()], "dependence": {"kind": "clayton"}},
        {"scenarios": [scenario()], "currency": "euro"},
        {"scenarios": [scenario(insurance={"retention": 1})]},
        {"scenarios": [scenario(controls=[{"id": "c", "effect": {}}])]},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(data: Any) -> None:
    assert not fits(data)
    with pytest.raises(fair.InputError):
        fair.read(data)


def test_answers_fit() -> None:
    answers = Draft202012Validator(answer_schema())
    insured = scenario("A", 1, insurance={"retention": 1e5, "limit": 1e6})
    answers.validate(fair.simulate(of(insured, scenario("B")), trials=2000).as_dict())
    answers.validate(fair.approximate(of(scenario("B"))).as_dict())

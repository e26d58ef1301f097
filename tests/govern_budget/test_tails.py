"""The bad years of finalists: measures thin events, and every set is simulated with the same streams."""

from __future__ import annotations

from typing import Any

import pytest

from remit.govern.budget import tails, weighing

RARE = {
    "frequency": {"distribution": "poisson", "mean": 0.5},
    "magnitude": {"distribution": "lognormal", "p05": 100_000, "p95": 1_000_000},
}
MEAN = 0.5 * 404_001.28269457
PROBLEM: dict[str, Any] = {
    "currency": "EUR",
    "budgets": {"2027": 100_000},
    "scenarios": [{"id": "RSK-1", "annual_loss": MEAN}, {"id": "RSK-2", "annual_loss": 50_000}],
    "candidates": [
        {"id": "INV-1", "cost": 60_000, "effects": {"RSK-1": 0.5}},
        {"id": "INV-2", "cost": 60_000, "effects": {"RSK-1": {"magnitude": 0.4}}},
        {"id": "INV-3", "cost": 30_000, "effects": {"RSK-2": 0.5}},
    ],
}


def test_a_bare_effect_thins_events_and_others_are_as_said() -> None:
    effects = {each["id"]: each["effects"] for each in PROBLEM["candidates"]}
    kept = {"id": "CTL-1", "effect": {"frequency": 0.1}}
    made = tails.with_measures({**RARE, "controls": [kept]}, "RSK-1", ("INV-1", "INV-2", "INV-3"), effects)
    assert made["controls"] == [
        kept,
        {"id": "INV-1", "effect": {"frequency": 0.5}},
        {"id": "INV-2", "effect": {"magnitude": 0.4}},
    ]
    assert "controls" not in RARE


def test_thinned_events_halve_the_mean_and_not_the_worst_years() -> None:
    said = tails.tails(PROBLEM, [{"chosen": ["INV-1"]}], {"RSK-1": RARE})
    before, after = said["sets"]
    assert said["counted"] == ["RSK-1"]
    assert (before["chosen"], after["chosen"]) == (None, ["INV-1"])
    assert after["mean"] == pytest.approx(MEAN / 2, abs=6 * after["error"]["mean"])
    assert after["es99"] > 0.7 * before["es99"]


def test_an_answer_tells_the_bad_years_of_its_finalists() -> None:
    said = weighing.answer(PROBLEM, scenarios={"RSK-1": RARE})
    sets = said["tails"]["sets"]
    assert sets[1]["chosen"] == said["chosen"]
    assert len(sets) == len(said["finalists"]) + 1
    assert sets[1]["es99"] < sets[0]["es99"]


def test_without_a_scenario_nothing_is_said_of_bad_years() -> None:
    assert "tails" not in weighing.answer(PROBLEM)
    assert tails.tails(PROBLEM, [{"chosen": ["INV-1"]}], {})["sets"] == []

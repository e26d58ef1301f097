"""A file is taken as it stands, or refused with place and remedy."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from remit.govern.budget.choice import InputError, choose, read
from remit.govern.budget.choice.effects import kept

FILE: dict[str, Any] = {
    "budget": 100,
    "scenarios": [{"id": "fraud", "annual_loss": 1000}, {"id": "outage", "annual_loss": 500}],
    "candidates": [
        {"id": "A", "cost": 10, "effects": {"fraud": 0.5}},
        {"id": "B", "cost": 20, "effects": {"outage": 0.5}, "requires": ["A"]},
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """FILE with another value at a path such as `candidates.0.cost`."""
    file = deepcopy(FILE)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = file
    for step in steps:
        place = place[step]
    place[last] = value
    return file


REFUSED = [
    ("budget", -1, "budget", "below 0"),
    ("budget", "1000", "budget", "a number is needed"),
    ("budget", None, "budget", "missing"),
    ("budget", float("nan"), "budget", "not a finite"),
    ("budget", 10**400, "budget", "not a finite"),
    ("budget", True, "budget", "a number is needed"),
    ("scenarios", {}, "scenarios", "a list"),
    ("scenarios.0.annual_loss", -5, "scenarios[0].annual_loss", "below 0"),
    ("scenarios.0.annual_loss", float("inf"), "scenarios[0].annual_loss", "not a finite"),
    ("scenarios.1.id", "fraud", "scenarios[1].id", "scenarios[0] too"),
    ("scenarios.1.id", "", "scenarios[1].id", "an id"),
    ("candidates.0.cost", -1, "candidates[0].cost", "below 0"),
    ("candidates.0.cost", None, "candidates[0].cost", "missing"),
    ("candidates.0.cost", {"yearly": -1}, "candidates[0].cost.yearly", "below 0"),
    ("candidates.0.cost", {"by_year": {"2027": -1}}, "candidates[0].cost.by_year.2027", "below 0"),
    ("candidates.0.effects.fraud", 1.2, "candidates[0].effects.fraud", "from 0 to 1"),
    ("candidates.0.effects.fraud", -0.1, "candidates[0].effects.fraud", "from 0 to 1"),
    ("candidates.0.effects.fraud", {"frequncy": 0.1}, "candidates[0].effects.fraud.frequncy", "no part"),
    ("candidates.0.effects", {"froud": 0.1}, "candidates[0].effects.froud", "no scenario “froud”"),
    ("candidates.0.effects", [0.1], "candidates[0].effects", "an object"),
    ("candidates.1.requires", ["Z"], "candidates[1].requires[0]", "no candidate “Z”"),
    ("candidates.1.requires", ["B"], "candidates[1].requires[0]", "names itself"),
    ("candidates.1.requires", "A", "candidates[1].requires", "a list"),
    ("candidates.0.must", 1, "candidates[0].must", "true or false"),
    ("candidates.0.effect", {}, "candidates[0].effect", "there is no “effect”"),
    ("must_have", ["Z"], "must_have[0]", "no candidate"),
    ("groups", {"levels": ["A", "Z"]}, "groups.levels[1]", "no candidate"),
    ("budgets", {}, "budgets", "by year"),
    ("budgets", {"2027": -1}, "budgets.2027", "below 0"),
    ("people", -1, "people", "below 0"),
    ("people", float("nan"), "people", "not a finite"),
    ("horizon", 0, "horizon", "no number of years"),
    ("must_haves", ["A"], "must_haves", "there is no"),
]


@pytest.mark.parametrize(("path", "value", "where", "problem"), REFUSED)
def test_bad_input_is_refused_with_its_place(path: str, value: Any, where: str, problem: str) -> None:
    file = changed(path, value)
    if path == "candidates.0.effect":
        del file["candidates"][0]["effects"]
    with pytest.raises(InputError) as refused:
        read(file)
    assert refused.value.where == where
    assert problem in refused.value.problem
    assert refused.value.remedy


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(InputError, match="froud") as refused:
        read(changed("candidates.0.effects", {"froud": 0.1}))
    assert refused.value.remedy == "Did you mean “fraud”?"


def test_the_place_begins_where_the_caller_says() -> None:
    with pytest.raises(InputError) as refused:
        read(changed("budget", -1), "years[2]")
    assert refused.value.where == "years[2].budget"


@pytest.mark.parametrize("data", [None, [], 5, "text"])
def test_what_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(InputError):
        read(data)


@pytest.mark.parametrize(
    ("effect", "remains"),
    [
        (0.3, 0.7),
        ({"frequency": 0.5, "magnitude": 0.2}, 0.4),
        ({"frequency": {"distribution": "uniform", "low": 0.2, "high": 0.4}}, 0.7),
        ({"distribution": "pert", "low": 0.1, "mode": 0.3, "high": 0.5}, 0.7),
        ({"distribution": "pert", "low": 0.0, "mode": 0.3, "high": 0.9, "gamma": 1}, 0.6),
        ({"distribution": "triangular", "low": 0.1, "mode": 0.2, "high": 0.6}, 0.7),
        ({"distribution": "beta", "alpha": 3, "beta": 7}, 0.7),
        ({"distribution": "constant", "value": 0.3}, 0.7),
        ({"distribution": "empirical", "values": [0.1, 0.5], "weights": [1, 1]}, 0.7),
        ({"distribution": "empirical", "values": [0.1, 0.5]}, 0.7),
    ],
)
def test_an_uncertain_effect_counts_with_its_mean(effect: Any, remains: float) -> None:
    assert kept(effect, "effect") == pytest.approx(remains)


@pytest.mark.parametrize(
    ("effect", "where"),
    [
        ({"distribution": "prt", "low": 0, "mode": 0.1, "high": 0.2}, "e.distribution"),
        ({"distribution": "pert", "low": 0, "mode": 0.1}, "e.high"),
        ({"distribution": "pert", "low": 0.3, "mode": 0.1, "high": 0.2}, "e.low"),
        ({"distribution": "pert", "low": 0, "mode": 0.1, "high": 0.2, "gamma": 0}, "e.gamma"),
        ({"distribution": "uniform", "low": 0, "high": 2}, "e.high"),
        ({"distribution": "uniform", "low": 0, "high": 1, "truncate": {}}, "e.truncate"),
        ({"distribution": "beta", "alpha": 0, "beta": 1}, "e.alpha"),
        ({"distribution": "empirical", "values": []}, "e.values"),
        ({"distribution": "empirical", "values": [0.1, 1.5]}, "e.values[1]"),
        ({"distribution": "empirical", "values": [0.1], "weights": [0]}, "e.weights"),
        ({"distribution": "empirical", "values": [0.1], "weights": [1, 1]}, "e.weights"),
    ],
)
def test_a_bad_distribution_is_refused_with_its_place(effect: Any, where: str) -> None:
    with pytest.raises(InputError) as refused:
        kept(effect, "e")
    assert refused.value.where == where


def test_money_is_counted_year_by_year() -> None:
    file = deepcopy(FILE) | {"budgets": {"2028": 15, "2027": 40}}
    del file["budget"]
    file["candidates"][0]["cost"] = {"one_off": 30, "yearly": 5, "by_year": {"2028": 3}}
    problem = read(file)
    assert [(limit.name, limit.most) for limit in problem.limits] == [("budget 2028", 15), ("budget 2027", 40)]
    assert problem.by_id["A"].cost_by_year == {"2027": 35, "2028": 8}
    assert problem.by_id["A"].cost == 43
    assert (problem.horizon, problem.budget) == (2, 55)


def test_people_are_needed_in_each_year() -> None:
    file = deepcopy(FILE) | {"people": {"2027": 10, "2028": 4}}
    file["candidates"][0]["people"] = 5
    file["candidates"][1]["people"] = {"2027": 6}
    problem = read(file)
    assert [limit.used(["A", "B"]) for limit in problem.limits if not limit.money] == [11, 5]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"must_have": ["A"], "forbidden": ["A"]}, "“A” is required but forbidden"),
        ({"must_have": ["B"], "forbidden": ["A"]}, "“A” is required but forbidden"),
        ({"must_have": ["B"], "groups": [["A", "B"]]}, "“A” and “B” exclude each other"),
        ({"must_have": ["B"], "budget": 25}, "budget: 30 are needed, 25 are there"),
    ],
)
def test_why_no_set_is_allowed(change: dict[str, Any], word: str) -> None:
    choice = choose(read(FILE | change))
    assert (choice.status, choice.chosen, choice.gap) == ("infeasible", (), None)
    assert any(word in each for each in choice.conflicts)
    assert choice.loss_after == choice.loss_before == 1500
    json.dumps(choice.as_dict(), allow_nan=False)

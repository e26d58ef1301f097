"""Scales, limits, authority, bindings, inputs, stages, words and curves of the register: plain values only."""

from __future__ import annotations

import copy
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.govern.compliance import rules as compliance
from remit.identify.risks import bindings, curves, form, rules, scales, stages, widgets, wording
from remit.identify.risks.inputs import changed, inputs, put

TREE = {
    "id": "A",
    "frequency": {
        "threat_event_frequency": {
            "distribution": "poisson",
            "mean": {"distribution": "pert", "low": 2, "mode": 4, "high": 9},
        },
        "vulnerability": 0.06,
    },
    "forms": {
        "productivity": {"distribution": "lognormal", "p05": 6e4, "p95": 2.6e5, "kind": "primary", "per_day": True},
        "reputation": {"distribution": "lognormal", "p05": 5e4, "p95": 1.5e6, "kind": "secondary"},
    },
    "secondary": {"probability": 0.3},
    "duration": {"distribution": "lognormal", "p05": 2, "p95": 14},
    "controls": [{"id": "CTL-1", "effect": {"vulnerability": 0.55}, "reliability": 0.9}],
    "insurance": {"retention": 2.5e5, "limit": 4e6},
}


# Scales.


def test_the_usual_scale_is_five_by_five_and_rates_from_low_to_critical() -> None:
    scale = scales.read(scales.usual())
    assert (len(scale.likelihood), len(scale.impact)) == (5, 5)
    assert [r.name if (r := scale.rating(n, n)) else "" for n in (1, 3, 5)] == ["Low", "Medium", "Critical"]
    assert scale.rating(None, 3) is scale.rating(6, 1) is None
    assert scales.read(scale.as_json()) == scale


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"likelihood": []}, "likelihood"),
        ({"cells": [[0] * 5] * 4}, "cells"),
        ({"cells": [[0] * 5] * 4 + [[0, 0, 0, 0, 9]]}, "cells, row 5"),
        ({"ratings": [{"name": "Low", "tone": "pink"}] * 2}, "ratings, 1"),
        (
            {"impact": [{"name": "a", "low": 5, "high": 1}, {"name": "b", "low": 1, "high": None}]},
            "impact, level 1, up to",
        ),
        (
            {"impact": [{"name": "a", "low": 0, "high": 1}, {"name": "b", "low": 2, "high": None}]},
            "impact, level 2, from",
        ),
        ({"impact": [{"name": "", "low": 0, "high": 1}, {"name": "b", "low": 1, "high": None}]}, "impact, level 1"),
        ({"impact": [{"name": "a", "low": math.nan, "high": 1}, {"name": "b", "low": 1}]}, "impact, level 1, from"),
    ],
)
def test_a_scale_that_cannot_be_used_says_where_and_what_to_do(change: dict[str, object], where: str) -> None:
    with pytest.raises(scales.ScaleError) as refused:
        scales.read({**scales.usual(), **change})
    assert refused.value.where == where
    assert refused.value.remedy.endswith(".")


def test_numbers_are_placed_on_levels() -> None:
    levels = scales.read(scales.usual()).likelihood
    assert [scales.placed(v, levels) for v in (0.0, 0.02, 0.4999, 0.5, 1e9)] == [1, 2, 3, 4, 5]
    assert scales.placed(None, levels) is scales.placed(math.nan, levels) is None


@given(st.integers(2, 9), st.integers(2, 9), st.integers(2, 9))
def test_graded_cells_never_fall_and_reach_from_first_to_last(rows: int, columns: int, ratings: int) -> None:
    cells = scales.graded(rows, columns, ratings)
    assert all(a <= b for row in cells for a, b in pairwise(row))
    assert all(a <= b for low, high in pairwise(cells) for a, b in zip(low, high, strict=True))
    assert cells[0][0] == 0
    assert cells[-1][-1] == ratings - 1 or ratings > rows + columns - 1


# Limits and authority.


def limit(unit: int, category: int | None, appetite: float, measure: str = "mean") -> rules.Limit:
    return rules.Limit(unit, category, measure, appetite, 2 * appetite, "EUR")


def test_the_nearest_unit_wins_and_there_the_nearest_category() -> None:
    laid_down = [
        limit(1, None, 10),
        limit(1, 8, 20),
        limit(2, None, 30),
        limit(2, 7, 40),
        limit(3, 8, 99),
        limit(1, 8, 5, "es99"),
    ]
    held = rules.limits_for(laid_down, [2, 1], [8, 7], "EUR")
    assert {measure: found.appetite for measure, found in held.items()} == {"mean": 40, "es99": 5}
    assert rules.limits_for(laid_down, [1], [9], "EUR")["mean"].appetite == 10
    assert rules.limits_for(laid_down, [1], [8], "USD") == {}


def test_the_worst_of_several_measures_is_the_verdict() -> None:
    limits = {"mean": limit(1, None, 100), "es99": limit(1, None, 1000, "es99")}
    assert rules.verdict(limits, {"mean": 100, "es99": 1000}).state == "within"
    assert rules.verdict(limits, {"mean": 150, "es99": 10}).state == "over_appetite"
    found = rules.verdict(limits, {"mean": 150, "es99": 2001})
    assert (found.state, found.value) == ("over_tolerance", 2001)
    assert rules.verdict(limits, {"mean": None}).state == rules.verdict({}, {"mean": 5}).state == "unknown"


def test_who_may_not_accept_so_much_is_told_how_much() -> None:
    assert (
        rules.authority_refusal(50, "EUR", [100.0], True)
        == rules.authority_refusal(5e9, "EUR", [10.0, None], True)
        == ""
    )
    assert "up to 100 EUR" in rules.authority_refusal(101, "EUR", [100.0, 20.0], True)
    assert "Add an acceptance authority" in rules.authority_refusal(1, "EUR", [], False)
    assert "no authority" in rules.authority_refusal(1, "EUR", [], True)


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        (0, "0 EUR"),
        (12.345, "12.3 EUR"),
        (999, "999 EUR"),
        (25_400, "25.4 k EUR"),
        (999_999, "1 M EUR"),
        (1.24e6, "1.24 M EUR"),
        (3e9, "3 bn EUR"),
        (math.nan, "–"),
    ],
)
def test_money_is_said_in_three_digits(amount: float, says: str) -> None:
    assert rules.money(amount, "EUR") == says


def test_trends_and_indicators() -> None:
    assert rules.trend(None, 5) == ("", "")
    assert rules.trend(100, 100.5)[0] == "steady"
    assert rules.trend(100, 150) == ("▲ 50%", "act")
    assert rules.trend(100, 25) == ("▼ 75%", "good")
    assert rules.trend(10, 900)[0] == "▲ 90-fold"
    assert [rules.indicator_state(v, 5, 10, True) for v in (4.9, 5, 10)] == ["green", "amber", "red"]
    assert [rules.indicator_state(v, 90, 80, False) for v in (95, 90, 80)] == ["green", "amber", "red"]
    assert rules.indicator_state(None, 1, 2, True) == rules.indicator_state(math.inf, 1, 2, True) == "unknown"
    assert rules.return_on_treatment(100, 40, 30, 10) == pytest.approx((180 - 60) / 60)
    assert rules.return_on_treatment(100, 40, 0, 0) is None


# Bindings and the reliability of controls.


def test_a_line_is_straight_between_its_points_and_level_beyond() -> None:
    line = bindings.read("linear", "200: 0.4, 0: 0.05")
    assert [line(fact) for fact in (-5, 0, 100, 200, 9e9)] == pytest.approx([0.05, 0.05, 0.225, 0.4, 0.4])
    assert bindings.read("share", "")(35) == 0.35
    assert bindings.read("share", "")(140) == 1.0


def test_counted_events_move_a_rate_and_tests_a_probability() -> None:
    assert bindings.read("rate", "events: 2, years: 4")(3, 1) == pytest.approx(5 / 5)
    prior = bindings.Gamma(2, 4)
    assert prior.mean == 0.5
    assert prior.updated(3, 1).as_distribution() == {"distribution": "gamma", "shape": 5, "scale": 1 / 5}
    assert bindings.read("probability", "")(9, 1) == pytest.approx(10 / 12)
    assert bindings.Beta(1, 1).updated(9, 1).as_distribution() == {"distribution": "beta", "alpha": 10, "beta": 2}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("linear", "0: 1"),
        ("linear", "a: 1, 2: 3"),
        ("linear", "1: 1, 1: 2"),
        ("linear", "0 0.5"),
        ("rate", ""),
        ("rate", "events: 0, years: 1"),
        ("probability", "yes: 0, no: 1"),
        ("nonsense", ""),
        ("linear", "0: nan, 1: 2"),
    ],
)
def test_what_is_no_transform_says_what_to_write(kind: str, text: str) -> None:
    with pytest.raises(bindings.BindingError, match=r"\.$"):
        bindings.read(kind, text)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_line_between_rising_points_never_falls(one: float, other: float) -> None:
    line = bindings.read("linear", "0: 0.05, 20: 0.1, 200: 0.4")
    assert line(min(one, other)) <= line(max(one, other))


def test_reliability_is_learnt_from_tests() -> None:
    assert compliance.reliability([]).mean == 0.5
    found = compliance.reliability(
        [compliance.Test("pass", 40, 3), compliance.Test("fail"), compliance.Test("partial")]
    )
    assert (found.worked, found.failed, found.tests) == (1 + 37 + 0.5, 1 + 3 + 1 + 0.5, 3)
    assert found.as_distribution() == {"distribution": "beta", "alpha": 38.5, "beta": 5.5}


# Scenarios: inputs, stages, words, the form.


def test_every_input_has_a_path_and_can_be_changed_there() -> None:
    found = inputs(TREE)
    assert list(found) == [
        "frequency.threat_event_frequency.mean",
        "frequency.vulnerability",
        "secondary.probability",
        "forms.productivity",
        "forms.reputation",
        "duration",
        "controls.CTL-1.effect.vulnerability",
        "controls.CTL-1.coverage",
        "controls.CTL-1.reliability",
        "insurance.retention",
        "insurance.limit",
    ]
    before = copy.deepcopy(TREE)
    other = put(TREE, found["controls.CTL-1.reliability"].keys, 0.5)
    assert before == TREE
    assert changed(TREE, other) == ["controls.CTL-1.reliability"]


def test_inherent_is_without_controls_and_target_with_treatments() -> None:
    bare = stages.inherent(TREE)
    assert "controls" not in bare
    assert "insurance" not in bare
    after = stages.treated(
        TREE,
        [
            stages.Measure("TRT-1", {"magnitude": 0.2, "duration": 0.0}, 1e5, 9e6),
            stages.Measure("CTL-1", {"frequency": 1}),
        ],
    )
    assert [c["id"] for c in after["controls"]] == ["CTL-1", "TRT-1"]
    assert after["controls"][1]["effect"] == {"magnitude": 0.2}
    assert after["insurance"] == {"retention": 1e5, "limit": 9e6}


def test_what_moved_the_mean_adds_up() -> None:
    def mean(scenario: dict[str, object]) -> float:
        found = inputs(scenario)
        return 100 * found["frequency.mean"].value * found["magnitude"].value * found["secondary.probability"].value

    def simple(rate: float, each: float, chance: float) -> dict[str, object]:
        return {
            "frequency": {"distribution": "poisson", "mean": rate},
            "magnitude": each,
            "secondary": {"probability": chance},
        }

    moved = stages.drivers(simple(1, 2, 0.5), simple(3, 4, 0.5), mean)
    assert [d.path for d in moved] == ["magnitude", "frequency.mean"]
    assert math.fsum(d.money for d in moved) == pytest.approx(600 - 100)
    other = {"frequency": {"distribution": "bernoulli", "probability": 0.5}, "magnitude": 3}
    assert stages.drivers(simple(1, 2, 0.5), simple(1, 2, 0.5), mean) == []
    jump = stages.drivers(simple(1, 2, 0.5), other, lambda s: 7.0 if s == other else mean(s))
    assert [(d.path, d.money) for d in jump] == [("", -93.0)]


def test_a_scenario_is_said_in_words() -> None:
    said = " ".join(wording.sentences(TREE, "EUR"))
    for piece in (
        "2 to 9, most likely 4 attempts a year; 6 % of them succeed",
        "Productivity (primary): 60 k to 260 k EUR a day",
        "An event lasts 2 to 14 days",
        "CTL-1 defeats 55 % of attempts (works 90 % of the time)",
        "Insurance pays beyond 250 k EUR up to 4 M EUR",
    ):
        assert piece in said
    assert list(wording.sentences({}, "EUR")) == []


SCENARIOS = [
    TREE,
    {
        "frequency": {"distribution": "negative_binomial", "mean": 2.2, "dispersion": 1.5},
        "magnitude": {"distribution": "lognormal", "p10": 1e3, "p90": 1e5},
    },
    {
        "frequency": {"distribution": "bernoulli", "probability": {"distribution": "beta", "p05": 0.1, "p95": 0.4}},
        "magnitude": {"distribution": "empirical", "values": [1, 2]},
    },
    {
        "frequency": {"distribution": "normal", "mean": 4, "sd": 1, "rounded": True},
        "magnitude": {"distribution": "exponential", "mean": 5e4},
    },
    {
        "frequency": {
            "threat_event_frequency": {"contact_frequency": 100, "probability_of_action": 0.02},
            "vulnerability": {
                "threat_capability": {"distribution": "pert", "low": 0, "mode": 50, "high": 100},
                "resistance_strength": {"distribution": "pert", "low": 20, "mode": 60, "high": 90},
            },
        },
        "magnitude": {"distribution": "gamma", "shape": 2, "scale": 1000},
        "secondary": {"probability": 0.1, "magnitude": {"distribution": "uniform", "low": 1, "high": 2}},
    },
    {
        "frequency": {
            "threat_event_frequency": {"distribution": "bernoulli", "probability": 0.5},
            "vulnerability": 0.5,
        },
        "magnitude": {"distribution": "lognormal", "p05": 1, "p95": 9, "truncate": {"high": 20}},
    },
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_form_gives_a_scenario_back_as_it_was(scenario: dict[str, object]) -> None:
    assert form.scenario(form.fields(scenario)) == {key: value for key, value in scenario.items() if key != "id"}


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("250 k", 250_000),
        ("1.5 M", 1_500_000),
        ("35 %", 0.35),
        ("1,000,000", 1_000_000),
        ("1e3", 1000),
        ("much", "much"),
        (" ", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, means: object) -> None:
    assert form.value({"magnitude.kind": "number", "magnitude.value": text}, "magnitude") == means


def test_an_error_finds_its_field() -> None:
    often = widgets.frequency_widgets(form.fields(TREE))
    placed, beside = widgets.placed(often, "frequency.vulnerability", "Too much.")
    assert beside
    assert [w.error for w in placed] == ["", "Too much."]
    assert not widgets.placed(often, "insurance.limit", "x")[1]


def test_an_empty_row_waits_behind_the_controls() -> None:
    rows = widgets.control_rows({"controls[0].id": "", "controls[1].id": "CTL-2", "controls[1].reliability": "0.5"})
    assert [(row.number, row.id) for row in rows] == [(0, "CTL-2"), (1, "")]
    assert rows[0].blanks[-1].value == "0.5"


# Curves.


def test_a_curve_stays_within_its_drawing() -> None:
    points = [(0.0, 0.3), (1e4, 0.2), (1e6, 0.01), (1e8, 1e-5)]
    drawn = curves.curve([("Now", "", points)], [("tolerance", 5e5, "act")], "EUR")
    assert drawn is not None
    numbers = [float(n) for line in drawn.lines for n in line.path.replace("M", "").replace("L", " ").split()]
    assert all(0 <= x <= drawn.width for x in numbers[::2])
    assert all(0 <= y <= drawn.height for y in numbers[1::2])
    assert drawn.upward[-1].text == "40 %"
    assert "Now: a year costs more than 1 M EUR with 1.0% probability" in drawn.description
    assert len(drawn.across) <= 8
    assert curves.curve([("Now", "", [(0.0, 0.0)])]) is None

"""The set chosen is the best there is, and the gap is true."""

from __future__ import annotations

import pytest

from remit.govern.budget.choice import InputError, choose, read
from remit.govern.budget.choice.bundles import allowed

from .problems import every_allowed_set, large, small


@pytest.mark.parametrize("seeds", [range(start, start + 20) for start in range(0, 200, 20)], ids=str)
def test_it_equals_going_through_every_set(seeds: range) -> None:
    for seed in seeds:
        problem = read(small(seed))
        losses = every_allowed_set(problem)
        choice = choose(problem)
        if not losses:
            assert (choice.status, choice.gap) == ("infeasible", None), seed
            assert choice.conflicts
            continue
        assert choice.status == "optimal", seed
        assert choice.loss_after == pytest.approx(min(losses.values()), rel=1e-9, abs=1e-6), seed
        assert allowed(problem, frozenset(choice.chosen)), seed
        assert choice.cost == pytest.approx(problem.cost(choice.chosen))


def test_some_of_those_have_no_allowed_set() -> None:
    found = [
        choose(read(small(seed) | {"must_have": ["C0", "C1", "C2", "C3", "C4", "C5"]})).status for seed in range(20)
    ]
    assert "infeasible" in found


@pytest.mark.parametrize("seed", range(6))
def test_what_is_said_to_be_no_worse_than_a_gap_is_not(seed: int) -> None:
    problem = read(small(seed, candidates=12))
    best = min(every_allowed_set(problem).values())
    for gap in (0.3, 0.05, 0.005):
        choice = choose(problem, gap=gap)
        assert choice.gap is not None
        assert choice.gap <= gap
        assert choice.lower <= best * (1 + 1e-9)
        assert choice.gap == pytest.approx((choice.loss_after - choice.lower) / choice.loss_after)


def test_scenarios_with_more_candidates_than_a_table_holds_are_exact_too() -> None:
    for seed in range(4):
        file = small(seed, candidates=14)
        del file["scenarios"][3:]
        for row in file["candidates"]:
            row["effects"] = {f"S{s}": next(iter(row["effects"].values())) for s in range(3)}
        problem = read(file)
        losses = every_allowed_set(problem)
        if losses:
            assert choose(problem).loss_after == pytest.approx(min(losses.values()), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("share", "most"), [(0.25, 0.6), (0.25, 0.95)])
def test_two_hundred_among_five_hundred_scenarios(share: float, most: float) -> None:
    choice = choose(read(large(1, share=share, most=most)), seconds=60)
    assert choice.gap is not None
    assert choice.gap <= 0.005


def test_what_is_too_large_to_prove_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remit.govern.budget.choice.arrays.MOST_CELLS", 100)
    problem = read(small(1))
    with pytest.raises(InputError, match="too many to prove"):
        choose(problem)
    assert choose(problem, quick=True).status == "greedy"


def test_the_same_problem_gives_the_same_set() -> None:
    file = large(2, candidates=60, scenarios=100)
    assert choose(read(file)) == choose(read(file))


def test_when_time_is_over_the_gap_is_told() -> None:
    choice = choose(read(large(3)), gap=0, seconds=0)
    assert choice.status == "time-limit"
    assert choice.gap is not None
    assert 0 < choice.gap <= 1
    assert choice.chosen


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_finalists_are_the_best_sets(seed: int) -> None:
    problem = read(small(seed))
    choice = choose(problem, finalists=4)
    means = [finalist.mean for finalist in choice.finalists]
    assert means == sorted(means)
    assert len({finalist.chosen for finalist in choice.finalists}) == 4
    assert choice.finalists[0].chosen == choice.chosen
    losses = sorted({round(loss, 4) for loss in every_allowed_set(problem).values()})
    assert means[1] <= losses[5]


@pytest.mark.parametrize(
    ("change", "chosen"),
    [
        ({"budget": 0}, []),
        ({"scenarios": [{"id": "S", "annual_loss": 0}]}, []),
        ({"candidates": []}, []),
        ({"budget": 10}, ["A"]),
        ({"budget": 10, "must_have": ["B"]}, ["B"]),
        ({"budget": 30, "forbidden": ["A"]}, ["B"]),
    ],
)
def test_edges(change: dict[str, object], chosen: list[str]) -> None:
    file = {
        "budget": 20,
        "scenarios": [{"id": "S", "annual_loss": 100}],
        "candidates": [{"id": "A", "cost": 10, "effects": {"S": 1}}, {"id": "B", "cost": 10, "effects": {"S": 0.5}}],
    }
    choice = choose(read(file | change))
    assert (list(choice.chosen), choice.gap, choice.status) == (chosen, 0.0, "optimal")


def test_nothing_is_chosen_for_nothing() -> None:
    """Where the loss has ended, more money buys no more."""
    file = {
        "budget": 100,
        "scenarios": [{"id": "S", "annual_loss": 100}],
        "candidates": [
            {"id": name, "cost": cost, "effects": {"S": 1}} for name, cost in (("A", 10), ("B", 50), ("C", 5))
        ],
    }
    assert len(choose(read(file)).chosen) == 1


def test_a_tenth_and_two_tenths_fit_into_three() -> None:
    file = {
        "budget": 0.3,
        "scenarios": [{"id": "S", "annual_loss": 100}],
        "candidates": [{"id": name, "cost": cost, "effects": {"S": 0.5}} for name, cost in (("A", 0.1), ("B", 0.2))],
    }
    assert choose(read(file)).chosen == ("A", "B")

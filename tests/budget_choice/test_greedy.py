"""The quick set: allowed, good, and there at once."""

from __future__ import annotations

import time

import pytest

from remit.govern.budget.choice import choose, read
from remit.govern.budget.choice.bundles import allowed, certain, possible
from remit.govern.budget.choice.greedy import bound, greedy

from .problems import every_allowed_set, large, small


@pytest.mark.parametrize("seed", range(30))
def test_it_is_allowed_and_its_bound_is_true(seed: int) -> None:
    problem = read(small(seed, candidates=9))
    losses = every_allowed_set(problem)
    if losses:
        chosen = greedy(problem)
        assert chosen in losses
        assert certain(problem) <= chosen
        assert bound(problem, chosen) <= min(losses.values()) * (1 + 1e-9)


def test_it_takes_a_bundle_that_is_worth_it() -> None:
    file = {
        "budget": 30,
        "scenarios": [{"id": "S", "annual_loss": 100}],
        "candidates": [
            {"id": "base", "cost": 10, "effects": {}},
            {"id": "top", "cost": 10, "effects": {"S": 0.9}, "requires": ["base"]},
            {"id": "single", "cost": 15, "effects": {"S": 0.5}},
        ],
    }
    assert greedy(read(file)) == {"base", "top"}


def test_candidates_that_require_each_other_go_together() -> None:
    file = {
        "budget": 30,
        "scenarios": [{"id": "S", "annual_loss": 100}],
        "candidates": [
            {"id": "A", "cost": 10, "effects": {"S": 0.5}, "requires": ["B"]},
            {"id": "B", "cost": 10, "effects": {}, "requires": ["A"]},
            {"id": "C", "cost": 15, "effects": {"S": 0.1}, "requires": ["D"]},
            {"id": "D", "cost": 25, "effects": {}, "requires": ["C"]},
        ],
    }
    problem = read(file)
    assert greedy(problem) == {"A", "B"}
    assert possible(problem) == ["A", "B"]
    assert choose(problem).chosen == ("A", "B")


def test_two_hundred_candidates_take_milliseconds() -> None:
    problem = read(large(1))
    began = time.process_time()
    chosen = greedy(problem)
    assert time.process_time() - began < 0.2  # 6 to 20 ms on a machine that does nothing else
    assert allowed(problem, chosen)


def test_greedy_says_that_it_was_not_searched() -> None:
    choice = choose(read(large(1)), quick=True)
    assert choice.status == "greedy"
    assert choice.gap is not None
    assert choice.lower <= choose(read(large(1))).loss_after

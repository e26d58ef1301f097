"""What money buys, what a cut costs, and a plan beside the best set."""

from __future__ import annotations

import pytest

from remit.govern.budget.choice import InputError, change, choose, compare, frontier, read, sanity, sanity_of_set

from .problems import large, small


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6, 9])
def test_each_point_is_what_choosing_by_itself_gives(seed: int) -> None:
    problem = read(small(seed))
    shares = [problem.budget * share for share in (1.5, 0.05, 0.3, 0.6, 1.0)]
    points = list(frontier(problem, shares))
    assert [point.budget for point in points] == sorted(shares)
    for point in points:
        alone = choose(problem.with_budget(point.budget))
        assert point.choice.status == alone.status
        assert point.choice.loss_after == pytest.approx(alone.loss_after, rel=1e-9, abs=1e-6)


def test_more_money_never_leaves_more_loss_and_progress_is_told() -> None:
    problem = read(large(1, candidates=60, scenarios=120))
    told: list[float] = []
    budgets = [problem.budget * step / 4 for step in range(7)]
    points = list(frontier(problem, budgets, progress=lambda _, share: told.append(share)))
    losses = [point.choice.loss_after for point in points]
    assert losses == sorted(losses, reverse=True)
    assert told == pytest.approx([(step + 1) / 7 for step in range(7)])
    assert all(point.choice.gap <= 0.005 for point in points if point.choice.gap is not None)


def test_a_budget_too_small_for_the_must_haves_is_said() -> None:
    problem = read(small(1) | {"must_have": ["C1"]})
    points = list(frontier(problem, [0, problem.budget * 2]))
    assert [point.choice.status for point in points] == ["infeasible", "optimal"]


def test_what_more_buys_and_what_a_cut_costs() -> None:
    problem = read(
        {
            "budget": 20,
            "scenarios": [{"id": "S", "annual_loss": 100}],
            "candidates": [
                {"id": name, "cost": 10, "effects": {"S": effect}}
                for name, effect in (("A", 0.5), ("B", 0.4), ("C", 0.2))
            ],
        }
    )
    best = choose(problem)
    more, less = change(problem, best, 10), change(problem, best, -10)
    assert (more.added, more.dropped, more.cost_change) == (("C",), (), 10)
    assert more.loss_change == pytest.approx(-6)
    assert (less.added, less.dropped, less.cost_change) == ((), ("B",), -10)
    assert less.loss_change == pytest.approx(20)
    with pytest.raises(InputError):
        change(problem, best, -21)


def test_a_plan_beside_the_best_set() -> None:
    problem = read(small(2))
    best = choose(problem)
    plan = [candidate.id for candidate in problem.candidates]
    beside = compare(problem, plan, best)
    assert set(beside.extra) == set(plan) - set(best.chosen)
    assert beside.missing == ()
    assert any(word.startswith("budget") for word in beside.broken)
    assert beside.loss == pytest.approx(problem.loss(plan))
    same = compare(problem, best.chosen, best)
    assert (same.missing, same.extra, same.broken, same.loss_difference) == ((), (), (), 0.0)


def test_return_and_ceiling() -> None:
    problem = read(
        {
            "budget": 500,
            "horizon": 2,
            "scenarios": [{"id": "S", "annual_loss": 1000}],
            "candidates": [
                {"id": "A", "cost": {"one_off": 100, "yearly": 50}, "effects": {"S": 0.5}},
                {"id": "B", "cost": 0, "effects": {"S": 0.2}},
                {"id": "C", "cost": 900, "effects": {"S": 0.9}},
            ],
        }
    )
    alone, free, dear = sanity(problem, ["A", "B"])
    assert (alone.annual_cost, alone.removed_alone, alone.removed_beside) == pytest.approx((100, 500, 400))
    assert (alone.rosi_alone, alone.rosi_beside) == pytest.approx((4, 3))
    assert (free.rosi_alone, free.above_ceiling) == (None, False)
    assert dear.ceiling == pytest.approx(1000 / 2.718281828)
    assert dear.above_ceiling
    whole = sanity_of_set(problem, ["A", "B"])
    assert (whole.annual_cost, whole.rosi) == pytest.approx((100, 5))
    assert whole.ceiling == pytest.approx(1000 / 2.718281828)
    assert not whole.above_ceiling
    assert sanity_of_set(problem, ["C"]).above_ceiling
    assert sanity_of_set(problem, ["B"]).rosi is None

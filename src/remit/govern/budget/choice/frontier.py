"""What money buys: the best set for each of a row of budgets, what more would buy and what a cut costs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .bundles import conflicts, violations
from .choosing import GAP, SECONDS, SMALL, Choice, choose, concluded
from .errors import InputError
from .greedy import greedy
from .model import Problem


@dataclass(frozen=True)
class Point:
    """One budget and its best set."""

    budget: float
    choice: Choice

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {"budget": self.budget} | self.choice.as_dict()


@dataclass(frozen=True)
class Change:
    """From one set to another. Losses are a year; `loss_change` below 0 is loss removed."""

    added: tuple[str, ...]
    dropped: tuple[str, ...]
    cost_change: float
    loss_change: float
    after: Choice

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "added": list(self.added),
            "dropped": list(self.dropped),
            "cost_change": self.cost_change,
            "annual_loss_change": self.loss_change,
            "annual_loss_after": self.after.loss_after,
            "gap": self.after.gap,
            "status": self.after.status,
        }


@dataclass(frozen=True)
class Comparison:
    """A plan that people made, beside the best set.

    Attributes:
        missing: in the best set and not in the plan; `extra`: the other way round.
        cost, loss: the plan's.
        loss_difference: what the plan leaves a year beyond the best set; below 0 where the plan breaks a limit.
        broken: what the plan breaks, one sentence each.
    """

    missing: tuple[str, ...]
    extra: tuple[str, ...]
    cost: float
    loss: float
    loss_difference: float
    broken: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "missing": list(self.missing),
            "extra": list(self.extra),
            "cost": self.cost,
            "annual_loss_after": self.loss,
            "annual_loss_difference": self.loss_difference,
            "broken": list(self.broken),
        }


def frontier(
    problem: Problem,
    budgets: Sequence[float],
    *,
    gap: float | None = None,
    seconds: float = SECONDS,
    threads: int = 1,
    progress: Callable[[str, float], None] | None = None,
) -> Iterator[Point]:
    """The best set for each budget, from the smallest on, each as soon as it is found.

    One model serves all: bounds found for one budget hold for every other, and the best set of a smaller budget is
    where the next search begins.

    Args:
        budgets: amounts of money; where the problem has limits by year these change in proportion.
        gap: as in `choose`; `seconds`: for each budget.
        progress: called with ("budget", share done) after each.
    """
    row = sorted(set(budgets))
    if not row:
        return
    search = None
    start: frozenset[str] | None = None
    for index, budget in enumerate(row):
        limited = problem.with_budget(budget)
        if conflicts(limited):
            yield Point(budget, choose(limited))
        else:
            if search is None:
                search = _Row(problem.with_budget(row[-1]), threads)
            choice = search.at(limited, start, gap, seconds)
            start = frozenset(choice.chosen)
            yield Point(budget, choice)
        if progress:
            progress("budget", (index + 1) / len(row))


class _Row:
    """A search that goes on from budget to budget."""

    def __init__(self, largest: Problem, threads: int) -> None:
        from .arrays import arrays  # noqa: PLC0415 - see choosing
        from .exact import Search  # noqa: PLC0415

        self.arrays = arrays(largest)
        self.idle = not self.arrays.names or not len(self.arrays.losses)
        self.search = None if self.idle else Search(self.arrays, self.arrays.choice(greedy(largest)), threads)

    def at(self, problem: Problem, start: frozenset[str] | None, gap: float | None, seconds: float) -> Choice:
        from .arrays import limits  # noqa: PLC0415
        from .solver import Clock  # noqa: PLC0415

        if self.search is None:
            return choose(problem)
        most = limits(problem, self.arrays.names, self.arrays.base)[1]
        starts = [greedy(problem)] + ([greedy(problem, start)] if start is not None else [])
        best = min(starts, key=problem.loss)
        wanted = (0.0 if len(self.arrays.names) <= SMALL else GAP) if gap is None else gap
        self.search.limit(most, self.arrays.choice(best))
        self.search.run(wanted, Clock(seconds))
        return concluded(problem, self.search, wanted)


def change(problem: Problem, before: Choice, money: float, **how: Any) -> Change:
    """What a larger budget buys, or what a cut costs: the best set with so much more, or less, money.

    Args:
        before: the best set of the problem as it is.
        money: what the budget changes by; below 0 for a cut.
        how: as `choose` takes them.

    Raises:
        InputError: the cut is larger than the budget.
    """
    budget = problem.budget + money
    if budget < 0:
        raise InputError("budget", f"a cut of {-money:,.0f} leaves less than nothing.", "Name a smaller cut.")
    after = choose(problem.with_budget(budget), **how)
    old, new = set(before.chosen), set(after.chosen)
    if money > 0 and after.loss_after > before.loss_after:
        # Both are within the gap only; what fitted before still fits.
        after, new = replace(before, lower=after.lower, status=after.status), old
    return Change(
        problem.ordered(new - old),
        problem.ordered(old - new),
        after.cost - before.cost,
        after.loss_after - before.loss_after,
        after,
    )


def compare(problem: Problem, plan: Sequence[str], best: Choice) -> Comparison:
    """A plan made by hand, beside the best set."""
    by_hand, chosen = frozenset(plan), frozenset(best.chosen)
    broken = violations(problem, by_hand)
    broken += [f"“{name}” is a must-have and missing." for name in problem.ordered(problem.must - by_hand)]
    loss = problem.loss(by_hand)
    return Comparison(
        problem.ordered(chosen - by_hand),
        problem.ordered(by_hand - chosen),
        problem.cost(by_hand),
        loss,
        loss - best.loss_after,
        tuple(broken),
    )

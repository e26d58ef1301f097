"""The choice: what comes out, and the one function that makes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .bundles import conflicts, without_idle
from .greedy import bound, greedy
from .model import Problem

if TYPE_CHECKING:
    from .exact import Search

GAP = 0.005
"""The share of the annual loss within which the best set is proved, unless another is asked for."""
SMALL = 40
"""Up to so many candidates that can be decided freely the best set itself is proved."""
SECONDS = 60.0


@dataclass(frozen=True)
class Finalist:
    """One of the best sets, for somebody to simulate before quoting its tail. `mean`: annual loss that remains."""

    chosen: tuple[str, ...]
    cost: float
    mean: float


@dataclass(frozen=True)
class Choice:
    """A chosen set and how good it is.

    Attributes:
        chosen: ids in the order of the file.
        cost: what it takes of the whole budget.
        loss_before, loss_after: annual loss with nothing chosen, and with the set.
        lower: annual loss below which no allowed set gets.
        gap: (loss_after − lower) / loss_after, at most; None where no set is allowed.
        status: "optimal" (no better set exists), "within-gap" (none better by more than the gap asked for),
            "time-limit" (the time was over before), "greedy" (not searched) or "infeasible".
        conflicts: why no set is allowed.
    """

    chosen: tuple[str, ...]
    cost: float
    loss_before: float
    loss_after: float
    lower: float
    gap: float | None
    status: str
    used: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    finalists: tuple[Finalist, ...] = ()
    conflicts: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it (docs/schemas/budget-choose.schema.json)."""
        return {
            "chosen": list(self.chosen),
            "cost": self.cost,
            "annual_loss_before": self.loss_before,
            "annual_loss_after": self.loss_after,
            "lower_bound": self.lower,
            "gap": self.gap,
            "status": self.status,
            "used": self.used,
            "scenarios": self.losses,
            "finalists": [{"chosen": list(f.chosen), "cost": f.cost, "mean": f.mean} for f in self.finalists],
            "conflicts": list(self.conflicts),
        }


def choose(
    problem: Problem,
    *,
    gap: float | None = None,
    seconds: float = SECONDS,
    finalists: int = 1,
    threads: int = 1,
    quick: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> Choice:
    """The set of candidates that leaves the least annual loss within all limits, with a proof of how near it is.

    The same problem gives the same set each time, unless time ran out.

    Args:
        gap: share of the annual loss within which to prove; when left out 0 for at most 40 free candidates, else 0.005.
        seconds: stop after so many with the gap there is.
        finalists: so many of the best sets found are given.
        quick: only the greedy set, within milliseconds.
        progress: called with ("gap", gap) while it goes on.
    """
    if words := conflicts(problem):
        before = problem.loss_before
        return Choice((), 0.0, before, before, 0.0, None, "infeasible", conflicts=tuple(words))
    start = greedy(problem)
    if quick:
        return described(problem, start, bound(problem, start), "greedy")
    from .arrays import arrays  # noqa: PLC0415 - NumPy and HiGHS are imported only where a search is asked for
    from .exact import Search  # noqa: PLC0415
    from .solver import Clock  # noqa: PLC0415

    laid_out, clock = arrays(problem), Clock(seconds)
    if not laid_out.names or not len(laid_out.losses):
        return described(problem, start, problem.loss(start), "optimal")
    wanted = (0.0 if len(laid_out.names) <= SMALL else GAP) if gap is None else gap
    search = Search(laid_out, laid_out.choice(start), threads, progress)
    search.run(wanted, clock)
    return concluded(problem, search, wanted, finalists, clock.left)


def concluded(problem: Problem, search: "Search", gap: float, finalists: int = 1, seconds: float = 0.0) -> Choice:
    """What a search found."""
    from .exact import PROVED  # noqa: PLC0415
    from .solver import Clock  # noqa: PLC0415

    best = without_idle(problem, search.arrays.set_of(search.best))
    proved = search.complete or search.gap <= PROVED
    status = "optimal" if proved else "within-gap" if search.gap <= gap else "time-limit"
    lower = problem.loss(best) if proved else search.lower
    sets = [best]
    if finalists > 1:
        for x in search.others(2 * finalists, gap, Clock(seconds)):
            other = without_idle(problem, search.arrays.set_of(x))
            if other not in sets:
                sets.append(other)
    return described(problem, best, lower, status, sets[:finalists])


def described(
    problem: Problem, chosen: frozenset[str], lower: float, status: str, finalists: list[frozenset[str]] | None = None
) -> Choice:
    """A set with its numbers."""
    losses = problem.losses(chosen)
    after = problem.loss(chosen)
    rows = [Finalist(problem.ordered(each), problem.cost(each), problem.loss(each)) for each in finalists or [chosen]]
    return Choice(
        problem.ordered(chosen),
        problem.cost(chosen),
        problem.loss_before,
        after,
        lower,
        max(0.0, after - lower) / after if after > 0 else 0.0,
        status,
        {limit.name: limit.used(chosen) for limit in problem.limits},
        losses,
        tuple(rows),
    )

"""A problem as arrays: what the exact search computes with. What is settled beforehand is not in them."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .bundles import certain, possible
from .errors import InputError
from .model import SLACK, Problem

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Arrays:
    """n free candidates, m scenarios that they touch, k limits that can bind.

    Attributes:
        names: the free candidates, (n).
        base: candidates in every set.
        losses: annual loss of each scenario with `base`, (m).
        untouched: annual loss with `base` that no free candidate changes.
        touching: for each scenario the indices of the candidates that touch it, strongest first.
        kept: the shares that they let remain, in the same order.
        dense: the same as a matrix (m, n) of ones elsewhere.
        use: what each candidate takes of each limit, (k, n); `most`: what is left of each beside `base`, (k).
        requires: (candidate, what it requires) as indices.
        conflicts: matrix (n, n) of what cannot be chosen together.
    """

    names: tuple[str, ...]
    base: frozenset[str]
    losses: Floats
    untouched: float
    touching: list[Indices]
    kept: list[Floats]
    dense: Floats
    use: Floats
    most: Floats
    requires: list[tuple[int, int]]
    conflicts: NDArray[np.bool_]

    def set_of(self, x: NDArray[np.bool_]) -> frozenset[str]:
        """The candidates' ids of a choice (n), with those in every set."""
        return self.base | {self.names[index] for index in np.flatnonzero(x)}

    def choice(self, chosen: Collection[str]) -> NDArray[np.bool_]:
        """A set of ids as (n)."""
        return np.array([name in chosen for name in self.names], dtype=np.bool_)

    def scenario_losses(self, x: NDArray[np.bool_]) -> Floats:
        """Annual loss of each touched scenario, (m)."""
        losses: Floats = self.losses * self.dense[:, x].prod(axis=1)
        return losses

    def loss(self, x: NDArray[np.bool_]) -> float:
        """Annual loss altogether."""
        return float(self.scenario_losses(x).sum()) + self.untouched

    def limited(self, most: Floats) -> "Arrays":
        """The same with other limits, (k), that allow no candidate that these do not."""
        return replace(self, most=most)

    def allowed(self, x: NDArray[np.bool_]) -> bool:
        """Whether a choice keeps every limit, dependency and exclusion."""
        return bool(
            (self.use[:, x].sum(axis=1) <= self.most).all()
            and not self.conflicts[np.ix_(x, x)].any()
            and all(x[needed] or not x[needing] for needing, needed in self.requires)
        )


MOST_CELLS = 50_000_000
"""At most so many free candidates × scenarios are searched: 400 MB."""


def arrays(problem: Problem) -> Arrays:
    """Lay a problem out; it must have an allowed set.

    Raises:
        InputError: it is too large to be searched.
    """
    base = certain(problem)
    names = tuple(possible(problem))
    if len(names) * max(len(names), len(problem.scenarios)) > MOST_CELLS:
        raise InputError(
            "candidates",
            f"{len(names):,} candidates × {len(problem.scenarios):,} scenarios are too many to prove a best set.",
            "Leave out what is small, or take the greedy set.",
        )
    place = {name: index for index, name in enumerate(names)}
    left = problem.losses(base)
    touched: dict[str, list[tuple[float, int]]] = {}
    for name in names:
        for scenario, share in problem.by_id[name].kept.items():
            if left[scenario] > 0:
                touched.setdefault(scenario, []).append((share, place[name]))
    rows = {scenario: sorted(pairs) for scenario, pairs in touched.items()}
    dense = np.ones((len(rows), len(names)))
    touching = [np.array([index for _, index in pairs], dtype=np.intp) for pairs in rows.values()]
    kept = [np.array([share for share, _ in pairs]) for pairs in rows.values()]
    for row, (indices, shares) in enumerate(zip(touching, kept, strict=True)):
        dense[row, indices] = shares
    use, most = limits(problem, names, base)
    return Arrays(
        names,
        base,
        np.array([left[scenario] for scenario in rows]),
        math.fsum(loss for scenario, loss in left.items() if scenario not in rows),
        touching,
        kept,
        dense,
        use,
        most,
        [(place[n], place[other]) for n in names for other in problem.by_id[n].requires if other in place],
        _conflicts(problem, place),
    )


def limits(problem: Problem, names: Iterable[str], base: frozenset[str]) -> tuple[Floats, Floats]:
    """What candidates take of each limit, (k, n), and what is left of it beside those in every set, (k)."""
    use = np.array([[limit.use.get(name, 0.0) for name in names] for limit in problem.limits])
    most = np.array([limit.most + SLACK * max(1.0, limit.most) - limit.used(base) for limit in problem.limits])
    return use.reshape(len(most), -1), most


def _conflicts(problem: Problem, place: dict[str, int]) -> NDArray[np.bool_]:
    matrix = np.zeros((len(place), len(place)), dtype=np.bool_)
    for name, index in place.items():
        matrix[index, [place[other] for other in problem.conflicts[name] if other in place]] = True
    return matrix

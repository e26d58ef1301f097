"""The instant answer: always take next what removes most loss per money, with whatever it requires."""

import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .bundles import certain, closure, possible, without_idle
from .model import SLACK, Problem


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one candidate would add now. `removed`: loss a year; `cost`: money that is not spent yet."""

    bundle: frozenset[str]
    removed: float
    cost: float

    @property
    def rank(self) -> tuple[float, float]:
        """Smaller is better; what costs nothing comes first."""
        return (-self.removed / self.cost, 0.0) if self.cost > 0 else (float("-inf"), -self.removed)


class Growing:
    """A set that grows by bundles while all limits are kept."""

    def __init__(self, problem: Problem, start: Iterable[str]) -> None:
        self.problem = problem
        self.chosen = set(start)
        self.left = problem.losses(self.chosen)
        self.used = [limit.used(self.chosen) for limit in problem.limits]
        self.most = [limit.most + SLACK * max(1.0, limit.most) for limit in problem.limits]
        self.blocked = {other for name in self.chosen for other in problem.conflicts[name]} | problem.forbidden

    def offer(self, name: str) -> _Offer | None:
        """What a candidate with its bundle would add; None where it cannot be added now."""
        by_id = self.problem.by_id
        requires = by_id[name].requires
        bundle = closure(self.problem, (name,)) - self.chosen if requires else frozenset((name,))
        if not bundle or not self._fits(bundle):
            return None
        kept: dict[str, float] = {}
        for member in bundle:
            for scenario, share in by_id[member].kept.items():
                kept[scenario] = kept.get(scenario, 1.0) * share
        removed = sum(self.left[scenario] * (1 - share) for scenario, share in kept.items())
        return _Offer(bundle, removed, sum(by_id[member].cost for member in bundle))

    def _fits(self, bundle: frozenset[str]) -> bool:
        if not bundle.isdisjoint(self.blocked):
            return False
        if len(bundle) > 1 and any(self.problem.conflicts[member] & bundle for member in bundle):
            return False
        for limit, used, most in zip(self.problem.limits, self.used, self.most, strict=True):
            if used + sum(limit.use.get(member, 0.0) for member in bundle) > most:
                return False
        return True

    def add(self, bundle: Iterable[str]) -> None:
        """Take a bundle that fits."""
        for name in bundle:
            self.chosen.add(name)
            self.blocked |= self.problem.conflicts[name]
            for scenario, share in self.problem.by_id[name].kept.items():
                self.left[scenario] *= share
            for index, limit in enumerate(self.problem.limits):
                self.used[index] += limit.use.get(name, 0.0)


def greedy(problem: Problem, start: Collection[str] | None = None) -> frozenset[str]:
    """A good set within milliseconds.

    What a candidate removes only falls while the set grows, so that a candidate is weighed again only when it comes
    to the top (Minoux, 1978). A bundle that shares something with what was taken has become cheaper, and is weighed
    again at once.

    Args:
        start: an allowed set to go on from; what every set contains, when left out.

    Returns:
        An allowed set, if one exists at all.
    """
    growing = Growing(problem, certain(problem) if start is None else start)
    names = [name for name in possible(problem) if name not in growing.chosen]
    bundles = {name: closure(problem, (name,)) for name in names if problem.by_id[name].requires}
    order = {name: index for index, name in enumerate(names)}
    heap = [(offer.rank, order[name], name) for name in names if (offer := growing.offer(name)) and offer.removed > 0]
    heapq.heapify(heap)
    while heap:
        rank, place, name = heapq.heappop(heap)
        offer = growing.offer(name)
        if offer is None or offer.removed <= 0:
            continue
        if offer.rank > rank and heap and (offer.rank, place, name) > heap[0]:
            heapq.heappush(heap, (offer.rank, place, name))
            continue
        growing.add(offer.bundle)
        for other, bundle in bundles.items():
            if other not in growing.chosen and bundle & offer.bundle and (cheaper := growing.offer(other)):
                heapq.heappush(heap, (cheaper.rank, order[other], other))
    return without_idle(problem, growing.chosen)


def bound(problem: Problem, chosen: Collection[str]) -> float:
    """Annual loss below which no allowed set gets, told from a set alone.

    What another set removes beyond this one is at most the sum of what its members would each remove beyond this one
    (what they remove together is submodular), and these must be paid for: a fractional knapsack of the scarcest kind,
    the least over all limits (Leskovec et al., 2007, section 3.2).
    """
    left = problem.losses(chosen)
    beyond = {
        name: sum(left[scenario] * (1 - share) for scenario, share in problem.by_id[name].kept.items())
        for name in possible(problem)
        if name not in chosen
    }
    base = certain(problem)
    most = sum(beyond.values())
    for limit in problem.limits:
        money = limit.most - limit.used(base)
        most = min(most, _fractional([(gain, limit.use.get(name, 0.0)) for name, gain in beyond.items()], money))
    return max(0.0, sum(left.values()) - most)


def _fractional(items: list[tuple[float, float]], money: float) -> float:
    """The most that fits where items may be taken in parts: items are (gain, cost)."""
    gained = 0.0
    for gain, cost in sorted(items, key=lambda item: item[1] / item[0] if item[0] > 0 else float("inf")):
        if cost > money:
            return gained + gain * max(0.0, money) / cost
        gained += gain
        money -= cost
    return gained

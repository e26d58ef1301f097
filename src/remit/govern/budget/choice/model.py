"""What is chosen among: scenarios that cost money each year, candidates that make them cost less, and limits."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

SLACK = 1e-9
"""A limit is kept where it is exceeded by no more than this share of it: 0.1 + 0.2 fits into 0.3."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that costs money. `annual_loss`: expected loss a year, in the problem's currency."""

    id: str
    annual_loss: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """An investment that may be made.

    Attributes:
        cost: what it takes of the whole budget: one-off, yearly over the horizon and dated costs together.
        cost_by_year: the same year by year, where years are named.
        people: what it takes of people in each year, in the unit of the limit (person-days or full-time equivalents).
        kept: share of a scenario's annual loss that remains with it, 0 to 1; scenarios it does not touch are absent.
        requires, excludes: other candidates, all of which it needs, none of which it suffers.
    """

    id: str
    cost: float
    cost_by_year: Mapping[str, float] = field(default_factory=dict)
    people: Mapping[str, float] = field(default_factory=dict)
    kept: Mapping[str, float] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of something; `use` tells how much of it each candidate takes, absent ones take nothing."""

    name: str
    most: float
    use: Mapping[str, float]
    money: bool = True

    def used(self, chosen: Collection[str]) -> float:
        """How much of it a set of candidates takes."""
        return math.fsum(self.use[name] for name in chosen if name in self.use)

    def kept_by(self, chosen: Collection[str]) -> bool:
        """Whether a set of candidates stays within it."""
        return self.used(chosen) <= self.most + SLACK * max(1.0, self.most)


@dataclass(frozen=True)
class Problem:
    """What to choose from, and within what.

    Attributes:
        limits: on money and people; the first ones are those of money.
        groups: sets of candidates of which at most one may be chosen, such as the levels of one investment.
        must, forbidden: candidates that are in every set, or in none.
        horizon: number of years over which a candidate's yearly cost is counted.
        plan: the set that people made by hand, if they did.
    """

    scenarios: tuple[Scenario, ...]
    candidates: tuple[Candidate, ...]
    limits: tuple[Limit, ...]
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    must: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    horizon: int = 1
    currency: str = ""
    plan: tuple[str, ...] | None = None

    @cached_property
    def by_id(self) -> dict[str, Candidate]:
        """Candidates under their ids."""
        return {candidate.id: candidate for candidate in self.candidates}

    @cached_property
    def conflicts(self) -> dict[str, frozenset[str]]:
        """For each candidate those that cannot be chosen beside it: excluded either way, or of one group."""
        against: dict[str, set[str]] = {candidate.id: set(candidate.excludes) for candidate in self.candidates}
        for candidate in self.candidates:
            for other in candidate.excludes:
                against[other].add(candidate.id)
        for members in self.groups.values():
            for name in members:
                against[name] |= members - {name}
        return {name: frozenset(others) for name, others in against.items()}

    @property
    def loss_before(self) -> float:
        """Annual loss with none of the candidates."""
        return math.fsum(scenario.annual_loss for scenario in self.scenarios)

    @property
    def budget(self) -> float:
        """Money there is: the limit on the whole, or the years' limits together."""
        money = [limit for limit in self.limits if limit.money]
        whole = [limit.most for limit in money if limit.name == "budget"]
        return whole[0] if whole else math.fsum(limit.most for limit in money)

    def losses(self, chosen: Collection[str]) -> dict[str, float]:
        """Annual loss of each scenario with a set of candidates: overlapping effects multiply."""
        left = {scenario.id: scenario.annual_loss for scenario in self.scenarios}
        for name in sorted(chosen):
            for scenario, kept in self.by_id[name].kept.items():
                left[scenario] *= kept
        return left

    def loss(self, chosen: Collection[str]) -> float:
        """Annual loss of all scenarios with a set of candidates."""
        return math.fsum(self.losses(chosen).values())

    def cost(self, chosen: Collection[str]) -> float:
        """What a set of candidates costs altogether."""
        return math.fsum(self.by_id[name].cost for name in chosen)

    def ordered(self, chosen: Collection[str]) -> tuple[str, ...]:
        """A set in the order of the file."""
        return tuple(candidate.id for candidate in self.candidates if candidate.id in chosen)

    def with_budget(self, budget: float) -> "Problem":
        """The same with other money: limits of several years change in proportion."""
        before = self.budget
        if before <= 0:
            money = sum(limit.money for limit in self.limits)
            return replace(self, limits=tuple(replace(x, most=budget / money) if x.money else x for x in self.limits))
        factor = budget / before
        return replace(
            self,
            limits=tuple(replace(limit, most=limit.most * factor) if limit.money else limit for limit in self.limits),
        )

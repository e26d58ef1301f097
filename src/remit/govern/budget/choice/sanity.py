"""Two lines that a CFO knows, beside each candidate and the whole set: return on security investment, and the
Gordon–Loeb ceiling.
"""

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from remit.identify.risks.economics import CEILING, rosi

from .model import Problem


@dataclass(frozen=True)
class Sanity:
    """What a candidate is worth by itself.

    Attributes:
        annual_cost: its cost over the horizon, for one year.
        removed_alone: annual loss it removes with nothing else chosen.
        removed_beside: annual loss it removes beside the chosen set: what is lost by leaving it out, or gained by
            adding it. Overlap makes it less than alone.
        rosi_alone, rosi_beside: (loss removed − cost) / cost a year; None where it costs nothing.
        ceiling: 1/e of the expected annual loss that it touches, above which no investment pays under either breach
            function of Gordon and Loeb (2002, propositions 3 and 4).
        above_ceiling: whether it costs more a year than that.
    """

    id: str
    annual_cost: float
    removed_alone: float
    removed_beside: float
    rosi_alone: float | None
    rosi_beside: float | None
    ceiling: float
    above_ceiling: bool

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class SetSanity:
    """What a set is worth as a whole: its cost for one year of the horizon, its return, and the ceiling of all losses.

    Attributes are as those of `Sanity`; `rosi` is None where the set costs nothing.
    """

    annual_cost: float
    rosi: float | None
    ceiling: float
    above_ceiling: bool

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)


def sanity(problem: Problem, chosen: Collection[str] = ()) -> list[Sanity]:
    """One line for each candidate, in the order of the file.

    Args:
        chosen: the set beside which it is looked at, without those of it that the candidate excludes.
    """
    before = {scenario.id: scenario.annual_loss for scenario in problem.scenarios}
    lines = []
    for candidate in problem.candidates:
        beside = problem.losses(set(chosen) - {candidate.id} - problem.conflicts[candidate.id])
        alone = math.fsum(before[name] * (1 - kept) for name, kept in candidate.kept.items())
        marginal = math.fsum(beside[name] * (1 - kept) for name, kept in candidate.kept.items())
        annual = candidate.cost / problem.horizon
        ceiling = math.fsum(before[name] for name in candidate.kept) * CEILING
        lines.append(
            Sanity(
                candidate.id,
                annual,
                alone,
                marginal,
                _return(alone, annual),
                _return(marginal, annual),
                ceiling,
                annual > ceiling,
            )
        )
    return lines


def sanity_of_set(problem: Problem, chosen: Collection[str]) -> SetSanity:
    """Both lines for a set, over the years asked about."""
    before = math.fsum(scenario.annual_loss for scenario in problem.scenarios)
    annual = problem.cost(chosen) / problem.horizon
    ceiling = before * CEILING
    return SetSanity(annual, _return(before - problem.loss(chosen), annual), ceiling, annual > ceiling)


def _return(removed: float, annual_cost: float) -> float | None:
    return rosi(removed, 0.0, annual_cost) if annual_cost > 0 else None

"""Two lines beside each candidate that a CFO knows: return on security investment, and the Gordon–Loeb ceiling."""

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

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
        ceiling = math.fsum(before[name] for name in candidate.kept) / math.e
        lines.append(
            Sanity(
                candidate.id,
                annual,
                alone,
                marginal,
                (alone - annual) / annual if annual > 0 else None,
                (marginal - annual) / annual if annual > 0 else None,
                ceiling,
                annual > ceiling,
            )
        )
    return lines

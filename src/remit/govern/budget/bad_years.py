"""What the best sets that were found cost in their bad years, as a part of the result of a choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from remit.govern.budget.models import Choice
from remit.govern.budget.names import Names
from remit.kernel.reports.model import Block, Column, Paragraph, Section, Table


def bad_years(choice: Choice, names: Names) -> Iterable[Block]:
    """Yield the finalists with their tails, simulated; said apart from the means that the choice was made on."""
    tails = choice.answer.get("tails") or {}
    sets = tails.get("sets", ())
    if len(sets) < 2:
        return
    money, best = choice.currency, sets[1]
    columns = (
        Column("Set"), Column("Expected a year", "money", money, 0), Column("One year in 20", "money", money, 0),
        Column("One year in 100", "money", money, 0), Column("Mean of the worst 1 %", "money", money, 0),
        Column("± of it", "money", money, 0),
    )  # fmt: skip
    rows = tuple(
        (_called(each, number, best, names), each["mean"], each["var95"], each["var99"], each["es99"],
         each["error"]["es99"])
        for number, each in enumerate(sets)
    )  # fmt: skip
    left_out = len(choice.problem["scenarios"]) - len(tails["counted"])
    note = (
        f"{len(tails['counted'])} risks simulated for {tails['trials']:,} years, as if independent of each other, with "
        "the measures thinning events; ± is one standard error."
    )
    if left_out:
        note += f" {left_out} without a scenario in {money} are not in it."
    table = Table("The best sets found, by their bad years", columns, rows, note=note)
    yield Section("Bad years", (Paragraph(_judged(sets)), table))


def _called(each: Mapping[str, Any], number: int, best: Mapping[str, Any], names: Names) -> str:
    """Name a set by what sets it apart from the best one."""
    if number < 2:
        return ("As it is", "This set")[number]
    more = [ref for ref in each["chosen"] if ref not in best["chosen"]]
    less = [ref for ref in best["chosen"] if ref not in each["chosen"]]
    told = [f"with {names.listed(more)}"] if more else []
    return ", ".join(told + ([f"without {names.listed(less)}"] if less else []))


def _judged(sets: Sequence[Mapping[str, Any]]) -> str:
    """Say whether another of the finalists has better bad years, beyond the error of the simulation."""
    best = sets[1]
    better = [
        each for each in sets[2:] if best["es99"] - each["es99"] > 2 * (best["error"]["es99"] + each["error"]["es99"])
    ]
    if better:
        return "Another set leaves a little more on average and clearly less in the worst years: see the table."
    return "No other of the best sets found is clearly better in the worst years."

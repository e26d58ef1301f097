"""Problems at random, and the slow way to solve the small ones."""

from __future__ import annotations

import itertools
import random
from typing import Any

from remit.govern.budget.choice import Problem
from remit.govern.budget.choice.bundles import allowed, certain


def small(seed: int, candidates: int = 12, scenarios: int = 15) -> dict[str, Any]:
    """A file with whatever may stand in one: dependencies, exclusions, levels, years, people, effects of 1."""
    chance = random.Random(seed)
    names = [f"C{index}" for index in range(candidates)]
    rows = [candidate(chance, name, names, scenarios, yearly=seed % 3 == 0) for name in names]
    total = sum(row["cost"]["one_off"] for row in rows)
    share = chance.uniform(0.1, 0.8)
    file: dict[str, Any] = {
        "scenarios": [{"id": f"S{s}", "annual_loss": chance.lognormvariate(12, 1)} for s in range(scenarios)],
        "candidates": rows,
    }
    if seed % 3 == 0:
        file["budgets"] = {"2027": total * share * 1.2, "2028": total * share * 0.3}
    else:
        file["budget"] = total * share
    if seed % 4 == 0:
        file["people"] = chance.randint(20, 150)
    if seed % 5 == 0:
        file["groups"] = {"levels": chance.sample(names, 3)}
    if seed % 7 == 0:
        file["must_have"] = [chance.choice(names)]
    if seed % 11 == 0:
        file["forbidden"] = [chance.choice(names)]
    return file


def candidate(chance: random.Random, name: str, names: list[str], scenarios: int, *, yearly: bool) -> dict[str, Any]:
    cost = round(chance.lognormvariate(11, 0.7))
    touched = chance.sample(range(scenarios), chance.randint(1, 8))
    row: dict[str, Any] = {
        "id": name,
        "cost": {"one_off": cost} | ({"yearly": round(cost * 0.3)} if yearly else {}),
        "effects": {f"S{s}": 1.0 if chance.random() < 0.07 else chance.uniform(0.05, 0.9) for s in touched},
        "people": chance.randint(0, 30),
    }
    others = [other for other in names if other != name]
    if chance.random() < 0.25:
        row["requires"] = [chance.choice(others)]
    if chance.random() < 0.2:
        row["excludes"] = [chance.choice(others)]
    return row


def large(
    seed: int, *, candidates: int = 200, scenarios: int = 500, share: float = 0.25, most: float = 0.6
) -> dict[str, Any]:
    """A file of the size that is promised: each candidate lowers 8 to 25 scenarios by 5 % to `most`."""
    chance = random.Random(seed)
    rows = []
    for index in range(candidates):
        touched = chance.sample(range(scenarios), chance.randint(8, 25))
        effects = {f"S{s}": chance.uniform(0.05, most) for s in touched}
        rows.append({"id": f"C{index}", "cost": round(chance.lognormvariate(11, 0.7)), "effects": effects})
    losses = [{"id": f"S{s}", "annual_loss": chance.lognormvariate(12, 1)} for s in range(scenarios)]
    return {"budget": share * sum(row["cost"] for row in rows), "scenarios": losses, "candidates": rows}


def every_allowed_set(problem: Problem) -> dict[frozenset[str], float]:
    """All sets that are allowed, with their annual losses."""
    names = [candidate.id for candidate in problem.candidates]
    sets = (frozenset(chosen) for count in range(len(names) + 1) for chosen in itertools.combinations(names, count))
    return {chosen: problem.loss(chosen) for chosen in sets if certain(problem) <= chosen and allowed(problem, chosen)}

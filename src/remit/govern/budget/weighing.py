"""From a problem to an answer that can be shown: what is chosen and why, what is left out and why, and what more or
less money would change.

Plain values in, plain values out: the engine does the choosing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from remit.govern.budget import choice as engine

STEP: Final = 100_000.0
"""What "the next" money is, in the currency of the choice."""
CUT: Final = 0.1
FRONTIER: Final = tuple(share / 100 for share in (0, 20, 40, 60, 80, 100, 125, 150, 200))
"""Budgets of the frontier, as shares of the one asked for."""
SECONDS: Final = 20.0
Told = Callable[[int, int, str], None]


def preview(data: dict[str, Any]) -> dict[str, Any]:
    """Return the greedy set with its numbers, within milliseconds. engine.InputError for a problem it cannot take."""
    return engine.choose(engine.read(data), quick=True).as_dict()


def answer(data: dict[str, Any], told: Told = lambda done, total, message: None) -> dict[str, Any]:
    """Return the proved set with all that is shown beside it; `told` hears how far it is and may raise to stop it."""
    problem = engine.read(data)
    steps = len(FRONTIER) + 3
    told(0, steps, "Choosing the best set")
    best = engine.choose(
        problem, finalists=3, seconds=3 * SECONDS, progress=lambda what, gap: told(0, steps, f"{what} {gap:.1%}")
    )
    said = best.as_dict()
    if best.status == "infeasible":
        return said
    chosen = frozenset(best.chosen)
    said["chosen_ones"] = [_kept(problem, chosen, ref) for ref in best.chosen]
    said["left_out"] = left_out(problem, chosen)
    if problem.plan is not None:
        said["plan"] = _plan(problem, chosen)
    told(1, steps, "What the next money buys")
    said["more"] = _changed(problem, best, problem.budget + STEP)
    told(2, steps, "What a cut costs")
    said["less"] = _changed(problem, best, problem.budget * (1 - CUT))
    said["frontier"] = []
    for number, share in enumerate(FRONTIER, 3):
        told(number, steps, f"The best for {share:.0%} of the money")
        said["frontier"].append(_point(problem, problem.budget * share, best if share == 1 else None))
    return said


def _kept(problem: engine.Problem, chosen: frozenset[str], ref: str) -> dict[str, Any]:
    """Say what one of the chosen takes off the loss, given the others, and by itself."""
    return {
        "id": ref,
        "cost": problem.cost([ref]),
        "removes": problem.loss(chosen - {ref}) - problem.loss(chosen),
        "alone": problem.loss_before - problem.loss([ref]),
    }


def left_out(problem: engine.Problem, chosen: frozenset[str]) -> list[dict[str, Any]]:
    """Say of each that was not chosen what it would still take off, and what speaks against it; the best first."""
    after = problem.loss(chosen)
    found = [
        {
            "id": each.id,
            "cost": each.cost,
            "removes": after - problem.loss(chosen | {each.id}),
            "why": list(against(problem, chosen, each)),
        }
        for each in problem.candidates
        if each.id not in chosen
    ]
    return sorted(found, key=lambda said: (-float(str(said["removes"])), str(said["id"])))


def against(problem: engine.Problem, chosen: frozenset[str], one: engine.Candidate) -> Iterable[str]:
    """Yield what keeps a candidate from being added, if anything: "forbidden", "needs A", "against A", "limit NAME"."""
    if one.id in problem.forbidden:
        yield "forbidden"
    yield from (f"needs {ref}" for ref in one.requires if ref not in chosen)
    yield from (f"against {ref}" for ref in sorted(problem.conflicts[one.id] & chosen))
    with_it = chosen | {one.id}
    yield from (f"limit {limit.name}" for limit in problem.limits if not limit.kept_by(with_it))


def _plan(problem: engine.Problem, chosen: frozenset[str]) -> dict[str, Any]:
    plan = frozenset(problem.plan or ())
    return {
        "chosen": sorted(plan),
        "cost": problem.cost(plan),
        "annual_loss_after": problem.loss(plan),
        "over": [limit.name for limit in problem.limits if not limit.kept_by(plan)],
        "only_plan": sorted(plan - chosen),
        "only_best": sorted(chosen - plan),
    }


def _changed(problem: engine.Problem, best: engine.Choice, budget: float) -> dict[str, Any]:
    """Say what another budget would change."""
    other = engine.choose(problem.with_budget(budget), gap=engine_gap(best), seconds=SECONDS)
    return {
        "budget": budget,
        "status": other.status,
        "cost": other.cost,
        "annual_loss_after": other.loss_after,
        "comes": sorted(set(other.chosen) - set(best.chosen)),
        "goes": sorted(set(best.chosen) - set(other.chosen)),
    }


def engine_gap(best: engine.Choice) -> float | None:
    """Ask of what stands beside the best set no more than was proved of it."""
    return None if best.status == "optimal" else best.gap


def _point(problem: engine.Problem, budget: float, known: engine.Choice | None) -> dict[str, Any]:
    found = known or engine.choose(problem.with_budget(budget), seconds=SECONDS)
    return {
        "budget": budget,
        "cost": found.cost,
        "annual_loss_after": found.loss_after,
        "status": found.status,
        "chosen": list(found.chosen),
    }

"""From a problem to an answer that can be shown: what is chosen and why, what is left out and why, and what more or
less money would change.

Plain values in, plain values out: the engine does the choosing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from remit.govern.budget import choice as engine
from remit.govern.budget.tails import tails

STEP: Final = 100_000.0
"""What "the next" money is, in the currency of the choice."""
CUT: Final = 0.1
FRONTIER: Final = tuple(share / 100 for share in (0, 20, 40, 60, 80, 100, 125, 150, 200))
"""Budgets of the frontier, as shares of the one asked for."""
SECONDS: Final = 20.0
Told = Callable[[int, int, str], None]
STEPS: Final = len(FRONTIER) + 4


def preview(data: dict[str, Any]) -> dict[str, Any]:
    """Return the greedy set with its numbers, within milliseconds. engine.InputError for a problem it cannot take."""
    return engine.choose(engine.read(data), quick=True).as_dict()


def answer(
    data: dict[str, Any],
    told: Told = lambda done, total, message: None,
    *,
    scenarios: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the proved set with all that is shown beside it; `told` hears how far it is and may raise to stop it.

    To what `engine.Choice.as_dict` says come "plan" (beside the one made by hand), "more" and "less" (what other money
    changes), "frontier", "lines" (what each chosen candidate is worth), "sanity" (the same of the whole set),
    "left_out" (the others, and why) and "tails" (the bad years of the finalists, where `scenarios` of risks are given
    in the currency of the problem).
    """
    problem = engine.read(data)
    told(0, STEPS, "Choosing the best set")
    best = engine.choose(
        problem,
        finalists=3,
        seconds=3 * SECONDS,
        progress=lambda _, gap: told(0, STEPS, f"Choosing the best set; {gap:.1%} still open"),
    )
    said = best.as_dict()
    if best.status == "infeasible":
        return said
    worth = {line.id: line for line in engine.sanity(problem, best.chosen)}
    said["lines"] = [worth[ref].as_dict() for ref in best.chosen]
    said["sanity"] = engine.sanity_of_set(problem, best.chosen).as_dict()
    said["left_out"] = left_out(problem, frozenset(best.chosen), worth)
    if problem.plan:
        said["plan"] = _plan(problem, best)
    told(1, STEPS, "What the next money buys")
    said["more"] = {"money": STEP, **engine.change(problem, best, STEP, seconds=SECONDS).as_dict()}
    told(2, STEPS, "What a cut costs")
    cut = problem.budget * CUT
    said["less"] = {"money": cut, **engine.change(problem, best, -cut, seconds=SECONDS).as_dict()}
    said["frontier"] = []
    for point in engine.frontier(problem, [problem.budget * share for share in FRONTIER], seconds=SECONDS):
        said["frontier"].append(_point(point))
        told(2 + len(said["frontier"]), STEPS, f"The best set for {point.budget:,.0f}")
    if scenarios:
        said["tails"] = tails(data, said["finalists"], scenarios, lambda message: told(STEPS - 1, STEPS, message))
    return said


def _plan(problem: engine.Problem, best: engine.Choice) -> dict[str, Any]:
    """Say how the plan made by hand compares; limits it exceeds apart from what else it breaks."""
    plan = problem.plan or ()
    over = [limit for limit in problem.limits if not limit.kept_by(plan)]
    said = engine.compare(problem, plan, best).as_dict()
    said["broken"] = [each for each in said["broken"] if not each.startswith(tuple(f"{o.name}:" for o in over))]
    said["over"] = [{"limit": o.name, "used": o.used(plan), "most": o.most} for o in over]
    return said


def left_out(
    problem: engine.Problem, chosen: frozenset[str], worth: Mapping[str, engine.Sanity]
) -> list[dict[str, Any]]:
    """Say of each that was not chosen what it would still take off, and what speaks against it; the best first."""
    found = [
        {
            "id": each.id,
            "cost": each.cost,
            "removes": worth[each.id].removed_beside,
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


def _point(point: engine.Point) -> dict[str, Any]:
    found = point.choice
    return {
        "budget": point.budget,
        "cost": found.cost,
        "annual_loss_after": found.loss_after,
        "status": found.status,
        "gap": found.gap,
        "chosen": list(found.chosen),
    }

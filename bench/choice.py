"""Choosing among 200 candidates that lower 8 to 25 of 500 scenarios each: how long until a set is proved to 0.5 %.

Run `python -m bench.choice`; `--gap 0` proves the best set itself. Every case is made from its number, and each budget
is a share of what all candidates cost together.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from typing import Any

from remit.govern.budget.choice import choose, frontier, read

PROMISE = 30.0
"""Seconds that a choice may take."""
QUICK = 20.0
"""Milliseconds that the quick set may take."""
CASES = [(share, most) for most in (0.6, 0.95) for share in (0.1, 0.25, 0.5)]
HEAD = """\
| budget | effects up to | loss left | gap | CPU s | wall s | quick ms | quick above best | |
|--:|--:|--:|--:|--:|--:|--:|--:|---|"""


def file(number: int, share: float, most: float) -> dict[str, Any]:
    """200 candidates, 500 scenarios, effects of 5 % to `most`."""
    chance = random.Random(number)
    rows = []
    for index in range(200):
        touched = chance.sample(range(500), chance.randint(8, 25))
        effects = {f"S{s}": chance.uniform(0.05, most) for s in touched}
        rows.append({"id": f"C{index}", "cost": round(chance.lognormvariate(11, 0.7)), "effects": effects})
    losses = [{"id": f"S{s}", "annual_loss": chance.lognormvariate(12, 1)} for s in range(500)]
    return {"budget": share * sum(row["cost"] for row in rows), "scenarios": losses, "candidates": rows}


def case(number: int, share: float, most: float, gap: float) -> bool:
    """Measure one, print its row, and say whether the promises were kept."""
    problem = read(file(number, share, most))
    cpu = time.process_time()
    quick = choose(problem, quick=True)
    milliseconds = (time.process_time() - cpu) * 1000
    cpu, wall = time.process_time(), time.perf_counter()
    choice = choose(problem, gap=gap, seconds=300)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    kept = choice.gap is not None and choice.gap <= max(gap, 1e-6) and cpu <= PROMISE and milliseconds <= QUICK
    left, above = choice.loss_after / choice.loss_before, quick.loss_after / choice.loss_after - 1
    cells = f"{share:.0%} | {most} | {left:.2%} | {choice.gap or 0:.3%} | {cpu:.2f} | {wall:.2f} | {milliseconds:.0f}"
    print(f"| {cells} | {above:.2%} | {'kept' if kept else 'missed'} |", flush=True)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gap", type=float, default=0.005)
    parser.add_argument("--cases", type=int, default=3, help="problems for each row of sizes")
    given = parser.parse_args()
    choose(read(file(0, 0.25, 0.3) | {"candidates": []}))  # so that imports are not counted
    print(HEAD)
    kept = [case(number, *sizes, given.gap) for sizes in CASES for number in range(1, given.cases + 1)]
    problem = read(file(1, 0.25, 0.6))
    cpu = time.process_time()
    points = list(frontier(problem, [problem.budget * step / 5 for step in range(1, 11)], gap=given.gap, seconds=300))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"\nfrontier of {len(points)} budgets: {time.process_time() - cpu:.1f} s CPU; at most {memory} MB")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())

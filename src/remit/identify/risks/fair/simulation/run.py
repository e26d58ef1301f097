"""From a scenario set to a result: plan, chunks, numbers."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from remit.identify.risks.fair import limits
from remit.identify.risks.fair.errors import InputError
from remit.identify.risks.fair.model import ScenarioSet
from remit.identify.risks.fair.results import TAIL, Result, Step

from .chunk import Summary, chunks
from .numbers import Ranks, numbers_of
from .plan import Plan, planned
from .workers import Progress, grown, summaries

STEPS = 20
"""So many points of convergence at most."""


def simulate(
    scenarios: ScenarioSet,
    *,
    trials: int = 100_000,
    seed: int = 1,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Result:
    """Simulate years of losses.

    The result depends on the set, `trials` and `seed` alone, to the bit: not on workers, threads or machines (of one
    kind: another processor or release of NumPy may round a logarithm otherwise).

    Args:
        scenarios: what may happen, as `read` gives it.
        trials: years to simulate, 1 to 10^9.
        seed: of the random streams, 0 or more.
        workers: threads that compute.
        executor: where to compute instead; `workers` then says how many chunks it is given at once.
        progress: told (years simulated, years in all) as chunks are done.

    Raises:
        InputError: trials, seed or workers out of range, or more events than can be simulated.
    """
    if workers < 1:
        raise InputError("workers", f"{workers} threads cannot compute", "Give a whole number of 1 or more.")
    plan = checked(scenarios, trials, seed)
    return collected(scenarios, plan, grown(plan, summaries(plan, workers, executor), progress))


def checked(scenarios: ScenarioSet, trials: int, seed: int) -> Plan:
    """The plan of a run; InputError where trials or seed are out of range."""
    limits.trials(trials)
    if seed < 0:
        raise InputError("seed", f"{seed} is below 0", "Give a whole number of 0 or more.")
    return planned(scenarios, trials, seed)


def collected(scenarios: ScenarioSet, plan: Plan, growing: Iterable[Summary]) -> Result:
    """The result of a run, from its summary as it grows."""
    count = chunks(plan.trials)
    told = {round(count * step / STEPS) for step in range(1, STEPS + 1)}
    steps = []
    for number, total in enumerate(growing, start=1):
        if number in told:
            steps.append(_step(total))
    parts = total.tail.parts(plan.trials)
    numbers = {
        lane.name: numbers_of(
            total.net[place],
            events=float(total.events[place]) / plan.trials,
            es99_part=float(parts[place]),
            gross=total.gross.get(place),
        )
        for place, lane in enumerate(plan.lanes)
    }
    events = float(total.events.sum()) / plan.trials
    return Result(
        trials=plan.trials,
        seed=plan.seed,
        method="monte-carlo",
        currency=scenarios.currency,
        scenarios=numbers,
        portfolio=numbers_of(total.portfolio, events=events, gross=total.gross_portfolio),
        convergence=tuple(steps),
        notes=scenarios.notes,
    )


def _step(total: Summary) -> Step:
    ranks = Ranks(total.portfolio)
    return Step(total.portfolio.years, total.portfolio.mean, ranks.quantile(TAIL), ranks.shortfall(TAIL)[0])

"""Event-driven Monte Carlo simulation of a scenario set: `simulate`."""

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
    limits.trials(trials)
    for name, value, least in (("seed", seed, 0), ("workers", workers, 1)):
        if value < least:
            raise InputError(name, f"{value} is below {least}", f"Give a whole number of {least} or more.")
    plan = planned(scenarios, trials, seed)
    return collected(scenarios, plan, grown(plan, summaries(plan, workers, executor), progress))


def collected(scenarios: ScenarioSet, plan: Plan, growing: Iterable[Summary]) -> Result:
    """The result of a run, from its summary as it grows."""
    count = chunks(plan.trials)
    told = {round(count * step / STEPS) for step in range(1, STEPS + 1)}
    steps, total = [], None
    for number, total in enumerate(growing, start=1):
        if number in told:
            steps.append(_step(total))
    assert total is not None
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

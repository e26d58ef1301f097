"""The same bits whoever computes: threads, processes, machines, also when one of them dies."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from remit.identify.risks import fair

from .simulated import everything, of, scenario

TRIALS = 110_000


@pytest.mark.parametrize(
    "dependence",
    [
        {"kind": "independent", "shocks": [{"rate": 0.1, "scenarios": ["poisson 0", "wide 0"]}]},
        {"kind": "gaussian", "correlation": []},
        {"kind": "t", "degrees_of_freedom": 3, "correlation": []},
        {"kind": "common_shock", "beta": 0.4},
        {"kind": "one_factor", "loadings": 0.5, "couples": "annual_loss"},
    ],
)
def test_the_same_bits_for_any_number_of_threads(dependence: dict[str, Any]) -> None:
    scenarios = everything(dependence)
    one = fair.simulate(scenarios, trials=TRIALS)
    assert (
        one == fair.simulate(scenarios, trials=TRIALS, workers=2) == fair.simulate(scenarios, trials=TRIALS, workers=3)
    )


def test_the_same_bits_from_other_processes() -> None:
    scenarios = everything({"kind": "gaussian", "correlation": []})
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert fair.simulate(scenarios, trials=TRIALS, workers=2, executor=pool) == fair.simulate(
            scenarios, trials=TRIALS
        )


def test_progress_is_told_and_may_end_the_run() -> None:
    told: list[tuple[int, int]] = []
    fair.simulate(of(scenario()), trials=40_000, workers=2, progress=lambda *years: told.append(years))
    assert told == [(16_384, 40_000), (32_768, 40_000), (40_000, 40_000)]

    def stop(years: int, trials: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fair.simulate(of(scenario()), trials=10**9, workers=2, progress=stop)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [({"trials": 10**10}, "trials"), ({"trials": 0}, "trials"), ({"seed": -1}, "seed"), ({"workers": 0}, "workers")],
)
def test_what_is_out_of_range_is_refused_by_name(arguments: dict[str, int], where: str) -> None:
    with pytest.raises(fair.InputError) as refused:
        fair.simulate(of(scenario()), **arguments)
    assert refused.value.where == where
    assert refused.value.remedy


def test_more_events_than_can_be_simulated_are_refused_with_how_many_years_can() -> None:
    with pytest.raises(fair.InputError, match=r"trials: .* Give at most 100,000 trials"):
        fair.simulate(of(scenario(frequency=1e7)), trials=10**9)


def test_memory_does_not_grow_with_the_years() -> None:
    """Six times the years of a run that counts in bins add a few megabytes: the portfolio's totals."""
    program = r"""if True:
        import re, sys
        sys.path[:0] = sys.argv[2:]
        from remit.identify.risks import fair
        from remit.identify.risks.fair.simulation import plan
        plan.KEPT_LOSSES = 0
        rows = [[1 if i == j else 0.2 for j in range(40)] for i in range(40)]
        scenarios = fair.read({"scenarios": [
            {"id": str(place), "frequency": {"distribution": "poisson", "mean": 0.5},
             "magnitude": {"distribution": "lognormal", "p05": 1e4, "p95": 1e5}} for place in range(40)],
            "dependence": {"kind": "gaussian", "correlation": rows}})
        fair.simulate(scenarios, trials=int(sys.argv[1]), workers=2)
        print(int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024)
    """
    peaks = []
    for trials in (100_000, 600_000):
        command = [sys.executable, "-c", program, str(trials), *sys.path]
        peaks.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert peaks[1] - peaks[0] < 40
    assert peaks[1] < 300

"""`remit risk`: risk in money from a file, without a database."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import BAD_INPUT, CommandError
from .output import print_json, print_table, say

if TYPE_CHECKING:
    from remit.identify.risks.fair import ScenarioSet
    from remit.identify.risks.fair.results import Numbers, Result
    from remit.identify.risks.fair.simulation import Progress

MOST_BYTES = 256 * 1024 * 1024
HEADS = ("scenario", "mean", "±", "sd", "P(no loss)", "median", "95 %", "99 %", "±", "worst 1 %", "±", "share of it")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    simulate = actions.add_parser("simulate", help="annual losses of the scenarios in a file (docs/risk-engine.md)")
    simulate.add_argument("file", metavar="FILE", help="scenarios as JSON; - reads standard input")
    simulate.add_argument("--trials", type=int, default=100_000, metavar="N", help="years to simulate (default 100000)")
    simulate.add_argument("--seed", type=int, default=1, metavar="S", help="of the random numbers (default 1)")
    where = simulate.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as there are cores)")
    where.add_argument(
        "--dask", metavar="ADDRESS", help='a Dask scheduler, as tcp://host:8786; "local" starts one here'
    )
    simulate.add_argument(
        "--method", choices=("monte-carlo", "fft"), default="monte-carlo", help="simulate (default), or calculate"
    )
    simulate.add_argument("--json", action="store_true", help="print the answer as JSON")
    check = actions.add_parser("check", help="say whether a file of scenarios is as it should be")
    check.add_argument("file", metavar="FILE", help="scenarios as JSON; - reads standard input")


def run(arguments: argparse.Namespace) -> int:
    """Do the action; 2 for input that cannot be used."""
    os.environ.update(tuned())
    from remit.identify.risks.fair import InputError  # noqa: PLC0415 - loads NumPy

    try:
        scenarios = _read(arguments.file)
        if arguments.action == "check":
            print("\n".join((f"{arguments.file}: {len(scenarios.scenarios)} scenarios, in order.", *scenarios.notes)))
            return 0
        result = _computed(scenarios, arguments)
    except InputError as error:
        raise CommandError(f"{error.where or arguments.file}: {error.problem}.", error.remedy, BAD_INPUT) from None
    if arguments.json:
        print_json(result.as_dict())
    else:
        _print(result)
    return 0


def tuned() -> dict[str, str]:
    """Environment variables that make NumPy's OpenBLAS fast for us; they have to be set before it is loaded.

    One thread, since chunks are what runs in parallel. And its kernels for AVX-512 wherever the processor has that: on
    AMD's it chooses AVX2, which is 1.6 times slower on those that compute 512 bits at once. Results are the same.
    """
    found = {"OPENBLAS_NUM_THREADS": "1"}
    try:
        flags = Path("/proc/cpuinfo").read_text().partition("\nflags")[2].partition("\n")[0].split()
    except OSError:
        flags = []
    if {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"} <= set(flags):
        found["OPENBLAS_CORETYPE"] = "SkylakeX"
    return {name: value for name, value in found.items() if name not in os.environ}


def _read(name: str) -> ScenarioSet:
    from remit.identify.risks.fair import InputError, loads  # noqa: PLC0415

    file = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below
    with file:
        text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise InputError("", "has more than 256 MB", "Split it into several files.")
    return loads(text)


def _computed(scenarios: ScenarioSet, arguments: argparse.Namespace) -> Result:
    from remit.identify.risks import fair  # noqa: PLC0415

    if arguments.method == "fft":
        return fair.approximate(scenarios)
    how = {"trials": arguments.trials, "seed": arguments.seed, "progress": _progress()}
    if arguments.dask:
        from remit.identify.risks.fair.simulation.on_dask import simulate_on_dask  # noqa: PLC0415 - an extra

        return simulate_on_dask(scenarios, arguments.dask, **how)
    workers = _cores() if arguments.workers is None else arguments.workers
    return fair.simulate(scenarios, workers=workers, **how)


def _cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def _progress() -> Progress | None:
    """Tell on a terminal how far it is."""
    if not sys.stderr.isatty():
        return None
    told = -1

    def tell(years: int, trials: int) -> None:
        nonlocal told
        if years * 10 // trials > told:
            told = years * 10 // trials
            say(f"{years:,} of {trials:,} years")

    return tell


def _print(result: Result) -> None:
    """A table for a person, amounts in thousands where all are large."""
    how = f"{result.trials:,} years simulated, seed {result.seed}" if result.trials else "calculated by FFT"
    print(f"Annual loss in {result.currency}; {how}.\n")
    whole = result.portfolio.es99
    rows = [_row(name, numbers, whole) for name, numbers in result.scenarios.items()]
    print_table([*rows, _row("all together", result.portfolio, whole)], HEADS)
    for note in result.notes:
        print(f"\n{note}")


def _row(name: str, numbers: Numbers, whole: float) -> list[str | None]:
    error, share = numbers.standard_error, numbers.es99_part
    return [
        name,
        _money(numbers.mean),
        _money(error.mean) if error else None,
        _money(numbers.sd),
        f"{numbers.p_zero:.2%}",
        *(_money(numbers.quantiles[level]) for level in (0.5, 0.95, 0.99)),
        _money(error.var99) if error else None,
        _money(numbers.es99),
        _money(error.es99) if error else None,
        f"{share / whole:.1%}" if share is not None and whole else None,
    ]


def _money(amount: float) -> str:
    """Four significant digits."""
    return f"{float(f'{amount:.4g}'):,.10g}"

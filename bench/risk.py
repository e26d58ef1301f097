"""Risk in money: the engine beside a bare NumPy loop and pyfair, and a large correlated portfolio.

Run `python -m bench.risk`. Each part runs in an interpreter of its own; imports are counted of the whole command alone,
which also reads and prints JSON. pyfair (which is none of our dependencies) runs where BENCH_PYFAIR names a Python that
has it. CPU seconds are what can be compared on a busy machine; the large portfolio is held to its wall time all the
same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass

from remit.cli.risk import tuned

SMALL = """
    import time
    SCENARIOS, YEARS = 100, 100_000
    RATES = [0.05 * 20 ** (place / 99) for place in range(SCENARIOS)]  # events a year, 0.05 to 1
"""

BARE = """
    import numpy as np
    import math
    def work():
        rng = np.random.default_rng(1)
        total = np.zeros(YEARS)
        mu, sigma = math.log(316_228), 0.7
        for rate in RATES:
            events = rng.poisson(rate * YEARS)
            years = rng.integers(0, YEARS, events)
            total += np.bincount(years, weights=np.exp(mu + sigma * rng.standard_normal(events)), minlength=YEARS)
        return total.mean()
"""

ENGINE = """
    from remit.identify.risks import fair
    SET = fair.read({"currency": "EUR", "scenarios": [
        {"id": f"S{place}", "frequency": {"distribution": "poisson", "mean": rate},
         "magnitude": {"distribution": "lognormal", "p05": 1e5, "p95": 1e6}}
        for place, rate in enumerate(RATES)]})
    def work():
        return fair.simulate(SET, trials=YEARS).as_dict()["portfolio"]["mean"]
"""

PYFAIR = """
    import warnings
    warnings.simplefilter("ignore")
    from pyfair import FairMetaModel, FairModel
    def work():
        models = []
        for place, rate in enumerate(RATES):
            model = FairModel(f"S{place}", n_simulations=YEARS)
            model.input_data("Loss Event Frequency", low=rate / 2, mode=rate, high=rate * 1.5)
            model.input_data("Loss Magnitude", low=5e4, mode=3e5, high=1.5e6)
            models.append(model)
        portfolio = FairMetaModel("all", models)
        portfolio.calculate_all()
        return portfolio.export_results()["Risk"].mean()
"""

PORTFOLIO = """
    import numpy as np, time
    SCENARIOS, YEARS = 500, int(OPTIONS["years"])
    rng = np.random.default_rng(3)
    mixed = rng.standard_normal((SCENARIOS, SCENARIOS))
    matrix = mixed @ mixed.T
    sd = np.sqrt(np.diag(matrix))
    matrix = matrix / np.outer(sd, sd)
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1.0)
    rates = np.exp(rng.uniform(np.log(0.05), np.log(3), SCENARIOS))
    middles = np.exp(rng.uniform(9, 13, SCENARIOS))
    DATA = {"currency": "EUR", "scenarios": [
        {"id": f"S{place}", "frequency": {"distribution": "poisson", "mean": float(rate)},
         "magnitude": {"distribution": "lognormal", "p05": float(middle / 3.2), "p95": float(middle * 3.2)}}
        for place, (rate, middle) in enumerate(zip(rates, middles))],
        "dependence": {"kind": "gaussian", "correlation": matrix.tolist()}}
"""

LARGE = """
    from remit.identify.risks import fair
    SET = fair.read(DATA)
    def work():
        return fair.simulate(SET, trials=YEARS, workers=2).as_dict()["portfolio"]["mean"]
"""

COMMAND = """
    import json, os, resource, subprocess, sys, tempfile
    def work():
        global began
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "scenarios.json")
            with open(path, "w") as file:
                json.dump(DATA, file)
            command = [sys.executable, "-c", "from remit.cli import main; main()", "risk", "simulate", path]
            began = time.perf_counter()
            done = subprocess.run([*command, "--trials", str(YEARS), "--workers", "2", "--json"], stdout=-1, check=True)
        return json.loads(done.stdout)["portfolio"]["mean"]
"""

OF_COMMAND = """
    began = 0.0
    answer = work()
    wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, answer)
"""

TIMED = """
    began, cpu = time.perf_counter(), time.process_time()
    answer = work()
    peak = open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]
    print(time.perf_counter() - began, time.process_time() - cpu, int(peak) / 1024, answer)
"""


@dataclass(frozen=True)
class Ran:
    """One part: wall and CPU seconds of its work, peak memory of its process (MB), and what it found."""

    wall: float
    cpu: float
    memory: float
    found: float


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.risk", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=("small", "large"), help="one half of it")
    parser.add_argument("--years", type=int, default=1_000_000, help="of the large portfolio (1000000)")
    options = parser.parse_args(arguments)
    print("| what | wall s | CPU s | MB | promise | |\n|---|--:|--:|--:|--:|---|")
    kept = True
    if options.only != "large":
        kept &= small()
    if options.only != "small":
        kept &= large(options.years)
    return 0 if kept else 1


def small() -> bool:
    """100 scenarios × 100,000 years, the best of three of each."""
    bare, engine = (best(SMALL, part) for part in (BARE, ENGINE))
    row("bare event-driven loop, yearly totals only", bare)
    ratio = engine.cpu / bare.cpu
    kept = row("remit, 100 scenarios × 100,000 years, all numbers", engine, f"3 × bare: {ratio:.1f} ×", ratio <= 3)
    if python := os.environ.get("BENCH_PYFAIR"):
        ahead = best(SMALL, PYFAIR, python=python)
        times = ahead.cpu / engine.cpu
        kept &= row(
            "pyfair, the same as products of frequency and magnitude", ahead, f"15 × remit: {times:.0f} ×", times >= 15
        )
    return kept


def large(years: int) -> bool:
    """500 scenarios, every pair correlated, on two threads: the engine, and the whole command."""
    portfolio = f'    OPTIONS = {{"years": {years}}}\n', PORTFOLIO
    share = years / 1_000_000
    promise = f"{12 * share:g} s wall on two cores, 500 MB"
    kept = True
    for what, ran in (
        ("engine", run(*portfolio, LARGE)),
        ("whole command", run(*portfolio, COMMAND, timed=OF_COMMAND)),
    ):
        within = ran.wall <= 12 * share and ran.memory <= 500
        kept &= row(f"remit, 500 correlated scenarios × {years:,} years, {what}", ran, promise, within)
    return kept


def best(*parts: str, python: str = sys.executable) -> Ran:
    return min((run(*parts, python=python) for _ in range(3)), key=lambda ran: ran.cpu)


def run(*parts: str, python: str = sys.executable, timed: str = TIMED) -> Ran:
    """Run a program made of parts and read what it says of itself."""
    program = "".join(textwrap.dedent(part) for part in (*parts, timed))
    done = subprocess.run(
        [python, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, **tuned()}
    )
    return Ran(*(float(word) for word in done.stdout.split()[-4:]))


def row(what: str, ran: Ran, promise: str = "", kept: bool | None = None) -> bool:
    verdict = "" if kept is None else "kept" if kept else "missed"
    print(f"| {what} | {ran.wall:.2f} | {ran.cpu:.3f} | {ran.memory:.0f} | {promise} | {verdict} |", flush=True)
    return kept is not False


if __name__ == "__main__":
    sys.exit(main())

"""Files of 10,000 items taken in by `remit import`: CPU seconds of the process, its parser and PostgreSQL together.

    python -m bench.imports [GENERATOR]     GENERATOR: a program that is called FORMAT N FILE and writes such a file

Without one, `../shared/data/gen_scans.py` beside the checkout is taken; the bench says so where there is none.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import house
from bench.processes import postgres_cpu

if TYPE_CHECKING:
    from remit.kernel.postgres import Server

FORMATS = ("nessus", "qualys", "sarif", "trivy", "ocsf")
PROMISE = 3.0
"""CPU seconds a file of 10,000 items may cost."""
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "gen_scans.py"


@dataclass(frozen=True)
class Cost:
    """What one import cost, in seconds: CPU of Remit's own processes, CPU of PostgreSQL, and the time it took."""

    case: str
    remit: float
    database: float
    wall: float
    said: str

    @property
    def cpu(self) -> float:
        return self.remit + self.database


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.imports", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("generator", nargs="?", type=Path, default=os.environ.get("BENCH_GENERATOR") or BESIDE)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--formats", default=",".join(FORMATS))
    options = parser.parse_args(arguments)
    if not Path(options.generator).is_file():
        print(f"No imports measured: there is no {options.generator}. Name a generator of scanner files.")
        return 0
    with tempfile.TemporaryDirectory(prefix="remit-bench-") as folder, house.opened(Path(folder) / "data") as server:
        results = list(run(server, Path(options.generator), Path(folder), options.items, options.formats.split(",")))
    print(table(results))
    return 0 if all(r.cpu <= PROMISE for r in results) else 1


def run(server: Server, generator: Path, folder: Path, items: int, formats: list[str]) -> Iterator[Cost]:
    """Import each format: first where it is unknown, then again, then a rescan with little changed."""
    yield measured(server, "only start", ["figures", "--json"])
    for format_ in formats:
        first, later = folder / f"{format_}.first", folder / f"{format_}.later"
        _generate(generator, format_, items, first)
        _generate(generator, format_, items, later, "--drop", "0.05", "--add", "0.02")
        yield measured(server, f"{format_}: {items:,} items", ["import", str(first)])
        yield measured(server, f"{format_}: the same file again", ["import", str(first)])
        yield measured(server, f"{format_}: the next scan", ["import", "--coverage", "complete", str(later)])


def _generate(generator: Path, format_: str, items: int, file: Path, *options: str) -> None:
    subprocess.run([sys.executable, str(generator), format_, str(items), str(file), *options], check=True)


def measured(server: Server, case: str, command: list[str]) -> Cost:
    """Run one `remit` command as a process of its own."""
    database, own, wall = postgres_cpu(server), _children(), time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "remit", *command], capture_output=True, text=True, check=False)
    wall = time.perf_counter() - wall
    if done.returncode:
        raise SystemExit(f"{case}: {done.stderr}")
    said = done.stdout.splitlines()[-1] if command[0] == "import" else ""
    return Cost(case, _children() - own, postgres_cpu(server) - database, wall, " ".join(said.split()))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(results: list[Cost]) -> str:
    lines = ["| import | CPU s | of it Remit | of it PostgreSQL | wall s | outcome |", "|---|--:|--:|--:|--:|---|"]
    lines += [
        f"| {r.case} | {r.cpu:.2f} | {r.remit:.2f} | {r.database:.2f} | {r.wall:.2f} | {r.said} |" for r in results
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""Backup, check and restore of a large organisation, by the command line, as whoever looks after it does them.

python -m bench.backup                1,000,000 findings on 100,000 assets; restored in under 15 minutes
python -m bench.backup --short        50,000 on 5,000
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench import house, seed
from bench.processes import memory, postgres_cpu
from remit.kernel import postgres
from remit.kernel.postgres import places
from remit.kernel.postgres.programs import installed

PROMISE = 15 * 60.0
"""Seconds for a verified restore of a million findings."""


@dataclass
class Cost:
    """Seconds, CPU seconds of the command and of PostgreSQL, and the most memory of the command in MB."""

    wall: float
    cpu: float
    database: float
    memory: float

    def line(self, case: str) -> str:
        return f"| {case} | {self.wall:.0f} | {self.cpu:.0f} | {self.database:.0f} | {self.memory:.0f} |"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.backup", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="a twentieth of the size")
    size = seed.SHORT if parser.parse_args(arguments).short else seed.FULL
    folder = house.data_folder(size.name)
    with house.opened(folder) as server:
        seed.seeded(server, size)
    print("| | seconds | CPU, command | CPU, PostgreSQL | MB |\n|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(dir=folder) as held:
        path = Path(held) / "bench.backup"
        print(run(folder, "backup", str(path)).line(f"backup ({path.stat().st_size / 1e6:.0f} MB)"), flush=True)
        print(run(folder, "restore", "--check", str(path)).line("check"), flush=True)
        restored = run(folder, "restore", "--replace", "--discard-former", str(path))
        print(restored.line("restore, verified"))
    return int(min(restored.wall, restored.cpu + restored.database) > PROMISE)


def run(folder: Path, *command: str) -> Cost:
    """Run a command on the installation, and look at it and at its server every half second."""
    began, most, before, database = time.monotonic(), 0.0, 0.0, 0.0
    process = subprocess.Popen(
        [sys.executable, "-m", "remit", *command], env={**os.environ, "REMIT_DATA": str(folder)}, stdout=sys.stderr
    )
    ended = threading.Event()
    watched: list[tuple[float, float]] = []
    watcher = threading.Thread(target=_watch, args=(folder, process.pid, ended, watched))
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    ended.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"remit {' '.join(command)} failed")
    for cpu, held in watched:
        database += max(0.0, cpu - before)  # a server that was started anew begins at nothing
        before, most = cpu, max(most, held)
    return Cost(wall, used.ru_utime + used.ru_stime, database, most)


def _watch(folder: Path, pid: int, ended: threading.Event, watched: list[tuple[float, float]]) -> None:
    while not ended.wait(0.5):
        place = places.find(folder)
        with suppress(OSError, ValueError, IndexError):
            if place is not None:
                watched.append((postgres_cpu(postgres.Server(place, installed())), memory(pid)))


if __name__ == "__main__":
    sys.exit(main())

"""Measuring: medians of wall and CPU time, queries asked, laid out as a table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLOW = 2.0
"""Seconds from which a case is run once more only."""
HEAD = """\
| case | p50 ms | p95 ms | CPU ms | database ms | queries | rows | |
|---|--:|--:|--:|--:|--:|--:|---|"""


@contextmanager
def asking() -> Iterator[list[str]]:
    """Collect the statements that are sent to the database within."""
    from django.db import connection

    asked: list[str] = []

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield asked


@dataclass(frozen=True)
class Measured:
    """One case: times in milliseconds, `rows` shown, `promise` and `budget` the most time and queries it may take.

    `cpu` is that of this process and `database` that of its PostgreSQL process: together what a page takes on a machine
    that does nothing else. p50 and p95 are what it took on this one.
    """

    case: str
    p50: float
    p95: float
    cpu: float
    database: float
    queries: int
    rows: int
    promise: float | None = None
    budget: int | None = None

    @property
    def kept(self) -> bool:
        soon = self.promise is None or min(self.p50, self.cpu + self.database) <= self.promise
        return soon and (self.budget is None or self.queries <= self.budget)


def measure(
    case: str, run: Callable[[], int], *, times: int = 7, promise: float | None = None, budget: int | None = None
) -> Measured:
    """Run a case once to warm up, then `times` times (once if that took SLOW seconds); `run` returns the rows shown."""
    began = time.perf_counter()
    rows = run()
    times = 1 if time.perf_counter() - began > SLOW else times
    walls, cpus, databases = [], [], []
    for _ in range(times):
        with asking() as asked:
            wall, cpu, database = time.perf_counter(), time.process_time(), backend_cpu()
            rows = run()
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
            databases.append((backend_cpu() - database) * 1000)
    late = sorted(walls)[max(0, round(0.95 * len(walls)) - 1)]
    queries = sum("SAVEPOINT" not in sql for sql in asked)
    wall, cpu, database = (statistics.median(values) for values in (walls, cpus, databases))
    return Measured(case, wall, late, cpu, database, queries, rows, promise, budget)


def backend_cpu() -> float:
    """CPU seconds of the PostgreSQL process that serves this one; 0 where /proc does not tell."""
    from django.db import connection

    try:
        return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, AttributeError):
        return 0.0


def line(r: Measured) -> str:
    """Lay one result out as a row of a Markdown table."""
    promised = [f"{most:.0f} {unit}" for most, unit in ((r.promise, "ms"), (r.budget, "queries")) if most is not None]
    verdict = "" if not promised else "kept" if r.kept else f"misses {', '.join(promised)}"
    times = " | ".join(f"{value:.0f}" for value in (r.p50, r.p95, r.cpu, r.database))
    return f"| {r.case} | {times} | {r.queries} | {r.rows} | {verdict} |"

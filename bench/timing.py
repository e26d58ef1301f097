"""Measuring: medians of wall and CPU time, queries asked, and a table of it all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """The queries of one run, and how long the database took for them (s)."""

    statements: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began
            self.statements.append(sql)


@contextmanager
def asking() -> Iterator[Asked]:
    """Count what is asked of the database within."""
    from django.db import connection

    asked = Asked()
    with connection.execute_wrapper(asked):
        yield asked


@dataclass(frozen=True)
class Measured:
    """One case: times in milliseconds, `rows` shown, `promise` the most that p50 may be (None: no promise)."""

    case: str
    p50: float
    p95: float
    cpu: float
    database: float
    queries: int
    rows: int
    promise: float | None = None

    @property
    def kept(self) -> bool:
        return self.promise is None or self.p50 <= self.promise


def measure(case: str, run: Callable[[], int], *, times: int = 7, promise: float | None = None) -> Measured:
    """Run a case once to warm up, then `times` times; `run` returns the rows it showed."""
    rows = run()
    walls, cpus, databases = [], [], []
    for _ in range(times):
        with asking() as asked:
            wall, cpu = time.perf_counter(), time.process_time()
            rows = run()
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
            databases.append(asked.seconds * 1000)
    late = sorted(walls)[max(0, round(0.95 * len(walls)) - 1)]
    queries = sum("SAVEPOINT" not in sql for sql in asked.statements)
    return Measured(
        case, statistics.median(walls), late, statistics.median(cpus), statistics.median(databases), queries, rows, promise
    )


def table(results: Iterable[Measured]) -> str:
    """Lay results out as a Markdown table."""
    lines = ["| case | p50 ms | p95 ms | CPU ms | database ms | queries | rows | |", "|---|--:|--:|--:|--:|--:|--:|---|"]
    for r in results:
        verdict = "" if r.promise is None else "kept" if r.kept else f"misses {r.promise:.0f}"
        lines.append(f"| {r.case} | {r.p50:.0f} | {r.p95:.0f} | {r.cpu:.0f} | {r.database:.0f} | {r.queries} | {r.rows} | {verdict} |")
    return "\n".join(lines)

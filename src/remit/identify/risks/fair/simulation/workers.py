"""Who computes the chunks: this thread, several threads, any executor; merged in their order whoever was first.

Threads are enough: drawing, sorting and summing release the interpreter's lock, and threads share the plan.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias

from .chunk import Summary, chunks, simulate_chunk
from .plan import Plan

TURN = 0.0005
"""Seconds."""
Progress: TypeAlias = Callable[[int, int], object]
"""Told (years simulated, years in all) now and then; what it raises ends the run."""


def summaries(plan: Plan, workers: int, executor: Executor | None) -> Iterator[Summary]:
    """The summaries of all chunks, in order."""
    numbers = range(chunks(plan.trials))
    workers = min(workers, len(numbers))
    if executor is not None:
        yield from _in_order(executor, simulate_elsewhere, plan, len(numbers), workers + 1)
        return
    with one_blas_thread():
        if workers == 1:
            for number in numbers:
                yield simulate_chunk(plan, number)
            return
        with quick_turns(), ThreadPoolExecutor(workers, "fair") as threads:
            yield from _in_order(threads, simulate_chunk, plan, len(numbers), workers + 1)


def simulate_elsewhere(plan: Plan, number: int) -> Summary:
    """Simulate a chunk where nobody has seen to linear algebra yet: in another process, or on another machine."""
    if plan.copula is None or plan.copula.factor is None:
        return simulate_chunk(plan, number)
    with one_blas_thread():
        return simulate_chunk(plan, number)


def _in_order(
    pool: Executor, simulate: Callable[[Plan, int], Summary], plan: Plan, count: int, ahead: int
) -> Iterator[Summary]:
    """Keep `ahead` chunks in work or waiting for those before them, so that memory is bounded."""
    waiting: deque[Future[Summary]] = deque()
    try:
        for number in range(count):
            waiting.append(pool.submit(simulate, plan, number))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let a thread that waits for the interpreter have it sooner.

    Between two long calculations a thread needs it for some microseconds only; the usual 5 ms of waiting for it cost a
    tenth of the whole on two cores.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, TURN))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep NumPy's linear algebra on the calling thread: the chunks are what runs in parallel."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - looks the libraries up, once a run

    with threadpool_limits(1, "blas"):
        yield


def grown(plan: Plan, parts: Iterable[Summary], progress: Progress | None) -> Iterator[Summary]:
    """The summary of all years so far, after each chunk; it grows in place."""
    total: Summary | None = None
    for part in parts:
        if total is None:
            total = part
        else:
            total.add(part)
        if progress is not None:
            progress(total.portfolio.years, plan.trials)
        yield total

"""Who computes the chunks: this thread, several threads, any executor; merged in their order whoever was first.

Threads are enough: drawing, sorting and summing release the interpreter's lock, and threads share the plan.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeAlias

from .chunk import Summary, chunks, simulate_chunk
from .plan import Plan

Progress: TypeAlias = Callable[[int, int], object]
"""Told (years simulated, years in all) now and then; what it raises ends the run."""


def summaries(plan: Plan, workers: int, executor: Executor | None) -> Iterator[Summary]:
    """The summaries of all chunks, in order."""
    numbers = range(chunks(plan.trials))
    workers = min(workers, len(numbers))
    if executor is None and workers == 1:
        with one_blas_thread():
            for number in numbers:
                yield simulate_chunk(plan, number)
        return
    with _owned(executor, workers) as pool, one_blas_thread():
        yield from _in_order(plan, pool, len(numbers), workers + 1)


def _in_order(plan: Plan, pool: Executor, count: int, ahead: int) -> Iterator[Summary]:
    """Keep `ahead` chunks in work or waiting for those before them, so that memory is bounded."""
    waiting: deque[Future[Summary]] = deque()
    try:
        for number in range(count):
            waiting.append(pool.submit(simulate_chunk, plan, number))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _owned(executor: Executor | None, workers: int) -> AbstractContextManager[Executor]:
    return ThreadPoolExecutor(workers, "fair") if executor is None else nullcontext(executor)


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

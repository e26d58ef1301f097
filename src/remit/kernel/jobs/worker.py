"""The worker process: quiet, ended by a signal, and patient with a database that restarts."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import Any

from remit.kernel.jobs.beating import beating

log = logging.getLogger("remit.jobs")

GRACE_SECONDS = 10.0
"""How long jobs under way may go on after a signal; then they are interrupted at their next step."""
LONGEST_PAUSE = 4.0
AT_ONCE = 4
"""How many errands a worker does at a time, beside its jobs: they mostly wait for other machines."""


def run_worker(concurrency: int = 1) -> None:
    """Work until SIGTERM or SIGINT."""
    # The pool would print a traceback for every try while the database is away; we say it once.
    for name in ("psycopg.pool", "procrastinate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with beating():
        asyncio.run(_work(concurrency))


async def _work(concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pause = 0.5
    while not stop.is_set():
        began = loop.time()
        if await _until(stop, _connected(concurrency)):
            return
        pause = 0.5 if loop.time() - began > 60 else min(LONGEST_PAUSE, pause * 2)
        log.warning("The worker lost the database; it tries again in %g s.", pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def _until(stop: asyncio.Event, work: Any) -> bool:
    """Let `work` go on until it ends by itself (False) or we are told to stop (True)."""
    working, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if stop.is_set():
        working.cancel()  # procrastinate takes this as a request to finish in good order
    result = (await asyncio.gather(working, return_exceptions=True))[0]
    if isinstance(result, Exception) and not stop.is_set():
        log.debug("The worker ended.", exc_info=result)
    return stop.is_set()


async def _connected(concurrency: int) -> None:
    from procrastinate.contrib.django import app  # noqa: PLC0415  (exists once Django is ready)
    from procrastinate.contrib.django.utils import connector_params  # noqa: PLC0415
    from procrastinate.jobs import DEFAULT_QUEUE  # noqa: PLC0415
    from procrastinate.psycopg_connector import PsycopgConnector  # noqa: PLC0415

    from remit.kernel.jobs.starting import ERRANDS  # noqa: PLC0415

    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=concurrency + AT_ONCE + 4, timeout=5)
    with app.replace_connector(connector) as working:
        async with working.open_async(), asyncio.TaskGroup() as both:
            for queue, hands in ((DEFAULT_QUEUE, concurrency), (ERRANDS, AT_ONCE)):
                both.create_task(
                    working.run_worker_async(
                        queues=[queue],
                        concurrency=hands,
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=GRACE_SECONDS,
                        delete_jobs="always",
                    )
                )

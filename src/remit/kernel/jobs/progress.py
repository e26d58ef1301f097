"""What a running job tells those who watch it, and how it hears that it should stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from procrastinate.contrib.django.utils import connector_params

BETWEEN_WRITES = 0.25
"""Seconds; a watcher's eye needs no more."""


class JobCancelledError(Exception):
    """Somebody asked to cancel the job; what it did is undone."""


class JobBarredError(Exception):
    """The person in whose name the job works may no longer sign in; what it did is undone."""


class JobInterruptedError(Exception):
    """The worker is being stopped; the job is undone and starts again in another worker."""


def never() -> bool:
    return False


class Progress:
    """Given to a job as its first argument.

    Writes go over a connection of their own, so that they are seen while the job's transaction is still open. `message`
    and `result_url` stand on the run once it is done.
    """

    def __init__(
        self, run_id: int, *, interrupted: Callable[[], bool] = never, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.run_id = run_id
        self.done = self.total = 0
        self.message = self.result_url = ""
        self._interrupted, self._clock = interrupted, clock
        self._written = float("-inf")
        self._connection: psycopg.Connection[Any] | None = None

    def step(self, done: int, total: int = 0, message: str = "") -> None:
        """Say how far the job is: `done` of `total` (0: unknown). Cheap; call it as often as convenient.

        Raises JobCancelledError when somebody asked to cancel, JobBarredError when the person the job works for was
        barred, JobInterruptedError when the worker has to stop.
        """
        self.done, self.total, self.message = done, total or self.total, message or self.message
        now = self._clock()
        if now - self._written < BETWEEN_WRITES:
            return
        self._written = now
        if self._interrupted():
            raise JobInterruptedError
        cancelled, barred = self._write()
        if barred:
            raise JobBarredError
        if cancelled:
            raise JobCancelledError

    def conclude(self, message: str, url: str = "") -> None:
        """Say what came of it, and at which address of Remit the result is."""
        self.message, self.result_url = message, url

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self) -> tuple[bool, bool]:
        """Store the state and return whether cancelling was asked, and whether the job's person was barred.

        A watcher who sees less must not stop the job.
        """
        with suppress(psycopg.OperationalError):
            row = self._open().execute(
                """update job_run set done = %s, total = %s, message = %s
                   where id = %s and state = 'running' returning cancel_asked, remit_is_barred(user_id)""",
                (self.done, self.total, self.message[:500], self.run_id),
            ).fetchone()  # fmt: skip
            return (bool(row[0]), bool(row[1])) if row else (False, False)
        self.close()
        return False, False

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = psycopg.connect(**connector_params(), autocommit=True)
            # Never wait for the job's own transaction, should it hold the row.
            self._connection.execute(
                "select set_config('remit.system', 'job progress', false), set_config('lock_timeout', '200ms', false)"
            )
        return self._connection

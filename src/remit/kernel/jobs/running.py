"""Doing long work: the front door of jobs for the areas.

A job is done in one transaction together with the mark that it is done, so that its effect happens once however often a
worker dies.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job as QueuedJob

from remit.kernel import actor
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.progress import JobBarredError, JobCancelledError, JobInterruptedError, Progress, never
from remit.kernel.jobs.registry import Job, JobError, errands, every, find, job, jobs
from remit.kernel.jobs.starting import ERRANDS, RUN_TASK, State, cancel, start
from remit.kernel.jobs.tending import tend
from remit.kernel.lifecycle import MoveRefusedError
from remit.kernel.records import StaleRecordError

__all__ = (
    "Job",
    "JobCancelledError",
    "JobError",
    "Progress",
    "cancel",
    "every",
    "find",
    "job",
    "on_app_ready",
    "run_now",
    "run_worker",
    "start",
)

log = logging.getLogger("remit.jobs")

TEND_TASK = "remit.tend"
FOR_PEOPLE = (JobError, MoveRefusedError, StaleRecordError, ValidationError)
"""Errors whose message is written for the person who asked."""
RESTARTS = 3
"""How often a worker may die over one job before the job is given up."""
RECONNECTIONS = 10
LOCKS = 724_681
"""The first half of the advisory locks that keep two workers from one run."""


class _TryAgainError(Exception):
    """The run is to be taken up again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def run_now(run: JobRun) -> JobRun:
    """Do a run here and now instead of waiting for a worker, and return how it ended; tests and commands use this."""
    with actor.system("job"):
        try:
            execute(run.pk)
        except _TryAgainError:
            log.warning("Job run %s is left to a worker.", run.pk)
        run.refresh_from_db()
    return run


def execute(run_id: int, *, attempts: int = 0, interrupted: Any = never) -> None:
    """Do a run unless it has ended; _TryAgainError when it should be taken up again."""
    with actor.system("job"):
        run = _claim(run_id)
    if run is None:
        return
    progress = Progress(run.pk, interrupted=interrupted)
    try:
        _perform(run, progress)
    except JobCancelledError:
        _end(run, State.CANCELLED, "Cancelled; nothing was changed.")
    except JobBarredError:
        _end(run, State.FAILED, f"{run.user} may no longer sign in, so nothing was done in their name.")
    except JobInterruptedError:
        _again(run, "Interrupted; it starts again in a moment.", 0)
    except _TryAgainError:
        raise
    except Exception as error:
        _failed(run, error, attempts)
    finally:
        progress.close()


def _claim(run_id: int) -> JobRun | None:
    """Mark a run as running and return it, or None when there is nothing left to do."""
    with transaction.atomic():
        _alone(run_id)
        waiting = JobRun.objects.filter(state__in=(State.QUEUED, State.RUNNING)).select_related("user")
        run = waiting.filter(pk=run_id).first()
        if run is None:
            return None
        run.restarts += run.state == State.RUNNING
        if run.restarts > RESTARTS:
            message = f"The worker was stopped {RESTARTS + 1} times while doing this; it is not tried again."
            _end(run, State.FAILED, message)
            return None
        run.state, run.started_at, run.done, run.total = State.RUNNING, timezone.now(), 0, 0
        run.save(update_fields=["state", "started_at", "done", "total", "restarts"])
        return run


def _perform(run: JobRun, progress: Progress) -> None:
    wanted = find(run.name)
    _refuse_barred(run)
    with _acting_for(run, wanted), transaction.atomic():
        _alone(run.pk)
        wanted(progress, **run.arguments)
        _refuse_barred(run)  # once more: a job may have made no step since they were barred
        with actor.system("job"):
            ended = JobRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
                state=State.DONE, ended_at=timezone.now(), done=progress.total or progress.done, total=progress.total,
                message=progress.message[:500], result_url=progress.result_url,
            )  # fmt: skip
        if not ended:  # another worker did it first, or it was cancelled: the transaction must leave no trace
            raise JobCancelledError


def _refuse_barred(run: JobRun) -> None:
    """JobBarredError where the run's person may not sign in now, or the owner of its program."""
    with actor.system("job"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select remit_is_barred(%s)", (run.user_id,))
        if cursor.fetchone()[0]:
            raise JobBarredError


def _acting_for(run: JobRun, wanted: Job) -> AbstractContextManager[None]:
    return actor.system(wanted.title) if run.user_id is None else actor.acting(run.user_id)


def _alone(run_id: int) -> None:
    """Hold the run for this transaction; _TryAgainError while another process is doing it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s, %s)", (LOCKS, run_id % 2**31))
        if not cursor.fetchone()[0]:
            raise _TryAgainError(10)


def _failed(run: JobRun, error: Exception, attempts: int) -> None:
    wanted = next((known for known in jobs() if known.name == run.name), None)
    if wanted is None:
        _end(run, State.FAILED, f"This version of Remit has no job {run.name!r}.")
    elif isinstance(error, (*FOR_PEOPLE, *wanted.refusals)):
        _end(run, State.FAILED, "; ".join(error.messages) if isinstance(error, ValidationError) else str(error))
    elif isinstance(error, (OperationalError, InterfaceError)) and attempts < RECONNECTIONS:
        if not connection.in_atomic_block:
            connection.close()  # what is left of it is of no use; the next query opens another
        _again(run, "The database was not reachable; trying again.", 2 + attempts)
    elif attempts < wanted.retries:
        log.warning("Job run %s (%s) failed and is tried again.", run.pk, run.name, exc_info=error)
        _again(run, "It failed; trying again.", 5 * 2**attempts)
    else:
        log.error("Job run %s (%s) failed.", run.pk, run.name, exc_info=error)
        _end(
            run,
            State.FAILED,
            f"It failed by a fault of Remit ({type(error).__name__}); the log says more under job run {run.pk}.",
        )


def _end(run: JobRun, state: JobRun.State, message: str) -> None:
    with actor.system("job"), transaction.atomic():
        JobRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
            state=state, message=message[:500], ended_at=timezone.now()
        )


def _again(run: JobRun, message: str, seconds: int) -> None:
    with actor.system("job"), transaction.atomic():
        JobRun.objects.filter(pk=run.pk, state=State.RUNNING).update(state=State.QUEUED, message=message)
    raise _TryAgainError(seconds)


class _Again(BaseRetryStrategy):
    """Lets procrastinate take a run up again when this module says so, and when even saying so failed."""

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        return RetryDecision(retry_in={"seconds": exception.seconds if isinstance(exception, _TryAgainError) else 10})


def on_app_ready(app: Any) -> None:
    """Tell procrastinate its tasks: doing a run, tending the queue once a minute, and the errands."""

    def run(context: JobContext, run_id: int) -> None:
        execute(run_id, attempts=context.job.attempts, interrupted=context.should_abort)

    app.task(name=RUN_TASK, pass_context=True, retry=_Again())(run)
    app.periodic(cron="* * * * *")(app.task(name=TEND_TASK, queueing_lock=TEND_TASK)(tend))
    for errand in errands():
        task = app.task(name=errand.name, queue=ERRANDS, **({"queueing_lock": errand.name} if errand.cron else {}))
        declared = task(errand.function)
        if errand.cron:
            app.periodic(cron=errand.cron)(declared)


def run_worker(concurrency: int = 1) -> None:
    """Work until SIGTERM or SIGINT; a database that goes away is waited for."""
    from remit.kernel.jobs.worker import run_worker as work  # noqa: PLC0415  (asyncio only where it is needed)

    work(concurrency)

"""What keeps the queue alive: periodic jobs are started when due, and jobs of dead workers are taken up again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.registry import find, schedules
from remit.kernel.jobs.starting import enqueue, start
from remit.kernel.submissions import forget_submissions

if TYPE_CHECKING:
    from collections.abc import Iterable

SILENT_SECONDS = 30
"""A worker says every ten seconds that it lives; after this long without, it is taken for dead."""
KEPT = timedelta(days=90)


def tend(timestamp: int = 0) -> None:
    """Run once a minute by one of the workers; `timestamp` is the minute, which procrastinate passes."""
    start_due(timezone.now())
    revive_stalled()
    requeue_lost()
    forget_old(timezone.now())
    forget_submissions(timezone.now())


def start_due(now: datetime) -> list[JobRun]:
    """Start every periodic job whose latest due time has had no run, once for each due time."""
    started = []
    for name, schedule in schedules().items():
        due = f"{schedule.last_due(now):%Y-%m-%dT%H:%MZ}"
        with actor.system("schedule"), transaction.atomic():
            if not JobRun.objects.filter(name=name, user=None, key=due).exists():
                started.append(start(find(name), user_id=None, key=due))
    return started


def revive_stalled() -> int:
    """Put jobs whose worker has died back into the queue and return how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """select job.id from procrastinate_jobs job
               left join procrastinate_workers worker on worker.id = job.worker_id
               where job.status = 'doing'
                 and (worker.id is null or worker.last_heartbeat < now() - make_interval(secs => %s))
               for update of job skip locked""",
            (SILENT_SECONDS,),
        )
        stalled = _ids(cursor.fetchall())
        for job_id in stalled:
            cursor.execute("select procrastinate_retry_job_v2(%s, now(), null, null, null)", (job_id,))
    return len(stalled)


def requeue_lost() -> int:
    """Enqueue the runs that wait for a worker but are in no queue, and return how many there were.

    There are none unless the queue was emptied by hand, or a worker died between two of its own statements.
    """
    with actor.system("schedule"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """select run.id from job_run run
               where run.state in ('queued', 'running') and run.created_at < now() - interval '2 minutes'
                 and not exists (
                   select from procrastinate_jobs job
                   where job.task_name = 'remit.run' and job.status in ('todo', 'doing')
                     and (job.args ->> 'run_id')::bigint = run.id)
               for update of run skip locked"""
        )
        lost = _ids(cursor.fetchall())
        for run_id in lost:
            enqueue(run_id)
    return len(lost)


def forget_old(now: datetime) -> int:
    """Delete runs that ended over 90 days ago and return how many; the ledger keeps what they did."""
    with actor.system("forgetting old jobs"), transaction.atomic():
        return JobRun.objects.filter(ended_at__lt=now - KEPT).delete()[0]


def _ids(rows: Iterable[tuple[Any, ...]]) -> list[int]:
    return [row[0] for row in rows]

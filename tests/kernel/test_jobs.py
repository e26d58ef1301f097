"""Long work: enqueued with its caller's transaction, done once, watched, cancelled, taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from procrastinate.contrib.django.utils import connector_params

from remit.kernel import actor
from remit.kernel.access.models import Group
from remit.kernel.access.services import disable
from remit.kernel.identity import services
from remit.kernel.jobs import registry, running, tending
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.progress import JobCancelledError, JobInterruptedError, Progress
from remit.kernel.jobs.running import JobError, cancel, every, job, run_now, start
from remit.kernel.jobs.schedule import Schedule
from tests.conftest import Cast, being


@pytest.fixture(autouse=True)
def own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_jobs", {})
    monkeypatch.setattr(registry, "_schedules", {})


def declare(function: Any, **options: Any) -> running.Job:
    return job("test.work", title="Make {name}", **options)(function)


def make_group(progress: Progress, name: str) -> None:
    progress.step(1, 2, "Making")
    with actor.system("making a group"):
        Group.objects.create(name=name)
    progress.conclude(f"{name} made.", "/groups/")


def started(cast: Cast, **options: Any) -> JobRun:
    with being(cast.bob):
        return start("test.work", user_id=cast.bob.pk, name="Blue team", **options)


def queued() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select (args ->> 'run_id')::bigint from procrastinate_jobs where task_name = 'remit.run' order by id"
        )
        return [row[0] for row in cursor.fetchall()]


def test_job_runs_as_who_asked_and_says_what_came_of_it(cast: Cast) -> None:
    seen = []

    def look(progress: Progress, name: str) -> None:
        seen.append(actor.actor().user_id)
        make_group(progress, name)

    declare(look)
    run = started(cast)
    assert (run.title, run.state, queued()) == ("Make Blue team", "queued", [run.pk])
    done = run_now(run)
    assert (done.state, done.message, done.result_url) == ("done", "Blue team made.", "/groups/")
    assert (done.done, done.total, seen) == (2, 2, [cast.bob.pk])
    assert done.started_at <= done.ended_at


def test_nothing_is_enqueued_when_the_caller_rolls_back(cast: Cast) -> None:
    declare(make_group)
    with being(cast.bob):
        start("test.work", user_id=cast.bob.pk, name="Blue team")
        transaction.set_rollback(True)
    with being(None):
        assert not JobRun.objects.exists()
    assert queued() == []


def test_same_key_by_the_same_person_is_one_run(cast: Cast) -> None:
    declare(make_group)
    first, second = started(cast, key="form-7"), started(cast, key="form-7")
    assert first.pk == second.pk
    with being(cast.alice):
        assert start("test.work", user_id=cast.alice.pk, key="form-7", name="Red team").pk != first.pk
    assert started(cast).pk != started(cast).pk
    assert len(queued()) == 4


def test_done_again_changes_nothing(cast: Cast) -> None:
    calls = []
    declare(lambda progress, name: calls.append(name))
    run = started(cast)
    run_now(run)
    run_now(run)
    assert calls == ["Blue team"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (JobError("The file is gone; choose it again."), "The file is gone; choose it again."),
        (KeyError("hunter2"), "It failed by a fault of Remit (KeyError); the log says more"),
    ],
)
def test_failure_is_a_clear_message_and_leaves_nothing_behind(cast: Cast, error: Exception, said: str) -> None:
    def fail(progress: Progress, name: str) -> None:
        make_group(progress, name)
        raise error

    declare(fail)
    run = run_now(started(cast))
    assert run.state == "failed"
    assert run.message.startswith(said)
    assert "hunter2" not in run.message
    assert not Group.objects.exists()


def test_refusals_of_an_area_are_told_as_they_are(cast: Cast) -> None:
    def refuse(progress: Progress, name: str) -> None:
        raise LookupError("Line 12 has no name; add one.")

    declare(refuse, refusals=(LookupError,), retries=5)
    assert run_now(started(cast)).message == "Line 12 has no name; add one."


def test_faults_are_tried_again_as_often_as_declared(cast: Cast) -> None:
    def fail(progress: Progress, name: str) -> None:
        raise RuntimeError

    declare(fail, retries=1)
    run = started(cast)
    with pytest.raises(running._TryAgainError):
        running.execute(run.pk, attempts=0)
    with being(None):
        run.refresh_from_db()
    assert (run.state, run.message) == ("queued", "It failed; trying again.")
    running.execute(run.pk, attempts=1)
    with being(None):
        run.refresh_from_db()
    assert run.state == "failed"


def test_a_lost_database_is_waited_for(cast: Cast) -> None:
    def lose(progress: Progress, name: str) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    declare(lose)
    run = started(cast)
    with pytest.raises(running._TryAgainError):
        running.execute(run.pk)
    with being(None):
        run.refresh_from_db()
    assert (run.state, run.message) == ("queued", "The database was not reachable; trying again.")


def test_waiting_run_is_cancelled_at_once_and_never_done(cast: Cast) -> None:
    declare(make_group)
    run = started(cast)
    with being(cast.bob):
        cancel(run)
    assert run.state == "cancelled"
    assert run_now(run).state == "cancelled"
    assert not Group.objects.exists()


def test_cancel_is_heard_at_the_next_step_and_undoes_everything(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Progress, "_write", lambda self: (JobRun.objects.filter(pk=self.run_id, cancel_asked=True).exists(), False)
    )

    def slow(progress: Progress, name: str) -> None:
        with actor.system("making a group"):
            Group.objects.create(name=name)
        cancel(JobRun.objects.get(pk=progress.run_id))
        progress.step(1, 10)

    declare(slow)
    run = run_now(started(cast))
    assert (run.state, run.message) == ("cancelled", "Cancelled; nothing was changed.")
    assert not Group.objects.exists()


def test_a_stopping_worker_puts_the_run_back(cast: Cast) -> None:
    declare(make_group)
    run = started(cast)
    with pytest.raises(running._TryAgainError):
        running.execute(run.pk, interrupted=lambda: True)
    with being(None):
        run.refresh_from_db()
    assert run.state == "queued"
    assert not Group.objects.exists()
    assert run_now(run).state == "done"


def test_a_job_that_kills_its_workers_is_given_up(cast: Cast) -> None:
    declare(make_group)
    run = started(cast)
    with being(None):
        JobRun.objects.filter(pk=run.pk).update(state="running", restarts=running.RESTARTS)
    running.execute(run.pk)
    with being(None):
        run.refresh_from_db()
    assert run.message == "The worker was stopped 4 times while doing this; it is not tried again."


def test_nothing_is_done_in_the_name_of_who_was_barred_meanwhile(cast: Cast) -> None:
    declare(make_group)
    run = started(cast)
    with being(None):
        disable(cast.bob)
    assert run_now(run).message == "Bob Test may no longer sign in, so nothing was done in their name."
    assert not Group.objects.exists()


class SameTransaction:
    """Stands in for the connection that a job's progress is written over: it would not see a test's transaction."""

    def execute(self, sql: str, values: Any) -> Any:
        with actor.system("job progress"):
            return connection.connection.execute(sql, values)


@pytest.mark.parametrize("steps", [True, False])
@pytest.mark.parametrize("whose", ["their own", "their program's"])
def test_a_running_job_ends_when_its_person_is_barred(
    steps: bool, whose: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Progress, "_open", lambda self: SameTransaction())
    monkeypatch.setattr(Progress, "close", lambda self: None)
    went_on = []

    def slow(progress: Progress, name: str) -> None:
        progress.step(0, 10)
        with actor.system("while it runs"):
            Group.objects.create(name=name)
            disable(cast.bob)
        if steps:
            progress._written = 0
            progress.step(1, 10)
        went_on.append(name)

    declare(slow)
    with being(None):
        worker = cast.bob
        if whose != "their own":
            worker = services.add("Scan", purpose="x", owner=cast.bob, role="analyst", unit=cast.company).user
    with being(worker):
        run = start("test.work", user_id=worker.pk, name="Blue team")
    run = run_now(run)
    assert (run.state, run.message) == (
        "failed",
        f"{worker} may no longer sign in, so nothing was done in their name.",
    )
    assert went_on == ([] if steps else ["Blue team"])
    assert not Group.objects.exists()


def test_runs_are_seen_by_who_asked_only(cast: Cast) -> None:
    declare(make_group)
    run = started(cast)
    with being(cast.alice):
        assert not JobRun.objects.filter(pk=run.pk).exists()
    with being(cast.bob):
        assert JobRun.objects.filter(pk=run.pk).exists()


def test_steps_are_written_at_most_four_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 0.1, 0.2, 0.3, 0.4, 0.56])
    written = []
    monkeypatch.setattr(Progress, "_write", lambda self: (written.append(self.done), False))
    progress = Progress(1, clock=lambda: next(ticks))
    for done in range(6):
        progress.step(done, 6)
    assert written == [0, 3, 5]


def test_step_says_when_the_worker_stops() -> None:
    with pytest.raises(JobInterruptedError):
        Progress(1, interrupted=lambda: True).step(1)


@pytest.fixture
def watched(database: str, django_db_blocker: Any) -> Iterator[tuple[psycopg.Connection[Any], int]]:
    """A committed run, and the connection of somebody who watches it."""
    with django_db_blocker.unblock(), psycopg.connect(**connector_params(), autocommit=True) as watcher:
        watcher.execute("select set_config('remit.system', 'test', false)")
        row = watcher.execute(
            """insert into job_run (name, title, state, message, result_url, key, arguments, cancel_asked, done, total,
                                    restarts)
               values ('test.work', 'Watched', 'running', '', '', '', '{}', false, 0, 0, 0) returning id"""
        ).fetchone()
        yield watcher, row[0]
        watcher.execute("delete from job_run where id = %s", row)


def test_progress_is_seen_at_once_and_hears_of_cancelling(watched: tuple[psycopg.Connection[Any], int]) -> None:
    watcher, run_id = watched
    ticks = iter([0.0, 1.0])
    progress = Progress(run_id, clock=lambda: next(ticks))
    progress.step(3, 9, "Reading")
    said = watcher.execute("select done, total, message from job_run where id = %s", (run_id,)).fetchone()
    assert said == (3, 9, "Reading")
    watcher.execute("update job_run set cancel_asked = true where id = %s", (run_id,))
    with pytest.raises(JobCancelledError):
        progress.step(4)
    progress.close()


def test_progress_never_waits_for_a_locked_run(watched: tuple[psycopg.Connection[Any], int]) -> None:
    watcher, run_id = watched
    progress = Progress(run_id)
    with watcher.transaction():
        watcher.execute("select from job_run where id = %s for update", (run_id,))
        progress.step(1)
    assert watcher.execute("select done from job_run where id = %s", (run_id,)).fetchone() == (0,)


MONDAY_NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        (Schedule("hourly", minute=15), datetime(2026, 3, 2, 12, 15, tzinfo=UTC)),
        (Schedule("hourly", minute=45), datetime(2026, 3, 2, 11, 45, tzinfo=UTC)),
        (Schedule("daily", hour=3), datetime(2026, 3, 2, 3, tzinfo=UTC)),
        (Schedule("daily", hour=13), datetime(2026, 3, 1, 13, tzinfo=UTC)),
        (Schedule("weekly", weekday=0, hour=12), datetime(2026, 3, 2, 12, tzinfo=UTC)),
        (Schedule("weekly", weekday=6), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_latest_due_time(schedule: Schedule, due: datetime) -> None:
    assert schedule.last_due(MONDAY_NOON) == due


@pytest.mark.parametrize(
    "wrong", [{"period": "yearly"}, {"period": "daily", "hour": 24}, {"period": "hourly", "minute": 60}]
)
def test_schedules_that_do_not_exist_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"A job runs|There is no"):
        Schedule(**wrong)


def test_due_jobs_are_started_once_for_each_due_time_and_made_up_for(cast: Cast) -> None:
    seen = []
    every("daily", hour=3)(job("test.daily", title="Look around")(lambda progress: seen.append(actor.actor().system)))
    (run,) = tending.start_due(MONDAY_NOON)
    assert tending.start_due(MONDAY_NOON) == []
    assert len(tending.start_due(datetime(2026, 3, 5, 4, tzinfo=UTC))) == 1
    run_now(run)
    assert seen == ["Look around"]


@pytest.fixture
def dead_worker(cast: Cast) -> int:
    """A run whose worker was killed in the middle: "doing", and no sign of life for a minute."""
    declare(make_group)
    run = started(cast)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 minute') returning id"
        )
        cursor.execute("update procrastinate_jobs set status = 'doing', worker_id = %s", cursor.fetchone())
    with being(None):
        JobRun.objects.filter(pk=run.pk).update(state="running")
    return run.pk


def test_jobs_of_dead_workers_are_taken_up_again(dead_worker: int) -> None:
    assert tending.revive_stalled() == 1
    assert tending.revive_stalled() == 0
    with connection.cursor() as cursor:
        cursor.execute("select status::text, attempts from procrastinate_jobs")
        assert cursor.fetchall() == [("todo", 1)]
    running.execute(dead_worker, attempts=1)
    assert Group.objects.count() == 1


def test_runs_that_fell_out_of_the_queue_are_put_back(cast: Cast) -> None:
    declare(make_group)
    kept, lost = started(cast), started(cast)
    with being(None), connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where (args ->> 'run_id')::bigint = %s", (lost.pk,))
        cursor.execute("update job_run set created_at = now() - interval '3 minutes'")
    assert (tending.requeue_lost(), tending.requeue_lost()) == (1, 0)
    assert queued() == [kept.pk, lost.pk]


def test_old_runs_are_forgotten(cast: Cast) -> None:
    declare(make_group)
    run_now(started(cast))
    waiting = started(cast)
    assert tending.forget_old(datetime(2100, 1, 1, tzinfo=UTC)) == 1
    with being(None):
        assert list(JobRun.objects.all()) == [waiting]


def test_one_name_for_two_jobs_is_a_mistake() -> None:
    declare(make_group)
    with pytest.raises(ValueError, match="declared twice"):
        declare(started)

"""Asking for long work, and taking the question back.

A job is enqueued in the caller's transaction, so that nothing starts when that is rolled back.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.registry import Job, find

State = JobRun.State
RUN_TASK = "remit.run"
ERRANDS = "errands"
"""The queue of what speaks to other machines; it has hands of its own in each worker, so that it holds up no job."""


def start(asked: Job | str, *, user_id: int | None, key: str = "", **arguments: Any) -> JobRun:
    """Enqueue a job in the caller's transaction and return its run; arguments must be plain JSON values.

    It runs as the person `user_id`, or as the system for None. With a `key`, the same person asking for the same job
    by the same key again gets the run there already is. PermissionDenied for a person's job while a token speaks for
    them: it would run at their whole reach, not within the token's scope.
    """
    if user_id is not None and actor.actor().scope:
        raise PermissionDenied
    wanted = find(asked) if isinstance(asked, str) else asked
    who: dict[str, Any] = {"name": wanted.name, "user_id": user_id}
    said = {"title": wanted.title.format(**arguments)[:200], "arguments": arguments}
    with transaction.atomic():
        if key:
            run, created = JobRun.objects.get_or_create(**who, key=key, defaults=said)
        else:
            run, created = JobRun.objects.create(**who, **said), True
        if created:
            enqueue(run.pk)
    return run


def cancel(run: JobRun) -> None:
    """Ask a run to stop: one that waits is cancelled at once, one under way at its next step; an ended one stays."""
    now = timezone.now()
    with transaction.atomic():
        waiting = JobRun.objects.filter(pk=run.pk, state=State.QUEUED)
        if not waiting.update(
            state=State.CANCELLED, cancel_asked=True, ended_at=now, message="Cancelled before it began."
        ):
            JobRun.objects.filter(pk=run.pk, state=State.RUNNING).update(cancel_asked=True)
    run.refresh_from_db()


def enqueue(run_id: int) -> None:
    """Put a run into the queue, in the caller's transaction."""
    from procrastinate.contrib.django import app  # noqa: PLC0415  (exists once Django is ready)

    app.configure_task(RUN_TASK).defer(run_id=run_id)


def send_on(errand: str, alone: str, **arguments: Any) -> bool:
    """Let a worker do an errand, unless one already waits under the same name `alone`; two are never done at once."""
    from procrastinate.contrib.django import app  # noqa: PLC0415
    from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415

    task = app.configure_task(errand, queue=ERRANDS, lock=alone, queueing_lock=alone)
    try:
        with transaction.atomic():
            task.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True

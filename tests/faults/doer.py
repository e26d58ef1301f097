"""A program that does one piece of work in a process that may be killed: told by lines on its standard input.

It loads the product once and forks for each line, so that a thousand rounds do not load it a thousand times. For each
line it prints the key of the process that works, what that process says, and "ended STATUS" once it is gone.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from remit.ingest import services  # noqa: E402
from remit.ingest.jobs import load_import  # noqa: E402
from remit.kernel import actor  # noqa: E402
from remit.kernel.access.models import Unit, User  # noqa: E402
from remit.kernel.access.services import first_unit, invite  # noqa: E402
from remit.kernel.access.standing import standing  # noqa: E402
from remit.kernel.attachments import files  # noqa: E402
from remit.kernel.attachments.models import Evidence  # noqa: E402
from remit.kernel.jobs import running, tending  # noqa: E402
from remit.kernel.jobs.models import JobRun  # noqa: E402
from remit.kernel.ledger import sealing  # noqa: E402
from remit.kernel.outbox import delivering, events, jobs, mail, webhooks  # noqa: E402
from remit.kernel.work.models import Work  # noqa: E402

NEWEST = 20
"""Files of evidence that one look reads again."""


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def prepare() -> None:
    """Make the one unit and the one person that everything here is done by."""
    with actor.system("test"), transaction.atomic():
        unit = Unit.objects.create(code="grp", name="Group", kind="group")
        invite(email="bob@remit.example", name="Bob", role="head_of_security", unit=unit)


def load(path: str, coverage: str) -> None:
    """Take in a file, saying how far it is."""
    said: set[str] = set()

    def progress(_: int, doing: str) -> None:
        if doing not in said:
            said.add(doing)
            say(f"at {doing}")

    outcome = services.import_one(Path(path), coverage=coverage, progress=progress)
    say(f"did {outcome['state']}")


def receive(path: str, coverage: str) -> None:
    """Hand in a file and ask for a job that loads it, as the page of imports does."""
    with actor.system("test"), transaction.atomic(), Path(path).open("rb") as stream:
        record = services.receive(stream, Path(path).name, unit=first_unit(), coverage=coverage)
        running.start(load_import, user_id=None, import_id=record.pk, name=record.name)


def work() -> None:
    """Be a worker. What the clock asks for is left out, so that only the work under test is done."""
    from procrastinate.contrib.django import app

    app.periodic_registry.periodic_tasks.clear()
    say("at working")
    running.run_worker()


def finish() -> None:
    """Do what still waits, here and now."""
    tending.revive_stalled()
    with actor.system("test"), transaction.atomic():
        waiting = list(JobRun.objects.filter(state__in=("queued", "running")).values_list("pk", flat=True))
    for run_id in sorted(waiting):
        running.execute(run_id)


def check() -> None:
    """Read the newest evidence as it is read for people, and seal and sign whatever waits."""
    with actor.system("test"), transaction.atomic():
        digests = list(Evidence.objects.order_by("-pk").values_list("digest", flat=True)[:NEWEST])
    assert all(files.verified(digest) for digest in set(digests)), "evidence is not what was kept"
    while sealing.seal(checkpoint=True).entries or unsigned():
        time.sleep(0.01)  # what was killed may hold the log for a moment yet


def unsigned() -> bool:
    """Whether something is not sealed, or sealed and not under a checkpoint."""
    with actor.system("test"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select pending, (select size > checkpoint_size from remit_ledger_due()) from remit_ledger_state()"
        )
        pending, beyond = cursor.fetchone()
    return bool(pending or beyond)


def seal() -> None:
    """Seal for ever, signing every other time."""
    say("at sealing")
    signs = False
    while True:
        done = sealing.seal_round(checkpoint=signs)
        signs = not signs
        if not done.entries:
            time.sleep(0.002)


def subscribe(url: str) -> None:
    """Make a webhook that tells of all work."""
    with actor.system("test"), transaction.atomic():
        bob, unit = User.objects.get(), first_unit()
    with actor.acting(bob.pk), transaction.atomic():
        said = webhooks.Said("Chat", url, unit.pk, ("kernel.work",), ("create",))
        webhooks.add(standing(bob.pk), said)
    events.route()


def ask(name: str, count: str) -> None:
    """Make work to be told of and mails to be sent, and ask for both to be delivered, as the clock would."""
    with actor.system("test"), transaction.atomic():
        for number in range(int(count)):
            Work.objects.create(title=f"{name} {number}", unit=first_unit(), owner=User.objects.get())
            mail.queue("test", key=f"{name} {number}", address="auditor@remit.example")
    jobs.tick()


def deliver() -> None:
    """Send all that waits, here and now."""
    while events.route():
        pass
    with actor.system("test"), transaction.atomic():
        waiting = delivering.due(timezone.now())
    for webhook_id in waiting:
        while delivering.deliver(webhook_id):
            pass
    while mail.send_waiting():
        pass


COMMANDS: dict[str, Callable[..., None]] = {
    each.__name__: each for each in (prepare, load, receive, work, finish, check, seal, subscribe, ask, deliver)
}


def main() -> None:
    for line in sys.stdin:
        name, *arguments = line.split()
        child = os.fork()
        if not child:
            status = 1
            try:
                COMMANDS[name](*arguments)
                status = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(status)
        say(f"process {child}")
        say(f"ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


if __name__ == "__main__":
    main()

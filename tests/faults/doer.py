"""A program that does one piece of work in a process that may be killed: told by lines on its standard input.

It loads the product once and forks for each line, so that a thousand rounds do not load it a thousand times. For each
line it prints the key of the process that works, what that process says, and "ended STATUS" once it is gone.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import django

django.setup()

from django.db import transaction  # noqa: E402

from remit.ingest import services  # noqa: E402
from remit.ingest.jobs import load_import  # noqa: E402
from remit.kernel import actor  # noqa: E402
from remit.kernel.access.models import Unit  # noqa: E402
from remit.kernel.access.services import first_unit, invite  # noqa: E402
from remit.kernel.jobs import running, tending  # noqa: E402
from remit.kernel.jobs.models import JobRun  # noqa: E402


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


COMMANDS = {"prepare": prepare, "load": load, "receive": receive, "work": work, "finish": finish}


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

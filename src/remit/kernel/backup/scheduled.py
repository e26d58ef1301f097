"""Backups that nobody asks for: a file a day in a folder, older ones thinned out, an alarm where they stay away."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection

from remit.kernel import actor
from remit.kernel.access.models import Reach, Unit
from remit.kernel.backup.archive import PART, is_encrypted
from remit.kernel.backup.keeping import Keep, is_late, kept, name_of, time_of
from remit.kernel.jobs.models import JobRun
from remit.kernel.work.models import Work
from remit.kernel.work.services import ask

JOB = "backup.daily"
ALARM = "kernel.backup"
"""What the work of an alarm is about."""
LOOK = 2.0
"""Seconds between two looks at the process that backs up."""


class BackupFailedError(Exception):
    """A scheduled backup was not made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Held:
    """A backup in the folder: whole and checked, or it would not have its name. `size` in bytes."""

    name: str
    at: datetime
    size: int
    encrypted: bool


def folder() -> Path | None:
    return Path(settings.BACKUP_FOLDER).expanduser() if settings.BACKUP_FOLDER else None


def held(place: Path) -> list[Held]:
    """Return the scheduled backups in a folder, the newest first. OSError where it cannot be read."""
    found = ((path, time_of(path.name)) for path in place.iterdir())
    backups = [Held(path.name, at, path.stat().st_size, is_encrypted(path)) for path, at in found if at]
    return sorted(backups, key=lambda each: each.at, reverse=True)


def back_up(now: datetime, watch: Callable[[str], None]) -> Held:
    """Make today's backup in a process of its own, and thin out older ones once it is good.

    `watch` is told what happens every few seconds and may raise to stop it. BackupFailedError where it is not made.
    """
    place = folder()
    if place is None:
        raise BackupFailedError("No folder for backups is named. Set REMIT_BACKUP_FOLDER.")
    path = place / name_of(now)
    try:
        keep = Keep.parse(settings.BACKUP_KEEP)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for draft in place.glob(f".remit-*.backup{PART}"):  # of backups that were killed; a living one has today's name
            if draft.name != f".{path.name}{PART}":
                draft.unlink(missing_ok=True)
        _run(path, watch)
        made = held(place)
        thin_out(place, made, keep)
        return next(each for each in made if each.name == path.name)
    except (OSError, ValueError) as error:
        raise BackupFailedError(f"{place}: {error}") from error


def thin_out(place: Path, made: Iterable[Held], keep: Keep) -> int:
    """Delete the backups that are no longer kept; return how many. The newest always stays."""
    made = list(made)
    stay = kept((each.at for each in made), keep)
    gone = [each for each in made if each.at not in stay]
    for each in gone:
        (place / each.name).unlink(missing_ok=True)
    return len(gone)


def _run(path: Path, watch: Callable[[str], None]) -> None:
    """Run `remit backup`: its memory ends with it, and no transaction of ours is open meanwhile but that of the job."""
    command = [sys.executable, "-m", "remit", "backup", str(path), "--end-with", str(os.getpid())]
    if settings.BACKUP_PASSPHRASE_FILE:
        command += ["--passphrase-file", settings.BACKUP_PASSPHRASE_FILE]
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said) as process,  # noqa: S603 - our own program
    ):
        try:
            while process.poll() is None:
                watch(_lines(said)[-1])
                _stay_awake()
                try:
                    process.wait(LOOK)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            process.terminate()
            raise
        if process.returncode:
            lines = [line.removeprefix("remit:").strip() for line in _lines(said)[-2:]]
            raise BackupFailedError(" ".join(lines) or f"It ended with {process.returncode}.")


def _lines(said: IO[str]) -> list[str]:
    said.seek(0)
    return said.read().strip().splitlines() or [""]


def _stay_awake() -> None:
    """Keep the job's transaction from being ended as idle."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")


@dataclass(frozen=True, slots=True)
class State:
    """How the scheduled backups stand: `error` is why the newest attempt, or reading the folder, failed."""

    place: Path | None
    held: tuple[Held, ...]
    late: bool
    error: str

    @property
    def last(self) -> Held | None:
        return self.held[0] if self.held else None


def state(now: datetime) -> State:
    """Look at the folder and at the runs of the job; as whoever asks, who must be let by the caller."""
    place, found, error = folder(), list[Held](), ""
    try:
        found = held(place) if place and place.is_dir() else []
    except OSError as fault:
        error = f"{place} cannot be read: {fault.strerror}."
    with actor.system("looking at backups"):
        runs = JobRun.objects.filter(name=JOB)
        newest = runs.exclude(state__in=("queued", "running")).order_by("-id").first()
        first = runs.order_by("id").values_list("created_at", flat=True).first()
    if newest is not None and newest.state == "failed" and not error:
        error = newest.message
    last = found[0].at if found else None
    return State(place, tuple(found), bool(place) and is_late(last, first, now), error)


def alarm(now: datetime) -> int:
    """Ask each head of security of the topmost unit, once, to see to backups that are late; return how many were asked.

    What was asked is finished when there is a good backup again. As the system, in the transaction of the caller.
    """
    found = state(now)
    asked = Work.objects.filter(about_kind=ALARM, state="open")
    if not found.late:
        for work in asked:
            work.move("finish")
        return 0
    told = set(asked.values_list("owner_id", flat=True))
    last = f"The last good backup is of {found.last.at:%Y-%m-%d %H:%M} UTC." if found.last else "There is none."
    unit = Unit.objects.get(parent=None)
    heads = Reach.objects.filter(unit=unit, role="head_of_security", user__is_active=True)
    owners = sorted(set(heads.values_list("user_id", flat=True)) - told)
    for owner in owners:
        work = ask(
            "See to the backups: there has been none for two days", owner_id=owner, unit_id=unit.pk,
            due_on=now.date(), detail=f"{last} {found.error} The page of backups (/operations/backups/) says more.",
        )  # fmt: skip
        work.about_kind, work.about_id = ALARM, unit.pk
        work.save(update_fields=["about_kind", "about_id"])
    return len(owners)

"""Sealed files where transactions meet, and where a process is killed in between."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.attachments import files, tending
from remit.kernel.attachments.models import Evidence, StoredFile
from remit.kernel.attachments.services import attach, open_evidence
from remit.kernel.keys import ring, rotation
from tests.conftest import being
from tests.security.helpers import Stored, stored_database

BIG = os.urandom(1024) * 3 * 1024


@pytest.fixture(scope="module")
def meeting(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stored]:
    with django_db_blocker.unblock(), stored_database() as found:
        yield found


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def one(meeting: Stored) -> Callable[[Callable[[], Any]], Any]:
    """Run one task in a thread and transactions of its own, and return what it returns."""
    return lambda task: meeting.run(task)[0]


@pytest.fixture
def server(one: Any) -> Any:
    """An asset in a database without evidence, where the keys of former tests are not wanted."""

    def make() -> Any:
        with actor.system("test"), transaction.atomic():
            Evidence.objects.update(removed_at=timezone.now())
            StoredFile.objects.update(removed_at=timezone.now(), wrapped=b"", wrapped_by="")
            unit, _ = Unit.objects.get_or_create(code="root", defaults={"name": "Root"})
            return Asset.objects.create(unit=unit, name="gw-ams-04")

    return one(make)


def hang(record: Any, content: bytes) -> Evidence:
    with actor.system("test"), transaction.atomic():
        return attach(record, "a.txt", io.BytesIO(content))


def read(kept: Evidence) -> bytes:
    with being(None), open_evidence(kept) as file:
        return file.read()


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def live() -> list[Evidence]:
    with actor.system("test"), transaction.atomic():
        return list(Evidence.objects.filter(removed_at=None))


def run(program: str, settings: Any, *arguments: object) -> None:
    """Run a program that kills itself."""
    said = connections.settings["default"]
    uri = make_conninfo(
        dbname=said["NAME"], user=said["USER"], password=said["PASSWORD"], host=said["HOST"], port=said["PORT"] or None
    )
    command = [sys.executable, "-W", "ignore", "-c", program, str(settings.FILES_DIR), str(settings.KEYS_DIR)]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, "REMIT_DATABASE_URI": uri, "DJANGO_SETTINGS_MODULE": "remit.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_two_uploads_of_one_content_at_once(meeting: Stored, server: Any, folder: Path, one: Any) -> None:
    """Each waits for the other's transaction; every evidence has the one file, which opens."""
    together = threading.Barrier(4, timeout=30)

    def upload() -> Evidence:
        together.wait()
        return hang(server, BIG)

    kept = meeting.run(*[upload] * 4)
    assert len({each.stored_id for each in kept}) == 1
    assert len(stored(folder)) == 1
    assert one(lambda: [read(each) for each in kept]) == [BIG] * 4


def test_an_upload_meets_the_removal_of_its_content(meeting: Stored, server: Any, one: Any) -> None:
    """While retention removes the last evidence, the same content is attached again: it must be there afterwards."""
    old = one(lambda: hang(server, BIG))
    removed, uploaded = threading.Event(), threading.Event()

    def remove() -> bool:
        with actor.system("test"), transaction.atomic():
            Evidence.objects.filter(pk=old.pk).update(removed_at=timezone.now(), removed_by="test")
            assert files.remove(old.digest)
            removed.set()
            return not uploaded.wait(0.5)

    def upload() -> Evidence:
        removed.wait(20)
        try:
            return hang(server, BIG)
        finally:
            uploaded.set()

    waited, fresh = meeting.run(remove, upload)
    assert waited, "the upload did not wait for the removal"
    assert one(lambda: read(fresh)) == BIG
    one(lambda: files.discard(old.digest))
    assert one(lambda: read(fresh)) == BIG


KILLED = """
import io, os, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import transaction
from pathlib import Path
from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.attachments import disk, files
from remit.kernel.attachments.services import attach

settings.FILES_DIR, settings.KEYS_DIR = Path(sys.argv[1]), Path(sys.argv[2])
def move(written, final):
    if sys.argv[4] == "after":
        disk.move(written, final)
    os.kill(os.getpid(), signal.SIGKILL)
files.move = move
with actor.system("test"), transaction.atomic():
    attach(Asset.objects.get(pk=int(sys.argv[3])), "a.txt", io.BytesIO(b"killed in between"))
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_disk_and_row_nothing_is_seen_and_it_can_be_sent_again(
    server: Any, folder: Path, settings: Any, one: Any, when: str
) -> None:
    run(KILLED, settings, server.pk, when)
    assert len(stored(folder)) == 1
    assert not one(live)
    kept = one(lambda: hang(server, b"killed in between"))
    assert one(lambda: read(kept)) == b"killed in between"
    one(lambda: tending.sweep(older_than=-1))
    assert stored(folder) == [files.place(kept.digest)]


ROTATED = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from pathlib import Path
from remit.kernel.keys import rotation

settings.FILES_DIR, settings.KEYS_DIR = Path(sys.argv[1]), Path(sys.argv[2])
rotation.rotate(lambda count: count >= 4 and os.kill(os.getpid(), signal.SIGKILL), batch=2)
"""


def test_a_rotation_that_was_killed_is_finished(server: Any, settings: Any, one: Any) -> None:
    contents = [b"a%d" % number for number in range(9)]
    kept = one(lambda: [hang(server, content) for content in contents])
    old = ring.provider().current
    run(ROTATED, settings)
    assert {old} < set(one(rotation.in_use))
    assert one(lambda: [read(each) for each in kept]) == contents
    finished = one(rotation.rotate)
    assert (finished.made, finished.wrapped) == ("", 5)
    assert finished.current != old
    assert set(one(rotation.in_use)) == {finished.current}
    assert "retired" in one(lambda: rotation.retire(old))
    assert one(lambda: [read(each) for each in kept]) == contents

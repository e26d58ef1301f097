"""Sealed files under faults: a content is whole and there, or it is not there; and never anybody else's."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.kernel.attachments import files, holds, retention, tending
from remit.kernel.attachments.models import Evidence, StoredFile
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.attachments.services import as_file, attach, open_evidence
from remit.kernel.keys import ring, rotation
from tests.conftest import Cast, being, make, signed_in

BIG = os.urandom(1024) * 3 * 1024
"""Three chunks."""


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def server(cast: Cast) -> Any:
    return make(Asset, unit=cast.company, name="gw-ams-03")


def stored(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def hang(record: Any, content: bytes = b"all fine\n", name: str = "scan.txt") -> Evidence:
    with being(None):
        return attach(record, name, io.BytesIO(content))


def read(evidence: Evidence) -> bytes:
    with being(None), open_evidence(evidence) as file:
        return file.read()


def in_the_clear(record: Any, content: bytes) -> Evidence:
    """Evidence as earlier versions kept it."""
    digest = hashlib.sha256(content).hexdigest()
    path = files.clear_place(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with being(None):
        row = StoredFile.objects.create(digest=digest, size=len(content), wrapped=b"", wrapped_by="")
        return Evidence.objects.create(
            kind=record.kind(), record_id=record.pk, name="old.txt", size=len(content), digest=digest, stored=row
        )


# Reading.


def test_nothing_on_the_disk_is_in_the_clear(server: Any, folder: Path) -> None:
    content = b"the very secret " * 100_000
    kept = hang(server, content)
    assert read(kept) == content
    for path in stored(folder):
        assert b"very secret" not in path.read_bytes()


def test_a_download_is_streamed_with_its_length(cast: Cast, server: Any) -> None:
    kept = hang(server, BIG, "a.bin")
    reply: Any = signed_in(cast.bob).get(f"/evidence/{kept.pk}/")
    assert b"".join(reply.streaming_content) == BIG
    for closing in reply._resource_closers:
        closing()
    assert reply["Content-Length"] == str(len(BIG))
    assert (reply["X-Content-Type-Options"], reply["Content-Disposition"]) == (
        "nosniff",
        'attachment; filename="a.bin"',
    )
    assert "sandbox" in reply["Content-Security-Policy"]


@pytest.mark.parametrize("at", [0, 60, -1])
def test_a_damaged_file_is_told_before_the_first_byte(cast: Cast, server: Any, folder: Path, at: int) -> None:
    kept = hang(server, BIG)
    (path,) = stored(folder)
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    reply = signed_in(cast.bob).get(f"/evidence/{kept.pk}/")
    assert (reply.status_code, reply.streaming) == (500, False)
    assert b"Restore the file from a backup" in reply.content


def test_damage_far_into_a_large_file_stops_the_download(
    cast: Cast, server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WHOLE", 0)
    kept = hang(server, BIG)
    (path,) = stored(folder)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    reply: Any = signed_in(cast.bob).get(f"/evidence/{kept.pk}/")
    sent: list[bytes] = []
    with pytest.raises(AttachmentRefusedError, match="chunk 3"):
        sent.extend(reply.streaming_content)
    for closing in reply._resource_closers:
        closing()
    assert b"".join(sent) == BIG[: sum(map(len, sent))]
    assert sum(map(len, sent)) < int(reply["Content-Length"])


def test_a_truncated_file_is_told_whatever_its_size(server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WHOLE", 0)
    kept = hang(server, BIG)
    (path,) = stored(folder)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(AttachmentRefusedError, match="another length"):
        read(kept)


def test_files_that_were_swapped_do_not_open(server: Any, folder: Path) -> None:
    first, second = hang(server, b"a" * 100), hang(server, b"b" * 100)
    one, two = files.place(first.digest), files.place(second.digest)
    raw = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(raw)
    for kept in (first, second):
        with pytest.raises(AttachmentRefusedError, match="under another key"):
            read(kept)


def test_keys_that_were_swapped_with_their_files_do_not_open(server: Any) -> None:
    """Somebody with the database and the disk makes one piece of evidence pass for another."""
    first, second = hang(server, b"a" * 100), hang(server, b"b" * 100)
    one, two = files.place(first.digest), files.place(second.digest)
    raw = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(raw)
    with being(None), connection.cursor() as cursor:
        cursor.execute(
            "update stored_file s set wrapped = o.wrapped from stored_file o where s.id <> o.id",
        )
    reply = signed_in_head(first)
    assert reply.status_code == 503


def signed_in_head(kept: Evidence) -> Any:
    from remit.kernel.access.models import User

    with being(None):
        alice = User.objects.get(name="Alice Test")
    client = signed_in(alice)
    return client.get(f"/evidence/{kept.pk}/")


def test_without_its_key_the_rest_is_served(cast: Cast, server: Any, settings: Any) -> None:
    kept = hang(server)
    for path in Path(settings.KEYS_DIR).iterdir():
        path.unlink()
    ring.forget()
    client = signed_in(cast.bob)
    reply = client.get(f"/evidence/{kept.pk}/")
    assert reply.status_code == 503
    assert "remit check" in reply.content.decode()
    assert str(settings.KEYS_DIR) not in reply.content.decode()
    assert client.get(server.get_absolute_url()).status_code == 200
    with being(None):
        (problem,) = rotation.problems()
    assert "not here" in problem.message


# Writing.


def test_the_same_content_is_kept_once_and_found_again_when_it_was_lost(server: Any, folder: Path) -> None:
    first, second = hang(server), hang(server)
    assert first.stored_id == second.stored_id
    (path,) = stored(folder)
    path.unlink()
    hang(server)
    assert read(first) == b"all fine\n"


def test_a_full_disk_leaves_nothing(server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up in the middle of a file: 1 MiB may be written, no more."""

    class Full(io.FileIO):
        def write(self, piece: Any, /) -> int:
            if self.tell() > 1024 * 1024:
                raise OSError(28, "No space left on device")
            return super().write(piece) or 0

    from remit.kernel.attachments import disk

    monkeypatch.setattr(disk.os, "fdopen", Full)
    with pytest.raises(AttachmentRefusedError, match="No space left on device"):
        hang(server, BIG)
    assert not stored(folder)
    with being(None):
        assert not StoredFile.objects.exists()


def test_what_is_rolled_back_is_swept_after_a_day(server: Any, folder: Path) -> None:
    kept = hang(server)
    with pytest.raises(RuntimeError), being(None):
        roll_back(server)
    assert len(stored(folder)) == 2
    assert tending.sweep() == 0
    assert tending.sweep(older_than=-1) == 1
    assert read(kept) == b"all fine\n"


def roll_back(record: Any) -> None:
    attach(record, "b.txt", io.BytesIO(b"never committed"))
    raise RuntimeError


def test_drafts_of_killed_processes_are_swept(folder: Path) -> None:
    (folder / "incoming").mkdir(parents=True)
    (folder / "incoming" / "tmpabc").write_bytes(b"half")
    assert tending.sweep() == 0
    assert tending.sweep(older_than=-1) == 1
    assert not stored(folder)


# What earlier versions kept in the clear.


def test_what_lies_in_the_clear_is_read_and_sealed(
    server: Any, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    kept = in_the_clear(server, BIG)
    assert read(kept) == BIG
    with django_capture_on_commit_callbacks(execute=True):
        assert tending.seal_some() == (1, [])
    assert stored(folder) == [files.place(kept.digest)]
    assert read(kept) == BIG
    assert tending.seal_some() == (0, [])


def test_a_clear_file_goes_only_when_the_sealed_one_is_committed(server: Any, folder: Path) -> None:
    kept = in_the_clear(server, BIG)
    with transaction.atomic():
        tending.seal_some()
        transaction.set_rollback(True)
    assert len(stored(folder)) == 2
    assert read(kept) == BIG
    assert tending.seal_some() == (1, [])
    assert read(kept) == BIG


def test_a_clear_file_that_was_changed_is_not_sealed(server: Any, folder: Path) -> None:
    kept = in_the_clear(server, b"as it was")
    files.clear_place(kept.digest).write_bytes(b"as it is!")
    count, (wrong,) = tending.seal_some()
    assert (count, "not what its SHA-256 says" in wrong) == (0, True)
    assert stored(folder) == [files.clear_place(kept.digest)]


def test_a_lent_file_is_gone_afterwards(server: Any, folder: Path) -> None:
    kept = hang(server, BIG)
    with being(None), as_file(kept) as path:
        assert path.read_bytes() == BIG
        assert [each.suffix for each in stored(folder)] == [".sealed"]
    assert not path.exists()


# Rotation.


def test_rotation_touches_no_file(server: Any, folder: Path) -> None:
    kept = [hang(server, b"a%d" % number) for number in range(7)]
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in stored(folder)}
    done = rotation.rotate(batch=3)
    assert done.wrapped == 7
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in stored(folder)} == before
    with being(None):
        assert set(StoredFile.objects.values_list("wrapped_by", flat=True)) == {done.made}
    assert [read(each) for each in kept] == [b"a%d" % number for number in range(7)]


# Retention.


def aged(kept: Evidence, days: int) -> None:
    with being(None):
        Evidence.objects.filter(pk=kept.pk).update(at=timezone.now() - timedelta(days=days))


def expired(callbacks: Any) -> int:
    with callbacks(execute=True):
        return tending.expire(timezone.now())


def test_a_content_goes_with_the_last_evidence_that_has_it(
    cast: Cast, server: Any, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    old, fresh = hang(server), hang(server)
    aged(old, 91)
    assert expired(django_capture_on_commit_callbacks) == 0
    with being(cast.alice):
        retention.change("assets.asset", 90)
    assert expired(django_capture_on_commit_callbacks) == 1
    with being(None):
        old = Evidence.objects.get(pk=old.pk)
    assert old.removed_by == "kept for 90 days"
    with pytest.raises(AttachmentRefusedError, match="kept for 90 days"):
        read(old)
    assert read(fresh) == b"all fine\n"
    aged(fresh, 91)
    assert expired(django_capture_on_commit_callbacks) == 1
    assert not stored(folder)
    with being(None):
        row = StoredFile.objects.get()
        assert (bytes(row.wrapped), row.wrapped_by, row.removed_at is None) == (b"", "", False)
    again = hang(server)
    assert (read(again), again.stored_id) == (b"all fine\n", row.pk)


def test_what_is_held_stays(cast: Cast, server: Any, django_capture_on_commit_callbacks: Any) -> None:
    other = make(Asset, unit=cast.company, name="db-01")
    by_record, by_file, loose = hang(server, b"1"), hang(other, b"2"), hang(other, b"3")
    for kept in (by_record, by_file, loose):
        aged(kept, 99)
    with being(cast.alice):
        retention.change("assets.asset", 30)
        held = holds.hold(server, "Matter 7")
        holds.hold(other, "Matter 8", by_file)
    assert expired(django_capture_on_commit_callbacks) == 1
    assert (read(by_record), read(by_file)) == (b"1", b"2")
    with being(cast.alice):
        holds.lift(held)
    assert expired(django_capture_on_commit_callbacks) == 1
    with pytest.raises(AttachmentRefusedError, match="removed"):
        read(by_record)


@pytest.mark.parametrize("days", [0, 29, 40_000, -1])
def test_rules_that_would_do_harm_are_refused(cast: Cast, days: int) -> None:
    with being(cast.alice), pytest.raises(AttachmentRefusedError, match="Say 30 to"):
        retention.change("assets.asset", days)


def test_a_removed_file_is_gone_for_a_download_too(
    cast: Cast, server: Any, django_capture_on_commit_callbacks: Any
) -> None:
    kept = hang(server)
    aged(kept, 31)
    with being(cast.alice):
        retention.change("assets.asset", 30)
    expired(django_capture_on_commit_callbacks)
    client: Client = signed_in(cast.bob)
    assert client.get(f"/evidence/{kept.pk}/").status_code == 410
    page = client.get(server.get_absolute_url()).content.decode()
    assert "Removed" in page
    assert f'href="/evidence/{kept.pk}/"' not in page

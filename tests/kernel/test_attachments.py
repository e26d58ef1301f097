"""What hangs on a record: comments, evidence, ties; and the files that strangers send."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from remit.identify.assets.models import Asset
from remit.kernel.attachments import disk, files, names, sniffing
from remit.kernel.attachments.models import Evidence, RecordLink
from remit.kernel.attachments.services import (
    AttachmentRefusedError,
    attach,
    comment,
    comments_of,
    evidence_of,
    link,
    links_of,
    open_evidence,
    unlink,
)
from remit.kernel.ledger.reading import history
from remit.kernel.work import resources  # noqa: F401  (registers the resource)
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, make


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.FILES_DIR = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def server(cast: Cast) -> Any:
    return make(Asset, unit=cast.company, name="gw-ams-03")


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0) + b"\0" * 64


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_comments_are_seen_where_the_record_is(cast: Cast, server: Any) -> None:
    with being(cast.bob):
        comment(server, "  Rebooted.\r\nTwice. ")
        assert [(c.text, c.by) for c in comments_of(server)] == [("Rebooted.\nTwice.", cast.bob)]
    with being(cast.eve):
        assert not comments_of(server).exists()
    with being(cast.eve), pytest.raises(DatabaseError), transaction.atomic():
        comment(server, "I should not.")


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_001])
def test_comments_that_say_nothing_or_too_much_are_refused(cast: Cast, server: Any, text: str) -> None:
    with being(cast.bob), pytest.raises(AttachmentRefusedError):
        comment(server, text)


def test_evidence_is_kept_once_under_its_digest(cast: Cast, server: Any, folder: Path) -> None:
    with being(cast.bob):
        first = attach(server, "scan.txt", io.BytesIO(b"all fine\n"), source="ssh")
        second = attach(server, "again.txt", io.BytesIO(b"all fine\n"))
        assert list(evidence_of(server)) == [first, second]
        with open_evidence(first) as file:
            assert file.read() == b"all fine\n"
    (path,) = stored(folder)
    assert path == folder / first.digest[:2] / f"{first.digest}.sealed"
    assert b"all fine" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, first.size, first.content_type, first.source) == (
        0o600,
        9,
        "text/plain",
        "ssh",
    )
    with being(cast.eve):
        assert not evidence_of(server).exists()


def test_a_lost_file_is_named(cast: Cast, server: Any, folder: Path) -> None:
    with being(cast.bob):
        kept = attach(server, "scan.txt", io.BytesIO(b"all fine\n"))
        stored(folder)[0].unlink()
        with pytest.raises(AttachmentRefusedError, match="restore it from a backup"):
            open_evidence(kept)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("ev.png", b"<html><script>alert(1)</script></html>", "wrong-content"),
        ("ev.pdf", b"MZ\x90\x00", "wrong-content"),
        ("report.docx", b"<html>", "wrong-content"),
        (".htaccess", b"AddType application/x-httpd-php .png\n", "server-configuration"),
        ("dir/WEB.config", b"<configuration/>", "server-configuration"),
        ("flood.png", png(60_000, 60_000), "too-many-pixels"),
        ("empty.txt", b"", "empty"),
        ("large.txt", b"x" * 2049, "too-large"),
    ],
)
def test_files_that_cannot_be_taken_leave_nothing(
    cast: Cast, server: Any, folder: Path, name: str, content: bytes, code: str
) -> None:
    with being(cast.bob), pytest.raises(AttachmentRefusedError) as refused:
        attach(server, name, io.BytesIO(content), largest=2048)
    assert refused.value.code == code
    assert refused.value.hint
    assert not stored(folder)
    with being(None):
        assert not Evidence.objects.exists()


def test_a_full_disk_is_a_clear_refusal(cast: Cast, server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with being(cast.bob), pytest.raises(AttachmentRefusedError, match="No space left on device"):
        attach(server, "scan.txt", io.BytesIO(b"all fine\n"))
    assert not stored(folder)


@pytest.mark.parametrize(
    ("name", "head", "found"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">', "image/svg+xml"),
        ("a.gif", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1);//", "image/gif"),
        ("a.pdf", b"%PDF-1.4\n", "application/pdf"),
        ("a.xlsx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.json", b'\xef\xbb\xbf {"a": 1}', "application/json"),
        ("a.nessus", b"<?xml version='1.0'?><NessusClientData_v2>", "application/xml"),
        ("a.log", "naïve".encode(), "text/plain"),
        ("a.bin", b"\x00\x01\x02", "application/octet-stream"),
        ("a.txt", b"  <!DOCTYPE html><p>", "text/html"),
    ],
)
def test_types_are_told_by_content(name: str, head: bytes, found: str) -> None:
    assert sniffing.checked_type(names.extension(name), head) == found


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (png(3, 4), (3, 4)),
        (b"GIF89a" + struct.pack("<HH", 5, 6), (5, 6)),
        (b"BM" + b"\0" * 16 + struct.pack("<ii", 7, -8), (7, 8)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 9, 10) + b"\0" * 4, (10, 9)),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (10).to_bytes(3, "little") + (11).to_bytes(3, "little"), (11, 12)),
        (b"RIFF\0\0\0\0WEBPVP8L" + b"\0" * 4 + b"\x2f" + (12 | 13 << 14).to_bytes(4, "little"), (13, 14)),
        (b"\xff\xd8\xff", None),
        (b"text", None),
    ],
)
def test_pixels_are_read_from_the_header(head: bytes, size: tuple[int, int] | None) -> None:
    assert sniffing.pixels(head) == size


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../../../app/settings.py", "settings.py"),
        ("C:\\fakepath\\scan.nessus", "scan.nessus"),
        ('a"; filename="b.html\r\nSet-Cookie: s=1\r\n.sarif', "a ; filename= b.htmlSet-Cookie s=1.sarif"),
        ("safe\u202egnp.exe\u200b", "safegnp.exe"),
        ("CON.\u202e" + "a" * 4080 + ".sarif", "CON." + "a" * 190 + ".sarif"),
        ("...", "file"),
        (".profile", "profile"),
        ("", "file"),
        ("cafe\u0301.pdf", "café.pdf"),
        ("nul\x00.txt", "nul.txt"),
    ],
)
def test_names_are_cleaned(given: str, shown: str) -> None:
    assert names.clean(given) == shown


def test_only_digests_name_files() -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        files.place("../../etc/passwd")


def test_ties_are_seen_from_both_ends_and_by_who_sees_both(
    cast: Cast, server: Any, django_assert_num_queries: Any
) -> None:
    other, far = make(Asset, unit=cast.company, name="db-01"), make(Asset, unit=cast.sibling, name="elsewhere")
    task = make(Work, unit=cast.company, title="Patch")
    with being(cast.alice):
        first = link(server, other, RecordLink.Kind.CAUSES)
        assert link(server, other, RecordLink.Kind.CAUSES) == first
        link(server, far)
        link(task, server, RecordLink.Kind.MITIGATES)
    with being(cast.bob), django_assert_num_queries(3):
        assert [(t.words, str(t.record), t.resource.slug) for t in links_of(server)] == [
            ("causes", "db-01", "assets"), ("is mitigated by", "Patch", "work"),
        ]  # fmt: skip
    with being(cast.bob):
        assert [t.words for t in links_of(other)] == ["is caused by"]
        assert not unlink(task, first.pk)
        assert unlink(other, first.pk)
        assert links_of(other) == []
        assert [entry.verb for entry in history("assets.asset", server.pk)] == ["create"]


def test_ties_to_oneself_or_to_what_is_hidden_are_refused(cast: Cast, server: Any) -> None:
    far = make(Asset, unit=cast.sibling, name="elsewhere")
    with being(cast.bob):
        with pytest.raises(AttachmentRefusedError, match="another record"):
            link(server, server)
        with pytest.raises(AttachmentRefusedError, match="Choose one of"):
            link(server, far, "owns")
        with pytest.raises(DatabaseError), transaction.atomic():
            link(server, far)

"""Checkpoints get to each kind of anchor once, and what goes wrong is told and tried again."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import transaction
from django.utils import timezone

from remit.kernel.ledger import anchors, sealing
from remit.kernel.ledger.anchoring import folder, mail, syslog, timestamps
from remit.kernel.ledger.anchoring.refused import AnchorRefusedError
from remit.kernel.ledger.models import Anchor, Anchoring
from tests.ledger_sealing.authority import Authority, authority, made
from tests.security.helpers import Stored

NOTE = "remit/log\n7\nAAAA\ntime 2026-03-01T00:00:00Z\n\n— remit/log abcd\n"


def test_a_file_is_written_once_and_then_only_read(tmp_path: Path) -> None:
    folder.deliver(str(tmp_path), 7, NOTE)
    folder.deliver(str(tmp_path), 7, NOTE)
    (path,) = tmp_path.iterdir()
    assert path.read_text() == NOTE
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    with pytest.raises(AnchorRefusedError, match="holds another checkpoint"):
        folder.deliver(str(tmp_path), 7, NOTE.replace("AAAA", "BBBB"))
    assert path.read_text() == NOTE


def test_a_file_half_written_by_a_killed_process_is_left_and_another_made(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-0000000000000007.txt").write_text(NOTE[:10])
    folder.deliver(str(tmp_path), 7, NOTE)
    assert (tmp_path / "checkpoint-0000000000000007.1.txt").read_text() == NOTE


def test_a_folder_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-0000000000000007.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        folder.deliver(str(tmp_path), 7, NOTE)
    assert not (tmp_path / "elsewhere").exists()


def test_a_syslog_message_is_as_the_standard_has_it() -> None:
    said = syslog.message(NOTE, datetime(2026, 3, 1, 12, 0, 0, 5, UTC), "host", 42)
    head, mark, text = said.partition(b"\xef\xbb\xbf")
    assert head == b"<109>1 2026-03-01T12:00:00.000005Z host remit 42 checkpoint - "
    assert mark
    assert json.loads(text) == NOTE
    assert b"\n" not in said


def test_syslog_over_udp_tcp_and_a_local_socket(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        syslog.deliver(f"udp://127.0.0.1:{server.getsockname()[1]}", NOTE)
        assert b"checkpoint" in server.recv(4096)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        syslog.deliver(f"tcp://127.0.0.1:{server.getsockname()[1]}", NOTE)
        with closing(server.accept()[0]) as stream:
            said = stream.recv(4096)
        size, _, rest = said.partition(b" ")
        assert int(size) == len(rest)
    path = os.path.relpath(tmp_path / "log")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as server:
        server.bind(path)
        syslog.deliver(f"unix://{tmp_path / 'log'}", NOTE)
        assert b"checkpoint" in server.recv(4096)
    with pytest.raises(ConnectionRefusedError):
        syslog.deliver("tcp://127.0.0.1:1", NOTE)


@pytest.mark.parametrize(
    "target",
    ["", "log.example", "http://a", "tcp://", "unix://log", "tcp://a:99999", "udp://a:0", "tcp://[", "udp://a/b"],
)
def test_an_address_of_no_syslog_is_refused(target: str) -> None:
    assert syslog.problem(target)


def test_a_mail_has_the_note_and_says_how_to_use_it(settings: Any) -> None:
    settings.SMTP_URL = "smtp://localhost?tls=none"
    mail.deliver("auditor@example.org", 7, NOTE)
    mail.deliver("auditor@example.org", 7, NOTE)
    first, second = outbox.outbox
    assert NOTE in first.body
    assert first.to == ["auditor@example.org"]
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert mail.problem("not an address")
    assert not mail.problem("auditor@example.org")


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests' own authority be asked, which is on this machine."""
    monkeypatch.setenv("REMIT_OUTBOUND_HOSTS", "127.0.0.1")


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("tsa")) as found:
        yield found


def test_a_timestamp_is_verified_and_stands_for_this_note_only(tsa: Authority) -> None:
    tsa.mood = "honest"
    receipt = timestamps.deliver(tsa.url, tsa.certificate, NOTE)
    verifier = timestamps.trusted(tsa.certificate)
    timestamps.verify(receipt, verifier, NOTE)
    with pytest.raises(AnchorRefusedError, match="does not hold"):
        timestamps.verify(receipt, verifier, NOTE + "more")


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("nonsense", "no timestamp as RFC"),
        ("endless", "larger than"),
        ("redirect", "answered 302"),
        ("replay", "another question"),
    ],
)
def test_an_authority_that_answers_otherwise_is_refused(mood: str, said: str, tsa: Authority) -> None:
    tsa.mood = "honest"
    timestamps.deliver(tsa.url, tsa.certificate, NOTE)
    tsa.mood = mood
    with pytest.raises(AnchorRefusedError, match=said):
        timestamps.deliver(tsa.url, tsa.certificate, NOTE)


def test_an_authority_under_another_root_is_refused(tsa: Authority, tmp_path: Path) -> None:
    tsa.mood = "honest"
    with pytest.raises(AnchorRefusedError, match="does not hold"):
        timestamps.deliver(tsa.url, made(tmp_path / "other", "Other root"), NOTE)
    assert "certificate" in timestamps.problem(tsa.url, "")
    assert timestamps.problem("ftp://a", tsa.certificate)
    assert timestamps.problem("https://u:p@a/", tsa.certificate)


def test_pauses_grow_up_to_an_hour() -> None:
    assert [anchors.pause(n).total_seconds() for n in (1, 2, 3, 50)] == [30, 60, 120, 3600]


@pytest.fixture
def signed(stored: Stored, write: Callable[[int], None]) -> Callable[[], int]:
    """Return a function that writes something and signs it, and returns the size of the checkpoint."""

    def work() -> int:
        write(1)
        return int(stored.run(lambda: sealing.seal(checkpoint=True))[0].checkpoint)

    return work


def as_system(work: Callable[[], Any]) -> Callable[[], Any]:
    def acting() -> Any:
        with anchors.carrying(), transaction.atomic():
            return work()

    return acting


@pytest.fixture
def anchor(stored: Stored, tmp_path: Path) -> Iterator[Anchor]:
    (held,) = stored.run(as_system(lambda: anchors.add("Folder", "folder", str(tmp_path))))
    yield held
    stored.run(as_system(lambda: Anchor.objects.all().delete()))


def test_an_anchor_gets_the_newest_checkpoint_once_and_then_again_after_a_minute(
    stored: Stored, signed: Callable[[], int], anchor: Anchor, tmp_path: Path
) -> None:
    signed()
    newest = signed()
    assert stored.run(anchors.carry, anchors.carry, anchors.carry).count(1) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"checkpoint-{newest:016d}.txt"]
    later = signed()
    assert stored.run(anchors.carry) == [0], "at most one a minute"
    assert stored.run(lambda: anchors.carry(timezone.now() + timedelta(seconds=61))) == [1]
    assert len(list(tmp_path.iterdir())) == 2
    assert (tmp_path / f"checkpoint-{later:016d}.txt").exists()


def test_what_fails_is_told_and_tried_again_with_the_newest(
    stored: Stored, signed: Callable[[], int], anchor: Anchor, tmp_path: Path
) -> None:
    signed()
    tmp_path.rename(tmp_path.with_name("gone"))
    assert stored.run(anchors.carry) == [0]
    ((size, tries, error),) = stored.run(
        as_system(lambda: list(Anchoring.objects.values_list("size", "tries", "error")))
    )[0]
    assert (tries, error) == (1, "No such file or directory.")
    assert stored.run(anchors.carry) == [0], "not before its time"
    newest = signed()
    assert newest > size
    tmp_path.with_name("gone").rename(tmp_path)
    assert stored.run(lambda: anchors.carry(timezone.now() + timedelta(seconds=31))) == [1]
    rows = stored.run(as_system(lambda: list(Anchoring.objects.values_list("size", "state", "error"))))[0]
    assert rows == [(newest, "done", "")]


def test_an_anchor_that_cannot_be_one_is_refused(stored: Stored, anchor: Anchor, tmp_path: Path) -> None:
    for name, kind, target in (
        ("Folder", "folder", str(tmp_path)),
        ("Other", "folder", "relative"),
        ("Other", "folder", "/nowhere/at/all"),
        ("", "mail", "a@example.org"),
    ):
        with pytest.raises(AnchorRefusedError):
            stored.run(as_system(lambda: anchors.add(name, kind, target)))  # noqa: B023 - run at once

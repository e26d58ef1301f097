"""The file of a backup: whole and signed, or refused by name, whatever was done to it."""

from __future__ import annotations

import errno
import io
import os
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from remit.kernel.backup import tape
from remit.kernel.backup.archive import read, writing
from remit.kernel.backup.manifest import BackupRefusedError, Manifest
from remit.kernel.ledger.notes import signed, verifier

KEY, STRANGER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
NAME = "remit/test"
OURS = [verifier(NAME, KEY)]
DUMP, FILE = b"PGDMP" + bytes(range(256)) * 40, b"sealed " * 999
FILE_NAME = f"files/ab/{'ab' * 32}.sealed"
PASSPHRASE = "a long passphrase of a test"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(
    path: Path,
    *,
    key: Ed25519PrivateKey = KEY,
    passphrase: str = "",
    over: bool = False,
    contents: tuple[tuple[str, bytes], ...] = (("database.dump", DUMP), (FILE_NAME, FILE)),
) -> Path:
    with writing(path, passphrase=passphrase, over=over) as made:
        for name, content in contents:
            made.add(name, io.BytesIO(content), len(content))
        manifest = Manifest(
            remit="0", made_at="2026-03-02T09:41:07Z", postgresql="18", migrations=[], counts={"kernel_user": 5},
            guards={}, installed="", ledger=0, pending=0, checkpoint="", wrapped_by=[], members=made.listing.digest(),
            files=made.listing.files, size=made.listing.size, signers=[str(verifier(NAME, key))],
        )  # fmt: skip
        made.finish(signed(manifest.text(), NAME, key))
    return path


def refused(path: Path, *, passphrase: str = "") -> BackupRefusedError:
    with pytest.raises(BackupRefusedError) as found:
        read(path, OURS, passphrase=passphrase)
    assert found.value.hint
    return found.value


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.backup")
    out: dict[str, io.BytesIO] = {}

    def sink(name: str) -> io.BytesIO:
        out[name] = Kept()
        return out[name]

    class Kept(io.BytesIO):
        def close(self) -> None:
            pass

    checked = read(path, OURS, sink=sink)
    assert {name: file.getvalue() for name, file in out.items()} == {"database.dump": DUMP, FILE_NAME: FILE}
    assert checked.signed_by == (OURS[0],)
    assert (checked.manifest.files, checked.manifest.size) == (1, len(DUMP) + len(FILE))
    with tarfile.open(path) as tar:  # it is a tar for everybody
        assert tar.getnames() == ["remit-backup", "database.dump", FILE_NAME, "members", "manifest"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["a.backup"]


def test_every_single_byte_matters(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.backup").read_bytes()
    changed = tmp_path / "b.backup"
    for at in [*range(0, len(whole), 61), len(whole) - 1]:
        changed.write_bytes(whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :])
        with pytest.raises(BackupRefusedError):
            read(changed, OURS)


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_cut_off_anywhere_or_with_something_after_its_end_it_is_refused(tmp_path: Path, passphrase: str) -> None:
    whole = write(tmp_path / "a.backup", passphrase=passphrase).read_bytes()
    changed = tmp_path / "b.backup"
    steps = 997 if not passphrase else 9973  # each passphrase costs half a second
    for size in [*range(100, len(whole), steps), len(whole) - 1]:
        changed.write_bytes(whole[:size])
        refused(changed, passphrase=passphrase)
    for more in (b"\0", b"\0" * 512, b"more"):
        changed.write_bytes(whole + more)
        refused(changed, passphrase=passphrase)


def rewritten(path: Path, change: Callable[[list[tuple[str, bytes]]], object]) -> Path:
    """Take the tape apart, change its members, and lay it out anew, as somebody who knows the format would."""
    with path.open("rb") as file:
        found = [(member.name, b"".join(member.pieces())) for member in tape.members(file)]
    change(found)
    with path.open("wb") as file:
        writer = tape.TapeWriter(file)
        for name, content in found:
            writer.add(name, len(content), io.BytesIO(content))
        writer.finish()
    return path


def swap(members: list[tuple[str, bytes]]) -> None:
    members[1], members[2] = (members[1][0], members[2][1]), (members[2][0], members[1][1])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda m: m.__setitem__(1, ("database.dump", DUMP + b"drop table")), "database.dump"),
        (lambda m: m.__setitem__(2, (FILE_NAME, b"x" + FILE[1:])), FILE_NAME),
        (swap, "database.dump"),
        (lambda m: m.pop(2), FILE_NAME),
        (lambda m: m.insert(3, (f"files/ac/{'ac' * 32}", b"")), "files/ac"),
        (lambda m: m.__setitem__(slice(1, 3), [m[2], m[1]]), "database.dump"),
        (lambda m: m.append(m[1]), "database.dump"),
        (lambda m: m.append(m[-1]), "manifest"),
        (lambda m: m.pop(), "manifest"),
        (lambda m: m.pop(0), "database.dump"),
        (lambda m: m.__setitem__(3, ("members", m[3][1] + m[3][1])), "members"),
    ],
    ids=["changed", "changed file", "swapped", "taken out", "put in", "order", "after the end", "two manifests",
         "no manifest", "no mark", "list"],
)  # fmt: skip
def test_a_changed_member_is_named(
    tmp_path: Path, change: Callable[[list[tuple[str, bytes]]], object], named: str
) -> None:
    path = rewritten(write(tmp_path / "a.backup"), change)
    assert named in refused(path).where + refused(path).what


def test_changed_and_listed_anew_it_lacks_the_signature(tmp_path: Path) -> None:
    """Somebody who knows the format changes a file, the list, and the digest in the manifest."""
    path = write(tmp_path / "a.backup")

    def change(members: list[tuple[str, bytes]]) -> None:
        was, new = sha256(DUMP).hexdigest(), sha256(DUMP[::-1]).hexdigest()
        lines = members[3][1].replace(was.encode(), new.encode())
        note = members[4][1].replace(sha256(members[3][1]).hexdigest().encode(), sha256(lines).hexdigest().encode())
        members[1], members[3], members[4] = (members[1][0], DUMP[::-1]), ("members", lines), ("manifest", note)

    error = refused(rewritten(path, change))
    assert error.where == "manifest"
    assert "false" in error.what


def test_a_strangers_signature_is_refused_and_the_key_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.backup", key=STRANGER)
    error = refused(path)
    assert "No key that is trusted here" in error.what
    assert "--key" in error.hint
    assert read(path, [verifier(NAME, STRANGER)]).signed_by
    assert read(path, []).signed_by  # by its own key, where nobody is to be trusted: the caller says so


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x",
        "/etc/passwd",
        "files/../../x",
        f"files/ab/../{'ab' * 32}",
        f"files/AB/{'ab' * 32}",
        f"files/ab/{'ab' * 32}.sealed\n",
        "keys/../../x",
        "keys/current.key",
        "database.dump/x",
        "postgres/postgresql.conf",
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.backup", contents=(("database.dump", DUMP), (name, b"x")))
    handed_out: list[str] = []

    def sink(member: str) -> None:
        handed_out.append(member)

    with pytest.raises(BackupRefusedError, match="does not belong"):
        read(path, OURS, sink=sink)
    assert handed_out == ["database.dump"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE, tarfile.FIFOTYPE])
def test_links_folders_and_extensions_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.backup"
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("database.dump")
        entry.type, entry.linkname, entry.mode = kind, "/etc/passwd", 0o600
        tar.addfile(entry)
    assert "no header" in refused(path).what


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 512, b"\0" * 10240, b"PK\x03\x04" + b"x" * 2000, b"REMITSF", b"\xff" * 600]
)
def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.backup"
    path.write_bytes(content)
    refused(path, passphrase=PASSPHRASE)


def test_encrypted_it_shows_nothing_and_needs_its_passphrase(tmp_path: Path) -> None:
    path = write(tmp_path / "a.backup", passphrase=PASSPHRASE)
    assert b"database.dump" not in path.read_bytes()
    assert b"PGDMP" not in path.read_bytes()
    assert read(path, OURS, passphrase=PASSPHRASE).manifest.files == 1
    assert "--passphrase-file" in refused(path).hint
    assert "passphrase" in refused(path, passphrase="another long passphrase").hint
    whole = path.read_bytes()
    for at in (9, 20, 30, 70, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused(path, passphrase=PASSPHRASE)


def test_nothing_is_written_over_unless_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.backup")
    was = path.read_bytes()
    with pytest.raises(BackupRefusedError, match="--force"):
        write(path)
    assert path.read_bytes() == was
    write(path, over=True)


def test_two_backups_never_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    with writing(path) as made:
        with pytest.raises(BackupRefusedError, match="Another backup"):
            write(path)
        made.add("database.dump", io.BytesIO(DUMP), len(DUMP))
    assert names(tmp_path) == ["a.backup"]


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
@pytest.mark.parametrize("room", [0, 600, 9000, 20000])
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, passphrase: str
) -> None:
    class Small(io.FileIO):
        def write(self, data: object, /) -> int:
            if self.tell() + len(bytes(data)) > room:  # type: ignore[call-overload]
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)  # type: ignore[arg-type]

    really = os.fdopen
    monkeypatch.setattr(
        "remit.kernel.backup.archive.os.fdopen", lambda fd, mode: Small(fd, "wb") if mode == "wb" else really(fd, mode)
    )
    with pytest.raises(BackupRefusedError, match="No space left"):
        write(tmp_path / "a.backup", passphrase=passphrase, contents=(("database.dump", os.urandom(40_000)),))
    assert names(tmp_path) == []


def test_what_was_given_up_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "a.backup"):
        raise KeyboardInterrupt
    with pytest.raises(BackupRefusedError, match="ended"), writing(tmp_path / "a.backup") as made:
        made.add("database.dump", io.BytesIO(b"short"), 100)
    assert names(tmp_path) == []


def test_a_large_member_has_a_header_too() -> None:
    made = tape.header("database.dump", 20 * 1024**3)
    assert tarfile.TarInfo.frombuf(made, "ascii", "strict").size == 20 * 1024**3

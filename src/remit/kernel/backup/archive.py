"""The file of a backup: written whole or not at all, and read with every byte checked against the signed manifest."""

from __future__ import annotations

import fcntl
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from remit.kernel.backup.manifest import (
    CONTEXT,
    FORMAT,
    MANIFEST,
    MARK,
    MEMBERS,
    NAME,
    SPOOLED,
    BackupRefusedError,
    Listing,
    Manifest,
)
from remit.kernel.backup.tape import Member, Readable, TapeError, TapeWriter, members
from remit.kernel.disk import sync_folder
from remit.kernel.keys.passphrase import passphrase_key
from remit.kernel.keys.streams import (
    MAGIC,
    StreamRefusedError,
    read_header,
    sealing_writer,
    unsealing_reader,
)
from remit.kernel.ledger.notes import NoteRejected, SignerUnknown, Verifier, opened, text_of

PIECE = 1 << 20
MOST_SMALL = 1024 * 1024
"""Bytes of the mark and of the manifest, as of any signed note, at most."""
PART = ".part"
ANOTHER = "Use another backup; this one was changed or damaged after it was made."


class Writable(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> object: ...


Sign = Callable[[str], str]
Sink = Callable[[str], BinaryIO | None]


class Archive:
    """A backup being written: members one after another, the signed manifest at last."""

    def __init__(self, stream: IO[bytes], listing: Listing) -> None:
        self._tape, self.listing = TapeWriter(stream), listing
        self._small(MARK, f"{FORMAT}\n".encode())

    def add(self, name: str, file: Readable, size: int) -> None:
        """Add a member of so many bytes. OSError where the file ends sooner."""
        hashed = _Hashing(file)
        self._tape.add(name, size, hashed)
        self.listing.add(name, size, hashed.digest())

    def finish(self, note: str) -> None:
        """Add the list of members and the manifest, given as a signed note, and end the archive."""
        self._tape.add(MEMBERS, self.listing.length, self.listing.lines())
        self._small(MANIFEST, note.encode())
        self._tape.finish()

    def _small(self, name: str, data: bytes) -> None:
        self._tape.add(name, len(data), io.BytesIO(data))


@contextmanager
def writing(
    path: Path, *, passphrase: str = "", over: bool = False, check: Callable[[Path], object] = lambda _: None
) -> Iterator[Archive]:
    """Write a backup beside its place and put it there when it is whole, on the disk; else nothing is left.

    What a killed backup to the same place left is written over. `check` is given the whole file before it is put in
    place and raises what it finds. BackupRefusedError where there is a file already (unless `over`), somebody else is
    writing it, or the disk is full.
    """
    if path.exists() and not over:
        raise BackupRefusedError(str(path), "There is a file of this name.", "Choose another, or give --force.")
    part = path.with_name(f".{path.name}{PART}")
    try:
        with _alone(part) as raw:
            try:
                with ExitStack() as stack:
                    stream: IO[bytes] = raw
                    if passphrase:
                        key, key_id = passphrase_key(passphrase)
                        stream = cast(IO[bytes], sealing_writer(raw, key, CONTEXT, key_id=key_id))
                        stack.enter_context(stream)
                    yield Archive(stream, stack.enter_context(closing(Listing())))
                raw.flush()
                os.fsync(raw.fileno())
                check(part)
                part.replace(path)
                sync_folder(path.parent)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        where = str(error.filename or path)
        raise BackupRefusedError(where, f"{error.strerror or error}.", "Make room or choose another folder.") from error


@contextmanager
def _alone(part: Path) -> Iterator[BinaryIO]:
    """Open the draft of a backup and hold it, so that two backups never write the same one."""
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb") as raw:
        try:
            fcntl.flock(raw, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefusedError(
                str(part), "Another backup is writing this file.", "Wait until it is done."
            ) from None
        if not part.exists() or not part.samefile(f"/dev/fd/{raw.fileno()}"):  # it was put in its place meanwhile
            raise BackupRefusedError(str(part), "Another backup was written just now.", "Try again.")
        raw.truncate()
        yield raw


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup whose every byte fits its manifest; `signed_by` are the keys, of those given, that signed it."""

    manifest: Manifest
    signed_by: tuple[Verifier, ...]


def read(path: Path, trusted: Sequence[Verifier], *, passphrase: str = "", sink: Sink | None = None) -> Checked:
    """Read a backup from start to end, check it all, and hand each member's bytes to what `sink` opens for its name.

    With nobody to trust, the keys that the backup names itself are taken: the caller has been told to. Nothing that was
    handed out may be used before this returns. BackupRefusedError for whatever does not fit.
    """
    with ExitStack() as files:
        raw = files.enter_context(path.open("rb"))
        stream = _opened(path, raw, passphrase)
        try:
            return _read(path, stream, trusted, sink)
        except StreamRefusedError as error:
            raise BackupRefusedError(str(path), error.message, "Check the passphrase, or use another backup.") from None
        except (TapeError, UnicodeError) as error:
            raise BackupRefusedError(str(path), f"It is no whole backup: {error}.", ANOTHER) from None


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _opened(path: Path, raw: BinaryIO, passphrase: str) -> IO[bytes]:
    if not is_encrypted(path):
        return raw
    if not passphrase:
        raise BackupRefusedError(str(path), "It is encrypted.", "Name its passphrase: --passphrase-file FILE.")
    try:
        header = read_header(raw)
        key, _ = passphrase_key(passphrase, header.key_id)
        return cast(IO[bytes], io.BufferedReader(unsealing_reader(raw, key, CONTEXT, header=header), PIECE))
    except StreamRefusedError as error:
        raise BackupRefusedError(str(path), error.message, "Check the passphrase, or use another backup.") from None


def _read(path: Path, stream: IO[bytes], trusted: Sequence[Verifier], sink: Sink | None) -> Checked:
    small = dict[str, bytes]()
    with ExitStack() as stack:
        listing = stack.enter_context(closing(Listing()))
        wanted = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=SPOOLED))
        for member in members(stream):
            due = _due(small)
            if member.name in {MARK, MANIFEST} & {due} and member.size <= MOST_SMALL:
                small[due] = b"".join(member.pieces())
            elif member.name == MEMBERS == due:
                small[MEMBERS] = _take(member, wanted).encode()
            elif NAME.fullmatch(member.name) and due == MEMBERS:
                listing.add(member.name, member.size, _hand_out(member, sink))
            else:
                raise BackupRefusedError(member.name[:100], "This does not belong in a backup.", ANOTHER)
        if missing := _due(small):
            raise BackupRefusedError(str(path), f"It is cut off: {missing} is not there.", ANOTHER)
        checked = _signed(small[MANIFEST].decode(), trusted)
        if small[MEMBERS].decode() != checked.manifest.members:
            raise BackupRefusedError(MEMBERS, "It is not the list that was signed.", ANOTHER)
        wanted.seek(0)
        _compare(listing.lines(), cast(IO[bytes], wanted))
        return checked


def _due(small: dict[str, bytes]) -> str:
    """Return which member of a fixed name comes next: what has content stands between the mark and the list."""
    return next((name for name in (MARK, MEMBERS, MANIFEST) if name not in small), "")


def _hand_out(member: Member, sink: Sink | None) -> str:
    with ExitStack() as files:
        target = sink(member.name) if sink else None
        return _take(member, files.enter_context(target) if target else None)


def _take(member: Member, target: Writable | None) -> str:
    """Copy the content, if it is wanted, and return its digest."""
    hashed = sha256()
    for piece in member.pieces():
        hashed.update(piece)
        if target is not None:
            target.write(piece)
    return hashed.hexdigest()


def _signed(note: str, trusted: Sequence[Verifier]) -> Checked:
    try:
        text, by = opened(note, trusted or _its_own(note))
    except SignerUnknown as error:
        raise BackupRefusedError(
            MANIFEST, f"No key that is trusted here signed it: {error}.",
            "Name the key of the installation that made it, as `remit backup` printed it: --key VKEY.",
        ) from None  # fmt: skip
    except NoteRejected as error:
        raise BackupRefusedError(MANIFEST, f"Its signature does not hold: {error}.", ANOTHER) from None
    return Checked(Manifest.parse(text), by)


def _its_own(note: str) -> list[Verifier]:
    """The keys that a manifest itself names: they tell damage, and nothing of who made it."""
    return [Verifier.parse(key) for key in Manifest.parse(text_of(note)).signers]


def _compare(found: IO[bytes], wanted: IO[bytes]) -> None:
    """Name the member that is not as it was; the list itself is held by the signature."""
    for was, now in zip_longest(wanted, found):
        if was != now:
            name = (was or now).decode(errors="replace").rstrip().split(" ", 2)[-1][:100]
            what = "It is not what was backed up." if was and now else "It is missing, or was added."
            raise BackupRefusedError(name, what, ANOTHER)


class _Hashing:
    """Reads through a file and keeps the digest of what was read."""

    def __init__(self, file: Readable) -> None:
        self._file, self._hashed = file, sha256()

    def read(self, size: int, /) -> bytes:
        piece = self._file.read(size)
        self._hashed.update(piece)
        return piece

    def digest(self) -> str:
        return self._hashed.hexdigest()

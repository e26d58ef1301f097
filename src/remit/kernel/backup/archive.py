"""The file of a backup: written whole or not at all, and read with every byte checked against the signed manifest."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO, cast

from remit.kernel.backup.manifest import (
    CONTEXT,
    FORMAT,
    MANIFEST,
    MARK,
    MEMBERS,
    NAME,
    BackupRefusedError,
    Listing,
    Manifest,
)
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
MOST_SMALL = 256 * 1024 * 1024
"""Bytes of `members` at most: about two million files."""
ANOTHER = "Use another backup; this one was changed or damaged after it was made."

Sign = Callable[[str], str]
Sink = Callable[[str], BinaryIO | None]


class Archive:
    """A backup being written: members one after another, the signed manifest at last."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, bufsize=PIECE)  # noqa: SIM115
        self.listing = Listing()
        self._small(MARK, f"{FORMAT}\n".encode())

    def add(self, name: str, file: BinaryIO, size: int) -> None:
        """Add a member of so many bytes. OSError where the file ends sooner."""
        hashed = _Hashing(file)
        self._tar.addfile(_entry(name, size), cast(IO[bytes], hashed))
        self.listing.add(name, size, hashed.digest())

    def finish(self, note: str) -> None:
        """Add the list of members and the manifest, given as a signed note, and end the archive."""
        self._small(MEMBERS, self.listing.lines())
        self._small(MANIFEST, note.encode())
        self._tar.close()

    def give_up(self) -> None:
        """Leave it as it is; nothing more is written."""
        self._tar.closed = True

    def _small(self, name: str, data: bytes) -> None:
        self._tar.addfile(_entry(name, len(data)), io.BytesIO(data))


@contextmanager
def writing(path: Path, *, passphrase: str = "", over: bool = False) -> Iterator[Archive]:
    """Write a backup beside its place and put it there when it is whole, on the disk; else nothing is left.

    BackupRefusedError where there is a file already (unless `over`), or the disk is full.
    """
    if path.exists() and not over:
        raise BackupRefusedError(str(path), "There is a file of this name.", "Choose another, or give --force.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            if passphrase:
                key, key_id = passphrase_key(passphrase)
                with sealing_writer(raw, key, CONTEXT, key_id=key_id) as sealed:
                    yield Archive(cast(IO[bytes], sealed))
            else:
                yield Archive(raw)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
        _sync(path.parent)
    except OSError as error:
        where = str(error.filename or path)
        raise BackupRefusedError(where, f"{error.strerror or error}.", "Make room or choose another folder.") from error
    finally:
        part.unlink(missing_ok=True)


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
        except (tarfile.TarError, EOFError, UnicodeError) as error:
            raise BackupRefusedError(str(path), f"It is no whole backup ({error}).", ANOTHER) from None


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
    listing, small = Listing(), dict[str, bytes]()
    with tarfile.open(fileobj=stream, mode="r|", bufsize=PIECE) as tar:
        for entry in tar:
            if not entry.isreg() or MANIFEST in small:
                raise BackupRefusedError(entry.name[:100], "This does not belong in a backup.", ANOTHER)
            body = cast(BinaryIO, tar.extractfile(entry))
            if entry.name in {MARK, MEMBERS, MANIFEST} and entry.name not in small and entry.size <= MOST_SMALL:
                small[entry.name] = body.read()
                continue
            if not NAME.fullmatch(entry.name) or MARK not in small or MEMBERS in small:
                raise BackupRefusedError(entry.name[:100], "This does not belong in a backup.", ANOTHER)
            listing.add(entry.name, entry.size, _take(body, entry, sink))
    while stream.read(PIECE):  # what is sealed is known to be whole only at its end
        pass
    missing = next((name for name in (MARK, MEMBERS, MANIFEST) if name not in small), None)
    if missing:
        raise BackupRefusedError(str(path), f"It is cut off: {missing} is not there.", ANOTHER)
    checked = _signed(small[MANIFEST].decode(), trusted)
    _compare(listing, small[MEMBERS], checked.manifest)
    return checked


def _take(body: BinaryIO, entry: tarfile.TarInfo, sink: Sink | None) -> str:
    target, hashed, left = sink(entry.name) if sink else None, sha256(), entry.size
    with ExitStack() as files:
        if target is not None:
            files.enter_context(target)
        while piece := body.read(PIECE):
            hashed.update(piece)
            left -= len(piece)
            if target is not None:
                target.write(piece)
    if left:
        raise BackupRefusedError(entry.name, "It is cut off.", ANOTHER)
    return hashed.hexdigest()


def _signed(note: str, trusted: Sequence[Verifier]) -> Checked:
    try:
        text, by = opened(note, trusted or _its_own(note))
    except SignerUnknown as error:
        raise BackupRefusedError(
            MANIFEST, f"No key that is trusted here signed it: {error}.",
            "Name the key of the installation that made it: --key VKEY (`remit ledger checkpoint --key` there).",
        ) from None  # fmt: skip
    except NoteRejected as error:
        raise BackupRefusedError(MANIFEST, f"Its signature does not hold: {error}.", ANOTHER) from None
    return Checked(Manifest.parse(text), by)


def _its_own(note: str) -> list[Verifier]:
    """The keys that a manifest itself names: they tell damage, and nothing of who made it."""
    return [Verifier.parse(key) for key in Manifest.parse(text_of(note)).signers]


def _compare(listing: Listing, lines: bytes, manifest: Manifest) -> None:
    """Name the member that is not as it was; the list itself is held by the signature."""
    if sha256(lines).hexdigest() != manifest.members:
        raise BackupRefusedError(MEMBERS, "It is not the list that was signed.", ANOTHER)
    wanted = lines.decode().splitlines()
    found = listing.lines().decode().splitlines()
    for was, now in zip(wanted, found, strict=False):
        if was != now:
            raise BackupRefusedError(was.split(" ", 2)[-1], "It is not what was backed up.", ANOTHER)
    if len(wanted) != len(found):
        odd = (wanted[len(found) :] or found[len(wanted) :])[0].split(" ", 2)[-1]
        raise BackupRefusedError(odd, "It is missing, or was added.", ANOTHER)


class _Hashing:
    """Reads through a file and keeps the digest of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hashed = file, sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._hashed.update(piece)
        return piece

    def digest(self) -> str:
        return self._hashed.hexdigest()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

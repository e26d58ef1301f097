"""Evidence on disk: each content once, sealed under a key of its own, written so that it is whole or not there.

A content is at the disk's mercy only until its row is committed: the file is synced and moved to its place first, and
what lies there without a row is nobody's (`remit.kernel.attachments.tending` sweeps it away after a day). Whoever
writes, removes or sweeps a content does so alone, by an advisory lock on its digest that ends with the transaction.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from django.db import connection, transaction

from remit.kernel import actor
from remit.kernel.attachments.disk import CHUNK, clear_place, copy, draft, lent, move, place, sync
from remit.kernel.attachments.models import StoredFile
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.keys import ring
from remit.kernel.keys.streams import StreamRefusedError, sealed_size, sealing_writer, unsealing_reader
from remit.kernel.keys.wrapping import SIZE, KeyRefusedError, name_of

LARGEST = 512 * 1024 * 1024
WHOLE = 32 * CHUNK
"""Contents up to this size are verified whole before their first byte is handed out; others chunk by chunk."""
PURPOSE = "remit evidence"
"""What the chunks are bound to. To which content, their key says: wrapped, it is bound to the content's digest."""
REASON = "keeping files"


@dataclass(frozen=True, slots=True)
class Kept:
    """A content as it is kept: its row, and what `look` made of its first bytes."""

    stored: StoredFile
    content_type: str


def keep(stream: BinaryIO, look: Callable[[bytes], str], *, largest: int = LARGEST) -> Kept:
    """Keep a stream's content, sealed; the same content again is kept once.

    `look` is given the first bytes and returns the content type, or refuses. AttachmentRefusedError for an empty or
    too large stream and for a full disk, KeyRefusedError without a key to seal it; then nothing is kept. Part of the
    caller's transaction: if that is rolled back, nothing was kept either.
    """
    key = os.urandom(SIZE)
    try:
        with draft() as (file, path):
            with sealing_writer(file, key, PURPOSE, key_id=_key_id(key)) as sealed:
                digest, size, found = copy(stream, cast(BinaryIO, sealed), look, largest)
            sync(file)
            return Kept(_settle(path, digest, size, key), found)
    except OSError as error:
        raise AttachmentRefusedError(
            "not-stored",
            "data folder",
            f"The file could not be stored: {error.strerror or error}. Make room and try again.",
        ) from error


def open_content(digest: str) -> BinaryIO:
    """Open a content for reading from start to end.

    AttachmentRefusedError where it is gone, removed or damaged: before the first byte for contents up to 32 MiB and
    for any whose length or first 1 MiB is wrong, else while reading. KeyRefusedError where its key is not at hand.
    """
    stored = find(digest)
    if stored.size <= WHOLE and stored.sealed:
        with _opened(stored) as file:
            while file.read(CHUNK):
                pass
    return _opened(stored)


def verified(digest: str) -> bool:
    """Read a content from start to end and say whether it is what its digest says. Errors as of `open_content`."""
    found = hashlib.sha256()
    with _opened(find(digest)) as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest() == digest


@contextmanager
def as_file(digest: str) -> Iterator[Path]:
    """Lend a content as a file in the clear, for this process only. Errors as of `open_content`, before it is lent."""
    with open_content(digest) as content, lent() as (file, path):
        while chunk := content.read(CHUNK):
            file.write(chunk)
        file.flush()
        yield path


def find(digest: str) -> StoredFile:
    """Return the row of a content. AttachmentRefusedError where there is none, or the content was removed."""
    with actor.system(REASON), transaction.atomic():
        stored = StoredFile.objects.filter(digest=digest).first()
    if stored is not None and stored.removed_at:
        raise AttachmentRefusedError("removed", digest, f"The content was removed on {stored.removed_at:%Y-%m-%d}.")
    if stored is None:
        raise _missing(digest)
    return stored


def remove(digest: str) -> bool:
    """Forget a content that no evidence needs any more: its key at once, its file when the transaction is committed.

    False, and nothing done, while some evidence has it.
    """
    with actor.system(REASON), transaction.atomic():
        alone(digest)
        stored = StoredFile.objects.get(digest=digest)
        if stored.evidence.filter(removed_at=None).exists():
            return False
        with connection.cursor() as cursor, actor.verb("remove"):
            cursor.execute(
                "update stored_file set wrapped = '', wrapped_by = '', removed_at = now() where id = %s", [stored.pk]
            )
        transaction.on_commit(lambda: discard(digest))
    return True


def discard(digest: str) -> int:
    """Delete what lies on the disk of a content and is not needed; return how many files it was.

    That is everything of a content without a row or removed, and the clear file of one that is sealed.
    """
    with actor.system(REASON), transaction.atomic():
        alone(digest)
        stored = StoredFile.objects.filter(digest=digest).first()
        needed = None if stored is None or stored.removed_at else _expected(stored)
        gone = 0
        for path in (place(digest), clear_place(digest)):
            if path != needed and path.exists():
                path.unlink()
                gone += 1
    return gone


def seal_clear(stored: StoredFile) -> None:
    """Seal a content that lies in the clear; the clear file goes when the transaction is committed.

    The sealed one lies beside it under another name, so that whatever happens in between loses nothing.
    AttachmentRefusedError where the content is not there or not what its digest says.
    """
    key = os.urandom(SIZE)
    with actor.system("sealing files"), transaction.atomic():
        alone(stored.digest)
        stored.refresh_from_db()
        if stored.sealed or stored.removed_at:
            return
        with _opened(find(stored.digest)) as clear, draft() as (file, path):
            with sealing_writer(file, key, PURPOSE, key_id=_key_id(key)) as sealed:
                digest, _, _ = copy(clear, cast(BinaryIO, sealed), lambda head: "", 2**62)
            if digest != stored.digest:
                raise _damaged(stored.digest, "It is not what its SHA-256 says.")
            sync(file)
            move(path, place(digest))
        ring.wrap(stored, key)
        with actor.verb("seal"):
            stored.save(update_fields=("wrapped", "wrapped_by"))
        transaction.on_commit(lambda: discard(stored.digest))


def alone(digest: str) -> None:
    """Wait until nobody else does anything to this content, and keep others waiting until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 5))", (digest,))


def _settle(path: Path, digest: str, size: int, key: bytes) -> StoredFile:
    """Move a draft to its place and make its row, or give up the draft where the content is there already."""
    with actor.system(REASON), transaction.atomic():
        alone(digest)
        stored = StoredFile.objects.filter(digest=digest).first() or StoredFile(digest=digest, size=size)
        if stored.pk and not stored.removed_at and _is_there(stored):
            return stored
        stored.removed_at = None
        ring.wrap(stored, key)
        move(path, place(digest))
        stored.save()
    return stored


def _opened(stored: StoredFile) -> BinaryIO:
    path = _expected(stored)
    if path.exists() and not _is_there(stored):
        raise _damaged(stored.digest, "It has another length than was kept.")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise _missing(stored.digest) from None
    if not stored.sealed:
        return file
    try:
        return cast(BinaryIO, _Content(unsealing_reader(file, ring.unwrap(stored), PURPOSE), stored.digest))
    except StreamRefusedError as error:
        file.close()
        raise _damaged(stored.digest, error.message) from error
    except KeyRefusedError:
        file.close()
        raise


class _Content(io.BufferedReader):
    """A content as it is read; damage found on the way is told in the way of attachments."""

    def __init__(self, raw: io.RawIOBase, digest: str) -> None:
        super().__init__(raw, CHUNK)
        self._digest = digest

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return super().read(size)
        except StreamRefusedError as error:
            raise _damaged(self._digest, error.message) from error


def _missing(digest: str) -> AttachmentRefusedError:
    return AttachmentRefusedError("missing", digest, "The file is not in the data folder; restore it from a backup.")


def _damaged(digest: str, what: str) -> AttachmentRefusedError:
    return AttachmentRefusedError("damaged", digest, f"{what} Restore the file from a backup.")


def _expected(stored: StoredFile) -> Path:
    return place(stored.digest) if stored.sealed else clear_place(stored.digest)


def _is_there(stored: StoredFile) -> bool:
    """Whether something of the right length lies where this content should."""
    wanted = sealed_size(stored.size, _key_id(b"")) if stored.sealed else stored.size
    try:
        return _expected(stored).stat().st_size == wanted
    except FileNotFoundError:
        return False


def _key_id(key: bytes) -> bytes:
    return name_of("data", key).encode()

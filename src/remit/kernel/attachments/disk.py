"""Files on the disk of the data folder: where a content lies, drafts, and moves that survive a power cut."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.attachments.sniffing import HEAD
from remit.kernel.disk import sync_folder

CHUNK = 1024 * 1024
INCOMING = "incoming"
"""The folder of drafts, within that of the files."""


def place(digest: str) -> Path:
    """Return where the sealed content with this digest is kept. ValueError for something that is no SHA-256."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("A file is found by its SHA-256.")
    return Path(settings.FILES_DIR) / digest[:2] / f"{digest}.sealed"


def clear_place(digest: str) -> Path:
    """Return where earlier versions kept the content with this digest, in the clear."""
    return place(digest).with_suffix("")


def folder(name: str) -> Path:
    made = Path(settings.FILES_DIR) / name
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


@contextmanager
def draft() -> Iterator[tuple[BinaryIO, Path]]:
    """Lend a new file of this account's own, which is removed unless it was moved away."""
    handle, name = tempfile.mkstemp(dir=folder(INCOMING))
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def copy(stream: BinaryIO, file: BinaryIO, look: Callable[[bytes], str], largest: int) -> tuple[str, int, str]:
    """Copy and return digest, size in bytes and what `look` said."""
    total, hashed = 0, hashlib.sha256()
    chunk = _first(stream)
    if not chunk:
        raise AttachmentRefusedError("empty", "byte 0", "The file is empty; send it again.")
    found = look(chunk)
    while chunk:
        total += len(chunk)
        if total > largest:
            raise AttachmentRefusedError(
                "too-large",
                f"byte {largest}",
                f"Files may have {largest // 1024**2} MB; split it or keep it elsewhere.",
            )
        hashed.update(chunk)
        file.write(chunk)
        chunk = stream.read(CHUNK)
    return hashed.hexdigest(), total, found


def _first(stream: BinaryIO) -> bytes:
    """Read enough to tell what it is, even from a stream that answers in small pieces."""
    head = b""
    while len(head) < HEAD and (piece := stream.read(CHUNK)):
        head += piece
    return head


def sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def move(written: Path, final: Path) -> None:
    """Move a whole file to its place, over one that was given up, and make the move itself survive a power cut."""
    final.parent.mkdir(mode=0o700, exist_ok=True)
    written.rename(final)
    for parent in (final.parent, final.parent.parent):
        sync_folder(parent)


@contextmanager
def lent() -> Iterator[tuple[BinaryIO, Path]]:
    """Lend a file that nobody else can open, and a path to it for this process; it is gone afterwards, crash or not."""
    if Path("/proc/self/fd").is_dir():
        with tempfile.TemporaryFile(dir=folder(INCOMING)) as unnamed:
            yield unnamed, Path(f"/proc/self/fd/{unnamed.fileno()}")
    else:
        with tempfile.NamedTemporaryFile(dir=folder(INCOMING)) as named:
            yield cast(BinaryIO, named), Path(named.name)

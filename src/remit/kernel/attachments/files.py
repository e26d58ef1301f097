"""Evidence on disk: each content once, under its SHA-256, written so that it is whole or not there."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.attachments.sniffing import HEAD

LARGEST = 512 * 1024 * 1024
CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is kept: SHA-256 in hexadecimal, size in bytes, and what `look` made of its first bytes."""

    digest: str
    size: int
    content_type: str


def keep(stream: BinaryIO, look: Callable[[bytes], str], *, largest: int = LARGEST) -> Kept:
    """Keep a stream's content and return under which digest; the same content again is kept once.

    `look` is given the first bytes and returns the content type, or refuses. AttachmentRefusedError for an empty or
    too large stream and for a full disk; then nothing is kept.
    """
    folder = Path(settings.FILES_DIR)
    incoming = folder / "incoming"
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=incoming)
    try:
        with os.fdopen(handle, "wb") as file:
            kept = _copy(stream, file, look, largest)
            file.flush()
            os.fsync(file.fileno())
        _settle(Path(name), place(kept.digest))
    except OSError as error:
        raise AttachmentRefusedError(
            "not-stored",
            "data folder",
            f"The file could not be stored: {error.strerror or error}. Make room and try again.",
        ) from error
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    return kept


def place(digest: str) -> Path:
    """Return where the content with this digest is kept. ValueError for something that is no SHA-256."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("A file is found by its SHA-256.")
    return Path(settings.FILES_DIR) / digest[:2] / digest


def _copy(stream: BinaryIO, file: BinaryIO, look: Callable[[bytes], str], largest: int) -> Kept:
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
    return Kept(hashed.hexdigest(), total, found)


def _first(stream: BinaryIO) -> bytes:
    """Read enough to tell what it is, even from a stream that answers in small pieces."""
    head = b""
    while len(head) < HEAD and (piece := stream.read(CHUNK)):
        head += piece
    return head


def _settle(written: Path, final: Path) -> None:
    """Move a whole file to its place and make the move itself survive a power cut."""
    final.parent.mkdir(mode=0o700, exist_ok=True)
    if not final.exists():
        written.rename(final)
    for folder in (final.parent, final.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

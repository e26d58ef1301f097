"""Sealed streams: contents of any length under AES-256-GCM, in chunks that can be neither changed, moved nor left out.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015): the nonce of a chunk is a random prefix, its
number, and whether it is the last. What all chunks are bound to besides is the header and the context, which says what
the content is for. Plain Python over file objects; at most two chunks are in memory.

    magic "REMITSF" · version (1 byte) · chunk size (4) · nonce prefix (7) · length of key id (1) · key id
    then chunks: as many bytes as the chunk size says (the last: fewer), each with its tag of 16 bytes
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAGIC = b"REMITSF"
VERSION = 1
CHUNK = 1024 * 1024
LARGEST_CHUNK = 16 * CHUNK
"""A header that asks for more memory than this is refused."""
TAG = 16
MOST_CHUNKS = 2**32
_FIXED = struct.Struct(">7sBI7sB")


class StreamRefusedError(Exception):
    """A sealed content is not what was sealed, or not for this; `hint` says what to do. Nothing of it may be used."""

    def __init__(self, message: str, hint: str = "Restore it from a backup.") -> None:
        super().__init__(f"{message} {hint}")
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in the clear before the chunks; `key_id` names the key, or how to come by it."""

    key_id: bytes
    prefix: bytes
    chunk: int = CHUNK

    def packed(self) -> bytes:
        return _FIXED.pack(MAGIC, VERSION, self.chunk, self.prefix, len(self.key_id)) + self.key_id


def sealed_size(size: int, key_id: bytes = b"", chunk: int = CHUNK) -> int:
    """Return how many bytes a content of `size` bytes has when it is sealed."""
    return _FIXED.size + len(key_id) + size + TAG * max(1, -(-size // chunk))


def read_header(file: BinaryIO) -> Header:
    """Read the header of a sealed stream, so that the caller can find the key. StreamRefusedError for anything else."""
    fixed = _exactly(file, _FIXED.size)
    if len(fixed) < _FIXED.size or not fixed.startswith(MAGIC):
        raise StreamRefusedError("This is no sealed file.", "Check which file is meant.")
    _, version, chunk, prefix, length = _FIXED.unpack(fixed)
    if version != VERSION:
        raise StreamRefusedError(f"It is sealed in version {version}.", "Use a newer release of Remit.")
    if not 0 < chunk <= LARGEST_CHUNK:
        raise StreamRefusedError(f"Its header is damaged: chunks of {chunk} bytes.")
    key_id = _exactly(file, length)
    if len(key_id) < length:
        raise StreamRefusedError("It ends within its header.")
    return Header(key_id, prefix, chunk)


class SealingWriter(io.RawIOBase):
    """Seals what is written to it into another file, which it neither syncs nor closes.

    Only `finish` (or leaving a `with` without an error) makes it whole: one that was given up is refused by readers.
    """

    def __init__(self, file: BinaryIO, key: bytes, context: str, *, key_id: bytes = b"", chunk: int = CHUNK) -> None:
        header = Header(key_id, os.urandom(7), chunk)
        self._file, self._cipher, self._header = file, AESGCM(key), header
        self._bound, self._number, self._held, self._done = _bound(header, context), 0, bytearray(), False
        file.write(header.packed())

    def writable(self) -> bool:
        return True

    def write(self, piece: Buffer, /) -> int:
        """Take in bytes; OSError from the file beneath, for instance for a full disk."""
        if self._done:
            raise ValueError("This sealed stream is finished.")
        given = memoryview(piece).cast("B")
        at = 0
        while at < len(given):
            if len(self._held) == self._header.chunk:  # more follows, so the chunk that is full is not the last
                self._put(last=False)
            taken = given[at : at + self._header.chunk - len(self._held)]
            self._held += taken
            at += len(taken)
        return len(given)

    def finish(self) -> None:
        """Write the last chunk; an empty content has one too."""
        if not self._done:
            self._put(last=True)
            self._done = True

    def _put(self, *, last: bool) -> None:
        nonce = _nonce(self._header, self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, bytes(self._held), self._bound))
        self._number += 1
        self._held.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        self._done = True
        self.close()


class UnsealingReader(io.RawIOBase):
    """Reads what was sealed, from start to end; hands out no byte of a chunk before the whole chunk is verified.

    The first chunk is verified at once, so that a wrong key, a wrong context or a damaged start is known before
    anything is read. StreamRefusedError for whatever is not exactly what was sealed.
    """

    def __init__(self, file: BinaryIO, key: bytes, context: str, *, header: Header | None = None) -> None:
        self._header = header or read_header(file)
        self._file, self._cipher, self._bound = file, AESGCM(key), _bound(self._header, context)
        self._number, self._last = 0, False
        self._next = _exactly(file, self._header.chunk + TAG)
        self._open = memoryview(b"")
        self._advance()

    @property
    def header(self) -> Header:
        return self._header

    def readable(self) -> bool:
        return True

    def readinto(self, target: Buffer, /) -> int:
        room = memoryview(target).cast("B")
        if not len(self._open) and not self._last:
            self._advance()
        count = min(len(room), len(self._open))
        room[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def close(self) -> None:
        """Close the file beneath too."""
        if not self.closed:
            self._file.close()
        super().close()

    def _advance(self) -> None:
        """Verify and open the next chunk; whether it is the last shows by nothing following it."""
        sealed = self._next
        whole = len(sealed) == self._header.chunk + TAG
        self._next = _exactly(self._file, self._header.chunk + TAG) if whole else b""
        self._last = not self._next
        try:
            opened = self._cipher.decrypt(_nonce(self._header, self._number, last=self._last), sealed, self._bound)
        except InvalidTag:
            where = f"in chunk {self._number + 1}, from byte {self._number * self._header.chunk} on"
            raise StreamRefusedError(
                f"It is damaged or incomplete {where}, or sealed for something else or under another key."
            ) from None
        self._number += 1
        self._open = memoryview(opened)


def sealing_writer(
    file: BinaryIO, key: bytes, context: str, *, key_id: bytes = b"", chunk: int = CHUNK
) -> SealingWriter:
    """Return what seals everything written to it into `file`, under a key of 32 bytes that is used for nothing else.

    It can be opened again only with the same `context`. `key_id` (at most 255 bytes) is written in the clear.
    """
    return SealingWriter(file, key, context, key_id=key_id, chunk=chunk)


def unsealing_reader(file: BinaryIO, key: bytes, context: str, *, header: Header | None = None) -> UnsealingReader:
    """Return a reader of what was sealed; `header` where the caller has read it already, to find the key."""
    return UnsealingReader(file, key, context, header=header)


def _bound(header: Header, context: str) -> bytes:
    packed = header.packed()
    return hashlib.sha256(len(packed).to_bytes(2, "big") + packed + context.encode()).digest()


def _nonce(header: Header, number: int, *, last: bool) -> bytes:
    if number >= MOST_CHUNKS:
        raise StreamRefusedError("It is longer than one key may seal.", "Split it.")
    return header.prefix + number.to_bytes(4, "big") + bytes([last])


def _exactly(file: BinaryIO, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end, also from a file that answers in pieces."""
    first = file.read(size)
    if len(first) == size or not first:
        return first
    pieces, missing = [first], size - len(first)
    while missing and (piece := file.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)

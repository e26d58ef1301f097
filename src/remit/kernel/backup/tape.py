"""A tar file of regular files, laid out in one way only, so that a reader can refuse every other byte.

Headers are GNU's (`tarfile.GNU_FORMAT`) with nothing in them but name, size and mode: whoever reads one makes the
header that belongs there and compares. So no link, folder, extension or long name is ever followed.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import IO, Protocol

BLOCK, RECORD = tarfile.BLOCKSIZE, tarfile.RECORDSIZE
PIECE = 1 << 20


class TapeError(ValueError):
    """What is read is not laid out as it was written; the message says where."""


class Readable(Protocol):
    """What can be read in pieces."""

    def read(self, size: int, /) -> bytes: ...


def header(name: str, size: int) -> bytes:
    """Return the header of a member; ValueError for a name that needs more than one block."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    made = entry.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")
    if len(made) != BLOCK:
        raise ValueError(f"{name} is too long for a name here")
    return made


class TapeWriter:
    """Writes members one after another; `finish` ends the tape."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._at = stream, 0

    def add(self, name: str, size: int, content: Readable) -> None:
        """Add a member of exactly `size` bytes. OSError where the content ends sooner."""
        self._put(header(name, size))
        left = size
        while left:
            if not (piece := content.read(min(PIECE, left))):
                raise OSError(f"{name} ended {left} bytes before its end")
            left -= len(piece)
            self._put(piece)
        self._put(bytes(-size % BLOCK))

    def finish(self) -> None:
        self._put(bytes(_tail(self._at)))

    def _put(self, data: bytes) -> None:
        self._stream.write(data)
        self._at += len(data)


class Member:
    """A member being read: what its header says, and its content in pieces, once."""

    def __init__(self, name: str, size: int, stream: Readable) -> None:
        self.name, self.size, self.left, self._stream = name, size, size, stream

    def pieces(self) -> Iterator[bytes]:
        """Yield the content; TapeError where it is cut off."""
        while self.left:
            if not (piece := self._stream.read(min(PIECE, self.left))):
                raise TapeError(f"{self.name} is cut off")
            self.left -= len(piece)
            yield piece


def members(stream: Readable) -> Iterator[Member]:
    """Yield the members in order, each to be read before the next is asked for, up to the very end of the stream."""
    at = 0
    while (block := _exactly(stream, BLOCK)) != bytes(BLOCK):
        member = _member(block, at, stream)
        yield member
        for _ in member.pieces():
            pass
        padding = -member.size % BLOCK
        if _exactly(stream, padding) != bytes(padding):
            raise TapeError(f"something stands after the end of {member.name}")
        at += BLOCK + member.size + padding
    rest = _tail(at) - BLOCK
    if _exactly(stream, rest) != bytes(rest):
        raise TapeError(f"its end, at byte {at}, is damaged")
    if stream.read(1):
        raise TapeError("something stands after its end")


def _member(block: bytes, at: int, stream: Readable) -> Member:
    try:
        entry = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        fits = entry.size >= 0 and header(entry.name, entry.size) == block
    except (tarfile.HeaderError, ValueError):
        fits = False
    if not fits:
        raise TapeError(f"what stands at byte {at} is no header of a member")
    return Member(entry.name, entry.size, stream)


def _tail(at: int) -> int:
    """Return how many zero bytes end a tape: two blocks at least, up to a whole record."""
    return -(at + 2 * BLOCK) % RECORD + 2 * BLOCK


def _exactly(stream: Readable, size: int) -> bytes:
    held = bytearray()
    while len(held) < size:
        if not (piece := stream.read(size - len(held))):
            raise TapeError("it is cut off")
        held += piece
    return bytes(held)

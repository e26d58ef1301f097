"""Streams that inflate as they are read, count every byte and stop a bomb early. Nothing is ever written to disk."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from remit.ingest import limits
from remit.ingest.rejected import ImportRejected

_BLOCK: Final = 64 * 1024


def head_of(stream: BinaryIO) -> bytes:
    """The first HEAD_BYTES of a report, as UTF-8 where a byte order mark says what they are, else as they come.

    Without that mark and without white space before the text; the stream is left at its start.
    """
    head = stream.read(limits.HEAD_BYTES)
    stream.seek(0)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) & ~1].decode("utf-16", "replace").encode("utf-8", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


class Budget:
    """How much one file may inflate to, shared by all its members."""

    def __init__(self) -> None:
        self.inflated = 0
        self.consumed = 0

    def spend(self, consumed: int, inflated: int) -> None:
        """Counts bytes; raises ImportRejected("too-large") beyond the limits."""
        self.consumed += consumed
        self.inflated += inflated
        bomb = self.inflated > max(limits.INFLATION_FLOOR, limits.INFLATION_RATIO * self.consumed)
        if bomb or self.inflated > limits.INFLATED_BYTES:
            most = f"{limits.INFLATED_BYTES // limits.MIB} MB and {limits.INFLATION_RATIO} times its size"
            hint = f"Send the report itself or split it: a compressed file may inflate to {most}."
            raise ImportRejected("too-large", f"byte {self.inflated} of the inflated data", hint)


class _Inflater(Protocol):
    """What `zlib.decompressobj` returns."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class Blocks(io.RawIOBase):
    """A readable stream over blocks that can be made again from the start: `seek(0)` is the only seek."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget
        self._spent = (0, 0)
        self._blocks = self.blocks()
        self._rest = b""

    def blocks(self) -> Iterator[bytes]:
        """The inflated data from the start."""
        raise NotImplementedError

    def spend(self, consumed: int, inflated: int) -> None:
        """Counts against the budget what this stream reads for the first time or again."""
        self._spent = (self._spent[0] + consumed, self._spent[1] + inflated)
        self._budget.spend(consumed, inflated)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset or whence:
            raise io.UnsupportedOperation("an inflating stream can only be read again from its start")
        self._budget.consumed -= self._spent[0]
        self._budget.inflated -= self._spent[1]
        self._spent, self._rest, self._blocks = (0, 0), b"", self.blocks()
        return 0

    def read(self, size: int | None = -1) -> bytes:
        """`size` bytes, fewer only at the end; all without a size."""
        parts, wanted = [self._rest], size if size is not None and size >= 0 else 1 << 62
        have = len(self._rest)
        while have < wanted and (block := next(self._blocks, b"")):
            parts.append(block)
            have += len(block)
        content = b"".join(parts)
        self._rest = content[wanted:]
        return content[:wanted]


class Gunzip(Blocks):
    """A gzip file (RFC 1952) of one or more members, read as one stream as gunzip does."""

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file, self._data = file, b""
        super().__init__(budget)

    def blocks(self) -> Iterator[bytes]:
        self._file.seek(0)
        self._data = self._file.read(_BLOCK)
        while self._data:
            if not self._data.startswith(b"\x1f\x8b"[: len(self._data)]):
                if not self._data.strip(b"\0") and not self._file.read(1):
                    return  # zeros that a tape or a block device left behind
                raise _gzip_damaged(self._file, "There is something after the end of the compressed data")
            yield from self._member()

    def _member(self) -> Iterator[bytes]:
        """The data of the member that `_data` begins; leaves there what follows it."""
        inflater = zlib.decompressobj(31)
        while not inflater.eof:
            if not self._data:
                raise _gzip_damaged(self._file, "The compressed data ends too early")
            try:
                block = inflater.decompress(self._data, 4 * _BLOCK)
            except zlib.error:
                raise _gzip_damaged(self._file, "The compressed data is damaged") from None
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            self.spend(len(self._data) - len(rest), len(block))
            if block:
                yield block
            self._data = rest or self._file.read(_BLOCK)


def _gzip_damaged(file: BinaryIO, problem: str) -> ImportRejected:
    return ImportRejected("archive-damaged", f"byte {file.tell()} or before", f"{problem}; compress the report anew.")


class ZipMember(Blocks):
    """One member of a zip file: `packed` bytes of `file` from `start` on, which inflate to `size` and `checksum`."""

    def __init__(
        self,
        file: BinaryIO,
        budget: Budget,
        *,
        place: str,
        start: int,
        packed: int,
        size: int,
        checksum: int,
        stored: bool,
    ) -> None:
        self._file, self._place, self._start, self._packed = file, place, start, packed
        self._size, self._checksum, self._stored = size, checksum, stored
        super().__init__(budget)

    def blocks(self) -> Iterator[bytes]:
        left, position, total, checksum = self._packed, self._start, 0, 0
        inflater: _Inflater | None = None if self._stored else zlib.decompressobj(-15)
        data = b""
        while True:
            if not data and left:
                self._file.seek(position)
                data = self._file.read(min(_BLOCK, left))
                position, left = position + len(data), left - len(data)
            fed = len(data)
            try:
                block, data = (data, b"") if inflater is None else self._inflate(inflater, data)
            except zlib.error:
                raise self._damaged("is damaged") from None
            self.spend(fed - len(data), len(block))
            total += len(block)
            checksum = zlib.crc32(block, checksum)
            if total > self._size:
                raise self._damaged(f"is larger than the {self._size:,} bytes the archive claims")
            if block:
                yield block
            elif not data and not left:
                break
        if total != self._size or checksum != self._checksum:
            raise self._damaged("does not match its size and checksum")

    @staticmethod
    def _inflate(inflater: _Inflater, data: bytes) -> tuple[bytes, bytes]:
        """A block, and what is to be fed next."""
        if inflater.eof:
            return b"", b""
        block = inflater.decompress(data, 4 * _BLOCK)
        return block, inflater.unconsumed_tail

    def _damaged(self, problem: str) -> ImportRejected:
        return ImportRejected("archive-damaged", self._place, f"This file {problem}; make the archive anew.")

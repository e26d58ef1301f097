"""The file of `remit ledger export`: one line an item, written and read in one pass, in memory for one line.

    remit-ledger-export 1
    origin halvern.example/log
    key NAME+ID+KEY                 a verifier key the log signs with; any number of these lines
    start SIZE [PEAK…]              the leaves before the first line, as a compact range; 0 for the whole log
    entry POSITION HASH DATA        a sealed entry: the leaf hash the database holds, and the leaf data
    missing POSITION HASH ID        a sealed entry whose row is gone; the id is that of the entry, or -
    checkpoint NOTE                 a signed note, as a JSON string, right after the entry that completes its size
    pending DATA                    an entry not sealed yet, after all sealed ones; its data have no position
    stray DATA                      a row that is neither sealed nor pending
    end ENTRIES PENDING STRAYS CHECKPOINTS

Lines are UTF-8 and end in a newline; hashes are in hexadecimal; data are one JSON object, last key `position`, to the
end of the line. `entry` and `missing` both count as entries. A file whose name ends in .gz is compressed by gzip.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import zlib
from binascii import unhexlify
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, cast

from remit.kernel.disk import sync_folder

from .merkle import HASH_SIZE, CompactRange
from .notes import MOST_BYTES, NoteRejected, Verifier

MAGIC = b"remit-ledger-export 1\n"
GZIP = b"\x1f\x8b"
MOST_LINE = 1 << 28
"""Bytes of the longest line: an entry over some 20 million rows."""
MOST_KEYS = 100
MOST_DIGITS = 19


class ExportUnreadable(Exception):  # noqa: N818 - an answer about a file, not a fault of ours
    """A file that is no whole export: `where` names the place, `what` is wrong there, `remedy` says what to do."""

    def __init__(
        self, where: str, what: str, remedy: str = "Export the ledger again and copy the file unchanged."
    ) -> None:
        super().__init__(where, what, remedy)
        self.where, self.what, self.remedy = where, what, remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its log: the keys are those its operator names; `peaks` (largest first) stand for `start`."""

    origin: str
    keys: tuple[Verifier, ...]
    start: int = 0
    peaks: tuple[bytes, ...] = ()


class Sealed(NamedTuple):
    """An entry with its position; `data` is None where its row is gone, and `entry` then its id, if that is known."""

    position: int
    hash: bytes
    data: bytes | None
    entry: int | None = None


class Note(NamedTuple):
    """A checkpoint as the file has it, not opened yet."""

    text: str


class Pending(NamedTuple):
    """An entry that waits to be sealed."""

    data: bytes


class Stray(NamedTuple):
    """A row of the ledger that neither waits to be sealed nor is."""

    data: bytes


class Counts(NamedTuple):
    """How many lines of each kind the file has, by its last line."""

    entries: int
    pending: int
    strays: int
    checkpoints: int


Item = Sealed | Note | Pending | Stray | Counts


class ExportWriter:
    """Write an export to a binary stream: the header at once, then items in the file's order, `end` at last."""

    def __init__(self, stream: IO[bytes], header: Header) -> None:
        self._write = stream.write
        self._counts = [0, 0, 0, 0]
        peaks = "".join(f" {peak.hex()}" for peak in header.peaks)
        keys = "".join(f"key {key}\n" for key in header.keys)
        self._write(MAGIC + f"origin {header.origin}\n{keys}start {header.start}{peaks}\n".encode())

    def entry(self, position: int, leaf_hash: bytes, data: bytes) -> None:
        """A sealed entry with the leaf hash that the database holds, fitting or not."""
        self._counts[0] += 1
        self._write(b"entry %d %s %s\n" % (position, leaf_hash.hex().encode(), _line(data)))

    def missing(self, position: int, leaf_hash: bytes, entry: int | None) -> None:
        """A leaf whose entry's row is gone."""
        self._counts[0] += 1
        self._write(f"missing {position} {leaf_hash.hex()} {'-' if entry is None else entry}\n".encode())

    def pending(self, data: bytes) -> None:
        """An entry that waits; after all sealed ones."""
        self._counts[1] += 1
        self._write(b"pending %s\n" % _line(data))

    def stray(self, data: bytes) -> None:
        """A row that is neither sealed nor pending."""
        self._counts[2] += 1
        self._write(b"stray %s\n" % _line(data))

    def checkpoint(self, note: str) -> None:
        """A signed note, right after the entry that completes its size; one of a larger size after the last entry."""
        self._counts[3] += 1
        self._write(f"checkpoint {json.dumps(note, ensure_ascii=False)}\n".encode())

    def end(self) -> None:
        """The last line, by which a file that was cut off is told."""
        self._write(("end " + " ".join(map(str, self._counts)) + "\n").encode())


@contextmanager
def writing(path: Path, header: Header) -> Iterator[ExportWriter]:
    """Write an export beside its place and put it there when it is whole; after an error nothing is left.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                    yield from _whole(cast(IO[bytes], packed), header)
            else:
                yield from _whole(raw, header)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _whole(stream: IO[bytes], header: Header) -> Iterator[ExportWriter]:
    writer = ExportWriter(stream, header)
    yield writer
    writer.end()


class Export:
    """An export being read: `header` at once, then its items in order; `line` is the number of the newest line.

    Iterating raises ExportUnreadable for a line that is none of the format, and for a file without its last line.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.name = name
        self.line = 0
        self._stream = stream
        if self._next() != MAGIC:
            raise self.unreadable(
                "this is not a ledger export of version 1", "Name a file that `remit ledger export` wrote."
            )
        self.header = self._header()

    def unreadable(self, what: str, *remedy: str) -> ExportUnreadable:
        """An error about the newest line."""
        return ExportUnreadable(f"{self.name}, line {self.line}", what, *remedy)

    def __iter__(self) -> Iterator[Item]:
        while line := self._next():
            word, _, rest = line.partition(b" ")
            reader = _READERS.get(word)
            if reader is None or line[-1:] != b"\n":
                raise self._odd_line(line)
            try:
                item = reader(rest[:-1])
            except (ValueError, RecursionError):  # UnicodeDecodeError and binascii.Error among them
                raise self.unreadable(f"what follows “{word.decode()}” is not of the format") from None
            yield item
            if word == b"end":
                if self._next():
                    raise self.unreadable("something follows the last line")
                return
        raise self.unreadable("the file is cut off after this line: the one that begins with “end” is missing")

    def _next(self) -> bytes:
        try:
            line = self._stream.readline(MOST_LINE)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise self.unreadable("the compressed file is cut off or damaged after this line") from None
        if line:
            self.line += 1
        return line

    def _odd_line(self, line: bytes) -> ExportUnreadable:
        if len(line) == MOST_LINE:
            return self.unreadable(f"the line is longer than {MOST_LINE} bytes")
        if line[-1:] != b"\n":
            return self.unreadable("the file is cut off within this line")
        return self.unreadable(
            f"no line begins with {line.split()[0][:40].decode(errors='replace')!r}"
            if line.split()
            else "the line is empty"
        )

    def _header(self) -> Header:
        origin, keys = "", list[Verifier]()
        while line := self._next():
            word, _, rest = line.decode(errors="replace").rstrip("\n").partition(" ")
            try:
                if word == "origin" and rest:
                    origin = rest
                elif word == "key" and len(keys) < MOST_KEYS:
                    keys.append(Verifier.parse(rest))
                elif word == "start" and origin:
                    size, *peaks = rest.split()
                    start = CompactRange(int(size), [bytes.fromhex(peak) for peak in peaks])
                    return Header(origin, tuple(keys), start.size, tuple(start.peaks))
                else:
                    break
            except NoteRejected as error:
                raise self.unreadable(str(error)) from None
            except ValueError:
                break
        raise self.unreadable("the head of an export is an origin, keys, and a start with its peaks")


@contextmanager
def reading(path: Path) -> Iterator[Export]:
    """Open an export, compressed or not, which its content tells.

    Raises:
        ExportUnreadable: it is none.
        OSError: it cannot be opened.
    """
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == GZIP
        stream = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)), 1 << 20) if packed else raw
        yield Export(cast(IO[bytes], stream), path.name)


def _line(data: bytes) -> bytes:
    if b"\n" in data:
        raise ValueError("the data of a leaf are one line of JSON")
    return data


def _sealed(rest: bytes) -> Sealed:
    position, held, data = rest.split(b" ", 2)
    return Sealed(_number(position), _hash(held), data)


def _missing(rest: bytes) -> Sealed:
    position, held, entry = rest.split(b" ")
    return Sealed(_number(position), _hash(held), None, None if entry == b"-" else _number(entry))


def _note(rest: bytes) -> Note:
    if len(rest) > 2 * MOST_BYTES:
        raise ValueError("no note is that long")
    match json.loads(rest.decode()):
        case str(text):
            return Note(text)
    raise ValueError("a note is a JSON string")


def _counts(rest: bytes) -> Counts:
    entries, pending, strays, checkpoints = map(_number, rest.split(b" "))
    return Counts(entries, pending, strays, checkpoints)


def _hash(text: bytes) -> bytes:
    if len(text) != 2 * HASH_SIZE:
        raise ValueError("a hash is 64 hexadecimal digits")
    return unhexlify(text)


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > MOST_DIGITS:
        raise ValueError("a number is up to 19 decimal digits")
    return int(text)


_READERS: dict[bytes, Callable[[bytes], Item]] = {
    b"entry": _sealed,
    b"missing": _missing,
    b"checkpoint": _note,
    b"pending": Pending,
    b"stray": Stray,
    b"end": _counts,
}

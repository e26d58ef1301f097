"""What a file really is: the report itself, or a gzip or zip file around it. Nothing is unpacked to disk.

Members of an archive are known by their number alone; their names are checked and then forgotten.
"""

from __future__ import annotations

import os
import stat
import struct
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple, cast

from remit.ingest import limits
from remit.ingest.rejected import ImportRejected
from remit.ingest.streams import Blocks, Budget, Gunzip, ZipMember

_END: Final = struct.Struct("<4s4H2IH")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_STORED, _DEFLATED = 0, 8
_OTHERS: Final = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"(\xb5/\xfd": "zstd", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}


class _Entry(NamedTuple):
    """One line of a zip file's central directory."""

    place: str
    name: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    mode: int
    header: int


def members(file: BinaryIO) -> list[BinaryIO]:
    """The reports inside `file`, an open regular file: itself where it is no archive. seek(0) reads one again.

    Raises ImportRejected: "empty", "too-large", "archive-damaged", "archive-unsafe", "archive-encrypted",
    "archive-nested", "archive-unsupported", "too-many-entries".
    """
    size = os.fstat(file.fileno()).st_size
    if size > limits.FILE_BYTES:
        most = limits.FILE_BYTES // limits.MIB
        hint = f"Split the report: a file may have {most} MB; this one has {size // limits.MIB:,}."
        raise ImportRejected("too-large", "whole file", hint)
    if not size:
        raise ImportRejected("empty", "byte 0", "The file is empty; export the report anew.")
    budget = Budget()
    head = _head(file)
    kind = _kind(head)
    if kind == "zip":
        return [_checked(member, f"member {number}") for number, member in enumerate(_zip(file, size, budget), 1)]
    if kind == "gzip":
        return [_checked(Gunzip(file, budget), "inside the gzip file")]
    if kind:
        hint = f"Files of the kind {kind} are not unpacked; send the report itself, or in a .zip or .gz file."
        raise ImportRejected("archive-unsupported", "byte 0", hint)
    return [file]


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    head = stream.read(512)
    stream.seek(0)
    return head


def _kind(head: bytes) -> str:
    """Which archive these bytes begin, "" for none."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head[257:262] == b"ustar":
        return "tar"
    return next((name for magic, name in _OTHERS.items() if head.startswith(magic)), "")


def _checked(blocks: Blocks, place: str) -> BinaryIO:
    """`blocks` as a stream, unless it is an archive again."""
    stream = cast(BinaryIO, blocks)
    if kind := _kind(_head(stream)):
        hint = f"There is a {kind} file inside the archive; send the reports in one .zip or .gz file."
        raise ImportRejected("archive-unsupported" if kind == "tar" else "archive-nested", place, hint)
    return stream


def _zip(file: BinaryIO, size: int, budget: Budget) -> list[Blocks]:
    """The members of a zip file (PKWARE APPNOTE 6.3, without its 64-bit and multi-disk forms)."""
    entries = _directory(file, size)
    _check_names(entries)
    spans: list[tuple[int, int, str]] = []
    found: list[Blocks] = []
    for entry in entries:
        start = _body(file, entry)
        spans.append((entry.header, start + entry.packed, entry.place))
        _check_entry(entry)
        if entry.name.endswith(b"/") or entry.name.startswith(b"__MACOSX/"):
            continue
        found.append(
            ZipMember(
                file,
                budget,
                place=entry.place,
                start=start,
                packed=entry.packed,
                size=entry.size,
                checksum=entry.checksum,
                stored=entry.method == _STORED,
            )
        )
    spans.sort()
    for (_, end, _), (header, _, place) in pairwise(spans):
        if header < end:
            raise ImportRejected("archive-unsafe", place, "Files of this archive overlap; make the archive anew.")
    if not found:
        raise ImportRejected("empty", "whole archive", "The archive holds no file; add the report.")
    return found


def _directory(file: BinaryIO, size: int) -> list[_Entry]:
    """The central directory, which must lie right before its end record and hold as many entries as that says."""
    window = min(size, 65_535 + _END.size)
    file.seek(size - window)
    tail = file.read(window)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise _damaged("end of the archive", "The archive's directory is missing")
    _, disk, first_disk, here, count, length, offset, _ = _END.unpack_from(tail, at)
    if 0xFFFFFFFF in (length, offset) or disk or first_disk or here != count:
        raise ImportRejected(
            "archive-unsupported", "end of the archive", "Make a plain zip file, without zip64 or parts."
        )
    if offset + length != size - window + at:
        raise _damaged("end of the archive", "The archive's directory is not where it should be")
    if count > limits.ARCHIVE_ENTRIES and length >= count * _CENTRAL.size:
        hint = f"An archive may hold {limits.ARCHIVE_ENTRIES:,} files; this one has {count:,}."
        raise ImportRejected("too-many-entries", "end of the archive", hint)
    file.seek(offset)
    content = file.read(length)
    entries: list[_Entry] = []
    position = 0
    while position + _CENTRAL.size <= length and len(entries) < count:
        fields = _CENTRAL.unpack_from(content, position)
        if fields[0] != b"PK\x01\x02":
            break
        name_length, extra, comment = fields[10:13]
        name = content[position + _CENTRAL.size :][:name_length]
        place = f"member {len(entries) + 1}"
        entries.append(
            _Entry(place, name, fields[3], fields[4], fields[7], fields[8], fields[9], fields[15] >> 16, fields[16])
        )
        position += _CENTRAL.size + name_length + extra + comment
    if len(entries) != count or position != length:
        raise _damaged("end of the archive", "The archive's directory does not hold the files it claims")
    return entries


def _check_names(entries: list[_Entry]) -> None:
    known: set[bytes] = set()
    for entry in entries:
        name = entry.name.replace(b"\\", b"/")
        problem = ""
        if len(name) > limits.ENTRY_NAME:
            problem = f"has a name of more than {limits.ENTRY_NAME} bytes"
        elif not name or b"\0" in name:
            problem = "has no proper name"
        elif name.startswith(b"/") or name[1:3] == b":/" or b".." in name.split(b"/"):
            problem = "has a name that leads out of the archive"
        elif name in known:
            problem = "has the name of another"
        known.add(name)
        if problem:
            raise ImportRejected(
                "archive-unsafe", entry.place, f"A file in the archive {problem}; make the archive anew."
            )


def _check_entry(entry: _Entry) -> None:
    if entry.flags & 0x2041:
        hint = "The archive is protected by a password; send it without."
        raise ImportRejected("archive-encrypted", entry.place, hint)
    if entry.mode and not (stat.S_ISREG(entry.mode) or stat.S_ISDIR(entry.mode) or not stat.S_IFMT(entry.mode)):
        hint = "The archive holds a link or a device; put the report itself into it."
        raise ImportRejected("archive-unsafe", entry.place, hint)
    if entry.method not in (_STORED, _DEFLATED):
        hint = "Compress the archive with the ordinary method (deflate)."
        raise ImportRejected("archive-unsupported", entry.place, hint)
    if entry.method == _STORED and entry.packed != entry.size:
        raise _damaged(entry.place, "A file's size in the archive is wrong")


def _body(file: BinaryIO, entry: _Entry) -> int:
    """Where the entry's data begins, by its local header, which must agree with the directory."""
    file.seek(entry.header)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise _damaged(entry.place, "A file is not where the archive's directory says")
    fields = _LOCAL.unpack(header)
    if file.read(fields[9]) != entry.name or fields[3] != entry.method:
        raise ImportRejected(
            "archive-unsafe", entry.place, "The archive names a file in two ways; make the archive anew."
        )
    return int(entry.header + _LOCAL.size + fields[9] + fields[10])


def _damaged(place: str, problem: str) -> ImportRejected:
    return ImportRejected("archive-damaged", place, f"{problem}; make the archive anew.")

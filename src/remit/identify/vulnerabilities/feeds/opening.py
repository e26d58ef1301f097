"""A feed's file as plain bytes, whether it came compressed or not."""

from __future__ import annotations

from typing import BinaryIO, cast

from remit.ingest.streams import Budget, Gunzip


def opened(stream: BinaryIO) -> BinaryIO:
    """The stream from its start, inflated on the way when it is gzip. Bounded as all imports are."""
    stream.seek(0)
    compressed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return cast(BinaryIO, Gunzip(stream, Budget())) if compressed else stream

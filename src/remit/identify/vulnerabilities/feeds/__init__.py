"""The public feeds about vulnerabilities: pure parsers, one module a publisher, recognised by content.

Each module has `sniff(head) -> bool` for the first bytes of the file, inflated, and `parse(stream)`, which yields
frozen structs and raises ImportRejected. `stream` is a seekable binary file, plain or gzip.
"""

from __future__ import annotations

from typing import BinaryIO, Literal

from remit.identify.vulnerabilities.feeds import epss, kev, nvd
from remit.identify.vulnerabilities.feeds.epss import ExploitPrediction
from remit.identify.vulnerabilities.feeds.kev import KnownExploited
from remit.identify.vulnerabilities.feeds.nvd import Cve
from remit.identify.vulnerabilities.feeds.opening import opened
from remit.ingest.rejected import ImportRejected

__all__ = ["FEEDS", "Cve", "ExploitPrediction", "Feed", "KnownExploited", "epss", "kev", "nvd", "recognise"]

Feed = Literal["kev", "epss", "nvd"]
FEEDS: tuple[Feed, ...] = ("kev", "epss", "nvd")

_HEAD_BYTES = 64 * 1024


def recognise(stream: BinaryIO) -> Feed:
    """Which feed a file is, by its content; leaves the stream at its start. Raises ImportRejected("unknown-feed")."""
    head = opened(stream).read(_HEAD_BYTES)
    stream.seek(0)
    if epss.sniff(head):
        return "epss"
    if kev.sniff(head):
        return "kev"
    if nvd.sniff(head):
        return "nvd"
    hint = "Give the CISA KEV catalogue as JSON, the FIRST EPSS scores as CSV, or an NVD file in JSON 2.0; .gz is fine."
    raise ImportRejected("unknown-feed", "start of file", hint)

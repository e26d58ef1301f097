"""FIRST's Exploit Prediction Scoring System, the daily file of all scores.

Source: https://www.first.org/epss/data_stats: CSV, often gzip; a comment line with model version and date, the header
`cve,epss,percentile`, and then some 300,000 rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import BinaryIO

import msgspec

from remit.identify.vulnerabilities.feeds.opening import opened
from remit.ingest.rejected import ImportRejected

LARGEST_BYTES = 64 * 1024 * 1024
"""Six times the file of 2026, inflated."""

_HEADER = "cve,epss,percentile"
_SCORED_ON = re.compile(r"score_date:(\d{4}-\d{2}-\d{2})", re.ASCII)
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)


class ExploitPrediction(msgspec.Struct, frozen=True, gc=False):
    """One row: `probability` that it is exploited in the 30 days after `scored_on`, and its rank among all CVEs."""

    cve: str
    probability: float
    percentile: float
    scored_on: date | None


def sniff(head: bytes) -> bool:
    """By the comment line, or the header where an old file has none."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return first.startswith((b"#model_version:", b"# model_version:", _HEADER.encode()))


def parse(stream: BinaryIO) -> Iterator[ExploitPrediction]:
    """Every row, in the file's order. Raises ImportRejected naming the line."""
    lines = _text(opened(stream)).splitlines()
    scored_on, start = _heading(lines)
    is_cve = _CVE.fullmatch
    for number, line in enumerate(islice(lines, start, None), start + 1):
        try:
            cve, epss, percentile = line.split(",")
            probability, rank = float(epss), float(percentile)
        except ValueError:
            if not line.strip():
                continue
            raise _refused(number) from None
        if not (0.0 <= probability <= 1.0 and 0.0 <= rank <= 1.0 and is_cve(cve)):
            raise _refused(number)
        yield ExploitPrediction(cve, probability, rank, scored_on)


def _text(stream: BinaryIO) -> str:
    content = stream.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        limit = LARGEST_BYTES // 1024 // 1024
        raise ImportRejected("too-large", f"byte {LARGEST_BYTES}", f"An EPSS file is read up to {limit} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ImportRejected("csv-encoding", f"byte {fault.start}", "Save the file as UTF-8.") from None


def _heading(lines: list[str]) -> tuple[date | None, int]:
    """The day of the scores, and how many lines come before the first row."""
    comment = lines[0] if lines and lines[0].startswith("#") else ""
    start = 1 if comment else 0
    if len(lines) <= start or lines[start].strip().lower() != _HEADER:
        hint = f'The columns must be "{_HEADER}"; fetch the file anew from FIRST.'
        raise ImportRejected("csv-header", f"line {start + 1}", hint)
    found = _SCORED_ON.search(comment)
    try:
        return (date.fromisoformat(found[1]) if found else None), start + 1
    except ValueError:
        raise ImportRejected("bad-date", "line 1", "Give a day that exists, as score_date:2026-01-31.") from None


def _refused(number: int) -> ImportRejected:
    hint = "A row must hold a CVE, a probability and a percentile, both 0 to 1; fetch the file anew, it may be cut off."
    return ImportRejected("csv-row", f"line {number}", hint)

"""CISA's catalogue of Known Exploited Vulnerabilities, its JSON file.

Source: https://www.cisa.gov/known-exploited-vulnerabilities-catalog and its JSON schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

import msgspec

from remit.identify.vulnerabilities.feeds.opening import opened
from remit.ingest import json, text
from remit.ingest.limits import DESCRIPTION, IDENTIFIER, TITLE
from remit.ingest.rejected import ImportRejected


class KnownExploited(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue."""

    cve: str
    name: str
    """"Apache Log4j2 Remote Code Execution Vulnerability"."""
    vendor: str
    product: str
    added: date
    due: date | None
    """By when United States federal agencies had to act."""
    ransomware: bool
    """Known to be used in ransomware campaigns."""
    action: str


class _Entry(msgspec.Struct, rename="camel"):
    cve_id: str = msgspec.field(name="cveID")
    date_added: str
    vendor_project: str = ""
    product: str = ""
    vulnerability_name: str = ""
    required_action: str = ""
    due_date: str | None = None
    known_ransomware_campaign_use: str = ""


class _Catalogue(msgspec.Struct):
    vulnerabilities: list[_Entry]
    count: int | None = None


def sniff(head: bytes) -> bool:
    """By its first entry or, in a short file, its keys."""
    return b'"vulnerabilities"' in head and b'"cveID"' in head and b'"dateAdded"' in head


def parse(stream: BinaryIO) -> Iterator[KnownExploited]:
    """Every entry, in the file's order. Raises ImportRejected, also when the file holds fewer entries than it says."""
    catalogue = json.document(opened(stream), _Catalogue)
    entries = catalogue.vulnerabilities
    if catalogue.count is not None and catalogue.count != len(entries):
        hint = f"The catalogue says {catalogue.count:,} entries and holds {len(entries):,}; fetch it anew."
        raise ImportRejected("incomplete", "count", hint)
    for index, entry in enumerate(entries):
        yield _known(entry, f"vulnerabilities[{index}]")


def _known(entry: _Entry, where: str) -> KnownExploited:
    names = text.cves([entry.cve_id])
    if len(names) != 1:
        raise ImportRejected("bad-cve", f"{where}.cveID", "Give one CVE identifier, as CVE-2026-12345.")
    return KnownExploited(
        cve=names[0],
        name=text.line(entry.vulnerability_name, TITLE),
        vendor=text.line(entry.vendor_project, IDENTIFIER),
        product=text.line(entry.product, IDENTIFIER),
        added=_day(entry.date_added, f"{where}.dateAdded"),
        due=_day(entry.due_date, f"{where}.dueDate") if entry.due_date else None,
        ransomware=entry.known_ransomware_campaign_use.strip().lower() == "known",
        action=text.clean(entry.required_action, DESCRIPTION),
    )


def _day(written: str, where: str) -> date:
    try:
        return date.fromisoformat(written.strip()[:10])
    except ValueError:
        raise ImportRejected("bad-date", where, "Give a day that exists, as 2026-01-31.") from None

"""The National Vulnerability Database: a file or a page of its API, JSON 2.0.

Source: https://nvd.nist.gov/developers/vulnerabilities, schema nvd_cve_api_json_2.0.schema.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, BinaryIO, Literal

import msgspec

from remit.identify.vulnerabilities.feeds.opening import opened
from remit.ingest import json, text
from remit.ingest.limits import DESCRIPTION, IDENTIFIER
from remit.ingest.observations import Cvss
from remit.ingest.rejected import ImportRejected
from remit.ingest.values import moment

LARGEST_BYTES = 400 * 1024 * 1024
"""A year of CVEs is some 200 MB; a record is decoded only when its turn comes."""


class Cve(msgspec.Struct, frozen=True, kw_only=True):
    """What NVD says of one CVE."""

    id: str
    published: datetime | None
    status: str
    """NVD's vulnStatus: "Analyzed", "Awaiting Analysis", "Rejected", …"""
    description: str
    """In English."""
    cvss: tuple[Cvss, ...]
    """All assessments; `by` is "nvd" or the address of another assessor. `rules.best_cvss` chooses."""
    cwes: tuple[int, ...]

    @property
    def rejected(self) -> bool:
        """Whether the identifier was withdrawn: it then names no vulnerability."""
        return self.status.lower() == "rejected"


class _Data(msgspec.Struct, rename="camel"):
    version: Literal["2.0", "3.0", "3.1", "4.0"]
    vector_string: str
    base_score: Annotated[float, msgspec.Meta(ge=0, le=10)]


class _Metric(msgspec.Struct, rename="camel"):
    cvss_data: _Data
    source: str = ""


class _Metrics(msgspec.Struct):
    v40: list[_Metric] = msgspec.field(name="cvssMetricV40", default_factory=list)
    v31: list[_Metric] = msgspec.field(name="cvssMetricV31", default_factory=list)
    v30: list[_Metric] = msgspec.field(name="cvssMetricV30", default_factory=list)
    v2: list[_Metric] = msgspec.field(name="cvssMetricV2", default_factory=list)


class _Text(msgspec.Struct):
    lang: str
    value: str


class _Weakness(msgspec.Struct):
    description: list[_Text] = []


class _Record(msgspec.Struct, rename="camel"):
    id: str
    published: str = ""
    vuln_status: str = ""
    descriptions: list[_Text] = []
    metrics: _Metrics = msgspec.field(default_factory=_Metrics)
    weaknesses: list[_Weakness] = []


class _Item(msgspec.Struct):
    cve: _Record


class _File(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw]
    format: Literal["NVD_CVE"]
    version: Literal["2.0"]


def sniff(head: bytes) -> bool:
    """By its format's name; both spellings of the separator are seen."""
    return b'"NVD_CVE"' in head and b'"vulnerabilities"' in head


def parse(stream: BinaryIO) -> Iterator[Cve]:
    """Every CVE, in the file's order, rejected ones included. Raises ImportRejected naming the record."""
    content = opened(stream).read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        hint = f"Split the file by year or month: NVD files are read up to {LARGEST_BYTES // 1024 // 1024} MB."
        raise ImportRejected("too-large", f"byte {LARGEST_BYTES}", hint)
    try:
        file = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=_File)
    except msgspec.ValidationError as fault:
        raise ImportRejected("json-type", "top level", f"{fault}: this is no NVD file in JSON 2.0.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        hint = f"{fault}: not whole or not JSON; fetch the file anew."
        raise ImportRejected("json-malformed", "whole file", hint) from None
    for index, raw in enumerate(file.vulnerabilities):
        where = f"vulnerabilities[{index}]"
        try:
            record = json.document(io.BytesIO(raw), _Item).cve
        except ImportRejected as fault:
            raise ImportRejected(fault.code, f"{where}.{fault.where}", fault.hint) from None
        yield _cve(record, f"{where}.cve")


def _cve(record: _Record, where: str) -> Cve:
    names = text.cves([record.id])
    if len(names) != 1:
        raise ImportRejected("bad-cve", f"{where}.id", "Give one CVE identifier, as CVE-2026-12345.")
    english = next((each.value for each in record.descriptions if each.lang.startswith("en")), "")
    metrics = record.metrics
    return Cve(
        id=names[0],
        published=moment(record.published, f"{where}.published"),
        status=text.line(record.vuln_status, IDENTIFIER),
        description=text.clean(english, DESCRIPTION),
        cvss=tuple(_assessment(each) for each in (*metrics.v40, *metrics.v31, *metrics.v30, *metrics.v2)),
        cwes=text.cwes(each.value for weakness in record.weaknesses for each in weakness.description),
    )


def _assessment(metric: _Metric) -> Cvss:
    data, source = metric.cvss_data, metric.source.strip().lower()
    by = "nvd" if source == "nvd@nist.gov" else text.line(source, IDENTIFIER)
    return Cvss(version=data.version, vector=text.line(data.vector_string, IDENTIFIER), score=data.base_score, by=by)

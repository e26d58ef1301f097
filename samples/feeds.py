"""Public feeds in their publishers' formats, cut down to the sample: CISA KEV, FIRST EPSS and NVD."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from datetime import date, timedelta

from samples.catalogue import Vulnerability, maker, vulnerabilities
from samples.dates import ANCHOR, day, moment, stamp
from samples.organisation import Files, as_json
from samples.scanners.hosts import NEWLY_EXPLOITED

_OTHERS = (
    ("CVE-2023-0669", "2023-02-10", "Known", "A transfer server makes objects of what a visitor sends."),
    ("CVE-2024-1709", "2024-02-22", "Known", "A remote support server can be set up again by a visitor."),
    ("CVE-2021-26855", "2021-11-03", "Known", "A mail server forwards a visitor's request to its back end."),
    ("CVE-2019-11510", "2021-11-03", "Known", "A remote access gateway serves any file to a visitor."),
    ("CVE-2022-1388", "2022-05-10", "Known", "A load balancer runs commands of a visitor."),
    ("CVE-2020-5902", "2021-11-03", "Known", "The settings page of a load balancer runs commands of a visitor."),
)
"""Exploited vulnerabilities that the organisation does not have."""

_NAMES = {3: "HIGH", 4: "CRITICAL", 2: "MEDIUM", 1: "LOW"}
_VERSION_4 = {
    "CVE-2025-5777": ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:L/SI:L/SA:L", 9.2),
    "CVE-2025-8088": ("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 8.4),
}
_VERSION_2 = {
    "CVE-2017-0144": ("AV:N/AC:M/Au:N/C:C/I:C/A:C", 9.3),
    "CVE-2019-0708": ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0),
    "CVE-2014-0160": ("AV:N/AC:L/Au:N/C:P/I:N/A:N", 5.0),
}


def feed_files() -> Files:
    """Return kev.json, epss-scores.csv.gz and nvd.json; in feeds-before, the first two as they were before the news."""
    known = list(vulnerabilities().values())
    before = [replace(item, exploited_since="", epss=0.042) if item.cve == NEWLY_EXPLOITED else item for item in known]
    return {
        "feeds-before/kev.json": as_json(_exploited(before, -15)),
        "feeds-before/epss-scores.csv.gz": _stored(_scores(before, -15)),
        "feeds/kev.json": as_json(_exploited(known, -1)),
        "feeds/epss-scores.csv.gz": _stored(_scores(known, -1)),
        "feeds/nvd.json": _records(known),
    }


def _exploited(known: list[Vulnerability], on: int) -> dict[str, object]:
    rows = [(item.cve, item.exploited_since, item.ransomware, item.text) for item in known if item.exploited_since]
    entries = [_entry(*row) for row in sorted((*rows, *_OTHERS), key=lambda row: (row[1], row[0]), reverse=True)]
    return {
        "title": "Known exploited vulnerabilities, cut down for the sample organisation",
        "catalogVersion": day(on).replace("-", "."),
        "dateReleased": stamp(moment(ANCHOR + timedelta(days=on), 18)),
        "count": len(entries),
        "vulnerabilities": entries,
    }


def _entry(cve: str, added: str, ransomware: str, text: str) -> dict[str, object]:
    vendor, product = maker(text)
    moved = "The date of this entry is invented, so that the sample has news." if cve == NEWLY_EXPLOITED else ""
    return {
        "cveID": cve,
        "vendorProject": vendor,
        "product": product,
        "vulnerabilityName": text.rstrip("."),
        "dateAdded": added,
        "shortDescription": text,
        "requiredAction": "Install the maker's update, or stop using the product.",
        "dueDate": (date.fromisoformat(added) + timedelta(days=21)).isoformat(),
        "knownRansomwareCampaignUse": ransomware,
        "notes": moved,
        "cwes": [],
    }


def _scores(known: list[Vulnerability], on: int) -> bytes:
    lines = [f"#model_version:v2026.03.16,score_date:{day(on)}T00:00:00+0000", "cve,epss,percentile"]
    for item in sorted(known, key=lambda each: each.cve):
        percentile = 1 - (1 - item.epss) ** 3 * 0.9 if item.epss < 0.5 else 0.97 + item.epss * 0.03
        lines.append(f"{item.cve},{item.epss:.5f},{min(percentile, 0.99999):.5f}")
    return ("\n".join(lines) + "\n").encode()


def _stored(content: bytes) -> bytes:
    """Return a gzip member that stores `content` as it is: the same bytes with every zlib. At most 65,535 bytes."""
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    block = struct.pack("<BHH", 1, len(content), len(content) ^ 0xFFFF) + content
    return header + block + struct.pack("<II", zlib.crc32(content), len(content))


def _records(known: list[Vulnerability]) -> bytes:
    head = {
        "resultsPerPage": len(known), "startIndex": 0, "totalResults": len(known), "format": "NVD_CVE",
        "version": "2.0", "timestamp": f"{day(-1)}T22:00:00.000",
    }  # fmt: skip
    records = ",\n".join(json.dumps({"cve": _record(item)}, separators=(",", ":")) for item in known)
    return (json.dumps(head)[:-1] + ', "vulnerabilities": [\n' + records + "\n]}\n").encode()


def _record(item: Vulnerability) -> dict[str, object]:
    metrics: dict[str, object] = {
        "cvssMetricV31": [
            _metric(
                {
                    "version": "3.1",
                    "vectorString": f"CVSS:3.1/{item.vector}",
                    "baseScore": item.score,
                    "baseSeverity": _NAMES[item.severity],
                }
            )
        ]
    }
    if item.cve in _VERSION_4:
        vector, score = _VERSION_4[item.cve]
        severity = "CRITICAL" if score >= 9 else "HIGH"
        metrics["cvssMetricV40"] = [
            _metric({"version": "4.0", "vectorString": vector, "baseScore": score, "baseSeverity": severity})
        ]
    if item.cve in _VERSION_2:
        vector, score = _VERSION_2[item.cve]
        metrics["cvssMetricV2"] = [_metric({"version": "2.0", "vectorString": vector, "baseScore": score})]
    return {
        "id": item.cve,
        "sourceIdentifier": "source@feeds.example",
        "published": f"{item.published}T00:00:00.000",
        "lastModified": f"{item.published}T00:00:00.000",
        "vulnStatus": "Analyzed",
        "descriptions": [{"lang": "en", "value": item.text}],
        "metrics": metrics,
        "weaknesses": [
            {
                "source": "nvd@feeds.example", "type": "Primary",
                "description": [{"lang": "en", "value": f"CWE-{cwe}"} for cwe in item.cwes],
            }
        ],
        "references": [{"url": f"https://advisories.example/{item.cve}", "source": "source@feeds.example"}],
    }  # fmt: skip


def _metric(data: dict[str, object]) -> dict[str, object]:
    return {"source": "nvd@feeds.example", "type": "Primary", "cvssData": data}

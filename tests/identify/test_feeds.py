"""The public feeds: what is read, how odd dress is taken, and how bad files are refused."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.identify.vulnerabilities import feeds
from remit.identify.vulnerabilities.rules import best_cvss
from remit.ingest.observations import Cvss
from remit.ingest.rejected import ImportRejected

EPSS = b"#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z\ncve,epss,percentile\nCVE-2024-6387,0.91,0.995\n"
V3 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"


def kev_file(*entries: dict[str, Any], **changes: Any) -> bytes:
    entry = {
        "cveID": "CVE-2021-44228",
        "vendorProject": "Apache",
        "product": "Log4j2",
        "vulnerabilityName": "Apache Log4j2 Remote Code Execution Vulnerability",
        "dateAdded": "2021-12-10",
        "shortDescription": "Invented.",
        "requiredAction": "Apply updates.",
        "dueDate": "2021-12-24",
        "knownRansomwareCampaignUse": "Known",
        "notes": "",
        "cwes": ["CWE-20"],
    }
    shown = [entry | each for each in entries or ({},)]
    top = {"title": "A catalogue", "catalogVersion": "2026.11.20", "count": len(shown), "vulnerabilities": shown}
    return json.dumps(top | changes).encode()


def nvd_file(*records: dict[str, Any], **changes: Any) -> bytes:
    metric = {
        "source": "nvd@nist.gov",
        "type": "Primary",
        "cvssData": {"version": "3.1", "vectorString": V3, "baseScore": 8.1},
    }
    old = {
        "source": "x@y.example",
        "cvssData": {"version": "2.0", "vectorString": "AV:N/AC:L/Au:N/C:P/I:P/A:P", "baseScore": 7.5},
    }
    record = {
        "id": "CVE-2024-6387",
        "sourceIdentifier": "secalert@example.org",
        "published": "2024-07-01T13:15:06.467",
        "vulnStatus": "Analyzed",
        "descriptions": [{"lang": "es", "value": "otro"}, {"lang": "en", "value": "A race."}],
        "metrics": {"cvssMetricV31": [metric], "cvssMetricV2": [old]},
        "weaknesses": [{"source": "a", "type": "Primary", "description": [{"lang": "en", "value": "CWE-364"}]}],
        "references": [],
    }
    items = [{"cve": record | each} for each in records or ({},)]
    top = {"resultsPerPage": 1, "startIndex": 0, "totalResults": 1, "format": "NVD_CVE", "version": "2.0"}
    return json.dumps(top | {"vulnerabilities": items} | changes).encode()


PARSERS: dict[str, tuple[Callable[[BinaryIO], Iterator[Any]], bytes]] = {
    "kev": (feeds.kev.parse, kev_file()),
    "epss": (feeds.epss.parse, EPSS),
    "nvd": (feeds.nvd.parse, nvd_file()),
}


def refusal(parse: Callable[[BinaryIO], Iterator[Any]], content: bytes) -> tuple[str, str]:
    with pytest.raises(ImportRejected) as caught:
        list(parse(io.BytesIO(content)))
    assert caught.value.hint
    return caught.value.code, caught.value.where


@pytest.mark.parametrize("name", PARSERS)
def test_recognised_and_read_plain_compressed_and_with_a_byte_order_mark(name: str) -> None:
    parse, content = PARSERS[name]
    expected = list(parse(io.BytesIO(content)))
    assert len(expected) == 1
    for dressed in (content, gzip.compress(content), b"\xef\xbb\xbf" + content):
        stream = io.BytesIO(dressed)
        assert feeds.recognise(stream) == name
        assert list(parse(stream)) == expected


def test_kev() -> None:
    (known,) = feeds.kev.parse(io.BytesIO(kev_file()))
    assert (known.cve, known.vendor, known.product) == ("CVE-2021-44228", "Apache", "Log4j2")
    assert (known.added, known.due, known.ransomware) == (date(2021, 12, 10), date(2021, 12, 24), True)
    (other,) = feeds.kev.parse(io.BytesIO(kev_file({"dueDate": None, "knownRansomwareCampaignUse": "Unknown"})))
    assert (other.due, other.ransomware) == (None, False)


def test_kev_refusals_name_the_entry() -> None:
    parse = feeds.kev.parse
    assert refusal(parse, kev_file(count=2)) == ("incomplete", "count")
    assert refusal(parse, kev_file({}, {"cveID": "x"})) == ("bad-cve", "vulnerabilities[1].cveID")
    assert refusal(parse, kev_file({"dateAdded": "2021-02-30"})) == ("bad-date", "vulnerabilities[0].dateAdded")
    assert refusal(parse, kev_file({"cveID": 7}))[0] == "json-type"
    assert refusal(parse, b"{}")[0] == "json-type"


def test_epss() -> None:
    (row,) = feeds.epss.parse(io.BytesIO(EPSS.replace(b"\n", b"\r\n")))
    assert (row.cve, row.probability, row.percentile, row.scored_on) == (
        "CVE-2024-6387",
        0.91,
        0.995,
        date(2026, 11, 20),
    )
    (old,) = feeds.epss.parse(io.BytesIO(EPSS.split(b"\n", 1)[1]))
    assert old.scored_on is None


@pytest.mark.parametrize(
    "row", ["CVE-2024-1,0.5,0.5", "CVE-2024-1000,nan,0.5", "CVE-2024-1000,1.5,0.5", "CVE-2024-1000,0.5", "=1,0,0"]
)
def test_epss_refuses_a_row_by_its_line(row: str) -> None:
    assert refusal(feeds.epss.parse, EPSS + row.encode()) == ("csv-row", "line 4")


def test_epss_refusals() -> None:
    parse = feeds.epss.parse
    assert refusal(parse, b"") == ("csv-header", "line 1")
    assert refusal(parse, b"#model_version:v1\nname,score\n") == ("csv-header", "line 2")
    assert refusal(parse, EPSS.replace(b"-11-20", b"-13-20")) == ("bad-date", "line 1")
    assert refusal(parse, EPSS + b"\xff\xfe") == ("csv-encoding", f"byte {len(EPSS)}")
    assert refusal(parse, gzip.compress(EPSS)[:-12])[0] == "archive-damaged"


def test_nvd() -> None:
    (cve,) = feeds.nvd.parse(io.BytesIO(nvd_file()))
    assert (cve.id, cve.status, cve.rejected, cve.description, cve.cwes) == (
        "CVE-2024-6387",
        "Analyzed",
        False,
        "A race.",
        (364,),
    )
    assert cve.published == datetime(2024, 7, 1, 13, 15, 6, 467000, tzinfo=UTC)
    assert best_cvss(cve.cvss) == Cvss(version="3.1", vector=V3, score=8.1, by="nvd")
    assert cve.cvss[1].by == "x@y.example"
    (bare,) = feeds.nvd.parse(io.BytesIO(nvd_file({"metrics": {}, "weaknesses": [], "vulnStatus": "Rejected"})))
    assert bare.rejected
    assert bare.cvss == ()


def test_nvd_refusals_name_the_record() -> None:
    parse = feeds.nvd.parse
    assert refusal(parse, nvd_file({}, {"id": "x"})) == ("bad-cve", "vulnerabilities[1].cve.id")
    assert refusal(parse, nvd_file({"published": "soon"})) == ("bad-date", "vulnerabilities[0].cve.published")
    assert refusal(parse, nvd_file({"descriptions": 3})) == ("json-type", "vulnerabilities[0].cve.descriptions")
    assert refusal(parse, nvd_file(version="1.1"))[0] == "json-type"
    assert refusal(parse, nvd_file()[:-9])[0] == "json-malformed"
    assert refusal(parse, b'{"vulnerabilities":' + b"[" * 100_000)[0] == "json-malformed"
    doubled = nvd_file().replace(b'"id": ', b'"id": "CVE-2024-0001", "id": ')
    assert refusal(parse, doubled)[0] == "json-duplicate-key"


def test_other_files_are_not_feeds() -> None:
    for content in (b"", b"{}", b"cve\n", b'{"vulnerabilities": []}', gzip.compress(b"x")):
        with pytest.raises(ImportRejected, match="unknown-feed"):
            feeds.recognise(io.BytesIO(content))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PARSERS)), st.integers(0, 2000), st.binary(max_size=4))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(name: str, place: int, damage: bytes) -> None:
    parse, content = PARSERS[name]
    at = place % len(content)
    with contextlib.suppress(ImportRejected):
        list(parse(io.BytesIO(content[:at] + damage + content[at + len(damage) :])))

"""The scans: as many occurrences as promised, drift as told, and files that say what the truth says."""

from __future__ import annotations

import gzip
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from cvss import CVSS2, CVSS3, CVSS4  # type: ignore[import-untyped]

from samples.catalogue import host_checks, package_flaws, vulnerabilities
from samples.dates import ANCHOR, WEEKS
from samples.organisation import Files
from samples.scanners.finding import ScanFile
from samples.scanners.hosts import NEWLY_EXPLOITED


@pytest.fixture(scope="session")
def truth(files: Files) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(files["truth.json"])
    return held


def count(format_: str, content: bytes) -> int:
    """Count a report's occurrences without any of the house's parsers."""
    if format_ in ("nessus", "qualys"):
        return sum(1 for _ in ET.fromstring(content).iter("ReportItem" if format_ == "nessus" else "VULN_INFO"))
    report = json.loads(content)
    if format_ == "sarif":
        return sum(len(run["results"]) for run in report["runs"])
    if format_ == "trivy":
        return sum(len(result["Vulnerabilities"]) for result in report["Results"])
    if format_ == "cyclonedx":
        return sum(len(item["affects"]) for item in report["vulnerabilities"])
    return sum(record["status_code"] == "FAIL" for record in report)


def test_every_file_holds_what_the_manifest_says(files: Files) -> None:
    manifest = json.loads(files["scans/manifest.json"])
    assert {entry["format"] for entry in manifest} == {"nessus", "qualys", "sarif", "trivy", "cyclonedx", "ocsf"}
    assert {entry["path"] for entry in manifest} == {
        path for path in files if path.startswith("scans/") and path != "scans/manifest.json"
    }
    for entry in manifest:
        assert count(entry["format"], files[entry["path"]]) == entry["occurrences"] > 0, entry


def test_three_weeks_have_about_three_thousand_occurrences(truth: dict[str, Any]) -> None:
    assert [week["date"] for week in truth["weeks"]] == ["2026-11-09", "2026-11-16", "2026-11-23"]
    assert WEEKS[-1] == ANCHOR
    assert 2_800 <= truth["distinct_occurrences"] <= 3_200
    assert all(2_100 <= week["occurrences"] <= 2_700 for week in truth["weeks"])
    assert truth["open_after_last"]["total"] == sum(truth["open_after_last"]["by_severity"].values())


def test_the_weeks_drift(truth: dict[str, Any]) -> None:
    first, second, third = truth["weeks"]
    assert first["new"] == first["occurrences"]
    assert second["new"] > 100
    assert third["new"] > 100
    assert second["gone"] > 50
    assert third["gone"] > 50
    assert third["reopened"] > 20
    assert second["gone_with_asset"] > 0


def test_no_complete_rescan_closes_over_30_percent(truth: dict[str, Any], scanned: list[ScanFile]) -> None:
    before = dict.fromkeys((file.scope for file in scanned), 0)
    scopes = {entry["path"]: entry for entry in truth["files"]}
    for file in sorted(scanned, key=lambda item: (item.week, item.path)):
        told = scopes[f"scans/{WEEKS[file.week].isoformat()}/{file.path}"]
        assert told["gone"] <= 0.3 * before[file.scope], told
        before[file.scope] += told["new"] + told["reopened"] - told["gone"]
    assert sum(before.values()) == truth["open_after_last"]["total"]


def test_an_occurrence_is_in_a_file_once(scanned: list[ScanFile]) -> None:
    for file in scanned:
        assert len({finding.key for finding in file.findings}) == len(file.findings), file.path


def test_every_file_speaks_for_a_unit_that_holds_its_assets(
    scanned: list[ScanFile], assets: list[dict[str, str]], organisation: dict[str, Any]
) -> None:
    parent = {unit["code"]: unit["parent"] for unit in organisation["units"]}
    held = {row["name"]: row["unit"] for row in assets}

    def above(unit: str | None) -> list[str]:
        return [unit, *above(parent[unit])] if unit else []

    for file in scanned:
        for finding in file.findings:
            assert file.unit in above(held.get(finding.asset, file.unit)), (file.path, finding.asset)
    machines = {(file.unit, file.format) for file in scanned if file.format in ("nessus", "qualys", "ocsf")}
    for unit, format_ in machines:
        assert not [other for other, same in machines if same == format_ and other != unit and other in above(unit)]


def test_one_scan_is_partial_and_misses_a_site(files: Files) -> None:
    partial = [entry for entry in json.loads(files["scans/manifest.json"]) if entry["coverage"] == "partial"]
    assert [entry["path"] for entry in partial] == ["scans/2026-11-16/nessus-brennmark.nessus"]
    assert b"10.42." not in files[partial[0]["path"]]
    assert b"10.42." in files["scans/2026-11-23/nessus-brennmark.nessus"]


def test_a_machine_vanishes_and_an_unknown_one_appears(files: Files, assets: list[dict[str, str]]) -> None:
    reports = [files[f"scans/{day.isoformat()}/nessus-head-office.nessus"] for day in WEEKS]
    assert [b"hq-fax01" in report for report in reports] == [True, False, False]
    assert [b"10.10.4.99" in report for report in reports] == [False, False, True]
    assert "hq-lab07" not in {row["name"] for row in assets}


def test_what_is_scanned_is_known_but_for_a_handful(scanned: list[ScanFile], assets: list[dict[str, str]]) -> None:
    seen = {finding.asset for file in scanned for finding in file.findings}
    blind = seen - {row["name"] for row in assets}
    assert 4 <= len(blind) <= 8


def test_one_vulnerability_is_newly_exploited(files: Files) -> None:
    entry = next(e for e in json.loads(files["feeds/kev.json"])["vulnerabilities"] if e["cveID"] == NEWLY_EXPLOITED)
    assert WEEKS[1].isoformat() < entry["dateAdded"] < ANCHOR.isoformat() < entry["dueDate"]
    assert entry["notes"]
    assert NEWLY_EXPLOITED.encode() not in files["feeds-before/kev.json"]
    item = re.compile(rb"<ReportItem[^\n]*" + NEWLY_EXPLOITED.encode() + rb"[^\n]*")
    reports = [files[f"scans/{day.isoformat()}/nessus-head-office.nessus"] for day in WEEKS]
    told = [[b"CISA-KNOWN-EXPLOITED" in found for found in item.findall(report)] for report in reports]
    assert told == [[False, False], [False, False], [True, True]]


def test_scores_are_those_of_their_vectors(files: Files) -> None:
    for item in vulnerabilities().values():
        assert float(CVSS3(f"CVSS:3.1/{item.vector}").base_score) == item.score, item.cve
    for record in json.loads(files["feeds/nvd.json"])["vulnerabilities"]:
        metrics = record["cve"]["metrics"]
        for metric in metrics.get("cvssMetricV40", ()):
            assert float(CVSS4(metric["cvssData"]["vectorString"]).base_score) == metric["cvssData"]["baseScore"]
        for metric in metrics.get("cvssMetricV2", ()):
            assert float(CVSS2(metric["cvssData"]["vectorString"]).base_score) == metric["cvssData"]["baseScore"]


def test_the_feeds_know_every_vulnerability_of_the_scans(files: Files) -> None:
    text = b"".join(content for path, content in files.items() if path.startswith("scans/"))
    used = {found.decode() for found in re.findall(rb"CVE-\d{4}-\d{4,}", text)}
    lines = gzip.decompress(files["feeds/epss-scores.csv.gz"]).decode().splitlines()
    assert lines[0].startswith("#model_version:")
    assert lines[1] == "cve,epss,percentile"
    scores = {line.split(",")[0]: [float(part) for part in line.split(",")[1:]] for line in lines[2:]}
    assert used <= scores.keys()
    assert all(0 < value <= 1 for pair in scores.values() for value in pair)
    assert used <= {record["cve"]["id"] for record in json.loads(files["feeds/nvd.json"])["vulnerabilities"]}
    exploited = {entry["cveID"] for entry in json.loads(files["feeds/kev.json"])["vulnerabilities"]}
    assert 25 <= len(exploited & used) <= 40  # few, as everywhere
    assert sum(pair[0] >= 0.05 for pair in scores.values()) < len(scores) / 5
    assert exploited - used


def test_the_catalogue_has_nothing_unused() -> None:
    used = {item.cve for check in host_checks() for item in check.vulnerabilities}
    used |= {flaw.vulnerability.cve for flaw in package_flaws()}
    assert used == vulnerabilities().keys()
    checks = host_checks()
    assert len({check.plugin for check in checks}) == len({check.qid for check in checks}) == len(checks)

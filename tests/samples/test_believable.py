"""A head of security believes what the sample shows: by the house's own rule, few findings are urgent."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from remit.identify.vulnerabilities.products import fix_of
from remit.identify.vulnerabilities.rules import Circumstances, Priority, due_on, prioritise
from samples.cast.assets import Estate
from samples.catalogue import Vulnerability, host_checks, placed
from samples.dates import ANCHOR, WEEKS
from samples.scanners.finding import Finding, ScanFile
from samples.scanners.hosts import HostFinding
from samples.scanners.packages import PackageFinding

Judged = tuple[Finding, Priority, bool]


def vulnerabilities_of(finding: Finding) -> tuple[Vulnerability, ...]:
    if isinstance(finding, PackageFinding):
        return (finding.flaw.vulnerability,)
    return finding.check.vulnerabilities if isinstance(finding, HostFinding) else ()


def judge(finding: Finding, estate: Estate) -> Priority:
    known = vulnerabilities_of(finding)
    worst = max(known, key=lambda item: item.score, default=None)
    place = next((asset for asset in estate.inventory if asset.name == finding.asset), None)
    exploited = any(item.exploited_since for item in known)
    return prioritise(
        Circumstances(
            severity=finding.severity, cve=bool(known), cvss_score=worst.score if worst else None,
            cvss_version="3.1" if worst else "", cvss_vector=f"CVSS:3.1/{worst.vector}" if worst else "",
            epss=max((item.epss for item in known), default=None), kev=exploited,
            ransomware=any(item.ransomware == "Known" for item in known),
            exploited_by_source=exploited and finding.source == "nessus", criticality=place.criticality if place else 3,
            exposure=place.exposure if place else "internal", environment=place.environment if place else "production",
            data_classes=place.data_classes if place else (),
        )
    )  # fmt: skip


def overdue(finding: Finding, priority: Priority) -> bool:
    """Whether it is late on the anchor day, counted from the first scan that shows it."""
    since = [date.fromisoformat(each.exploited_since) for each in vulnerabilities_of(finding) if each.exploited_since]
    due = due_on(WEEKS[finding.weeks.index(True)], priority.days, min(since) + timedelta(21) if since else None)
    return due is not None and due < ANCHOR


@pytest.fixture(scope="module")
def judged(scanned: list[ScanFile], estate: Estate) -> list[Judged]:
    """Every finding that no tool set aside, its priority, and whether the last file of its scope still holds it."""
    last = {file.scope: {finding.key for finding in file.findings} for file in sorted(scanned, key=lambda f: f.week)}
    every = {(file.scope, finding.key): finding for file in scanned for finding in file.findings}
    return [
        (finding, judge(finding, estate), key in last[scope])
        for (scope, key), finding in every.items()
        if not finding.suppressed
    ]


def test_few_findings_are_urgent_and_most_are_everyday(judged: list[Judged]) -> None:
    levels = Counter(priority.level for _, priority, still in judged if still)
    assert 15 <= levels["act"] <= 35
    assert 180 <= levels["attend"] <= 320
    assert 1_500 <= levels["track"] <= 1_900
    assert 280 <= levels["note"] <= 400


def test_attackers_use_few_of_them(judged: list[Judged]) -> None:
    used = [
        finding for finding, _, still in judged if still and any(v.exploited_since for v in vulnerabilities_of(finding))
    ]
    assert 30 <= len(used) <= 60
    assert max(Counter(finding.asset for finding in used).values()) <= 4
    assert all(finding.placed for finding in used)


def test_some_are_late(judged: list[Judged]) -> None:
    assert 30 <= sum(overdue(finding, priority) for finding, priority, still in judged if still) <= 140


def test_what_is_urgent_is_mostly_fixed_within_a_week(judged: list[Judged]) -> None:
    gone = [finding for finding, priority, still in judged if priority.level == "act" and not still]
    assert len(gone) >= 15
    assert sum(finding.weeks == (True, False, False) for finding in gone) > len(gone) / 2


def test_every_place_is_taken(scanned: list[ScanFile]) -> None:
    found = {
        (finding.asset, item.cve)
        for file in scanned
        for finding in file.findings
        if finding.placed
        for item in vulnerabilities_of(finding)
    }
    assert placed().keys() <= found


def test_what_mends_a_vulnerability_names_a_product() -> None:
    for check in host_checks():
        if check.vulnerabilities and check.remedy.startswith("Update "):
            fix = fix_of("", check.name, check.remedy, "", "")
            assert (fix.verb, bool(fix.version)) == ("Upgrade", True) or check.plugin == "187315", check.name

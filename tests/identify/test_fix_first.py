"""Actions: what is grouped, in what order, how much each removes, in which words."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.identify.vulnerabilities.fixfirst import OpenFinding, fix_first, overdue
from remit.identify.vulnerabilities.products import fix_of, highest, needs_restart, version_key
from remit.identify.vulnerabilities.rules import combined_risk

TODAY = date(2026, 11, 23)


def finding(number: int, **changes: Any) -> OpenFinding:
    given: dict[str, Any] = {
        "id": number,
        "weakness": "nessus:1",
        "title": "OpenSSH < 9.8 Race",
        "asset": 1,
        "asset_name": "gw-ams-01",
        "level": "act",
        "probability": 0.5,
        "impact": 0.8,
        "unit": "Northwind",
        "owner": "Platform",
    }
    return OpenFinding(**(given | changes))


def gateways() -> list[OpenFinding]:
    return [
        finding(n, asset=n, asset_name=f"gw-{n}", exposure="internet", exploited=True, criticality=5) for n in range(7)
    ]


def test_an_upgrade_on_several_assets_is_one_action_in_plain_words() -> None:
    newer = finding(
        7, asset=6, asset_name="gw-6", weakness="nessus:2", title="OpenSSH < 9.8p1 Other", exposure="internet"
    )
    late = newer._replace(id=8, due=date(2026, 11, 3), level="attend")
    plan = fix_first([*gateways(), newer, late], today=TODAY)
    (action,) = plan.actions
    assert action.headline == "Upgrade OpenSSH to 9.8p1 on 7 internet-facing hosts"
    assert action.level == "act"
    assert (len(action.findings), len(action.assets), action.overdue, action.due) == (9, 7, 1, date(2026, 11, 3))
    assert action.reasons == (
        "exploited in the wild (7 findings)",
        "internet-facing (7 assets)",
        "crown jewel: gw-0 and 5 more",
        "overdue since 3 November 2026",
    )
    assert action.share == pytest.approx(100)
    assert plan.share == pytest.approx(100)


def test_owners_and_units_each_have_their_own_action() -> None:
    plan = fix_first([finding(1), finding(2, owner="Data"), finding(3, unit="Fabrikam", asset=3)], today=TODAY)
    assert plan.candidates == 3
    assert {(action.unit, action.owner) for action in plan.actions} == {
        ("Northwind", "Platform"),
        ("Northwind", "Data"),
        ("Fabrikam", "Platform"),
    }


def test_one_of_many_findings_on_an_asset_does_not_claim_their_relief() -> None:
    many = [finding(n, title=f"Product {chr(65 + n)} < 2.0 Flaw", weakness=f"w{n}", probability=0.9) for n in range(10)]
    lone = finding(99, asset=2, asset_name="lone", title="Other < 1.0", weakness="w99", probability=0.3)
    plan = fix_first([*many, lone], today=TODAY)
    assert plan.actions[0].asset_names == ("lone",)
    assert plan.total_risk == pytest.approx(combined_risk([(0.9, 0.8)] * 10) + combined_risk([(0.3, 0.8)]))
    assert sum(action.risk_removed for action in plan.actions) <= plan.total_risk


findings = st.lists(
    st.builds(
        finding,
        st.integers(0, 10**6),
        asset=st.integers(0, 4),
        title=st.sampled_from(["A1 < 1", "Bee < 2.0", "Cee flaw", "Dee flaw"]),
        weakness=st.sampled_from(["u", "v", "w"]),
        probability=st.floats(0, 0.99),
        impact=st.floats(0, 1),
        owner=st.sampled_from(["x", "y"]),
    ),
    max_size=25,
)


@settings(max_examples=80, deadline=None)
@given(standing=findings)
def test_all_actions_together_remove_all_risk_and_close_every_finding_with_risk(standing: list[OpenFinding]) -> None:
    plan = fix_first(standing, today=TODAY, limit=1000)
    assert sum(action.risk_removed for action in plan.actions) == pytest.approx(plan.total_risk, abs=1e-5)
    expected = sum(
        combined_risk([(each.probability, each.impact) for each in standing if each.asset == asset])
        for asset in {each.asset for each in standing}
    )
    assert plan.total_risk == pytest.approx(expected, abs=1e-6)
    assert all(action.risk_removed > 0 for action in plan.actions)
    again = fix_first(standing, today=TODAY, limit=1000)
    assert again == plan


def test_work_is_estimated_by_assets_restarts_and_tools() -> None:
    def hours(number: int, **changes: Any) -> float:
        plan = fix_first([finding(n, asset=n, **changes) for n in range(number)], today=TODAY)
        return plan.actions[0].hours

    assert hours(1) == 2.5
    assert hours(20) == 12
    assert hours(120) == 17
    assert hours(1, title="Linux kernel < 6.1") == 3
    assert hours(1, package="left-pad") == 16.5


def test_nothing_to_do() -> None:
    plan = fix_first([], today=TODAY)
    assert (plan.actions, plan.candidates, plan.total_risk, plan.share) == ((), 0, 0, 0)
    assert fix_first([finding(1, probability=0.0), finding(2, impact=0.0)], today=TODAY).actions == ()


def test_overdue() -> None:
    late = overdue(
        [
            finding(1, due=date(2026, 11, 1)),
            finding(2, due=date(2026, 11, 22), asset=2, level="track"),
            finding(3, due=TODAY),
            finding(4),
            finding(5, due=date(2026, 10, 1), owner="Data"),
        ],
        today=TODAY,
    )
    assert (late.findings, late.assets, late.levels, late.oldest) == (3, 2, {"act": 2, "track": 1}, date(2026, 10, 1))
    assert late.owners[0] == ("Northwind", "Platform", 2, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("title", "solution", "package", "fixed", "expected"),
    [
        ("OpenSSL 3.0.0 < 3.0.7 Multiple Vulnerabilities", "", "", "", ("openssl", "3.0.7")),
        ("Apache 2.4.x < 2.4.58 Multiple Vulnerabilities", "", "", "", ("apache", "2.4.58")),
        ("PHP 7.1.x < 7.1.33 / 7.2.x < 7.2.24 / 7.3.x < 7.3.11 RCE", "", "", "", ("php", "7.3.11")),
        ("regreSSHion", "Upgrade to OpenSSH version 9.8p1 or later.", "", "", ("openssh", "9.8p1")),
        (
            "Old",
            "Update Google Chrome to version 119.0.6045.105, or later.",
            "",
            "",
            ("google chrome", "119.0.6045.105"),
        ),
        ("Old", "Upgrade to Apache Log4j version 2.3.1 / 2.12.3 / 2.15.0 or later", "", "", ("apache log4j", "2.15.0")),
        ("Old", "Update to a supported version of MySQL 8.0", "", "", ("mysql", "8.0")),
        ("KB5034441: Windows 10 Security Update", "", "", "", ("windows", "KB5034441")),
        ("Ubuntu 20.04 LTS / 22.04 LTS : OpenSSL vulnerabilities (USN-5710-1)", "", "", "", ("openssl", "")),
        ("Debian DSA-5532-1 : openssl - security update", "", "", "", ("openssl", "")),
        (
            "PHP < 5.3.12 / 5.4.2 Code Execution",
            "Upgrade to PHP version 5.3.12 / 5.4.2 or later.",
            "",
            "",
            ("php", "5.4.2"),
        ),
        ("PHP < 5.2.7 Flaw", "Upgrade to Perl version 6.1 or later.", "", "", ("php", "5.2.7")),
        ("PHP Unsupported", "Upgrade to a version of PHP that is currently supported.", "", "", ("php", "")),
        ("RHEL 8 : kernel (RHSA-2023:1234)", "", "", "", ("kernel", "")),
        ("", "", "openssl:amd64", "1.1.1w", ("openssl", "1.1.1w")),
        ("", "", "openssl.x86_64", "1.1.1w", ("openssl", "1.1.1w")),
        ("", "", "@angular/core@15.0.0", "15.2", ("@angular/core", "15.2")),
    ],
)
def test_upgrades_are_read_from_what_scanners_write(
    title: str, solution: str, package: str, fixed: str, expected: tuple[str, str]
) -> None:
    fix = fix_of("w", title, solution, package, fixed)
    assert (fix.key.rpartition(":")[2], fix.version) == expected
    assert fix.verb == "Upgrade"


def test_package_urls_keep_ecosystem_and_scope() -> None:
    log4j = fix_of("w", "", "", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0", "2.15.0, 2.12.2")
    assert log4j == ("upgrade:maven:log4j-core", "Upgrade", "log4j-core", "2.15.0")
    assert fix_of("w", "", "", "pkg:npm/%40angular/core@1", "").verb == "Replace"
    assert fix_of("w", "", "", "pkg:npm/%40angular/core@1", "2").product == "@angular/core"
    assert fix_of("w", "", "", "pkg:", "2").product == "pkg:"


def test_what_is_no_upgrade_is_said_by_its_solution_or_title() -> None:
    assert fix_of("w", "SSLv3", "Disable SSL 2.0 and 3.0.\nUse TLS 1.2.", "", "").product == "Disable SSL 2.0 and 3.0"
    assert fix_of("w", "Public bucket", "https://docs.example", "", "").product == "Resolve “Public bucket”"
    assert fix_of("w", "TRACE", "Disable these methods.", "", "").product == "TRACE: disable these methods"
    assert fix_of("w", "", "", "", "").key == "weakness:w"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40), st.text(max_size=20))
def test_any_text_names_a_fix(title: str, solution: str, package: str, fixed: str) -> None:
    fix = fix_of("w", title, solution, package, fixed)
    assert fix.key
    assert fix.product


def test_hostile_titles_and_solutions_take_no_time() -> None:
    started = time.process_time()
    for text in (
        "upgrade " * 20_000,
        "upgrade to " + "a" * 50_000,
        "A" * 50_000 + " < ",
        "1.1" * 30_000,
        "KB" * 50_000,
    ):
        fix_of("w", text, text, text, text)
    assert time.process_time() - started < 2


def test_versions_sort_as_people_mean_them() -> None:
    order = [
        "1.1.1",
        "1.1.1k",
        "1.1.1w",
        "3.0.0~beta",
        "3.0.0-rc1",
        "3.0.0",
        "3.0.7",
        "9.7p1",
        "9.8p1",
        "9.10",
        "1:1.0",
    ]
    order[3], order[4] = order[4], order[3]
    keys = [version_key(version) for version in order]
    assert sorted(keys[5:]) == keys[5:]
    assert max(keys[3:5]) < version_key("3.0.0")
    assert sorted(keys[:3]) == keys[:3]
    assert version_key("v2.0") == version_key("2.0")
    assert highest(["", "2.9", "2.15.0", "2.12.2"]) == "2.15.0"
    assert highest([]) == ""


def test_restarts() -> None:
    assert needs_restart("linux-kernel")
    assert not needs_restart("log4j-core")


def test_one_asset_is_called_by_its_name() -> None:
    def said(**changes: Any) -> str:
        return fix_first([finding(1, **changes)], today=TODAY).actions[0].headline

    assert said(asset_name="Orders API", asset_kind="application", package="log4j-core") == (
        "Replace or shield log4j-core (no fixed version) in Orders API"
    )
    assert said() == "Upgrade OpenSSH to 9.8 on gw-ams-01"
    assert (
        said(title="PHP is old", solution="Upgrade to a version of PHP that is supported.")
        == "Upgrade PHP on gw-ams-01"
    )
    mixed = [finding(1), finding(2, asset=2, asset_kind="container", exposure="internet")]
    assert fix_first(mixed, today=TODAY).actions[0].headline == "Upgrade OpenSSH to 9.8 on 2 assets"


@settings(max_examples=60, deadline=None)
@given(standing=findings)
def test_what_an_action_removes_is_what_is_missing_once_it_is_done(standing: list[OpenFinding]) -> None:
    standing = [each._replace(id=number) for number, each in enumerate(standing)]
    plan = fix_first(standing, today=TODAY, limit=1)
    for action in plan.actions:
        left = fix_first([each for each in standing if each.id not in action.findings], today=TODAY)
        assert left.total_risk == pytest.approx(plan.total_risk - action.risk_removed, abs=1e-6)

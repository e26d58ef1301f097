"""Nessus reports (.nessus, NessusClientData_v2): head office, Brennmark and the company being bought."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from samples.cast.asset import Asset
from samples.cast.assets import Estate
from samples.dates import WEEKS, moment
from samples.scanners.finding import ScanFile
from samples.scanners.hosts import NEWLY_EXPLOITED, HostFinding, find_on_hosts

_VERSION = re.compile(r"\d+(?:\.\w+)+(?:-[\w.]*\d)?")
_RISK = ("None", "Low", "Medium", "High", "Critical")
_MISSED_IN_SECOND_WEEK = ("10.42.", "198.51.100.")
"""Warehouse South and the perimeter, where Brennmark's second scan was stopped before its end."""


def nessus_files(seed: int, estate: Estate) -> list[ScanFile]:
    """Return the Nessus reports of the three weeks."""
    files = []
    for scope, unit, units in (
        ("head-office", "HAL-HQ", ("HAL-IT", "HAL-FIN", "HAL-HR", "HAL-IND")),
        ("brennmark", "BREN", ("BREN",)),
        ("fernhollow", "FERN", ("FERN",)),
    ):
        findings = find_on_hosts(seed, "nessus", estate.scanned(*units))
        for week in range(len(WEEKS)):
            if unit == "FERN" and week == 0:
                continue  # the assessment began in the second week
            partial = unit == "BREN" and week == 1
            seen = tuple(
                finding for finding in findings
                if finding.weeks[week]
                and not (partial and finding.host.scanned_address.startswith(_MISSED_IN_SECOND_WEEK))
            )  # fmt: skip
            files.append(
                ScanFile(
                    path=f"nessus-{scope}.nessus", week=week, scope=f"nessus/{scope}", format="nessus", unit=unit,
                    coverage="partial" if partial else "complete", findings=seen,
                    content=_report(scope, week, seen, credentialed=unit != "FERN"),
                )
            )  # fmt: skip
    return files


def _report(scope: str, week: int, findings: tuple[HostFinding, ...], *, credentialed: bool) -> bytes:
    policy = "Credentialed patch audit" if credentialed else "Outside view"
    parts = [
        '<?xml version="1.0" ?>\n<NessusClientData_v2>\n'
        f"<Policy><policyName>{policy}</policyName></Policy>\n"
        f'<Report name="Weekly {scope} {WEEKS[week].isoformat()}" xmlns:cm="http://www.nessus.org/cm">\n'
    ]
    for number, (_, items) in enumerate(groupby(findings, key=lambda finding: finding.asset)):
        of_host = list(items)
        parts.append(_host(of_host[0].host, week, number, credentialed=credentialed))
        parts.extend(_item(finding, week) for finding in of_host)
        parts.append("</ReportHost>\n")
    parts.append("</Report>\n</NessusClientData_v2>\n")
    return "".join(parts).encode()


def _host(host: Asset, week: int, number: int, *, credentialed: bool) -> str:
    start = moment(WEEKS[week], 0, 30) + timedelta(seconds=47 * number)
    tags = {
        "host-ip": host.scanned_address,
        "host-fqdn": host.fqdn if host.seen_by != "address" else "",
        "netbios-name": host.name.upper() if host.seen_by == "agent" else "",
        "operating-system": host.operating_system,
        "Credentialed_Scan": "true" if credentialed and host.seen_by != "address" else "false",
        "host-uuid": host.agent_id.removeprefix("nessus:"),
        "bios-uuid": host.serial if host.seen_by == "agent" else "",
        "HOST_START": start.strftime("%a %b %d %H:%M:%S %Y"),
        "HOST_END": (start + timedelta(minutes=9)).strftime("%a %b %d %H:%M:%S %Y"),
    }
    name = {"agent": host.name, "fqdn": host.fqdn}.get(host.seen_by, host.scanned_address)
    properties = "".join(f'<tag name="{key}">{escape(value)}</tag>' for key, value in tags.items() if value)
    return f"<ReportHost name={quoteattr(name)}><HostProperties>{properties}</HostProperties>\n"


def _item(finding: HostFinding, week: int) -> str:
    check, worst = finding.check, finding.check.worst
    parts = [
        f'<ReportItem port="{check.port}" svc_name="{check.service}" protocol="{check.protocol}"'
        f' severity="{check.severity}" pluginID="{check.plugin}" pluginName={quoteattr(check.name)}'
        f" pluginFamily={quoteattr(check.family)}>"
    ]
    parts.extend(f"<cve>{item.cve}</cve>" for item in check.vulnerabilities)
    if worst:
        exploited = any(item.exploited_since for item in check.vulnerabilities if item.cve != NEWLY_EXPLOITED)
        exploited = exploited or (week == 2 and NEWLY_EXPLOITED in {item.cve for item in check.vulnerabilities})
        parts.append(
            f"<cvss3_base_score>{worst.score}</cvss3_base_score><cvss3_vector>CVSS:3.1/{worst.vector}</cvss3_vector>"
            f"<epss_score>{max(item.epss for item in check.vulnerabilities)}</epss_score>"
            f"<exploit_available>{str(exploited).lower()}</exploit_available>"
            f"<plugin_publication_date>{worst.published.replace('-', '/')}</plugin_publication_date>"
        )
        parts.extend(f"<cwe>{cwe}</cwe>" for item in check.vulnerabilities for cwe in item.cwes)
        if exploited:
            parts.append("<xref>CISA-KNOWN-EXPLOITED</xref>")
    text = " ".join(item.text for item in check.vulnerabilities) or f"{check.name}."
    output = f"  Found             : {check.found}\n"
    if worst and (version := _VERSION.search(check.found)):
        output += f"  Installed version : {version.group()}\n"
    parts.append(
        f"<risk_factor>{_RISK[check.severity]}</risk_factor><synopsis>{escape(check.name)}.</synopsis>"
        f"<description>{escape(text)}</description><solution>{escape(check.remedy or 'n/a')}</solution>"
        f"<plugin_output>\n{escape(output)}</plugin_output></ReportItem>\n"
    )
    return "".join(parts)

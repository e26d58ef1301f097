"""Qualys asset data reports (XML): Tallymoor's machines."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from samples.cast.assets import Estate
from samples.dates import WEEKS, moment, stamp
from samples.scanners.finding import ScanFile, known_for
from samples.scanners.hosts import HostFinding, find_on_hosts


def qualys_files(seed: int, estate: Estate) -> list[ScanFile]:
    """Return the Qualys reports of the three weeks."""
    findings = find_on_hosts(seed, "qualys", estate.scanned("TALLY"))
    files = []
    for week in range(len(WEEKS)):
        seen = tuple(finding for finding in findings if finding.weeks[week])
        files.append(
            ScanFile(
                path="qualys-tallymoor.xml", week=week, scope="qualys/tallymoor", format="qualys", unit="TALLY",
                coverage="complete", findings=seen, content=_report(seed, week, seen),
            )
        )  # fmt: skip
    return files


def _data(text: str) -> str:
    return f"<![CDATA[{text}]]>"


def _report(seed: int, week: int, findings: tuple[HostFinding, ...]) -> bytes:
    parts = [
        '<?xml version="1.0" encoding="UTF-8" ?>\n<ASSET_DATA_REPORT>\n<HEADER>'
        f"<COMPANY>{_data('Tallymoor Payments')}</COMPANY><USERNAME>{_data('weekly')}</USERNAME>"
        f"<GENERATION_DATETIME>{stamp(moment(WEEKS[week], 3))}</GENERATION_DATETIME>"
        f"<TEMPLATE>{_data('Weekly technical report')}</TEMPLATE></HEADER>\n<HOST_LIST>\n"
    ]
    for _, items in groupby(findings, key=lambda finding: finding.asset):
        parts.append(_host(seed, list(items), week))
    parts.append("</HOST_LIST>\n<GLOSSARY><VULN_DETAILS_LIST>\n")
    checks = {finding.rule: finding for finding in findings}
    parts.extend(_details(checks[rule]) for rule in sorted(checks, key=int))
    parts.append("</VULN_DETAILS_LIST></GLOSSARY>\n</ASSET_DATA_REPORT>\n")
    return "".join(parts).encode()


def _host(seed: int, findings: list[HostFinding], week: int) -> str:
    host = findings[0].host
    method = "AGENT" if host.seen_by == "agent" else "IP"
    number = f"<HOST_ID>{host.agent_id.removeprefix('qualys:')}</HOST_ID>" if host.agent_id else ""
    name = f"<DNS>{_data(host.fqdn)}</DNS>" if host.fqdn and host.seen_by == "fqdn" else ""
    head = (
        f"<HOST><IP>{host.scanned_address}</IP><TRACKING_METHOD>{method}</TRACKING_METHOD>{number}{name}"
        f"<OPERATING_SYSTEM>{_data(host.operating_system)}</OPERATING_SYSTEM><VULN_INFO_LIST>\n"
    )
    return head + "".join(_item(seed, finding, week) for finding in findings) + "</VULN_INFO_LIST></HOST>\n"


def _item(seed: int, finding: HostFinding, week: int) -> str:
    check = finding.check
    first = next(number for number, there in enumerate(finding.weeks) if there)
    found = WEEKS[first] - timedelta(days=0 if first else known_for(seed, finding))
    status = (
        "New" if first == week and week else "Re-Opened" if finding.weeks == (True, False, True) and week else "Active"
    )
    score = f"{check.worst.score}" if check.worst else "-"
    place = f"<PORT>{check.port}</PORT><SERVICE>{check.service}</SERVICE><PROTOCOL>{check.protocol}</PROTOCOL>"
    return (
        f'<VULN_INFO><QID id="qid_{check.qid}">{check.qid}</QID><TYPE>{"Vuln" if check.severity else "Ig"}</TYPE>'
        f"{place}<SSL>false</SSL><RESULT>{_data(check.found)}</RESULT>"
        f"<FIRST_FOUND>{stamp(moment(found, 2, 10))}</FIRST_FOUND>"
        f"<LAST_FOUND>{stamp(moment(WEEKS[week], 2, 10))}</LAST_FOUND>"
        f"<VULN_STATUS>{status}</VULN_STATUS><CVSS3_FINAL>{score}</CVSS3_FINAL></VULN_INFO>\n"
    )


def _details(finding: HostFinding) -> str:
    check, worst = finding.check, finding.check.worst
    text = " ".join(item.text for item in check.vulnerabilities) or f"{check.name}."
    parts = [
        f'<VULN_DETAILS id="qid_{check.qid}"><QID id="qid_{check.qid}">{check.qid}</QID>'
        f"<TITLE>{_data(check.name)}</TITLE><SEVERITY>{check.severity + 1}</SEVERITY>"
        f"<CATEGORY>{_data(check.family)}</CATEGORY><THREAT>{_data(text)}</THREAT>"
        f"<SOLUTION>{_data(check.remedy or 'None needed.')}</SOLUTION>"
    ]
    if worst:
        parts.append(
            f"<CVSS3_SCORE><CVSS3_BASE>{worst.score}</CVSS3_BASE>"
            f"<CVSS3_VECTOR_STRING>CVSS:3.1/{worst.vector}</CVSS3_VECTOR_STRING></CVSS3_SCORE>"
        )
        links = (
            f"<CVE_ID><ID>{_data(item.cve)}</ID><URL>{_data('https://advisories.example/' + item.cve)}</URL></CVE_ID>"
            for item in check.vulnerabilities
        )
        parts.append(f"<CVE_ID_LIST>{''.join(links)}</CVE_ID_LIST>")
        parts.append(f"<LAST_UPDATE>{worst.published}T00:00:00Z</LAST_UPDATE>")
    return "".join(parts) + "</VULN_DETAILS>\n"

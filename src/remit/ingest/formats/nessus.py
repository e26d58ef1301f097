"""Nessus reports, `NessusClientData_v2` (".nessus"), as Nessus and the other products of Tenable export them.

Source: Tenable, "Nessus v2 File Format". A ReportItem is an occurrence, a plugin is a weakness, a ReportHost an asset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO, Final

from lxml import etree

from remit.ingest import values
from remit.ingest.limits import DESCRIPTION, DETAIL, IDENTIFIER, LOCATION
from remit.ingest.observations import AnyObservation, Asset, Cvss, Occurrence, Report, Weakness
from remit.ingest.rejected import ImportRejected
from remit.ingest.seen import Seen
from remit.ingest.text import clean, cves, cwes, line, links
from remit.ingest.xml import elements, root_name

NAME: Final = "nessus"
_SKIPPED: Final = ("Policy",)
_INSTALLED: Final = re.compile(r"^[ \t]*Installed version[ \t]*:[ \t]*(\S[^\n]{0,150})", re.MULTILINE)
_FIXED: Final = re.compile(r"^[ \t]*(?:Fixed version|Should be)[ \t]*:[ \t]*(\S[^\n]{0,150})", re.MULTILINE)
_CLOUD: Final = (
    "aws-instance-id",
    "aws-instance-arn",
    "azure-resource-id",
    "azure-instance-id",
    "azure-vm-id",
    "gcp-instance-id",
)
_CVSS: Final[tuple[tuple[values.CvssVersion, str], ...]] = (("4.0", "cvss4"), ("3.0", "cvss3"), ("2.0", "cvss"))
_NO_HOST: Final = Asset(key="", kind="host", name="")


def sniff(head: bytes) -> bool:
    """Whether the root element is NessusClientData_v2."""
    return root_name(head) == "NessusClientData_v2"


def parse(stream: BinaryIO) -> Iterator[AnyObservation]:
    """The report's statements. Raises ImportRejected with the line of what cannot be read."""
    seen, reported = Seen(), False
    host, facts = _NO_HOST, _Facts({}, "")
    for element in elements(stream, "HostProperties", "ReportItem", "ReportHost", *_SKIPPED):
        if element.tag in _SKIPPED:
            continue
        if host is _NO_HOST:
            # The first of the host's elements to end: its properties, an item of a host without any, or its own end.
            holder = element if element.tag == "ReportHost" else element.getparent()
            facts = _Facts(_properties(element), f"line {element.sourceline}")
            host = _asset(holder, facts)
            if not reported:
                yield Report(tool=NAME, scanned_at=facts.ended)
                reported = True
            if seen.asset(host.key):
                yield host
        if element.tag == "ReportItem":
            yield from _item(element, host.key, facts, seen)
        elif element.tag == "ReportHost":
            host = _NO_HOST
    if not reported:
        yield Report(tool=NAME)


class _Facts:
    """The properties of a host that its items need."""

    def __init__(self, properties: dict[str, str], where: str) -> None:
        self.properties = properties
        ended = properties.get("HOST_END_TIMESTAMP", "")
        if ended.isascii() and ended.isdigit() and len(ended) < 15:
            self.ended = values.moment_of_epoch(float(ended), where)
        else:
            self.ended = values.moment_of_ctime(properties.get("HOST_END", ""), where)
        looked = properties.get("Credentialed_Scan", "").lower()
        self.credentialed = looked == "true" if looked in ("true", "false") else None


def _properties(element: etree._Element) -> dict[str, str]:
    if element.tag != "HostProperties":
        return {}
    return {name: tag.text for tag in element if (name := tag.get("name")) and tag.text}


def _asset(holder: etree._Element | None, facts: _Facts) -> Asset:
    """The asset of a ReportHost."""
    name = line(holder.get("name") if holder is not None else "") or "unknown host"
    found = facts.properties
    uuid = line(found.get("host-uuid") or found.get("agent-uuid") or found.get("tenable-agent-uuid"), IDENTIFIER)
    web = "://" in name
    addresses = dict.fromkeys(filter(None, map(values.address, (*found.get("host-ip", "").split(","), name))))
    fqdn = values.domain(found.get("host-fqdn") or found.get("hostname") or found.get("netbios-name"))
    return Asset(
        key=f"{name}|{uuid}" if uuid else name,
        kind="application" if web or found.get("system-type") == "web_application" else "host",
        name=name if web or not fqdn else fqdn,
        cloud_id=line(next((found[key] for key in _CLOUD if found.get(key)), ""), IDENTIFIER * 3),
        agent_id=f"nessus:{uuid}" if uuid else "",
        serial=line(found.get("bios-uuid"), IDENTIFIER).lower(),
        fqdn=fqdn.split("//", 1)[-1].split("/", 1)[0],
        addresses=tuple(addresses),
        operating_system=line(found.get("operating-system"), IDENTIFIER),
        cloud_account=line(found.get("aws-account-id") or found.get("azure-subscription-id"), IDENTIFIER),
        region=line(found.get("aws-region") or found.get("aws-availability-zone"), IDENTIFIER),
    )


def _item(item: etree._Element, asset: str, facts: _Facts, seen: Seen) -> Iterator[AnyObservation]:
    """The occurrence of a ReportItem, after its weakness where that is new."""
    where = f"line {item.sourceline}"
    rule = line(item.get("pluginID"), IDENTIFIER)
    severity = item.get("severity", "")
    if not rule or severity not in ("0", "1", "2", "3", "4"):
        hint = "A ReportItem needs a pluginID and a severity from 0 to 4; export the report anew."
        raise ImportRejected("xml-value", where, hint)
    named = cves([child.text for child in item.iterchildren("cve")])
    if seen.weakness(NAME, rule):
        yield _weakness(item, rule, int(severity), named, where)
    output = clean(item.findtext("plugin_output"), DETAIL)
    location = line(f"{item.get('port', '0')}/{item.get('protocol', 'tcp')}", LOCATION)
    installed, fixed = (_INSTALLED.search(output), _FIXED.search(output)) if "ersion" in output else (None, None)
    yield Occurrence(
        source=NAME,
        rule=rule,
        asset=asset,
        location=location,
        ordinal=seen.ordinal(NAME, rule, asset, location),
        detail=output,
        severity=int(severity),
        cves=named,
        installed_version=line(installed.group(1), IDENTIFIER) if installed else "",
        fixed_version=line(fixed.group(1), IDENTIFIER) if fixed else "",
        last_seen=facts.ended,
        credentialed=facts.credentialed,
    )


def _weakness(item: etree._Element, rule: str, severity: int, named: tuple[str, ...], where: str) -> Weakness:
    """The weakness of a plugin, by the first item that speaks of it."""
    texts: dict[str, list[str]] = {}
    for child in item.iterchildren("*"):
        texts.setdefault(child.tag, []).append(child.text or "")

    def text(tag: str) -> str:
        return texts.get(tag, [""])[0]

    exploited = any(text(tag).lower() == "true" for tag in ("exploit_available", "exploited_by_malware"))
    known = any(reference.startswith("CISA-KNOWN-EXPLOITED") for reference in texts.get("xref", ()))
    solution = clean(text("solution"), DESCRIPTION)
    return Weakness(
        source=NAME,
        rule=rule,
        title=line(item.get("pluginName") or text("plugin_name")) or f"Plugin {rule}",
        description=clean("\n\n".join(filter(None, (text("synopsis"), text("description")))), DESCRIPTION),
        solution="" if solution.lower() == "n/a" else solution,
        severity=severity,
        cves=named,
        cwes=cwes(texts.get("cwe", ())),
        cvss=_assessments(text, where),
        references=links(texts.get("see_also", ())),
        exploited=exploited or known,
        published=_day(text("vuln_publication_date") or text("plugin_publication_date"), where),
    )


def _assessments(text: Callable[[str], str], where: str) -> tuple[Cvss, ...]:
    """Every CVSS assessment of a plugin."""
    found: list[Cvss | None] = []
    for version, prefix in _CVSS:
        score = values.score(text(f"{prefix}_base_score"), where)
        if score is not None:
            found.append(values.assessment(text(f"{prefix}_vector"), score, NAME, version))
    return tuple(item for item in found if item is not None)


def _day(text: str, where: str) -> datetime | None:
    """A day as Nessus writes it, "2026/01/31"."""
    return values.moment(text.strip().replace("/", "-"), where)

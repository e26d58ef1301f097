"""Qualys reports: asset data reports (with glossary), host detection lists, and the older scan results ("SCAN").

Source: Qualys, "VM/PC API User Guide", asset_data_report.dtd, host_list_vm_detection_output.dtd and scan-1.dtd. A QID
is a weakness; a VULN_INFO, DETECTION or VULN is an occurrence. Qualys rates severity 1 to 5; here it is 0 to 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from lxml import etree

from remit.ingest import values
from remit.ingest.limits import DESCRIPTION, DETAIL, IDENTIFIER, LOCATION
from remit.ingest.observations import AnyObservation, Asset, Cvss, Occurrence, Report, Weakness
from remit.ingest.rejected import ImportRejected
from remit.ingest.seen import Seen
from remit.ingest.streams import head_of
from remit.ingest.text import clean, cves, line, links
from remit.ingest.xml import elements, root_name

NAME: Final = "qualys"
_ROOTS: Final = ("ASSET_DATA_REPORT", "HOST_LIST_VM_DETECTION_OUTPUT")
_DTD: Final = r"https://[a-z0-9.-]{1,80}\.qualys\.[a-z.]{2,10}/[A-Za-z0-9_./-]{1,100}\.dtd"
_MARKUP: Final = re.compile(r"</?(?:P|BR|B|I|UL|LI|A|PRE|DL|DT|DD|TABLE|TR|TD)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE)
_WRITTEN: Final = ("GENERATION_DATETIME", "DATETIME")
_CATEGORIES: Final = ("INFOS", "SERVICES", "VULNS", "PRACTICES")


def sniff(head: bytes) -> bool:
    """Whether the root element is one that Qualys writes; SCAN must also name a scan of theirs."""
    root = root_name(head)
    return root in _ROOTS or (root == "SCAN" and (b'value="scan/' in head or b"<IP " in head or b"qualys" in head))


def parse(stream: BinaryIO) -> Iterator[AnyObservation]:
    """The report's statements; the file is read twice, as its glossary comes last. Raises ImportRejected."""
    root = root_name(head_of(stream))
    return _scan(stream) if root == "SCAN" else _asset_data(stream)


def _asset_data(stream: BinaryIO) -> Iterator[AnyObservation]:
    """An ASSET_DATA_REPORT or a detection list: first its header and glossary, then its hosts."""
    seen = Seen()
    weaknesses: list[Weakness] = []
    finals: dict[str, float] = {}
    written = ""
    for element in elements(stream, "HOST", "VULN_DETAILS", *_WRITTEN, dtd=_DTD):
        if element.tag in _WRITTEN:
            written = written or element.text or ""
        elif element.tag == "HOST":
            _collect_finals(element, finals)
        else:
            weakness = _detailed(element, finals)
            if seen.weakness(NAME, weakness.rule):
                weaknesses.append(weakness)
    yield Report(tool=NAME, scanned_at=values.moment(written, "header"))
    yield from weaknesses
    rated = {weakness.rule: weakness for weakness in weaknesses}
    stream.seek(0)
    for host in elements(stream, "HOST", "GLOSSARY", dtd=_DTD):
        if host.tag == "HOST":
            yield from _host(host, rated, seen)


def _host(host: etree._Element, rated: dict[str, Weakness], seen: Seen) -> Iterator[AnyObservation]:
    asset = _asset(
        address=_text(host, "IP"),
        names=(_text(host, "DNS"), _text(host, "NETBIOS")),
        system=_text(host, "OPERATING_SYSTEM", "OS"),
        identifier=_text(host, "HOST_ID", "ASSET_ID", "QG_HOSTID", "ID"),
        cloud=_text(host, "CLOUD_RESOURCE_ID", "EC2_INSTANCE_ID"),
    )
    if seen.asset(asset.key):
        yield asset
    for item in host.iter("VULN_INFO", "DETECTION"):
        where = f"line {item.sourceline}"
        rule = _rule(_text(item, "QID"), where)
        own = _text(item, "SEVERITY")
        if seen.weakness(NAME, rule):
            severity = _severity(own, where) if own else 0
            rated[rule] = Weakness(source=NAME, rule=rule, title=f"QID {rule}", severity=severity)
            yield rated[rule]
        severity = _severity(own, where) if own else rated[rule].severity
        location = _location(_text(item, "PORT"), _text(item, "PROTOCOL"))
        status = line(_text(item, "VULN_STATUS", "STATUS"), IDENTIFIER)
        yield Occurrence(
            source=NAME,
            rule=rule,
            asset=asset.key,
            location=location,
            ordinal=seen.ordinal(NAME, rule, asset.key, location),
            detail=_plain(_text(item, "RESULT", "RESULTS"), DETAIL),
            severity=0 if _text(item, "TYPE") in ("Ig", "Info") else severity,
            first_seen=values.moment(_text(item, "FIRST_FOUND", "FIRST_FOUND_DATETIME"), where),
            last_seen=values.moment(_text(item, "LAST_FOUND", "LAST_FOUND_DATETIME"), where),
            suppressed=status if status.lower() in ("fixed", "ignored", "disabled") else "",
        )


def _text(node: etree._Element, *tags: str) -> str | None:
    """The text of the first of these children that has one."""
    return next((text for tag in tags if (text := node.findtext(tag))), None)


def _collect_finals(host: etree._Element, finals: dict[str, float]) -> None:
    """Keeps the highest final CVSS v3 score of each QID, for a glossary that does not score it."""
    for item in host.iter("VULN_INFO"):
        score = values.score(item.findtext("CVSS3_FINAL"), f"line {item.sourceline}")
        if score is not None:
            rule = line(item.findtext("QID"), IDENTIFIER)
            finals[rule] = max(score, finals.get(rule, 0.0))


def _detailed(details: etree._Element, finals: dict[str, float]) -> Weakness:
    """The weakness of a glossary entry."""
    where = f"line {details.sourceline}"
    found: list[Cvss] = []
    for tag, version in _SCORES:
        if (block := details.find(tag)) is not None and (score := values.score(_base(block), where)) is not None:
            vector = block.findtext("VECTOR_STRING") or block.findtext("CVSS3_VECTOR_STRING")
            if assessment := values.assessment(vector, score, NAME, version):
                found.append(assessment)
    rule = _rule(details.findtext("QID"), where)
    if not found and (final := values.assessment("", finals.get(rule, 0.0), NAME, "3.1" if rule in finals else None)):
        found.append(final)
    return Weakness(
        source=NAME,
        rule=rule,
        title=line(details.findtext("TITLE")) or "Untitled",
        description=_joined(details.findtext("THREAT"), details.findtext("IMPACT")),
        solution=_plain(details.findtext("SOLUTION"), DESCRIPTION),
        severity=_severity(details.findtext("SEVERITY"), where),
        cves=cves(node.text for node in details.iter("ID")),
        cvss=tuple(found),
        references=links(node.text for node in details.iter("URL")),
        exploited=next(details.iter("EXPLT"), None) is not None or next(details.iter("MW_SRC"), None) is not None,
        published=values.moment(details.findtext("PUBLISHED_DATE") or details.findtext("LAST_UPDATE"), where),
    )


def _scan(stream: BinaryIO) -> Iterator[AnyObservation]:
    """A SCAN: every host carries the texts of its own vulnerabilities."""
    seen, reported, written = Seen(), False, ""
    for element in elements(stream, "KEY", "IP", dtd=_DTD):
        if element.tag == "KEY":
            written = element.text or "" if element.get("value") == "DATE" else written
            continue
        if not reported:
            yield Report(tool=NAME, scanned_at=values.moment(written, "HEADER"))
            reported = True
        asset = _asset(
            address=element.get("value"),
            names=(element.get("name"), element.findtext("NETBIOS_HOSTNAME")),
            system=element.findtext("OS"),
            identifier=None,
            cloud=None,
        )
        if seen.asset(asset.key):
            yield asset
        for category in _CATEGORIES:
            for item in element.iterfind(f"{category}/CAT/*"):
                yield from _scanned(item, asset.key, seen, informational=category in _CATEGORIES[:2])
    if not reported:
        yield Report(tool=NAME, scanned_at=values.moment(written, "HEADER"))


def _scanned(item: etree._Element, asset: str, seen: Seen, *, informational: bool) -> Iterator[AnyObservation]:
    where = f"line {item.sourceline}"
    rule = _rule(item.get("number"), where)
    severity = 0 if informational else _severity(item.get("severity"), where)
    named = cves((item.get("cveid"), *(node.text for node in item.iter("ID"))))
    if seen.weakness(NAME, rule):
        scores = ((values.score(item.findtext(tag), where), version) for tag, version in _BASES)
        found = (values.assessment("", score, NAME, version) for score, version in scores if score is not None)
        yield Weakness(
            source=NAME,
            rule=rule,
            title=line(item.findtext("TITLE")) or f"QID {rule}",
            description=_joined(item.findtext("DIAGNOSIS"), item.findtext("CONSEQUENCE")),
            solution=_plain(item.findtext("SOLUTION"), DESCRIPTION),
            severity=severity,
            cves=named,
            cvss=tuple(assessment for assessment in found if assessment is not None),
            references=links(node.text for node in item.iter("URL")),
        )
    category = item.getparent()
    port, protocol = (category.get("port"), category.get("protocol")) if category is not None else (None, None)
    location = _location(port, protocol)
    yield Occurrence(
        source=NAME,
        rule=rule,
        asset=asset,
        location=location,
        ordinal=seen.ordinal(NAME, rule, asset, location),
        detail=_plain(item.findtext("RESULT"), DETAIL),
        severity=severity,
        cves=named,
    )


_SCORES: Final[tuple[tuple[str, values.CvssVersion], ...]] = (
    ("CVSS4_SCORE", "4.0"),
    ("CVSS3_SCORE", "3.1"),
    ("CVSS_SCORE", "2.0"),
)
_BASES: Final[tuple[tuple[str, values.CvssVersion], ...]] = (("CVSS3_BASE", "3.1"), ("CVSS_BASE", "2.0"))


def _base(block: etree._Element) -> str:
    """The base score in a CVSS block: the first child whose name ends with "BASE"."""
    return next((node.text or "" for node in block.iterchildren("*") if str(node.tag).endswith("BASE")), "")


def _asset(
    *, address: str | None, names: tuple[str | None, ...], system: str | None, identifier: str | None, cloud: str | None
) -> Asset:
    canonical = values.address(address)
    name = next((found for found in map(values.domain, names) if found), "")
    key = "|".join(filter(None, (canonical or line(address), name, line(identifier, IDENTIFIER)))) or "unknown host"
    return Asset(
        key=key,
        kind="host",
        name=name or canonical or key,
        cloud_id=line(cloud, IDENTIFIER * 3),
        agent_id=f"qualys:{line(identifier, IDENTIFIER)}" if identifier else "",
        fqdn=name,
        addresses=(canonical,) if canonical else (),
        operating_system=line(system, IDENTIFIER),
    )


def _rule(text: str | None, where: str) -> str:
    rule = line(text, IDENTIFIER)
    if not rule:
        raise ImportRejected("xml-value", where, "A vulnerability needs its QID; export the report anew.")
    return rule


def _severity(text: str | None, where: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise ImportRejected("xml-value", where, "Qualys rates severity from 1 to 5; export the report anew.")
    return int(text) - 1


def _location(port: str | None, protocol: str | None) -> str:
    return line(f"{port}/{protocol or 'tcp'}", LOCATION) if port else ""


def _plain(text: str | None, limit: int) -> str:
    """Qualys's texts carry a few HTML tags; here they are plain."""
    return clean(_MARKUP.sub("\n", text) if text and "<" in text else text, limit)


def _joined(*texts: str | None) -> str:
    return clean("\n\n".join(part for text in texts if (part := _plain(text, DESCRIPTION))), DESCRIPTION)

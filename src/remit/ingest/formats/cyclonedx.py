"""CycloneDX bills of materials, 1.4 to 1.6 in JSON and XML (and 1.2, 1.3, 1.7 where they say the same).

Source: ECMA-424. A component is a Component of the asset the bill is about; a vulnerability is a weakness of its own
source, with one occurrence for each component it affects, or one on the whole where it names none. What its VEX
analysis calls not affected, a false positive or resolved is a suppressed occurrence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from remit.ingest import observations as seen_as
from remit.ingest import values
from remit.ingest.formats import cyclonedx_bom as bom
from remit.ingest.limits import DESCRIPTION, DETAIL, IDENTIFIER, LOCATION
from remit.ingest.observations import AnyObservation, Asset, AssetKind, Cvss, Occurrence, Report, Weakness
from remit.ingest.rejected import ImportRejected
from remit.ingest.seen import Seen
from remit.ingest.streams import head_of
from remit.ingest.text import clean, cves, cwes, line, links
from remit.ingest.xml import root_name

NAME: Final = "cyclonedx"
_MARK: Final = re.compile(rb'"bomFormat"\s*:\s*"CycloneDX"|"\$schema"\s*:\s*"https?://cyclonedx\.org/schema/bom')
_NAMESPACE: Final = b"http://cyclonedx.org/schema/bom/"
_KINDS: Final[dict[str, AssetKind]] = {
    "container": "container",
    "device": "host",
    "operating-system": "host",
    "firmware": "host",
    "platform": "service",
}
_SET_ASIDE: Final = ("not_affected", "false_positive", "resolved", "resolved_with_pedigree")
_METHODS: Final[dict[str, values.CvssVersion]] = {
    "cvssv2": "2.0",
    "cvssv3": "3.0",
    "cvssv31": "3.1",
    "cvssv4": "4.0",
}


def sniff(head: bytes) -> bool:
    """Whether the head is JSON that says it is CycloneDX, or XML with a bom of that namespace."""
    if head.startswith(b"{"):
        return _MARK.search(head) is not None
    return root_name(head).rpartition(":")[2] == "bom" and _NAMESPACE in head


def parse(stream: BinaryIO) -> Iterator[AnyObservation]:
    """The bill's statements. Raises ImportRejected, "unsupported-version" for a version this cannot read."""
    found = bom.from_xml(stream) if head_of(stream).startswith(b"<") else bom.from_json(stream)
    if found.spec_version not in bom.MINOR_VERSIONS:
        hint = f"CycloneDX {bom.MINOR_VERSIONS[0]} to {bom.MINOR_VERSIONS[-1]} is read; export the bill in one of them."
        raise ImportRejected("unsupported-version", "specVersion", hint)
    yield from _Reader(found).statements()


class _Reader:
    """Turns a bill into statements."""

    def __init__(self, found: bom.Bom) -> None:
        self._bom = found
        self._metadata = found.metadata or bom.Metadata()
        self._main = self._metadata.component
        self._asset = _asset(found, self._main)
        self._parts = list(_flat(found.components or ()))
        self._parts += _flat(self._main.components or ()) if self._main else ()
        self._by_ref = {part.ref or _label(part): part for part in self._parts}
        self._seen = Seen()

    def statements(self) -> Iterator[AnyObservation]:
        """The report, its one asset, the components and the vulnerabilities."""
        name, version = _tool(self._metadata.tools)
        scanned_at = values.moment(self._metadata.timestamp, "metadata.timestamp")
        yield Report(tool=name or NAME, tool_version=version, scanned_at=scanned_at)
        yield self._asset
        for part in self._parts:
            yield _component(part, self._asset.key)
        for number, vulnerability in enumerate(self._bom.vulnerabilities or ()):
            yield from self._vulnerability(vulnerability, f"vulnerabilities[{number}]")

    def _vulnerability(self, item: bom.Vulnerability, where: str) -> Iterator[AnyObservation]:
        source = line(item.source.name if item.source else "", IDENTIFIER).lower() or NAME
        rule = line(item.id or item.ref, IDENTIFIER)
        if not rule:
            raise ImportRejected("json-type", f"{where}.id", "A vulnerability needs an id; export the bill anew.")
        cvss = _assessments(item.ratings or [], where)
        severity = _severity(item, source, cvss)
        named = cves((item.id, *(reference.id for reference in item.references or ())))
        if self._seen.weakness(source, rule):
            yield Weakness(
                source=source,
                rule=rule,
                title=rule,
                description=clean("\n\n".join(filter(None, (item.description, item.detail))), DESCRIPTION),
                solution=clean(item.recommendation, DESCRIPTION),
                severity=severity,
                cves=named,
                cwes=cwes(item.cwes or ()),
                cvss=cvss,
                references=links(
                    (item.source.url if item.source else None, *(advice.url for advice in item.advisories or ()))
                ),
                published=values.moment(item.published, f"{where}.published"),
            )
        for affected in item.affects or (bom.Affected(ref=""),):
            yield self._occurrence(
                source=source,
                rule=rule,
                severity=severity,
                named=named,
                analysis=item.analysis or bom.Analysis(),
                affected=affected,
            )

    def _occurrence(
        self,
        *,
        source: str,
        rule: str,
        severity: int,
        named: tuple[str, ...],
        analysis: bom.Analysis,
        affected: bom.Affected,
    ) -> Occurrence:
        # A reference may be a BOM-Link, "urn:cdx:serial/version#ref".
        part = self._by_ref.get(affected.ref) or self._by_ref.get(affected.ref.rpartition("#")[2])
        whole = part is None and (not affected.ref or (self._main is not None and affected.ref == self._main.ref))
        location = "" if whole else line(_label(part) if part else affected.ref, LOCATION)
        fixed = [item.version for item in affected.versions or () if item.status == "unaffected" and item.version]
        state = line(analysis.state, IDENTIFIER)
        why = line(": ".join(filter(None, (state, analysis.justification, analysis.detail))))
        return Occurrence(
            source=source,
            rule=rule,
            asset=self._asset.key,
            location=location,
            ordinal=self._seen.ordinal(source, rule, self._asset.key, location),
            detail=clean(analysis.detail, DETAIL),
            severity=severity,
            cves=named,
            package=line((part.purl or part.name) if part else "", LOCATION),
            installed_version=line(part.version if part else "", IDENTIFIER),
            fixed_version=line(", ".join(fixed), IDENTIFIER),
            suppressed=why if state in _SET_ASIDE else "",
        )


def _flat(parts: list[bom.Component] | tuple[bom.Component, ...]) -> Iterator[bom.Component]:
    """The components and all they hold; nesting is bounded by the reader of the file."""
    for part in parts:
        yield part
        yield from _flat(part.components or ())


def _label(part: bom.Component) -> str:
    name = f"{part.group}/{part.name}" if part.group else part.name
    return f"{name}@{part.version}" if part.version else name


def _asset(found: bom.Bom, main: bom.Component | None) -> Asset:
    """What the bill is about: its main component, else the bill itself by its serial number."""
    if main is None:
        name = line(found.serial_number, LOCATION) or "unnamed software"
        return Asset(key=name, kind="application", name=name)
    kind = _KINDS.get(main.type or "", "application")
    name = line(f"{main.group}/{main.name}" if main.group else main.name, LOCATION)
    return Asset(key=f"{kind}:{name}", kind=kind, name=name, fqdn="" if kind == "host" else name)


def _component(part: bom.Component, asset: str) -> seen_as.Component:
    names = (
        item.expression or (item.license.id or item.license.name if item.license else "")
        for item in part.licenses or ()
    )
    return seen_as.Component(
        asset=asset,
        name=line(f"{part.group}/{part.name}" if part.group else part.name, LOCATION),
        version=line(part.version, IDENTIFIER),
        package=line(part.purl, LOCATION),
        kind=line(part.type, IDENTIFIER) or "library",
        licences=tuple(line(name, IDENTIFIER) for name in names if name),
    )


def _tool(tools: Any) -> tuple[str, str]:
    """Name and version of the first tool: a list up to 1.4, an object with components and services since."""
    if isinstance(tools, dict):
        tools = tools.get("components") or tools.get("services")
    first = tools[0] if isinstance(tools, list) and tools else None
    if not isinstance(first, dict):
        return "", ""
    name, version = first.get("name"), first.get("version")
    return (
        line(name, IDENTIFIER).lower() if isinstance(name, str) else "",
        line(version, IDENTIFIER) if isinstance(version, str) else "",
    )


def _severity(item: bom.Vulnerability, source: str, cvss: tuple[Cvss, ...]) -> int:
    """As the vulnerability's own source rates it, else the highest rating, else by the highest score."""
    rated = [
        (values.severity(rating.severity), line(rating.source.name if rating.source else "").lower())
        for rating in item.ratings or ()
        if rating.severity and rating.severity.lower() in values.SEVERITIES and rating.severity.lower() != "unknown"
    ]
    own = [severity for severity, by in rated if by == source]
    if own or rated:
        return max(own or [severity for severity, _ in rated])
    return max((values.severity_of_score(assessment.score) for assessment in cvss), default=0)


def _assessments(ratings: list[bom.Rating], where: str) -> tuple[Cvss, ...]:
    found: list[Cvss | None] = []
    for number, rating in enumerate(ratings):
        version = _METHODS.get((rating.method or "").lower())
        if rating.score is None or (version is None and "CVSS" not in (rating.vector or "")):
            continue
        if rating.score > 10:
            hint = "A CVSS score is a number from 0.0 to 10.0; export the bill anew."
            raise ImportRejected("bad-score", f"{where}.ratings[{number}].score", hint)
        by = rating.source.name if rating.source and rating.source.name else ""
        found.append(values.assessment(rating.vector, rating.score, by, version))
    return tuple(item for item in found if item is not None)

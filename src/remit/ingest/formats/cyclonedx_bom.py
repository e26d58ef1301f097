"""The parts of a CycloneDX bill of materials that Remit reads, as typed values, out of JSON or XML.

Source: ECMA-424 (CycloneDX 1.6) and the schemas of 1.2 to 1.5; in XML before 1.4 vulnerabilities come by an extension.
"""

from __future__ import annotations

from typing import Annotated, Any, BinaryIO, Final

import msgspec
from lxml import etree

from remit.ingest import json, values, xml
from remit.ingest.limits import NESTING
from remit.ingest.rejected import ImportRejected

Score = Annotated[float, msgspec.Meta(ge=0, le=100)]


class _Object(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A CycloneDX object; its keys are written in camel case."""


class LicenceName(_Object, frozen=True, kw_only=True):
    """An SPDX identifier or a free name."""

    id: str | None = None
    name: str | None = None


class Licence(_Object, frozen=True, kw_only=True):
    """A licence or an SPDX expression of several."""

    license: LicenceName | None = None
    expression: str | None = None


class Component(_Object, frozen=True, kw_only=True):
    """A part of the software, with the parts it holds."""

    name: str
    type: str | None = None
    ref: str | None = msgspec.field(name="bom-ref", default=None)
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    licenses: list[Licence] | None = None
    components: list[Component] | None = None


class Source(_Object, frozen=True, kw_only=True):
    """Who published a vulnerability or a rating."""

    name: str | None = None
    url: str | None = None


class Rating(_Object, frozen=True, kw_only=True):
    """How somebody rates a vulnerability."""

    source: Source | None = None
    score: Score | None = None
    severity: str | None = None
    method: str | None = None
    vector: str | None = None


class Advisory(_Object, frozen=True, kw_only=True):
    """Where a vulnerability is described."""

    url: str | None = None


class Reference(_Object, frozen=True, kw_only=True):
    """The same vulnerability by another name."""

    id: str | None = None


class Analysis(_Object, frozen=True, kw_only=True):
    """What its maker says about the vulnerability in this product (VEX)."""

    state: str | None = None
    justification: str | None = None
    detail: str | None = None


class AffectedVersion(_Object, frozen=True, kw_only=True):
    """One version, or a range of them."""

    version: str | None = None
    status: str | None = None


class Affected(_Object, frozen=True, kw_only=True):
    """A component that has the vulnerability."""

    ref: str
    versions: list[AffectedVersion] | None = None


class Vulnerability(_Object, frozen=True, kw_only=True):
    """A vulnerability and the components that have it."""

    id: str | None = None
    ref: str | None = msgspec.field(name="bom-ref", default=None)
    source: Source | None = None
    references: list[Reference] | None = None
    ratings: list[Rating] | None = None
    cwes: list[int] | None = None
    description: str | None = None
    detail: str | None = None
    recommendation: str | None = None
    advisories: list[Advisory] | None = None
    published: str | None = None
    analysis: Analysis | None = None
    affects: list[Affected] | None = None


class Metadata(_Object, frozen=True, kw_only=True):
    """When the bill was made, by what, and about what."""

    timestamp: str | None = None
    tools: Any = None
    component: Component | None = None


class Bom(_Object, frozen=True, kw_only=True):
    """A bill of materials."""

    spec_version: str
    serial_number: str | None = None
    metadata: Metadata | None = None
    components: list[Component] | None = None
    vulnerabilities: list[Vulnerability] | None = None


def from_json(stream: BinaryIO) -> Bom:
    """A bill in JSON. Raises ImportRejected."""
    return json.document(stream, Bom)


def from_xml(stream: BinaryIO) -> Bom:
    """A bill in XML. Raises ImportRejected."""
    root = xml.document(stream)
    namespace = etree.QName(root).namespace or ""
    if not namespace.startswith("http://cyclonedx.org/schema/bom/"):
        hint = "The root element must be a CycloneDX bom; export the bill anew."
        raise ImportRejected("unsupported-version", f"line {root.sourceline}", hint)
    found = [_vulnerability(item) for item in root.iter("{*}vulnerability")]
    metadata = root.find("{*}metadata")
    return Bom(
        spec_version=namespace.rpartition("/")[2],
        serial_number=root.get("serialNumber"),
        metadata=_metadata(metadata) if metadata is not None else None,
        components=_components(root, 1),
        vulnerabilities=found,
    )


def _metadata(node: etree._Element) -> Metadata:
    main = node.find("{*}component")
    tools = [
        {"name": tool.findtext("{*}name"), "version": tool.findtext("{*}version")}
        for tool in node.iterfind("{*}tools//{*}*")
        if tool.find("{*}name") is not None
    ]
    return Metadata(
        timestamp=node.findtext("{*}timestamp"),
        tools=tools,
        component=_component(main, 1) if main is not None else None,
    )


def _components(node: etree._Element, depth: int) -> list[Component]:
    return [_component(child, depth) for child in node.iterfind("{*}components/{*}component")]


def _component(node: etree._Element, depth: int) -> Component:
    if depth > NESTING:
        hint = f"Components may be nested {NESTING} deep."
        raise ImportRejected("too-deep", f"line {node.sourceline}", hint)
    name = node.findtext("{*}name")
    if not name:
        raise ImportRejected("xml-value", f"line {node.sourceline}", "A component needs a name; export the bill anew.")
    licences = [
        Licence(license=LicenceName(id=item.findtext("{*}id"), name=item.findtext("{*}name")))
        for item in node.iterfind("{*}licenses/{*}license")
    ]
    licences += [Licence(expression=item.text) for item in node.iterfind("{*}licenses/{*}expression")]
    return Component(
        name=name,
        type=node.get("type"),
        ref=node.get("bom-ref"),
        group=node.findtext("{*}group"),
        version=node.findtext("{*}version"),
        purl=node.findtext("{*}purl"),
        licenses=licences,
        components=_components(node, depth + 1),
    )


def _vulnerability(node: etree._Element) -> Vulnerability:
    analysis = node.find("{*}analysis")
    source = node.find("{*}source")
    advice = [item.text for item in node.iterfind("{*}recommendations/{*}recommendation") if item.text]
    return Vulnerability(
        id=node.findtext("{*}id"),
        ref=node.get("bom-ref"),
        source=_source(source) if source is not None else None,
        references=[Reference(id=item.text) for item in node.iterfind("{*}references/{*}reference/{*}id")],
        ratings=[_rating(item) for item in node.iterfind("{*}ratings/{*}rating")],
        cwes=[int(item.text) for item in node.iterfind("{*}cwes/{*}cwe") if item.text and _is_number(item.text)],
        description=node.findtext("{*}description"),
        detail=node.findtext("{*}detail"),
        recommendation=node.findtext("{*}recommendation") or "\n".join(advice) or None,
        advisories=[
            Advisory(url=item.findtext("{*}url") or item.text) for item in node.iterfind("{*}advisories/{*}advisory")
        ],
        published=node.findtext("{*}published"),
        analysis=Analysis(
            state=analysis.findtext("{*}state"),
            justification=analysis.findtext("{*}justification"),
            detail=analysis.findtext("{*}detail"),
        )
        if analysis is not None
        else None,
        affects=_affects(node),
    )


def _affects(node: etree._Element) -> list[Affected]:
    """The components named; by the extension the component that holds the vulnerability, or the attribute `ref`."""
    targets = list(node.iterfind("{*}affects/{*}target"))
    if not targets:
        holder = next(node.iterancestors("{*}component"), None)
        ref = (holder.get("bom-ref") or _label(holder)) if holder is not None else node.get("ref")
        return [Affected(ref=ref)] if ref else []
    return [
        Affected(
            ref=target.findtext("{*}ref") or "",
            versions=[
                AffectedVersion(version=item.findtext("{*}version"), status=item.findtext("{*}status"))
                for item in target.iterfind("{*}versions/{*}version")
            ],
        )
        for target in targets
    ]


def _label(node: etree._Element) -> str:
    return f"{node.findtext('{*}name')}@{node.findtext('{*}version') or ''}"


def _source(node: etree._Element) -> Source:
    return Source(name=node.get("name") or node.findtext("{*}name"), url=node.findtext("{*}url"))


def _rating(node: etree._Element) -> Rating:
    source, score = node.find("{*}source"), node.findtext("{*}score/{*}base") or node.findtext("{*}score")
    method = node.findtext("{*}method")
    # Scores of other methods have other scales and are not kept.
    scored = values.score(score, f"line {node.sourceline}") if (method or "").upper().startswith("CVSS") else None
    return Rating(
        source=_source(source) if source is not None else None,
        score=scored,
        severity=node.findtext("{*}severity"),
        method=method,
        vector=node.findtext("{*}vector"),
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7


MINOR_VERSIONS: Final = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")

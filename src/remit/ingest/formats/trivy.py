"""Trivy JSON: schema version 2 of an artefact or a cluster, and the list that versions before 0.20 wrote.

Source: Trivy's documentation, "Reporting: JSON". Vulnerabilities, failed misconfiguration checks, secrets and rated
licences are occurrences. A document that is just `null` is the old form's empty report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from remit.ingest import json, values
from remit.ingest.formats import trivy_report as trivy
from remit.ingest.limits import DESCRIPTION, DETAIL, IDENTIFIER, LOCATION
from remit.ingest.observations import (
    AnyObservation,
    Asset,
    AssetKind,
    Component,
    Cvss,
    Occurrence,
    Passed,
    Report,
    Weakness,
)
from remit.ingest.seen import Seen
from remit.ingest.text import clean, cves, cwes, line, links

NAME: Final = "trivy"
_OBJECT: Final = re.compile(rb'"(SchemaVersion|ClusterName)"\s*:')
_LIST: Final = re.compile(rb'"Target"\s*:')
_PARTS: Final = re.compile(rb'"(Results|ArtifactName|ArtifactType|Resources|Findings|Vulnerabilities|Type|Class)"\s*:')
_SYSTEM: Final = re.compile(r" \([^()]*\)$")
_KINDS: Final[dict[str, AssetKind]] = {
    "container_image": "container",
    "filesystem": "repository",
    "repository": "repository",
    "vm": "host",
    "cyclonedx": "application",
    "spdx": "application",
}
_WORKLOADS: Final = ("Pod", "Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "CronJob")


def sniff(head: bytes) -> bool:
    """Whether the head has the marks of a Trivy report; `null` is one, as old versions wrote it for "nothing found"."""
    if head.startswith(b"{"):
        return _OBJECT.search(head) is not None and _PARTS.search(head) is not None
    if head.startswith(b"["):
        return _LIST.search(head) is not None and _PARTS.search(head) is not None
    return head.rstrip() == b"null"


def parse(stream: BinaryIO) -> Iterator[AnyObservation]:
    """The report's statements. Raises ImportRejected."""
    tree = json.document(stream, trivy.Report | list[trivy.Result] | None)  # type: ignore[arg-type]  # a union is a type
    found: trivy.Report = tree if isinstance(tree, trivy.Report) else trivy.Report(results=tree)
    yield Report(
        tool=NAME,
        tool_version=line(found.trivy.version if found.trivy else "", IDENTIFIER),
        scanned_at=values.moment(found.created_at, "CreatedAt"),
    )
    seen = Seen()
    if found.results is not None:
        yield from _results(_artefact(found), found.results, seen, "", tree is found)
    for group, resources in (("Resources", found.resources), ("Findings", found.findings)):
        for index, resource in enumerate(resources or ()):
            asset = _resource(resource, found.cluster_name or "")
            yield from _results(asset, resource.results or [], seen, f"{group}[{index}].", True)


def _artefact(found: trivy.Report) -> Asset:
    results = found.results or []
    name = line(found.artifact_name, LOCATION)
    if not name:
        name = line(_SYSTEM.sub("", results[0].target), LOCATION) if results else ""
    name = name or "unnamed artefact"
    kind = _KINDS.get(found.artifact_type or "container_image", "application")
    return Asset(
        key=name,
        kind=kind,
        name=name,
        fqdn=name if kind == "container" else "",
        operating_system=_system(found.metadata),
    )


def _resource(resource: trivy.Resource, cluster: str) -> Asset:
    name = line(
        "/".join(part for part in (cluster, resource.namespace, resource.kind, resource.name) if part), LOCATION
    )
    metadata = resource.metadata[0] if isinstance(resource.metadata, list) and resource.metadata else resource.metadata
    return Asset(
        key=f"kubernetes:{name}",
        kind="container" if resource.kind in _WORKLOADS else "service",
        name=name or "unnamed resource",
        operating_system=_system(metadata if isinstance(metadata, trivy.Metadata) else None),
    )


def _system(metadata: trivy.Metadata | None) -> str:
    system = metadata.os if metadata else None
    return line(f"{system.family or ''} {system.name or ''}", IDENTIFIER) if system else ""


def _results(
    asset: Asset, results: list[trivy.Result], seen: Seen, path: str, enclosed: bool
) -> Iterator[AnyObservation]:
    if seen.asset(asset.key):
        yield asset
    for index, result in enumerate(results):
        reader = _Reader(result, asset, seen, f"{path}Results[{index}]" if enclosed else f"[{index}]")
        yield from reader.statements()


class _Reader:
    """Turns what was found in one target into statements."""

    def __init__(self, result: trivy.Result, asset: Asset, seen: Seen, path: str) -> None:
        self._result, self._asset, self._seen, self._path = result, asset.key, seen, path
        # A target of the image itself is named after it: only others say more than the asset does.
        self._target = "" if result.target.startswith(asset.name) else result.target

    def statements(self) -> Iterator[AnyObservation]:
        """Everything in the target."""
        result = self._result
        for package in result.packages or ():
            yield _component(package, self._asset)
        for number, vulnerability in enumerate(result.vulnerabilities or ()):
            yield from self._vulnerability(vulnerability, f"{self._path}.Vulnerabilities[{number}]", "")
        for check in result.misconfigurations or ():
            yield from self._misconfiguration(check)
        for secret in result.secrets or ():
            yield from self._secret(secret)
        for licence in result.licenses or ():
            yield from self._licence(licence)
        for number, modified in enumerate(result.suppressed or ()):
            if modified.type == "vulnerability" and modified.finding is not None:
                where = f"{self._path}.ExperimentalModifiedFindings[{number}]"
                why = line(": ".join(filter(None, (modified.status or "suppressed", modified.statement))))
                yield from self._vulnerability(_suppressed(modified.finding, where), where, why)

    def _vulnerability(self, item: trivy.Vulnerability, where: str, suppressed: str) -> Iterator[AnyObservation]:
        rule = line(item.vulnerability_id, IDENTIFIER)
        severity = values.severity(item.severity)
        published = values.moment(item.published_date, f"{where}.PublishedDate")
        if self._seen.weakness(NAME, rule):
            yield Weakness(
                source=NAME,
                rule=rule,
                title=line(item.title) or rule,
                description=clean(item.description, DESCRIPTION),
                severity=severity,
                cves=cves((rule, *(item.vendor_ids or ()))),
                cwes=cwes(item.cwe_ids or ()),
                cvss=_assessments(item.cvss or {}),
                references=links((item.primary_url, *(item.references or ()))),
                published=published,
            )
        package = line(item.pkg_name, IDENTIFIER)
        version = line(item.installed_version, IDENTIFIER)
        place = f"{package}@{version}" if version else package
        prefix = item.pkg_path or self._target
        yield self._occurrence(
            rule,
            line(f"{prefix}: {place}" if prefix else place, LOCATION),
            severity,
            package=line(item.pkg_identifier.purl if item.pkg_identifier else "", LOCATION) or package,
            installed_version=version,
            fixed_version=line(item.fixed_version, IDENTIFIER),
            suppressed=suppressed,
        )

    def _misconfiguration(self, item: trivy.Misconfiguration) -> Iterator[AnyObservation]:
        rule = line(item.avd_id or item.id, IDENTIFIER)
        severity = values.severity(item.severity)
        yield from self._weakness(
            rule,
            item.title,
            severity,
            description=item.description,
            solution=item.resolution,
            references=(item.primary_url, *(item.references or ())),
        )
        cause = item.cause_metadata or trivy.Cause()
        place = f"{self._target or self._result.target}:{cause.start_line}" if cause.start_line else self._target
        location = line(" ".join(filter(None, (place, cause.resource))), LOCATION)
        status = (item.status or "FAIL").upper()
        if status == "PASS":
            yield Passed(source=NAME, rule=rule, asset=self._asset, location=location)
            return
        yield self._occurrence(
            rule, location, severity, detail=item.message, suppressed="exception" if status == "EXCEPTION" else ""
        )

    def _secret(self, item: trivy.Secret) -> Iterator[AnyObservation]:
        rule = line(f"secret:{item.rule_id}", IDENTIFIER)
        severity = values.severity(item.severity)
        yield from self._weakness(rule, item.title or item.category, severity)
        location = f"{self._result.target}:{item.start_line}" if item.start_line else self._result.target
        yield self._occurrence(rule, line(location, LOCATION), severity, detail=item.match)

    def _licence(self, item: trivy.License) -> Iterator[AnyObservation]:
        rule = line(f"licence:{item.name}", IDENTIFIER)
        severity = values.severity(item.severity)
        yield from self._weakness(
            rule, f"Licence {item.name} ({item.category or 'unclassified'})", severity, references=(item.link,)
        )
        location = line(": ".join(part for part in (item.file_path or self._target, item.pkg_name) if part), LOCATION)
        yield self._occurrence(rule, location, severity, package=line(item.pkg_name, LOCATION))

    def _weakness(
        self,
        rule: str,
        title: str | None,
        severity: int,
        *,
        description: str | None = None,
        solution: str | None = None,
        references: tuple[str | None, ...] = (),
    ) -> Iterator[Weakness]:
        if self._seen.weakness(NAME, rule):
            yield Weakness(
                source=NAME,
                rule=rule,
                title=line(title) or rule,
                description=clean(description, DESCRIPTION),
                solution=clean(solution, DESCRIPTION),
                severity=severity,
                references=links(references),
            )

    def _occurrence(
        self,
        rule: str,
        location: str,
        severity: int,
        *,
        detail: str | None = None,
        package: str = "",
        installed_version: str = "",
        fixed_version: str = "",
        suppressed: str = "",
    ) -> Occurrence:
        return Occurrence(
            source=NAME,
            rule=rule,
            asset=self._asset,
            location=location,
            ordinal=self._seen.ordinal(NAME, rule, self._asset, location),
            detail=clean(detail, DETAIL),
            severity=severity,
            cves=cves((rule,)),
            package=package,
            installed_version=installed_version,
            fixed_version=fixed_version,
            suppressed=suppressed,
        )


def _suppressed(finding: dict[str, Any], where: str) -> trivy.Vulnerability:
    return json.typed(finding, trivy.Vulnerability, f"{where}.Finding")


def _component(package: trivy.Package, asset: str) -> Component:
    version = f"{package.version or ''}-{package.release}" if package.release else package.version
    return Component(
        asset=asset,
        name=line(package.name, LOCATION),
        version=line(version, IDENTIFIER),
        package=line(package.identifier.purl if package.identifier else "", LOCATION),
        licences=tuple(line(licence, IDENTIFIER) for licence in package.licenses or ()),
    )


def _assessments(cvss: dict[str, trivy.Cvss]) -> tuple[Cvss, ...]:
    found: list[Cvss | None] = []
    for by, item in cvss.items():
        if item.v4_score:
            found.append(values.assessment(item.v4_vector, item.v4_score, by, "4.0"))
        if item.v3_score:
            found.append(values.assessment(item.v3_vector, item.v3_score, by, "3.1"))
        if item.v2_score:
            found.append(values.assessment(item.v2_vector, item.v2_score, by, "2.0"))
    return tuple(item for item in found if item is not None)

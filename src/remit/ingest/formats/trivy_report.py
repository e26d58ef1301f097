"""The parts of a Trivy JSON report that Remit reads, as typed values; the names are those of Trivy's Go types."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Score = Annotated[float, msgspec.Meta(ge=0, le=10)]
Line = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class _Object(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """A Trivy object; its keys are written in Pascal case, with abbreviations in capitals."""


class Cvss(_Object, frozen=True, kw_only=True):
    """One assessor's vectors and scores."""

    v2_vector: str | None = msgspec.field(name="V2Vector", default=None)
    v3_vector: str | None = msgspec.field(name="V3Vector", default=None)
    v4_vector: str | None = msgspec.field(name="V40Vector", default=None)
    v2_score: Score | None = msgspec.field(name="V2Score", default=None)
    v3_score: Score | None = msgspec.field(name="V3Score", default=None)
    v4_score: Score | None = msgspec.field(name="V40Score", default=None)


class Identifier(_Object, frozen=True, kw_only=True):
    """How a package is named to others."""

    purl: str | None = msgspec.field(name="PURL", default=None)


class Package(_Object, frozen=True, kw_only=True):
    """An installed package, listed with --list-all-pkgs."""

    name: str
    version: str | None = None
    release: str | None = None
    identifier: Identifier | None = None
    licenses: list[str] | None = None


class Vulnerability(_Object, frozen=True, kw_only=True):
    """A vulnerable package."""

    vulnerability_id: str = msgspec.field(name="VulnerabilityID")
    vendor_ids: list[str] | None = msgspec.field(name="VendorIDs", default=None)
    pkg_name: str | None = None
    pkg_path: str | None = None
    pkg_identifier: Identifier | None = None
    installed_version: str | None = None
    fixed_version: str | None = None
    status: str | None = None
    primary_url: str | None = msgspec.field(name="PrimaryURL", default=None)
    title: str | None = None
    description: str | None = None
    severity: str | None = None
    cwe_ids: list[str] | None = msgspec.field(name="CweIDs", default=None)
    cvss: dict[str, Cvss] | None = msgspec.field(name="CVSS", default=None)
    references: list[str] | None = None
    published_date: str | None = None


class Cause(_Object, frozen=True, kw_only=True):
    """What a misconfiguration is about."""

    resource: str | None = None
    start_line: Line | None = None


class Misconfiguration(_Object, frozen=True, kw_only=True):
    """A configuration check and how it ended."""

    id: str = msgspec.field(name="ID")
    avd_id: str | None = msgspec.field(name="AVDID", default=None)
    title: str | None = None
    description: str | None = None
    message: str | None = None
    resolution: str | None = None
    severity: str | None = None
    primary_url: str | None = msgspec.field(name="PrimaryURL", default=None)
    references: list[str] | None = None
    status: str | None = None
    cause_metadata: Cause | None = None


class Secret(_Object, frozen=True, kw_only=True):
    """A secret in a file; Trivy blanks its text."""

    rule_id: str = msgspec.field(name="RuleID")
    category: str | None = None
    severity: str | None = None
    title: str | None = None
    start_line: Line | None = None
    match: str | None = None


class License(_Object, frozen=True, kw_only=True):
    """A licence that the policy rates."""

    name: str
    severity: str | None = None
    category: str | None = None
    pkg_name: str | None = None
    file_path: str | None = None
    link: str | None = None


class Modified(_Object, frozen=True, kw_only=True):
    """A finding that an ignore file or a VEX statement set aside (with --show-suppressed)."""

    type: str | None = None
    status: str | None = None
    statement: str | None = None
    source: str | None = None
    finding: dict[str, Any] | None = None


class Result(_Object, frozen=True, kw_only=True):
    """What was found in one target."""

    target: str
    kind: str | None = msgspec.field(name="Class", default=None)
    type: str | None = None
    packages: list[Package] | None = None
    vulnerabilities: list[Vulnerability] | None = None
    misconfigurations: list[Misconfiguration] | None = None
    secrets: list[Secret] | None = None
    licenses: list[License] | None = None
    suppressed: list[Modified] | None = msgspec.field(name="ExperimentalModifiedFindings", default=None)


class System(_Object, frozen=True, kw_only=True):
    """The operating system of an image."""

    family: str | None = None
    name: str | None = None


class Metadata(_Object, frozen=True, kw_only=True):
    """What is known of the artefact."""

    os: System | None = msgspec.field(name="OS", default=None)


class Resource(_Object, frozen=True, kw_only=True):
    """An object of a Kubernetes cluster."""

    namespace: str | None = None
    kind: str | None = None
    name: str | None = None
    metadata: Metadata | list[Metadata] | None = None
    results: list[Result] | None = None


class Version(_Object, frozen=True, kw_only=True):
    """Trivy's own version."""

    version: str | None = None


class Report(_Object, frozen=True, kw_only=True):
    """A report of schema version 2, of an artefact or (with resources) of a cluster."""

    schema_version: int | None = None
    trivy: Version | None = None
    created_at: str | None = None
    artifact_name: str | None = None
    artifact_type: str | None = None
    metadata: Metadata | None = None
    results: list[Result] | None = None
    cluster_name: str | None = None
    resources: list[Resource] | None = None
    findings: list[Resource] | None = None

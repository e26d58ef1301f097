"""What a tool's report says, in Remit's words: plain frozen values, one struct per kind of statement.

A parser yields them in any order, with one rule: an asset is yielded before the first statement about it, and a
weakness before its first occurrence. `asset` fields hold the `key` of an Asset of the same report. Texts are clean:
no NUL, no lone surrogate, cut to the limits in `limits.py` and then ending with the mark "… (cut)".
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

AssetKind = Literal["host", "application", "cloud_resource", "repository", "container", "service", "network"]


class Observation(msgspec.Struct, frozen=True, kw_only=True, tag_field="observation", omit_defaults=True):
    """The base of every statement; its JSON form carries the struct's name under "observation"."""


class Report(Observation, frozen=True, kw_only=True, omit_defaults=True, tag="report"):
    """The report as a whole; a parser yields exactly one, first."""

    tool: str
    """The product that wrote it, lower case: "nessus", "qualys", "trivy", "prowler", a SARIF driver's name."""
    tool_version: str = ""
    scanned_at: datetime | None = None
    """When the tool looked, in UTC; None where the report does not say."""


class Asset(Observation, frozen=True, kw_only=True, omit_defaults=True, tag="asset"):
    """Something the report speaks about. Identifiers the report does not give stay empty."""

    key: str
    """Names this asset within the report only."""
    kind: AssetKind
    name: str
    cloud_id: str = ""
    """ARN, Azure resource id or Google Cloud resource name, as the cloud writes it."""
    agent_id: str = ""
    """The tool's own stable id of the machine (Nessus agent or host UUID, Qualys host id), as "tool:value"."""
    serial: str = ""
    """Hardware serial or BIOS UUID."""
    fqdn: str = ""
    """Lower case, no trailing dot; also an image reference, a repository address or an application's stable name."""
    addresses: tuple[str, ...] = ()
    """IP addresses in canonical form."""
    operating_system: str = ""
    cloud_account: str = ""
    region: str = ""


class Cvss(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One CVSS assessment; `score` is the base score (0.0 to 10.0)."""

    version: Literal["2.0", "3.0", "3.1", "4.0"]
    vector: str = ""
    """With its prefix ("CVSS:3.1/AV:N/…"); version 2 has none. Empty where the tool gives the score alone."""
    score: float
    by: str = ""
    """Who assessed it: "nvd", "redhat", the tool."""


class Weakness(Observation, frozen=True, kw_only=True, omit_defaults=True, tag="weakness"):
    """A rule of a source and what it looks for: one per (source, rule)."""

    source: str
    rule: str
    title: str
    description: str = ""
    solution: str = ""
    severity: int
    """As the source rates it: 0 informational, 1 low, 2 medium, 3 high, 4 critical."""
    cves: tuple[str, ...] = ()
    cwes: tuple[int, ...] = ()
    cvss: tuple[Cvss, ...] = ()
    references: tuple[str, ...] = ()
    """Web addresses, http and https only."""
    exploited: bool = False
    """The source itself says that it is exploited in the wild or that an exploit is at hand."""
    published: datetime | None = None


class Occurrence(Observation, frozen=True, kw_only=True, omit_defaults=True, tag="occurrence"):
    """One weakness seen at one place of one asset; a raw item of the report gives exactly one."""

    source: str
    rule: str
    asset: str
    location: str = ""
    """Where on the asset: "443/tcp", "src/app.py:17", "openssl@3.0.1", "usr/x.jar: log4j-core@2.14"; may be empty."""
    ordinal: int = 0
    """0, or 1, 2, … for further items of the same report with the same source, rule, asset and location."""
    detail: str = ""
    """What the tool saw there (plugin output, message, snippet)."""
    severity: int
    cves: tuple[str, ...] = ()
    """The CVEs of this very item, where they may differ from the weakness's."""
    package: str = ""
    """Package URL where the report names one, else its name."""
    installed_version: str = ""
    fixed_version: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    suppressed: str = ""
    """Why the tool or its user set it aside (SARIF suppression, VEX "not_affected"); "" where it stands."""
    credentialed: bool | None = None
    """Whether the tool looked from inside; None where it does not say."""


class Passed(Observation, frozen=True, kw_only=True, omit_defaults=True, tag="passed"):
    """A check that was made and passed: it closes an occurrence of the same source, rule, asset and location."""

    source: str
    rule: str
    asset: str
    location: str = ""


class Component(Observation, frozen=True, kw_only=True, omit_defaults=True, tag="component"):
    """A software component of an asset (an SBOM line)."""

    asset: str
    name: str
    version: str = ""
    package: str = ""
    """Package URL; empty where the report names none."""
    kind: str = "library"
    licences: tuple[str, ...] = ()


AnyObservation = Report | Asset | Weakness | Occurrence | Passed | Component

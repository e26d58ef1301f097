"""The parts of a SARIF 2.1.0 log that Remit reads, as typed values. Clause numbers are those of the OASIS standard."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

Index = Annotated[int, msgspec.Meta(ge=-1, le=2**31 - 1)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Level = Literal["none", "note", "warning", "error"]


class _Object(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A SARIF object; its keys are written in camel case."""


class Message(_Object, frozen=True, kw_only=True):
    """3.11: a text, or the id of one kept with the rule, and what fills its place-holders."""

    text: str | None = None
    markdown: str | None = None
    id: str | None = None
    arguments: list[str] | None = None


class Configuration(_Object, frozen=True, kw_only=True):
    """3.50"""

    level: Level | None = None


class ComponentReference(_Object, frozen=True, kw_only=True):
    """3.54"""

    name: str | None = None
    index: Index = -1
    guid: str | None = None


class DescriptorReference(_Object, frozen=True, kw_only=True):
    """3.52"""

    id: str | None = None
    index: Index = -1
    tool_component: ComponentReference | None = None


class Relationship(_Object, frozen=True, kw_only=True):
    """3.53"""

    target: DescriptorReference


class Rule(_Object, frozen=True, kw_only=True):
    """3.49: what a tool looks for."""

    id: str
    name: str | None = None
    short_description: Message | None = None
    full_description: Message | None = None
    help: Message | None = None
    help_uri: str | None = None
    message_strings: dict[str, Message] | None = None
    default_configuration: Configuration | None = None
    relationships: list[Relationship] | None = None
    properties: dict[str, Any] | None = None


class Component(_Object, frozen=True, kw_only=True):
    """3.19: a driver, an extension or a taxonomy."""

    name: str
    version: str | None = None
    semantic_version: str | None = None
    rules: list[Rule] | None = None
    taxa: list[DescriptorReference] | None = None


class Tool(_Object, frozen=True, kw_only=True):
    """3.18"""

    driver: Component
    extensions: list[Component] | None = None


class ArtifactLocation(_Object, frozen=True, kw_only=True):
    """3.4"""

    uri: str | None = None
    index: Index = -1


class Artifact(_Object, frozen=True, kw_only=True):
    """3.24"""

    location: ArtifactLocation | None = None


class Snippet(_Object, frozen=True, kw_only=True):
    """3.3"""

    text: str | None = None


class Region(_Object, frozen=True, kw_only=True):
    """3.30"""

    start_line: Number | None = None
    start_column: Number | None = None
    end_line: Number | None = None
    byte_offset: Index | None = None
    snippet: Snippet | None = None


class PhysicalLocation(_Object, frozen=True, kw_only=True):
    """3.29"""

    artifact_location: ArtifactLocation | None = None
    region: Region | None = None


class LogicalLocation(_Object, frozen=True, kw_only=True):
    """3.33"""

    name: str | None = None
    fully_qualified_name: str | None = None
    index: Index = -1


class Location(_Object, frozen=True, kw_only=True):
    """3.28"""

    physical_location: PhysicalLocation | None = None
    logical_locations: list[LogicalLocation] | None = None


class Suppression(_Object, frozen=True, kw_only=True):
    """3.35"""

    kind: str | None = None
    status: str | None = None
    justification: str | None = None


class Result(_Object, frozen=True, kw_only=True):
    """3.27: what the tool saw at one place."""

    message: Message | None = None
    rule_id: str | None = None
    rule_index: Index = -1
    rule: DescriptorReference | None = None
    kind: str | None = None
    level: Level | None = None
    rank: Annotated[float, msgspec.Meta(ge=-1, le=100)] | None = None
    locations: list[Location] | None = None
    suppressions: list[Suppression] | None = None
    taxa: list[DescriptorReference] | None = None
    baseline_state: str | None = None
    properties: dict[str, Any] | None = None


class Checkout(_Object, frozen=True, kw_only=True):
    """3.23: where a version control system keeps what was read."""

    repository_uri: str | None = None
    branch: str | None = None


class Invocation(_Object, frozen=True, kw_only=True):
    """3.20"""

    start_time_utc: str | None = None
    end_time_utc: str | None = None


class Automation(_Object, frozen=True, kw_only=True):
    """3.17"""

    id: str | None = None


class Run(_Object, frozen=True, kw_only=True):
    """3.14: one run of one tool."""

    tool: Tool
    results: list[Result] | None = None
    artifacts: list[Artifact] | None = None
    logical_locations: list[LogicalLocation] | None = None
    invocations: list[Invocation] | None = None
    version_control_provenance: list[Checkout] | None = None
    automation_details: Automation | None = None
    properties: dict[str, Any] | None = None


class Log(_Object, frozen=True, kw_only=True):
    """3.13: the file."""

    version: str
    runs: list[Run]

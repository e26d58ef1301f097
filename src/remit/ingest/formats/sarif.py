"""SARIF 2.1.0 logs of static analysis, secret and composition scanners.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". A result is an occurrence (3.27), a
rule is a weakness of the driver or extension that owns it (3.49); the asset is the repository or image that was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Final

from remit.ingest import json, values
from remit.ingest.formats import sarif_log as log
from remit.ingest.limits import DESCRIPTION, DETAIL, IDENTIFIER, LOCATION, TITLE
from remit.ingest.observations import AnyObservation, Asset, Cvss, Occurrence, Report, Weakness
from remit.ingest.rejected import ImportRejected
from remit.ingest.seen import Seen
from remit.ingest.text import clean, cves, cwes, line, links

NAME: Final = "sarif"
_RUNS: Final = re.compile(rb'"runs"\s*:')
_MARK: Final = re.compile(rb'"version"\s*:\s*"2\.1\.0"|sarif|"tool"\s*:|"driver"\s*:|"ruleId"\s*:')
_LEVELS: Final = {"none": 0, "note": 1, "warning": 2, "error": 3}
_PLACE_HOLDER: Final = re.compile(r"\{(\d{1,3})\}")


def sniff(head: bytes) -> bool:
    """Whether the head is a JSON object with "runs" and another mark of SARIF, in whatever order the keys come."""
    return head.startswith(b"{") and _RUNS.search(head) is not None and _MARK.search(head) is not None


def parse(stream: BinaryIO) -> Iterator[AnyObservation]:
    """The log's statements: one report, and an asset for each run's repository. Raises ImportRejected."""
    found = json.document(stream, log.Log)
    driver = found.runs[0].tool.driver if found.runs else None
    yield Report(
        tool=line(driver.name, IDENTIFIER).lower() if driver else NAME,
        tool_version=line(driver.semantic_version or driver.version, IDENTIFIER) if driver else "",
        scanned_at=_scanned_at(found),
    )
    seen = Seen()
    for index, run in enumerate(found.runs):
        asset = _asset(run)
        if seen.asset(asset.key):
            yield asset
        reader = _Reader(run, asset.key, seen)
        for number, result in enumerate(run.results or ()):
            yield from reader.statements(result, f"runs[{index}].results[{number}]")


def _scanned_at(found: log.Log) -> datetime | None:
    for index, run in enumerate(found.runs):
        for number, invocation in enumerate(run.invocations or ()):
            where = f"runs[{index}].invocations[{number}]"
            if moment := values.moment(invocation.end_time_utc or invocation.start_time_utc, where):
                return moment
    return None


def _asset(run: log.Run) -> Asset:
    """The repository or image that was read, by what the run says of it; else the tool's own category of runs."""
    bag = run.properties or {}
    if isinstance(image := bag.get("imageName"), str) and image:
        name = line(image, LOCATION)
        return Asset(key=f"image:{name}", kind="container", name=name, fqdn=name)
    for checkout in run.version_control_provenance or ():
        if address := line(checkout.repository_uri, LOCATION):
            name = address.split("://", 1)[-1].split("@", 1)[-1].removesuffix("/").removesuffix(".git")
            return Asset(key=f"repository:{name}", kind="repository", name=name, fqdn=name.lower())
    category = line(run.automation_details.id if run.automation_details else "", LOCATION)
    name = category.rpartition("/")[0] or category or f"code read by {line(run.tool.driver.name, IDENTIFIER)}"
    return Asset(key=f"run:{name}", kind="repository", name=name)


class _Reader:
    """Turns the results of one run into statements."""

    def __init__(self, run: log.Run, asset: str, seen: Seen) -> None:
        self._run, self._asset, self._seen = run, asset, seen
        self._components = (run.tool.driver, *(run.tool.extensions or ()))
        self._rules = [{rule.id: rule for rule in part.rules or ()} for part in self._components]

    def statements(self, result: log.Result, where: str) -> Iterator[AnyObservation]:
        """The occurrence of `result`, after its weakness where that is new."""
        if result.message is None and not result.rule_id and result.rule is None and result.rule_index < 0:
            raise ImportRejected("json-type", where, "A result needs a message or a rule; export the log anew.")
        component, rule, identifier = self._resolve(result)
        source = line(component.name, IDENTIFIER).lower() or NAME
        name = line(identifier, IDENTIFIER) or "unnamed"
        severity = _severity(result, rule)
        if self._seen.weakness(source, name):
            yield _weakness(source, name, rule, severity)
        location = self._location(result)
        bag = result.properties or {}
        yield Occurrence(
            source=source,
            rule=name,
            asset=self._asset,
            location=location,
            ordinal=self._seen.ordinal(source, name, self._asset, location),
            detail=_detail(result, rule),
            severity=severity,
            cves=cves((identifier, _text(bag.get("cve")))),
            package=line(_text(bag.get("purl")) or _text(bag.get("component")), LOCATION),
            installed_version=line(_text(bag.get("componentVersion")), IDENTIFIER),
            suppressed=_suppressed(result),
        )

    def _resolve(self, result: log.Result) -> tuple[log.Component, log.Rule | None, str]:
        """The component, rule and rule id of a result (3.27.5 to 3.27.7): by index, by id, or by the id's parent."""
        reference = result.rule or log.DescriptorReference()
        owner = self._owner(reference.tool_component)
        identifier = result.rule_id or reference.id or ""
        index = reference.index if reference.index >= 0 else result.rule_index
        rules = self._components[owner].rules or []
        if 0 <= index < len(rules) and (not identifier or _names(identifier, rules[index].id)):
            return self._components[owner], rules[index], identifier or rules[index].id
        for number in (owner, *range(len(self._components))):
            rule = self._rules[number].get(identifier) or self._rules[number].get(identifier.rpartition("/")[0])
            if rule is not None:
                return self._components[number], rule, identifier
        return self._components[owner], None, identifier

    def _owner(self, reference: log.ComponentReference | None) -> int:
        """0 for the driver, else the number of the extension, counted from 1."""
        if reference is None:
            return 0
        if 0 <= reference.index < len(self._components) - 1:
            return reference.index + 1
        names = [part.name for part in self._components]
        return names.index(reference.name) if reference.name in names else 0

    def _location(self, result: log.Result) -> str:
        """ "file:line" of the first location, or the name of what it is in."""
        for place in result.locations or ():
            physical = place.physical_location
            if physical is not None and (path := self._path(physical.artifact_location)):
                start = physical.region.start_line if physical.region else None
                return line(f"{path}:{start}" if start else path, LOCATION)
            for logical in place.logical_locations or ():
                if name := logical.fully_qualified_name or logical.name:
                    return line(name, LOCATION)
        return ""

    def _path(self, location: log.ArtifactLocation | None) -> str:
        if location is None:
            return ""
        artifacts = self._run.artifacts or []
        if not location.uri and 0 <= location.index < len(artifacts):
            location = artifacts[location.index].location or location
        return (location.uri or "").removeprefix("file://")


def _names(identifier: str, rule: str) -> bool:
    """Whether a result's rule id names the rule: itself, or with further parts after it (3.27.5)."""
    return identifier == rule or identifier.startswith(f"{rule}/")


def _severity(result: log.Result, rule: log.Rule | None) -> int:
    """By the rule's security score where it has one, else by level, which defaults to "warning" (3.27.10)."""
    if result.kind not in (None, "fail"):
        return 0
    if rule is not None and (score := _security_severity(rule)) is not None:
        return values.severity_of_score(score)
    level = result.level
    if level is None and rule is not None and rule.default_configuration is not None:
        level = rule.default_configuration.level
    return _LEVELS[level or "warning"]


def _security_severity(rule: log.Rule) -> float | None:
    """The property "security-severity", 0.0 to 10.0, that code scanning services agreed on."""
    found = (rule.properties or {}).get("security-severity")
    try:
        score = float(found) if isinstance(found, (str, float, int)) else -1.0
    except ValueError:
        return None
    return score if 0 <= score <= 10 else None


def _weakness(source: str, name: str, rule: log.Rule | None, severity: int) -> Weakness:
    if rule is None:
        return Weakness(source=source, rule=name, title=name, severity=severity, cves=cves((name,)))
    bag = rule.properties or {}
    tags = [text for text in _texts(bag.get("tags")) if "cwe" in text.lower()]
    related = [item.target.id for item in rule.relationships or () if (item.target.id or "").upper().startswith("CWE")]
    short, full = _message(rule.short_description), _message(rule.full_description)
    score = _security_severity(rule)
    rated = values.assessment(_text(bag.get("cvssV3_vector")), score, source) if score is not None else None
    scores: tuple[Cvss, ...] = (rated,) if rated is not None else ()
    return Weakness(
        source=source,
        rule=name,
        title=line(short or rule.name or full) or name,
        description=clean(full or short, DESCRIPTION),
        solution=clean(_message(rule.help), DESCRIPTION),
        severity=severity,
        cves=cves((rule.id, rule.name, short, *tags)),
        cwes=cwes((*(tag.rpartition("/")[2] for tag in tags), *related, *_texts(bag.get("cwe")))),
        cvss=scores,
        references=links((rule.help_uri,)),
    )


def _detail(result: log.Result, rule: log.Rule | None) -> str:
    """The message with its place-holders filled (3.11.5), further locations, and the snippet."""
    parts = [_filled(result.message, rule)]
    for place in (result.locations or ())[:1]:
        region = place.physical_location.region if place.physical_location else None
        if region is not None and region.snippet is not None and region.snippet.text:
            parts.append(region.snippet.text)
    further = [
        place.physical_location.artifact_location.uri
        for place in (result.locations or ())[1:20]
        if place.physical_location and place.physical_location.artifact_location
    ]
    parts += [f"Also at {uri}" for uri in further if uri]
    return clean("\n\n".join(part for part in parts if part), DETAIL)


def _filled(message: log.Message | None, rule: log.Rule | None) -> str:
    if message is None:
        return ""
    text = message.text or message.markdown or ""
    if not text and message.id and rule is not None and rule.message_strings:
        text = _message(rule.message_strings.get(message.id))
    arguments = message.arguments
    if not arguments:
        return text
    return _PLACE_HOLDER.sub(
        lambda match: arguments[int(match[1])][:TITLE] if int(match[1]) < len(arguments) else match[0], text[:DETAIL]
    )


def _suppressed(result: log.Result) -> str:
    """Why the result is set aside: what passed (3.27.9), is gone (3.27.24) or is suppressed (3.35).

    A suppression that is under review or rejected does not count.
    """
    if result.kind in ("pass", "notApplicable"):
        return f"{result.kind}: the tool found nothing wrong here"
    if result.baseline_state == "absent":
        return "absent: no longer seen by the tool"
    for item in result.suppressions or ():
        if item.status in (None, "accepted"):
            return line(": ".join(filter(None, (item.kind or "suppressed", item.justification))))
    return ""


def _message(message: log.Message | None) -> str:
    return (message.text or message.markdown or "") if message is not None else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    """The texts of a list in a property bag, or of a single text."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else [_text(value)]

"""OCSF detection findings (class 2004), as Prowler 4 and later write them: a JSON array, one object, or one a line.

Source: Open Cybersecurity Schema Framework 1.1 to 1.4, class "Detection Finding". A record that failed is an
occurrence, one to be judged by hand is an informational occurrence, one that passed is a Passed. An empty array is
Prowler's report that found nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, BinaryIO, Final

import msgspec

from remit.ingest import json, values
from remit.ingest.limits import DESCRIPTION, DETAIL, IDENTIFIER, LOCATION
from remit.ingest.observations import AnyObservation, Asset, Occurrence, Passed, Report, Weakness
from remit.ingest.rejected import ImportRejected
from remit.ingest.seen import Seen
from remit.ingest.text import clean, cves, line, links

NAME: Final = "ocsf"
CLASS: Final = 2004
_MARK: Final = re.compile(rb'"class_uid"\s*:\s*\d|"finding_info"\s*:\s*\{')
_EMPTY: Final = re.compile(rb"\[\s*\]\s*")
_SEVERITIES: Final = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4}
_GLOBAL: Final = ("arn:", "/subscriptions/", "//", "projects/", "organizations/", "ocid1.")
Time = float | str | None


class _Product(msgspec.Struct, frozen=True):
    name: str | None = None
    version: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    event_code: str | None = None
    product: _Product | None = None


class _Analytic(msgspec.Struct, frozen=True):
    uid: str | None = None
    name: str | None = None


class _Finding(msgspec.Struct, frozen=True):
    title: str | None = None
    desc: str | None = None
    uid: str | None = None
    analytic: _Analytic | None = None
    created_time: Time = None
    first_seen_time: Time = None
    last_seen_time: Time = None


class _Group(msgspec.Struct, frozen=True):
    name: str | None = None


class _Resource(msgspec.Struct, frozen=True):
    uid: str | None = None
    name: str | None = None
    type: str | None = None
    region: str | None = None


class _Account(msgspec.Struct, frozen=True):
    uid: str | None = None
    name: str | None = None


class _Cloud(msgspec.Struct, frozen=True):
    account: _Account | None = None
    provider: str | None = None
    region: str | None = None


class _Remediation(msgspec.Struct, frozen=True):
    desc: str | None = None
    references: list[str] | None = None


class _Cve(msgspec.Struct, frozen=True):
    uid: str | None = None


class _Vulnerability(msgspec.Struct, frozen=True):
    cve: _Cve | None = None


class _Unmapped(msgspec.Struct, frozen=True):
    related_url: str | None = None
    additional_urls: list[str] | None = None
    muted: bool | None = None


class _Record(msgspec.Struct, frozen=True):
    """The parts of a detection finding that Remit reads."""

    class_uid: int
    severity_id: Annotated[int, msgspec.Meta(ge=0, le=99)] = 0
    severity: str | None = None
    status: str | None = None
    status_code: str | None = None
    status_detail: str | None = None
    message: str | None = None
    metadata: _Metadata | None = None
    finding_info: _Finding | None = None
    resources: list[_Resource] | None = None
    cloud: _Cloud | None = None
    remediation: _Remediation | None = None
    risk_details: str | None = None
    vulnerabilities: list[_Vulnerability] | None = None
    unmapped: Any = None
    time: Time = None
    time_dt: str | None = None
    event_time: Time = None


def sniff(head: bytes) -> bool:
    """Whether the head has the marks of an OCSF finding; `[]` is one, as Prowler writes it for "nothing looked at"."""
    if head.startswith((b"{", b"[")) and _MARK.search(head):
        return True
    return _EMPTY.fullmatch(head) is not None


def parse(stream: BinaryIO) -> Iterator[AnyObservation]:
    """The findings' statements. Raises ImportRejected, "unsupported-class" for another class than 2004."""
    seen, reported = Seen(), False
    for path, record in json.records(stream, _Record):
        if record.class_uid != CLASS:
            hint = f"Only detection findings (class {CLASS}) are read; this is class {record.class_uid}."
            raise ImportRejected("unsupported-class", path or "class_uid", hint)
        if not reported:
            product = _product(record)
            version = line(product.version, IDENTIFIER)
            yield Report(tool=_source(product), tool_version=version, scanned_at=_looked(record, path))
            reported = True
        yield from _statements(record, path, seen)
    if not reported:
        yield Report(tool="prowler")


def _statements(record: _Record, path: str, seen: Seen) -> Iterator[AnyObservation]:
    finding = record.finding_info or _Finding()
    source, rule = _source(_product(record)), _rule(record, finding)
    if not rule:
        raise ImportRejected(
            "json-type", path or "top level", "A finding needs metadata.event_code or finding_info.title."
        )
    severity = _SEVERITIES.get(record.severity_id, values.severity(record.severity))
    named = cves([item.cve.uid for item in record.vulnerabilities or () if item.cve])
    if seen.weakness(source, rule):
        yield _weakness(record, finding, source=source, rule=rule, severity=severity, named=named)
    asset = _asset(record)
    if seen.asset(asset.key):
        yield asset
    outcome = (record.status_code or "FAIL").upper()
    if outcome == "PASS":
        yield Passed(source=source, rule=rule, asset=asset.key)
        return
    detail = record.status_detail or record.message or ""
    further = [f"Also: {other.uid or other.name}" for other in (record.resources or ())[1:] if other.uid or other.name]
    yield Occurrence(
        source=source,
        rule=rule,
        asset=asset.key,
        ordinal=seen.ordinal(source, rule, asset.key, ""),
        detail=clean("\n".join((detail, *further)), DETAIL),
        severity=0 if outcome == "MANUAL" else severity,
        cves=named,
        first_seen=_time(finding.first_seen_time, path),
        last_seen=_time(finding.last_seen_time, path) or _looked(record, path),
        suppressed=_suppressed(record),
    )


def _product(record: _Record) -> _Product:
    return (record.metadata.product if record.metadata else None) or _Product()


def _source(product: _Product) -> str:
    return line(product.name, IDENTIFIER).lower() or NAME


def _rule(record: _Record, finding: _Finding) -> str:
    """Prowler's check is the event code; other products name an analytic, or give a title alone."""
    analytic = finding.analytic or _Analytic()
    code = record.metadata.event_code if record.metadata else None
    return line(code or analytic.uid or analytic.name or finding.title, IDENTIFIER)


def _weakness(
    record: _Record, finding: _Finding, *, source: str, rule: str, severity: int, named: tuple[str, ...]
) -> Weakness:
    remedy = record.remediation or _Remediation()
    extra = json.typed(record.unmapped, _Unmapped, "unmapped") if isinstance(record.unmapped, dict) else _Unmapped()
    return Weakness(
        source=source,
        rule=rule,
        title=line(finding.title) or rule,
        description=clean("\n\n".join(filter(None, (finding.desc, record.risk_details))), DESCRIPTION),
        solution=clean(remedy.desc, DESCRIPTION),
        severity=severity,
        cves=named,
        references=links((*(remedy.references or ()), extra.related_url, *(extra.additional_urls or ()))),
    )


def _asset(record: _Record) -> Asset:
    """The first resource. An id that is unique only within its account is completed with where it is."""
    resource = record.resources[0] if record.resources else _Resource()
    cloud = record.cloud or _Cloud()
    account = line(cloud.account.uid if cloud.account else "", IDENTIFIER)
    region = line(resource.region or cloud.region, IDENTIFIER)
    uid = line(resource.uid or resource.name, LOCATION)
    kind = line(resource.type, IDENTIFIER)
    if not uid.startswith(_GLOBAL):
        uid = "/".join((line(cloud.provider, IDENTIFIER) or "cloud", account, region, kind, uid))
    return Asset(
        key=uid,
        kind="cloud_resource",
        name=line(resource.name, LOCATION) or uid,
        cloud_id=uid,
        cloud_account=account,
        region=region,
    )


def _suppressed(record: _Record) -> str:
    """Why the finding is set aside: by the status in words, as early Prowler gave "new" the number of "suppressed"."""
    status = line(record.status, IDENTIFIER)
    muted = isinstance(record.unmapped, dict) and record.unmapped.get("muted") is True
    return status if status.lower() in ("suppressed", "muted", "resolved") else "muted" if muted else ""


def _looked(record: _Record, path: str) -> datetime | None:
    created = record.finding_info.created_time if record.finding_info else None
    return _time(record.time_dt or record.time or record.event_time or created, path)


def _time(found: Time, path: str) -> datetime | None:
    where = path or "time"
    return values.moment_of_epoch(found, where) if isinstance(found, float | int) else values.moment(found, where)

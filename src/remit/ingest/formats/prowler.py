"""Prowler 3's own JSON, before it wrote OCSF: an array of checks, each on one resource.

Source: the report itself ("CheckID", "Status", "ResourceArn" and so on). FAIL is an occurrence, MANUAL an informational
one, PASS a Passed; rule and resource are named as the OCSF report of the same tool names them, so both lead to the
same records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from remit.ingest import json, values
from remit.ingest.limits import DESCRIPTION, DETAIL, IDENTIFIER, LOCATION
from remit.ingest.observations import AnyObservation, Asset, Occurrence, Passed, Report, Weakness
from remit.ingest.seen import Seen
from remit.ingest.text import clean, line, links

NAME: Final = "prowler"
_MARKS: Final = (re.compile(rb'"CheckID"\s*:'), re.compile(rb'"(FindingUniqueId|AssessmentStartTime)"\s*:'))


class _Recommendation(msgspec.Struct, frozen=True):
    text: str | None = msgspec.field(name="Text", default=None)
    url: str | None = msgspec.field(name="Url", default=None)


class _Remediation(msgspec.Struct, frozen=True):
    recommendation: _Recommendation | None = msgspec.field(name="Recommendation", default=None)


class _Check(msgspec.Struct, frozen=True, rename="pascal"):
    """The parts of one check that Remit reads."""

    check_id: str = msgspec.field(name="CheckID")
    status: str
    check_title: str | None = None
    status_extended: str | None = None
    severity: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    resource_arn: str | None = None
    description: str | None = None
    risk: str | None = None
    related_url: str | None = None
    remediation: _Remediation | None = None
    provider: str | None = None
    account_id: str | None = None
    region: str | None = None
    assessment_start_time: str | None = None


def sniff(head: bytes) -> bool:
    """Whether the head has the field names that only Prowler 3 writes."""
    return head.startswith((b"[", b"{")) and all(mark.search(head) for mark in _MARKS)


def parse(stream: BinaryIO) -> Iterator[AnyObservation]:
    """The checks' statements. Raises ImportRejected."""
    seen, reported = Seen(), False
    for path, check in json.records(stream, _Check):
        looked = values.moment(check.assessment_start_time, path)
        if not reported:
            yield Report(tool=NAME, scanned_at=looked)
            reported = True
        rule, severity = line(check.check_id, IDENTIFIER), values.severity(check.severity)
        if seen.weakness(NAME, rule):
            yield _weakness(check, rule, severity)
        asset = _asset(check)
        if seen.asset(asset.key):
            yield asset
        if check.status.upper() == "PASS":
            yield Passed(source=NAME, rule=rule, asset=asset.key)
            continue
        yield Occurrence(
            source=NAME,
            rule=rule,
            asset=asset.key,
            ordinal=seen.ordinal(NAME, rule, asset.key, ""),
            detail=clean(check.status_extended, DETAIL),
            severity=0 if check.status.upper() in {"MANUAL", "INFO"} else severity,
            last_seen=looked,
            suppressed="muted" if check.status.upper() == "MUTED" else "",
        )
    if not reported:
        yield Report(tool=NAME)


def _weakness(check: _Check, rule: str, severity: int) -> Weakness:
    advice = (check.remediation.recommendation if check.remediation else None) or _Recommendation()
    return Weakness(
        source=NAME,
        rule=rule,
        title=line(check.check_title) or rule,
        description=clean("\n\n".join(filter(None, (check.description, check.risk))), DESCRIPTION),
        solution=clean(advice.text, DESCRIPTION),
        severity=severity,
        references=links((check.related_url, advice.url)),
    )


def _asset(check: _Check) -> Asset:
    """The resource by its ARN; one without is completed with where it is, as its id alone is not unique."""
    region, account = line(check.region, IDENTIFIER), line(check.account_id, IDENTIFIER)
    short = line(check.resource_id, LOCATION)
    uid = line(check.resource_arn, LOCATION)
    if not uid.startswith(("arn:", "/subscriptions/", "projects/")):
        uid = "/".join(
            (
                line(check.provider, IDENTIFIER) or "cloud",
                account,
                region,
                line(check.resource_type, IDENTIFIER),
                uid or short,
            )
        )
    return Asset(key=uid, kind="cloud_resource", name=short or uid, cloud_id=uid, cloud_account=account, region=region)

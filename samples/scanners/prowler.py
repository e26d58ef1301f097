"""Prowler reports (OCSF detection findings, class 2004) of two cloud accounts, with checks passed and failed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from samples.cast.asset import Asset
from samples.cast.assets import Estate
from samples.cast.clouds import AWS_ACCOUNT, AWS_REGION, AZURE_REGION, AZURE_SUBSCRIPTION
from samples.catalogue import CloudCheck, cloud_checks
from samples.chance import chance
from samples.dates import WEEKS, moment
from samples.scanners.finding import Finding, ScanFile, Weeks, course, known_for

_SEVERITIES = ("Informational", "Low", "Medium", "High", "Critical")
_ALONE = ("sandbox-copy", "s3", "arn:aws:s3:::tallymoor-sandbox-copy")
"""A bucket that the inventory does not hold."""


@dataclass(frozen=True, kw_only=True)
class _CloudFinding(Finding):
    check: CloudCheck
    resource: Asset
    fails: Weeks


def prowler_files(seed: int, estate: Estate) -> list[ScanFile]:
    """Return the reports of both accounts for the three weeks."""
    files = []
    for provider, account, unit in (
        ("aws", "tallymoor-production", "TALLY"),
        ("azure", "brennmark-digital", "BREN"),
    ):
        resources = [
            item for item in estate.having("cloud_resource") if item.cloud_id.startswith("arn:") == (provider == "aws")
        ]
        if provider == "aws":
            resources.append(_unknown_bucket())
        checked = [item for resource in resources for item in _check(seed, provider, resource)]
        for week in range(len(WEEKS)):
            failed = tuple(item for item in checked if item.fails[week])
            records = [_record(seed, item, provider, account, week) for item in checked]
            files.append(
                ScanFile(
                    path=f"prowler-{account}.ocsf.json", week=week, scope=f"prowler/{account}", format="ocsf",
                    unit=unit, coverage="complete", findings=failed,
                    content=_report(records),
                )
            )  # fmt: skip
    return files


def _report(records: list[dict[str, object]]) -> bytes:
    return ("[" + ",\n".join(json.dumps(record, separators=(",", ":")) for record in records) + "]\n").encode()


def _unknown_bucket() -> Asset:
    name, profile, arn = _ALONE
    return Asset(
        name=name, kind="cloud_resource", unit="TALLY-PLAT", owner="", criticality=1, cloud_id=arn, profile=profile,
        inventoried=False,
    )  # fmt: skip


def _check(seed: int, provider: str, resource: Asset) -> list[_CloudFinding]:
    rng = chance(seed, "prowler", resource.name)
    made = []
    for check in cloud_checks():
        hit, weeks = rng.random() < check.share * 1.5, course(rng)
        if check.provider != provider or check.profile != resource.profile:
            continue
        fails: Weeks = weeks if hit else (False, False, False)
        told = resource.name == "tallymoor-marketing-export" and check.code == "s3_bucket_public_access"
        if told:
            fails = (False, True, True)
        made.append(
            _CloudFinding(
                source="prowler", rule=check.code, asset=resource.name, location="", severity=check.severity,
                weeks=fails, check=check, resource=resource, fails=fails,
                placed=told,
            )
        )  # fmt: skip
    return made


def _record(seed: int, item: _CloudFinding, provider: str, account: str, week: int) -> dict[str, object]:
    check, resource = item.check, item.resource
    number, region = (AWS_ACCOUNT, AWS_REGION) if provider == "aws" else (AZURE_SUBSCRIPTION, AZURE_REGION)
    when = int(moment(WEEKS[week], 1, 20).timestamp())
    failed = item.fails[week]
    first = item.fails.index(True) if failed else week
    found = WEEKS[first] - timedelta(days=0 if first or not failed else known_for(seed, item))
    name = resource.cloud_id.rpartition("/")[2].rpartition(":")[2]
    status = f"{check.title}: {name}." if failed else f"In order: {name}."
    framework, _, clause = check.requirement.partition(" ")
    return {
        "message": status,
        "metadata": {
            "event_code": check.code,
            "product": {"name": "Prowler", "uid": "prowler", "vendor_name": "Prowler", "version": "5.13.0"},
            "profiles": ["cloud", "datetime"], "tenant_uid": "", "version": "1.5.0",
        },
        "severity_id": check.severity + 1, "severity": _SEVERITIES[check.severity],
        "status": "New", "status_id": 1, "status_code": "FAIL" if failed else "PASS", "status_detail": status,
        "unmapped": {"compliance": {framework: [clause]}, "provider": provider, "provider_uid": number},
        "activity_name": "Create", "activity_id": 1,
        "finding_info": {
            "created_time": when, "first_seen_time": int(moment(found, 1, 20).timestamp()),
            "title": check.title, "desc": f"{check.title}.", "types": [],
            "uid": f"prowler-{provider}-{check.code}-{number}-{region}-{name}",
        },
        "resources": [
            {
                "cloud_partition": "aws" if provider == "aws" else "AzureCloud", "region": region,
                "group": {"name": check.profile}, "labels": [], "name": name, "type": check.profile,
                "uid": resource.cloud_id,
            }
        ],
        "category_name": "Findings", "category_uid": 2, "class_name": "Detection Finding", "class_uid": 2004,
        "cloud": {
            "account": {
                "name": account, "type": "AWS Account" if provider == "aws" else "Azure AD Account",
                "type_id": 10 if provider == "aws" else 6, "uid": number, "labels": [],
            },
            "provider": provider, "region": region,
        },
        "remediation": {"desc": check.remedy, "references": []},
        "risk_details": "", "time": when, "type_uid": 200401, "type_name": "Detection Finding: Create",
    }  # fmt: skip

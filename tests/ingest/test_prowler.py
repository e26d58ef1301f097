"""Prowler 3's own JSON, beside the OCSF of its successors."""

from __future__ import annotations

import io
import json

import pytest

from remit.ingest.formats import prowler, recognise
from remit.ingest.observations import Asset, Occurrence, Passed
from remit.ingest.rejected import ImportRejected


def check(**said: object) -> dict[str, object]:
    return {
        "AssessmentStartTime": "2026-11-16T02:00:00",
        "FindingUniqueId": "x",
        "Provider": "aws",
        "CheckID": "bucket_public",
        "CheckTitle": "A bucket is public",
        "Status": "FAIL",
        "StatusExtended": "Bucket a is public.",
        "Severity": "high",
        "AccountId": "111122223333",
        "Region": "eu-west-1",
        "ResourceId": "a",
        "ResourceArn": "arn:aws:s3:::a",
        "ResourceType": "AwsS3Bucket",
    } | said


def read(*checks: dict[str, object]) -> list[object]:
    stream = io.BytesIO(json.dumps(checks).encode())
    assert recognise(stream).NAME == "prowler"
    return list(prowler.parse(stream))


def test_each_check_that_failed_is_an_occurrence_and_each_that_passed_is_not() -> None:
    found = read(
        check(),
        check(Status="PASS", ResourceArn="arn:aws:s3:::b"),
        check(Status="MANUAL", ResourceArn="arn:aws:s3:::c"),
    )
    assert [o.severity for o in found if isinstance(o, Occurrence)] == [3, 0]
    assert [o.asset for o in found if isinstance(o, Passed)] == ["arn:aws:s3:::b"]


def test_the_same_check_on_the_same_resource_twice_is_two_occurrences() -> None:
    assert [o.ordinal for o in read(check(), check()) if isinstance(o, Occurrence)] == [0, 1]


def test_a_resource_without_a_global_name_is_completed_with_where_it_is() -> None:
    asset = next(o for o in read(check(ResourceArn="", ResourceId="root")) if isinstance(o, Asset))
    assert asset.cloud_id == "aws/111122223333/eu-west-1/AwsS3Bucket/root"


def test_a_check_without_a_name_is_refused_with_its_place() -> None:
    with pytest.raises(ImportRejected) as refused:
        read(check(CheckID=7))
    assert "CheckID" in refused.value.where

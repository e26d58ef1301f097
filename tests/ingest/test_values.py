"""Times, severities, scores and addresses as tools write them."""

from datetime import UTC, datetime

import pytest

from remit.ingest import values
from remit.ingest.rejected import ImportRejected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-21T10:19:22.484900675+01:00", datetime(2026, 1, 21, 9, 19, 22, 484900, UTC)),
        ("2026-01-21T10:19:22Z", datetime(2026, 1, 21, 10, 19, 22, tzinfo=UTC)),
        ("2026-01-21T10:19:22", datetime(2026, 1, 21, 10, 19, 22, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        (None, None),
    ],
)
def test_moment(text, expected):
    assert values.moment(text, "here") == expected


@pytest.mark.parametrize(
    "text", ["2026-02-30T25:61:61Z", "+292278994-08-17T07:12:55Z", "yesterday", "9999-12-31T23:59:59-23:00"]
)
def test_a_time_that_does_not_exist_is_refused(text):
    with pytest.raises(ImportRejected) as refused:
        values.moment(text, "Results[0].PublishedDate")
    assert (refused.value.code, refused.value.where) == ("bad-date", "Results[0].PublishedDate")


def test_other_clocks():
    assert values.moment_of_ctime("Tue Jun  4 10:39:42 2013", "") == datetime(2013, 6, 4, 10, 39, 42, tzinfo=UTC)
    assert values.moment_of_epoch(1763258400, "") == datetime(2025, 11, 16, 2, 0, tzinfo=UTC)
    assert values.moment_of_epoch(1763258400000, "") == datetime(2025, 11, 16, 2, 0, tzinfo=UTC)
    with pytest.raises(ImportRejected):
        values.moment_of_epoch(1e300, "")


def test_assessments_find_their_version():
    new = values.assessment("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "nvd", "3.1")
    old = values.assessment("CVSS2#AV:N/AC:M/Au:N/C:N/I:P/A:N", 4.3, "nvd", "2.0")
    broken = values.assessment("CVSS:3.1/AV:N/<b>", 5.0, "tool", "3.1")
    assert new is not None
    assert new.vector == "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    assert old is not None
    assert (old.version, old.vector) == ("2.0", "AV:N/AC:M/Au:N/C:N/I:P/A:N")
    assert broken is not None
    assert (broken.vector, broken.score) == ("", 5.0)
    assert values.assessment("OWASP/K9:M1", 5.0, "tool") is None


@pytest.mark.parametrize("text", ["11.5", "-1", "nan", "high"])
def test_a_score_out_of_range_is_refused(text):
    with pytest.raises(ImportRejected, match="bad-score"):
        values.score(text, "line 3")


def test_addresses_and_names():
    assert values.address(" 10.0.0.1 ") == "10.0.0.1"
    assert values.address("2001:0DB8::0001") == "2001:db8::1"
    assert values.address("999.0.0.1") == ""
    assert values.domain("Web01.Corp.Example.") == "web01.corp.example"

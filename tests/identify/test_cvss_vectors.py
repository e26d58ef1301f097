"""Base scores, the choice among assessments, and the facts of a vector."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.identify.vulnerabilities.vectors import UNKNOWN, base_score, best_cvss, facts
from remit.ingest.observations import Cvss

V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        (V4, ("4.0", 9.3)),
        (V4 + "/E:U", ("4.0", 9.3)),
        (V3, ("3.1", 9.8)),
        (V3 + "/E:P", ("3.1", 9.8)),
        (V3.replace("3.1", "3.0"), ("3.0", 9.8)),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", ("2.0", 7.5)),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", ("2.0", 7.5)),
        ("CVSS2#AV:N/AC:L/Au:N/C:P/I:P/A:P", ("2.0", 7.5)),
    ],
)
def test_base_score(vector: str, expected: tuple[str, float]) -> None:
    assert base_score(vector) == expected


@pytest.mark.parametrize("vector", ["", "9.8", "CVSS:3.1/AV:N", "CVSS:5.0/AV:N", V3.replace("AV:N", "AV:X"), V4[:-5]])
def test_a_broken_vector_is_refused_by_name(vector: str) -> None:
    with pytest.raises(ValueError, match=r"not a CVSS vector: .*Give all base metrics"):
        base_score(vector)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="CVSS:43.10/AVNLHPUI()#", max_size=60))
def test_any_text_is_scored_or_refused(text: str) -> None:
    facts(text)
    try:
        version, score = base_score(text)
    except ValueError:
        return
    assert version in {"2.0", "3.0", "3.1", "4.0"}
    assert 0 <= score <= 10


def test_the_newest_version_wins_then_nvd_then_the_higher_score() -> None:
    two = Cvss(version="2.0", score=10.0, by="nvd")
    tool, nvd = Cvss(version="3.1", score=9.9, by="nessus"), Cvss(version="3.1", score=7.5, by="nvd")
    low, high = Cvss(version="4.0", score=6.0, by="a"), Cvss(version="4.0", score=8.0, by="b")
    assert best_cvss([two, tool, nvd]) is nvd
    assert best_cvss([two, tool]) is tool
    assert best_cvss([two, tool, nvd, low, high]) is high
    assert best_cvss([]) is None


def test_facts() -> None:
    assert facts(V3) == ("N", True, True, pytest.approx(1))
    assert facts(V4) == ("N", True, True, pytest.approx(1))
    assert facts("AV:N/AC:L/Au:N/C:C/I:C/A:C") == ("N", True, True, pytest.approx(1))
    local = facts("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N")
    assert local == ("L", False, False, pytest.approx(0.56 / (1 - 0.44**3)))
    assert facts("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:L/A:N").total is True
    assert facts("CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:U/C:H/I:L/A:N").total is False
    assert facts("CVSS:3.1/AV:N/AC:L") == UNKNOWN == facts("")

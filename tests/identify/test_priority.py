"""The priority rule: its examples in words, and what must hold for every finding."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.identify.assets.rules import DATA_CLASSES, EXPOSURES
from remit.identify.vulnerabilities import rules
from remit.identify.vulnerabilities.rules import Circumstances, asset_worth, combined_risk, due_on, prioritise, risk

WORST = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOCAL = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"
LEAK = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"
URGENCY = {level: -rank for rank, level in enumerate(rules.LEVELS)}
OPEN_DAYS = 10**6

scores = st.none() | st.integers(0, 100).map(lambda tenths: tenths / 10)
circumstances = st.builds(
    Circumstances,
    severity=st.integers(0, 4),
    cve=st.booleans(),
    cvss_score=scores,
    cvss_version=st.just("3.1"),
    cvss_vector=st.sampled_from(["", WORST, LOCAL, LEAK, "AV:N/AC:L/Au:N/C:C/I:C/A:C", "nonsense", "CVSS:4.0/AV:N"]),
    epss=st.none() | st.floats(0, 1),
    kev=st.booleans(),
    kev_due=st.none() | st.dates(),
    ransomware=st.booleans(),
    exploited_by_source=st.booleans(),
    criticality=st.integers(1, 5),
    exposure=st.sampled_from([*EXPOSURES, ""]),
    environment=st.sampled_from(["production", "test", ""]),
    data_classes=st.sampled_from([(), ("public",), ("personal",), ("health", "payment")]),
    fixed_version_known=st.booleans(),
)

SPOKEN = {
    "severity": st.integers(0, 4),
    "cvss_score": st.integers(0, 100).map(lambda tenths: tenths / 10),
    "epss": st.floats(0, 1),
    "kev": st.booleans(),
    "ransomware": st.booleans(),
    "exploited_by_source": st.booleans(),
    "criticality": st.integers(1, 5),
    "exposure": st.sampled_from(EXPOSURES),
    "environment": st.sampled_from(["test", "production"]),
    "data_classes": st.sampled_from([("public",), ("personal",)]),
    "cvss_vector": st.sampled_from([LEAK, WORST]),
}
WORSE: dict[str, Any] = {
    "exposure": lambda exposure: -EXPOSURES.index(exposure),
    "environment": ("test", "production").index,
    "data_classes": (("public",), ("personal",)).index,
    "cvss_vector": (LEAK, WORST).index,
}


@pytest.mark.parametrize("field", SPOKEN)
@settings(max_examples=60, deadline=None)
@given(known=circumstances, data=st.data())
def test_a_worse_fact_never_lowers_level_score_or_urgency(
    field: str, known: Circumstances, data: st.DataObject
) -> None:
    better, worse = sorted([data.draw(SPOKEN[field]), data.draw(SPOKEN[field])], key=WORSE.get(field))
    low = prioritise(dataclasses.replace(known, **{field: better}))
    high = prioritise(dataclasses.replace(known, **{field: worse}))
    assert URGENCY[low.level] <= URGENCY[high.level]
    assert low.score <= high.score
    assert risk(low) <= risk(high)
    assert (low.days or OPEN_DAYS) >= (high.days or OPEN_DAYS)


@settings(max_examples=150, deadline=None)
@given(known=circumstances)
def test_every_finding_gets_an_answer_that_adds_up(known: Circumstances) -> None:
    priority = prioritise(known)
    assert priority == prioritise(known)
    assert 0 <= priority.score <= 100
    assert 0 <= priority.probability < 1
    assert 0 <= priority.impact <= priority.worth <= 1
    assert sum(reason.points for reason in priority.reasons) == pytest.approx(priority.score)
    assert all(0 <= reason.weight <= 1 and reason.points >= 0 for reason in priority.reasons)
    assert all(reason.label and reason.value and reason.sentence.endswith(".") for reason in priority.reasons)


@settings(max_examples=100, deadline=None)
@given(one=circumstances, other=circumstances)
def test_score_sorts_by_level_first(one: Circumstances, other: Circumstances) -> None:
    first, second = prioritise(one), prioritise(other)
    if URGENCY[first.level] > URGENCY[second.level]:
        assert first.score >= second.score


def test_nothing_known_is_a_note() -> None:
    priority = prioritise(Circumstances())
    assert (priority.level, priority.score, priority.days) == ("note", 0.0, None)


EXAMPLES = {
    "regreSSHion-like on a gateway": (
        {"severity": 4, "cve": True, "cvss_score": 9.8, "cvss_vector": WORST, "epss": 0.91, "kev": True},
        {"criticality": 4, "exposure": "internet"},
        ("act", 3),
    ),
    "the same inside, on a test machine of little worth": (
        {"severity": 4, "cve": True, "cvss_score": 9.8, "cvss_vector": WORST, "epss": 0.91, "kev": True},
        {"criticality": 2, "exposure": "internal", "environment": "test"},
        ("attend", 14),
    ),
    "critical and reachable, yet nobody exploits it": (
        {"severity": 4, "cve": True, "cvss_score": 9.8, "cvss_vector": WORST, "epss": 0.01},
        {"criticality": 3, "exposure": "internet"},
        ("attend", 14),
    ),
    "critical on paper, inside": (
        {"severity": 4, "cve": True, "cvss_score": 9.8, "cvss_vector": WORST, "epss": 0.001},
        {"criticality": 3, "exposure": "internal"},
        ("track", 60),
    ),
    "local elevation exploited by ransomware, on a crown jewel": (
        {"severity": 3, "cve": True, "cvss_score": 7.8, "cvss_vector": LOCAL, "ransomware": True, "kev": True},
        {"criticality": 5, "exposure": "internet"},
        ("act", 7),
    ),
    "in KEV, yet on an isolated machine of little worth": (
        {"severity": 2, "cve": True, "cvss_score": 5.3, "cvss_vector": LEAK, "kev": True},
        {"criticality": 1, "exposure": "isolated"},
        ("attend", 14),
    ),
    "in KEV, on the internet, of total impact once a user is tricked": (
        {"severity": 3, "cve": True, "cvss_score": 8.8, "cvss_vector": WORST.replace("UI:N", "UI:R"), "kev": True},
        {"criticality": 3, "exposure": "internet"},
        ("act", 3),
    ),
    "a public bucket with personal data": (
        {"severity": 4},
        {"criticality": 4, "exposure": "internet", "data_classes": ("personal",)},
        ("attend", 30),
    ),
    "small leak on a crown jewel": (
        {"severity": 1, "cve": True, "cvss_score": 3.1, "epss": 0.001},
        {"criticality": 5, "exposure": "internet"},
        ("track", 60),
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    weakness, asset, expected = EXAMPLES[name]
    priority = prioritise(Circumstances(**weakness, **asset))
    assert (priority.level, priority.days) == expected


def test_the_level_table_is_monotone_in_every_column() -> None:
    order = ["track", "track*", "attend", "act"]
    table = rules._TABLE
    for one, other in itertools.product(table, repeat=2):
        if all(a <= b for a, b in zip(one, other, strict=True)):
            assert all(order.index(a) <= order.index(b) for a, b in zip(table[one], table[other], strict=True))
    assert all(sorted(row, key=order.index) == list(row) for row in table.values())
    assert len(table) == 12


def test_the_directive_table_is_whole_and_monotone() -> None:
    table = rules._DIRECTIVE
    assert len(table) == 16
    for one, other in itertools.product(table, repeat=2):
        if all(a <= b for a, b in zip(one, other, strict=True)):
            assert (table[one] or OPEN_DAYS) >= (table[other] or OPEN_DAYS)


def test_a_local_weakness_is_not_reached_from_the_internet() -> None:
    local = prioritise(Circumstances(severity=3, cve=True, cvss_score=7.8, cvss_vector=LOCAL, exposure="internet"))
    inside = prioritise(Circumstances(severity=3, cve=True, cvss_score=7.8, cvss_vector=LOCAL, exposure="internal"))
    assert (local.level, local.score) == (inside.level, inside.score)
    assert "first" in next(reason.sentence for reason in local.reasons if reason.label == "Exposure")


def test_sensitive_data_are_those_of_the_vocabulary() -> None:
    assert {name for name, each in DATA_CLASSES.items() if each.sensitive} == rules.SENSITIVE_DATA


def test_due_day() -> None:
    seen = date(2026, 11, 2)
    assert due_on(seen, 7) == date(2026, 11, 9)
    assert due_on(seen, None) is None
    assert due_on(seen, 30, date(2026, 11, 20)) == date(2026, 11, 20)
    assert due_on(seen, 7, date(2026, 11, 20)) == date(2026, 11, 9)
    assert due_on(seen, 30, date(2021, 12, 24)) == date(2026, 11, 5)
    assert due_on(seen, 3, date(2026, 12, 11), date(2026, 11, 20)) == date(2026, 11, 23)
    assert due_on(seen, 7, None, date(2026, 10, 1)) == date(2026, 11, 9)
    assert due_on(seen, None, date(2026, 12, 24)) == date(2026, 12, 24)


pairs = st.tuples(st.floats(0, 0.99), st.floats(0, 0.6))


@settings(max_examples=100, deadline=None)
@given(findings=st.lists(pairs, max_size=8), more=pairs)
def test_risks_of_one_asset_combine_without_claiming_more_than_all(
    findings: list[tuple[float, float]], more: tuple[float, float]
) -> None:
    before, after = combined_risk(findings, 0.6), combined_risk([*findings, more], 0.6)
    alone = combined_risk([more], 0.6)
    assert alone == pytest.approx(100 * more[0] * more[1])
    assert max(before, alone) - 1e-9 <= after <= 60
    assert after <= before + alone + 1e-9


def test_thirty_findings_do_not_make_thirty_risks() -> None:
    assert combined_risk([]) == 0
    assert combined_risk([(0.5, 0.8)], 0.8) == pytest.approx(40)
    assert combined_risk([(0.5, 0.8)] * 2, 0.8) == pytest.approx(60)
    assert combined_risk([(0.5, 0.8)] * 30, 0.8) == pytest.approx(80)


def test_worth_of_an_asset() -> None:
    assert asset_worth(3) == 0.6
    assert asset_worth(3, ["personal"]) == asset_worth(4) == 0.8
    assert asset_worth(1, [], "test") == 0.2
    assert prioritise(Circumstances(criticality=3, data_classes=("personal",))).worth == 0.8


def test_reasons_say_what_is_known() -> None:
    known = Circumstances(
        severity=4,
        cve=True,
        cvss_score=9.8,
        cvss_version="3.1",
        cvss_vector=WORST,
        epss=0.4,
        kev=True,
        kev_due=date(2024, 7, 22),
        exposure="internet",
        data_classes=("personal",),
        fixed_version_known=True,
    )
    said = {reason.label: reason for reason in prioritise(known).reasons}
    assert [(label, reason.value) for label, reason in said.items()] == [
        ("Exploitation", "in KEV"),
        ("EPSS", "0.40"),
        ("Severity", "CVSS 3.1 9.8"),
        ("Exposure", "internet"),
        ("Criticality", "4 of 5"),
        ("Fix", "known"),
    ]
    assert said["Exploitation"].sentence == "Exploited in the wild: in CISA's KEV catalogue, due 2024-07-22."
    assert "raises it to 90%" in said["EPSS"].sentence
    assert "One step above its own 3" in said["Criticality"].sentence

"""The morning page: what it says first, and that each number leads somewhere."""

from __future__ import annotations

import pytest
from django.test import Client

from remit.identify.vulnerabilities.models import Occurrence, Weakness
from remit.overview.home import rules
from tests.conftest import Cast, being, made, signed_in


@pytest.mark.parametrize(
    ("hour", "decisions", "overdue", "said"),
    [
        (7, 3, 1, "Good morning, Alice. Three decisions wait for you."),
        (7, 1, 0, "Good morning, Alice. One decision waits for you."),
        (14, 0, 2, "Good afternoon, Alice. Two things you owe are overdue."),
        (20, 0, 0, "Good evening, Alice. Nothing waits for you."),
        (2, 20, 0, "Good evening, Alice. 20 decisions wait for you."),
    ],
)
def test_the_headline_says_what_the_day_asks(hour: int, decisions: int, overdue: int, said: str) -> None:
    assert rules.headline(hour, "Alice Test", decisions, overdue) == said


@pytest.mark.parametrize(
    ("change", "better", "tone"),
    [(-3, "lower", "good"), (3, "lower", "act"), (3, "higher", "good"), (0, "lower", "soft"), (3, "", "soft")],
)
def test_a_change_has_the_colour_of_its_direction(change: float, better: str, tone: str) -> None:
    assert rules.change_tone(change, better) == tone


def test_an_empty_organisation_is_told_what_to_do_first(cast: Cast, browser: Client) -> None:
    steps = browser.get("/").context["steps"]
    assert steps[0].tone == "good", "this organisation has units already"
    for step in steps:
        assert browser.get(step.url).status_code == 200, step.url


def test_every_number_opens(cast: Cast, browser: Client) -> None:
    with being(None):
        made(Occurrence, unit=cast.company, level=3, state="open")
    screen = browser.get("/").context["screen"]
    assert [f.value for f in screen.figures if f.slug == "findings_to_act_on"] == ["1 finding"]
    for url in {f.url for f in screen.figures} | {f.url for f in screen.functions} | {f.url for f in screen.fix}:
        assert browser.get(url).status_code == 200, url


def test_who_sees_no_rows_is_offered_none(cast: Cast, browser: Client) -> None:
    with being(None):
        made(Occurrence, unit=cast.company, level=3, state="open")
    page = signed_in(cast.eve).get("/").content.decode()
    assert "/fix-first/" not in page
    assert "Act now" not in page


def test_the_answer_follows_every_change(cast: Cast, browser: Client) -> None:
    with being(None):
        finding = made(
            Occurrence, unit=cast.company, level=3, state="open", weakness=made(Weakness, unit=cast.company, severity=4)
        )
    for _ in range(2):
        assert len(browser.get("/fix-first/").context["screen"].actions) == 1
    with being(cast.alice):
        Occurrence.objects.get(pk=finding.pk).move("mark_fixed")
    assert not browser.get("/fix-first/").context["screen"].actions

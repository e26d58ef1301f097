"""The scenario editor in a real browser: numbers and drawing follow typing, a bad value is told at its field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import walking
from tests.browser.walking import PASSWORD, Visitor, visitor, welcome

api = pytest.importorskip("playwright.sync_api", reason="The browser walk needs Playwright: pip install playwright")
pytestmark = walking.MARKS
PREVIEW = re.compile(r"/scenario/preview/$")


@pytest.fixture(scope="module")
def head() -> Iterator[Visitor]:
    """The head of security of an empty organisation, signed in by password; no console complains."""
    with walking.browsing() as (browser, base, link):
        arrived = visitor(browser, base, "head@remit.example")
        welcome(arrived, link)
        arrived.page.locator(".person summary").click()
        arrived.press("Sign out", ".person")
        arrived.page.goto(f"{base}/risks/")
        arrived.page.get_by_label("E-mail address").fill(arrived.email)
        arrived.page.get_by_label("Password").fill(PASSWORD)
        arrived.page.get_by_role("button", name="Sign in").click()
        arrived.page.wait_for_url(f"{base}/risks/")
        yield arrived
    assert arrived.complaints == []


@pytest.fixture
def editor(head: Visitor) -> Visitor:
    """The editor of a risk that was just added."""
    head.go("/risks/new/")
    head.page.get_by_label("Title").fill("Ransomware stops the plant")
    head.page.locator("main footer button.main").click()
    head.page.wait_for_url(re.compile(r"/risks/\d+/$"))
    head.go(head.page.url.removeprefix(head.base) + "scenario/")
    return head


def types(who: Visitor, name: str, value: str) -> None:
    """Type into a field key by key, and wait for the answer to what stands there then."""
    field = who.page.locator(f'[name="{name}"]')
    field.fill("")
    with who.page.expect_response(lambda reply: bool(PREVIEW.search(reply.url)) and asked(reply, name) == value):
        field.press_sequentially(value)


def asked(reply: Any, name: str) -> str:
    """Return what a request said of a field."""
    found = re.search(rf'name="{re.escape(name)}"\r\n\r\n(.*?)\r\n', reply.request.post_data or "")
    return found[1] if found else ""


def expected(who: Visitor, text: str) -> None:
    """Wait until the expected annual loss says this."""
    tile = who.page.locator("#outcome .figure", has_text="Expected annual loss")
    api.expect(tile.locator("b")).to_have_text(text)


def test_numbers_and_drawing_follow_typing_and_the_last_good_ones_stay(editor: Visitor) -> None:
    page = editor.page
    page.evaluate("window.sameDocument = true")
    outcome, drawing = page.locator("#outcome"), page.locator("#outcome svg path").first
    types(editor, "frequency.mean.value", "2")
    types(editor, "magnitude.p05", "10 k")
    types(editor, "magnitude.p95", "100 k")
    expected(editor, "80.8 k EUR")
    before = drawing.get_attribute("d")

    types(editor, "magnitude.p95", "1 M")
    expected(editor, "533 k EUR")
    wider = drawing.get_attribute("d")
    assert wider != before
    types(editor, "frequency.mean.value", "4")
    expected(editor, "1.07 M EUR")
    drawn = drawing.get_attribute("d")

    types(editor, "magnitude.p95", "5")
    wrong = page.locator("fieldset.input.wrong")
    api.expect(wrong).to_have_count(1)
    api.expect(wrong.locator(".error")).to_contain_text("is above p95 (5). Swap them")
    api.expect(page.locator('[name="magnitude.p05"]')).to_have_attribute("aria-invalid", "true")
    outcome.get_by_role("link", name="One event costs, 5 % below").click()
    api.expect(page.locator('[name="magnitude.p05"]')).to_be_focused()
    api.expect(outcome).to_have_class(re.compile("stale"))
    expected(editor, "1.07 M EUR")
    assert drawing.get_attribute("d") == drawn

    types(editor, "magnitude.p95", "500 k")
    api.expect(page.locator("#editor .error")).to_have_count(0)
    api.expect(outcome.locator(".notice")).to_have_count(0)
    api.expect(outcome).not_to_have_class(re.compile("stale"))
    api.expect(page.locator("[aria-invalid]")).to_have_count(0)
    assert page.evaluate("window.sameDocument")
    said = outcome.locator(".figure", has_text="Expected annual loss").locator("b").inner_text()

    page.get_by_label("Why").fill("Counted from last year")
    editor.press("Save scenario")
    page.wait_for_url(re.compile(r"/risks/\d+/$"))
    editor.sees(said.removesuffix("EUR").strip())
    editor.go(page.url.removeprefix(editor.base) + "scenario/")
    assert page.locator('[name="magnitude.p95"]').input_value() in {"500000", "500,000", "500 k"}


def test_a_bad_value_among_controls_is_told_at_the_one_it_is_in(editor: Visitor) -> None:
    page = editor.page
    for name, value in (("frequency.mean.value", "1"), ("magnitude.p05", "1 k"), ("magnitude.p95", "9 k")):
        types(editor, name, value)
    types(editor, "controls[0].id", "CTL-1")
    types(editor, "controls[0].effect.frequency", "140 %")
    row = page.locator("fieldset.input", has=page.locator('[name="controls[0].id"]'))
    api.expect(row.locator(".error")).to_contain_text("1.4 is not a share")
    editor.press("Save scenario")
    api.expect(page.locator("fieldset.input.wrong .error")).to_contain_text("1.4 is not a share")
    types(editor, "controls[0].effect.frequency", "40 %")
    api.expect(page.locator("#editor .error")).to_have_count(0)
    expected(editor, re.compile("EUR"))

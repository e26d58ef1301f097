"""Restricting a record, naming somebody, and breaking the glass, walked in a real browser by three people."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.browser import walking
from tests.browser.walking import PASSWORD, Visitor, type_and_choose, visitor, welcome

pytest.importorskip("playwright.sync_api", reason="The browser walk needs Playwright: pip install playwright")
pytestmark = walking.MARKS
TOLD = re.compile(r"status of (403|404)")
"""What the browser says by itself of the refusals that this walk means to get."""


@pytest.fixture(scope="module")
def people() -> Iterator[tuple[Visitor, Visitor, Visitor]]:
    """The head of security of the topmost unit, another one, and an analyst; the first invites the others."""
    with walking.browsing() as (browser, base, link):
        head, second, analyst = (
            visitor(browser, base, f"{name}@remit.example") for name in ("head", "second", "analyst")
        )
        welcome(head, link)
        for other, name, role in ((second, "Sam Second", "head_of_security"), (analyst, "Ann Alyst", "analyst")):
            invite(head, other, name, role)
        yield head, second, analyst
    complaints = head.complaints + second.complaints + analyst.complaints
    assert [said for said in complaints if not TOLD.search(said)] == []


def invite(head: Visitor, other: Visitor, name: str, role: str) -> None:
    head.go("/access/invite/")
    head.page.get_by_label("E-mail address").fill(other.email)
    head.page.get_by_label("Name").fill(name)
    head.page.get_by_label("Role").select_option(role)
    head.press("Invite")
    confirm(head, "#link")
    welcome(other, head.page.locator("#link").input_value())


def confirm(who: Visitor, then: str) -> None:
    """Give the password where it is asked for again, and wait for what comes then."""
    who.page.locator(f"{then}, input[type=password]").first.wait_for()
    if who.page.locator(then).count() == 0:
        who.page.get_by_label("Password").fill(PASSWORD)
        who.page.get_by_role("button", name="Confirm").click()
    who.page.locator(then).first.wait_for()


def test_restrict_name_see_and_break_the_glass(people: tuple[Visitor, Visitor, Visitor]) -> None:
    head, second, analyst = people
    head.go("/assets/new/")
    head.page.locator("#id-name").fill("inquiry-laptop")
    head.page.locator("main footer button.main").click()
    head.page.wait_for_url(re.compile(r"/assets/\d+/$"))
    address = head.page.url.removeprefix(head.base)
    head.page.locator(".head details.menu summary").click()
    head.page.get_by_role("button", name="Restrict…").click()
    head.page.locator("dialog[open]").get_by_label("Why").fill("An inquiry is running")
    head.page.locator("dialog[open]").get_by_role("button", name="Restrict", exact=True).click()
    head.page.locator("#knowing").wait_for()

    for other in (second, analyst):
        answer = other.page.goto(other.base + address)
        assert answer is not None
        assert answer.status == 404

    head.page.get_by_text("Name somebody").click()
    type_and_choose(head, "#know-person", "ann")
    head.page.get_by_label("Why they need to know").fill("Leads the inquiry")
    head.press("Let them see it", "#knowing")
    head.sees("Ann Alyst sees")
    analyst.go(address)
    analyst.sees("Leads the inquiry")

    reference = head.page.locator(".crumbs li").last.inner_text().split()[-1]
    second.go("/access/break-glass/")
    second.page.get_by_label("Reference").fill(reference)
    second.page.get_by_label("Reason").fill("The laptop is spreading malware right now")
    second.press("Break the glass")
    confirm(second, "#knowing")
    second.sees("Broke the glass")
    head.go("/inbox/")
    head.sees(re.compile("broke the glass", re.IGNORECASE))

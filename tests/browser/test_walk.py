"""The main paths, walked in a real browser on an instance of its own: from an empty organisation to work done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import walking
from tests.browser.walking import PASSWORD, Visitor, type_and_choose, visitor, welcome

pytest.importorskip("playwright.sync_api", reason="The browser walk needs Playwright: pip install playwright")
pytestmark = walking.MARKS


@pytest.fixture(scope="module")
def walk() -> Iterator[tuple[Visitor, Visitor]]:
    """The head of security, who has just come in by the printed link, and a browser for a colleague.

    Nobody's console may have complained by the end: a breach of the content policy is such a complaint.
    """
    with walking.browsing() as (browser, base, link):
        head, colleague = visitor(browser, base, "head@remit.example"), visitor(browser, base, "carol@remit.example")
        welcome(head, link)
        yield head, colleague
    assert head.complaints + colleague.complaints == []


@pytest.fixture(scope="module")
def head(walk: tuple[Visitor, Visitor]) -> Visitor:
    return walk[0]


@pytest.fixture(scope="module")
def carol(walk: tuple[Visitor, Visitor]) -> Visitor:
    """A colleague whom the head of security invites on the page; giving access asks for the password again."""
    head, colleague = walk
    head.go("/access/")
    head.page.get_by_role("link", name="Invite a person").click()
    head.page.get_by_label("E-mail address").fill(colleague.email)
    head.page.get_by_label("Name").fill("Carol Reyes")
    head.page.get_by_label("Role").select_option("owner")
    head.press("Invite")
    head.page.get_by_label("Password").fill(PASSWORD)
    head.page.get_by_role("button", name="Confirm").click()
    welcome(colleague, head.page.locator("#link").input_value())
    return colleague


@pytest.fixture(scope="module")
def findings(head: Visitor) -> Visitor:
    """The head of security after a scan was handed in on the page and its job has been watched to its end."""
    head.go("/imports/new/")
    files = [{"name": "weekly.nessus", "mimeType": "application/xml", "buffer": walking.scan()}]
    head.page.locator("input[type=file]").set_input_files(files)
    head.sees("weekly.nessus")
    head.press("Import")
    head.page.get_by_role("link", name="See the result").click()
    head.sees("weekly.nessus")
    return head


def test_an_empty_organisation_says_what_to_do_first(walk: tuple[Visitor, Visitor]) -> None:
    head = walk[0]
    head.go("/")
    head.sees("Your organisation is empty so far")
    steps = [link.get_attribute("href") for link in head.page.locator(".steps a.title").all()]
    assert len(steps) > 4
    for address in steps:
        head.go(address or "")


def test_out_and_in_again_by_password(head: Visitor) -> None:
    head.page.locator(".person summary").click()
    head.press("Sign out", ".person")
    head.page.goto(f"{head.base}/findings/")
    head.page.get_by_label("E-mail address").fill(head.email)
    head.page.get_by_label("Password").fill("not the password")
    head.page.get_by_role("button", name="Sign in").click()
    head.sees(re.compile("not correct"))
    head.page.get_by_label("Password").fill(PASSWORD)
    head.page.get_by_role("button", name="Sign in").click()
    head.page.wait_for_url(f"{head.base}/findings/")


def test_from_fix_first_to_work_that_somebody_finishes(findings: Visitor, carol: Visitor) -> None:
    head, page = findings, findings.page
    head.go("/fix-first/")
    page.locator(".actions h2 a").first.click()
    head.sees("The findings it closes")
    page.locator("#listing tbody td.of-ref a").first.click()
    head.sees("Why this priority")
    finding = page.url.removeprefix(head.base)
    head.press("Start")
    page.locator(".rowline .state", has_text="In progress").wait_for()
    page.get_by_label("Comment").fill("Window on Tuesday")
    head.press("Comment", "#comments")
    page.locator(".comments", has_text="Window on Tuesday").wait_for()
    page.locator("#evidence input[type=file]").set_input_files(
        [{"name": "plan.txt", "mimeType": "text/plain", "buffer": b"the plan"}]
    )
    head.press("Attach", "#evidence")
    page.locator("#evidence .title", has_text="plan.txt").wait_for()
    page.get_by_text("Ask somebody to do something").click()
    page.get_by_label("What is to be done").fill("Upgrade Lantern")
    type_and_choose(head, "#work-owner", "carol")
    head.press("Ask", "#work")
    head.sees("Carol Reyes finds it in their inbox")

    carol.go("/inbox/")
    carol.page.locator(".rows li", has_text="Upgrade Lantern").get_by_role("button", name="Finish").click()
    carol.sees("Nothing waits for you")
    head.go(finding)
    page.locator("#work li", has_text="Done").wait_for()


def test_a_move_asks_for_its_reason(findings: Visitor) -> None:
    head, page = findings, findings.page
    head.go("/findings/?sort=ref")
    page.locator("#listing tbody td.of-ref a").last.click()
    head.press("Dismiss…")
    page.locator("dialog[open] textarea").fill("The package is not used")
    head.press("Dismiss", "dialog[open]")
    page.locator(".rowline .state", has_text="False positive").wait_for()


def test_many_findings_are_given_an_owner_at_once(findings: Visitor, carol: Visitor) -> None:
    head, page = findings, findings.page
    head.go("/findings/")
    page.get_by_label("Select all rows of this page").check()
    page.locator(".bulkbar summary").click()
    head.press("Owner", ".bulkbar")
    type_and_choose(head, "#id-owner", "carol")
    page.locator("main footer button.main").click()
    page.wait_for_url(re.compile("/findings/$"))
    page.locator("#listing td", has_text="Carol Reyes").nth(2).wait_for()


def test_a_filter_is_kept_as_a_view_and_columns_are_chosen(findings: Visitor) -> None:
    head, page = findings, findings.page
    head.go("/findings/")
    page.locator("summary.chip", has_text="State").click()
    page.get_by_role("checkbox", name="Open", exact=True).check()
    page.wait_for_url(re.compile("state=open"))
    page.keyboard.press("Escape")
    page.locator(".chips .chip.on").wait_for()
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Name of the view").fill("Still open")
    head.press("Save this view")
    head.go("/findings/")
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="Still open").click()
    page.wait_for_url(re.compile("state=open"))
    heading = page.get_by_role("columnheader", name="EPSS")
    assert heading.count() == 1
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("checkbox", name="EPSS").uncheck()
    head.press("Show these")
    page.wait_for_url(re.compile("columns="))
    assert heading.count() == 0


def test_by_keyboard(findings: Visitor) -> None:
    head, page = findings, findings.page
    head.go("/")
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("fix fir")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{head.base}/fix-first/")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(f"{head.base}/inbox/")
    page.keyboard.press("?")
    page.locator("dialog#keys[open]").wait_for()
    page.keyboard.press("Escape")
    head.go("/assets/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator(".bulkbar").wait_for(state="visible")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/assets/\d+/$"))
    page.keyboard.press("e")
    page.wait_for_url(re.compile(r"/assets/\d+/edit/$"))


def test_enter_is_for_the_list_that_answers_what_is_typed(head: Visitor) -> None:
    head.go("/inbox/")
    page, nothing_typed = head.page, re.compile(r"/palette/\?q=$")
    held: list[Any] = []
    page.route(nothing_typed, lambda route: held.append(route))  # noqa: PLW0108  (a built-in cannot be handed over)
    with page.expect_request(nothing_typed):
        page.keyboard.press("Control+k")
    page.locator("#palette input").fill("fix fir")
    with page.expect_response(nothing_typed):
        held[0].continue_()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{head.base}/fix-first/")


def test_light_and_dark_are_remembered(head: Visitor) -> None:
    head.go("/inbox/")
    page = head.page
    before = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.locator("[data-theme-toggle]").first.click()
    after = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert after != before
    head.go("/inbox/")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == after


def test_the_second_of_two_who_edit_is_told(findings: Visitor) -> None:
    head = findings
    head.go("/assets/")
    head.page.locator("#listing tbody td.of-ref a").first.click()
    address = head.page.url.removeprefix(head.base) + "edit/"
    head.go(address)
    other = Visitor(head.page.context.new_page(), head.base, head.email)
    other.go(address)
    other.page.get_by_label("Description").fill("First")
    other.press("Save")
    other.sees("saved")
    head.page.get_by_label("Description").fill("Second")
    head.press("Save")
    head.sees("Somebody changed this record meanwhile")
    assert head.page.get_by_label("Description").input_value() == "Second"
    other.page.close()


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_page_is_wider_than_the_screen(findings: Visitor, width: int) -> None:
    findings.page.set_viewport_size({"width": width, "height": 844})
    for path in (
        "/",
        "/inbox/",
        "/fix-first/",
        "/findings/",
        "/assets/",
        "/imports/new/",
        "/access/",
        "/figures/",
        "/account/",
        "/account/2fa/",
        "/account/sessions/",
        "/account/tokens/",
        "/account/notifications/",
        "/administration/",
        "/access/units/",
        "/access/groups/",
        "/access/engagements/",
        "/access/roles/",
        "/access/who/",
        "/access/reviews/",
        "/access/services/",
        "/access/break-glass/",
        "/ledger/",
        "/webhooks/new/",
        "/outbox/",
        "/retention/",
    ):
        findings.go(path)
        wider = findings.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path

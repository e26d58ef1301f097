"""Texts that would like to be script, in a real browser: no dialog, no handler, no breach of the content policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import walking
from tests.browser.walking import Visitor, visitor, welcome
from tests.security.test_texts import PAYLOADS

pytest.importorskip("playwright.sync_api", reason="This needs Playwright: pip install playwright")
pytestmark = walking.MARKS
CORPUS = (
    *PAYLOADS,
    "<svg><script>xssmark(1)</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=xssmark(1)>",
    "<iframe srcdoc='<script>parent.xssmark(1)</script>'>",
    "\u202e<b onclick=xssmark(1)>",
    "</script><script src=//127.0.0.1:9/canary.js></script>",
    "[a](javascript:xssmark(1))",
    "<a href=data:text/html,xssmark(1)>x</a>",
    '<form action="//127.0.0.1:9/"><button>Save</button></form>',
    "<meta http-equiv=refresh content='0;url=//127.0.0.1:9/'>",
    "<base href=//127.0.0.1:9/>",
    "<style>*{background:url(//127.0.0.1:9/canary)}</style>",
)
MARK = "window.marked = []; window.xssmark = (...a) => window.marked.push(a);"
FIND = """() => ({
  marked: window.marked,
  handlers: [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
    .filter(a => a.name.startsWith('on')).length,
  links: [...document.querySelectorAll('[href],[src],[action]')].map(e => e.href || e.src || e.action || '')
    .filter(u => typeof u === 'string' && !u.startsWith(location.origin) && !u.startsWith('data:image/')).length,
})"""
WRITE = """async ([path, values]) => {
  const form = document.querySelector('input[name=csrfmiddlewaretoken]').value;
  const reply = await fetch(path, {method: 'POST', body: JSON.stringify(values),
    headers: {'Content-Type': 'application/json', 'X-CSRFToken': form}});
  return [reply.status, await reply.json()];
}"""


@pytest.fixture(scope="module")
def head() -> Iterator[Visitor]:
    with walking.browsing() as (browser, base, link):
        who = visitor(browser, base, "head@remit.example")
        welcome(who, link)
        who.page.add_init_script(MARK)
        yield who


def test_no_text_becomes_script(head: Visitor) -> None:
    page: Any = head.page
    dialogs: list[str] = []
    outward: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: None if asked.url.startswith((head.base, "data:")) else outward.append(asked.url))
    head.go("/assets/new/")
    unit = int(page.locator("[name=unit] option").last.get_attribute("value") or 0)
    urls = ["/", "/assets/", "/inbox/", "/search/?q=xssmark", "/account/"]
    for payload in CORPUS:
        values = {"name": payload, "description": payload, "unit_id": unit, "data_classes": [payload[:40]],
                  "operating_system": payload[:100]}  # fmt: skip
        status, made = page.evaluate(WRITE, ["/api/assets", values])
        assert status == 201, json.dumps(made)
        page.evaluate(WRITE, [f"/api/assets/{made['id']}/comments", {"text": payload}])
        urls += [f"/assets/{made['id']}/", f"/assets/{made['id']}/edit/"]
    for url in urls:
        head.go(url)
        found = page.evaluate(FIND)
        assert found == {"marked": [], "handlers": 0, "links": 0}, (url, found)
    for payload in CORPUS:
        page.goto(f"{head.base}/search/?q={payload.replace('#', '')}")
        assert page.evaluate(FIND)["marked"] == [], payload
    assert dialogs == []
    assert outward == []
    assert head.complaints == [], "a breach of the content policy is said on the console"

"""What a walk through the product needs: an instance that runs, a browser, and people in it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 90.0
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
PASSWORD = "a sentence to walk with"
TOLD = re.compile(r"Failed to load resource: .* status of (409|422)")
"""What a browser says of its own about an answer that a test means to get."""

NESSUS = """<?xml version="1.0"?>
<NessusClientData_v2><Report name="weekly">{hosts}</Report></NessusClientData_v2>
"""
HOST = """<ReportHost name="10.7.0.{n}"><HostProperties><tag name="host-ip">10.7.0.{n}</tag>
<tag name="host-fqdn">web{n}.corp.example</tag><tag name="operating-system">Linux</tag>
<tag name="HOST_END">Mon Nov 16 02:10:31 2026</tag></HostProperties>{items}</ReportHost>
"""
ITEM = """<ReportItem port="443" protocol="tcp" severity="3" pluginID="{plugin}"
 pluginName="Lantern &lt; 2.{plugin} overflow">
<cve>CVE-2026-{plugin}</cve><cvss3_base_score>9.8</cvss3_base_score>
<cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</cvss3_vector>
<solution>Upgrade Lantern to 2.{plugin}.</solution>
<plugin_output>Installed version : 1.0</plugin_output></ReportItem>
"""


def scan() -> bytes:
    """Return a small report: three hosts with two weaknesses each."""
    items = "".join(ITEM.format(plugin=plugin) for plugin in (7001, 7002))
    return NESSUS.format(hosts="".join(HOST.format(n=n, items=items) for n in (1, 2, 3))).encode()


def chromium() -> str | None:
    """Return where Chromium is, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="This needs Chromium: apt-get install chromium"),
]
"""What every module of walks is marked with."""


@contextmanager
def instance() -> Iterator[str]:
    """Run an empty Remit in a folder that goes away; yields the one-time sign-in link it prints."""
    folder = Path(tempfile.mkdtemp(prefix="remit-walk-"))
    folder.chmod(0o711)  # so that root's database server, which is not root, finds its way in
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REMIT_", "DJANGO_"))}
    log = folder / "up.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "remit", "up", "--port", str(port)]
        up = subprocess.Popen(command, env={**own, "REMIT_DATA": str(folder / "data")}, stdout=out, stderr=out)
    try:
        yield _link(up, log)
    finally:
        up.terminate()
        up.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def browsing() -> Iterator[tuple[Any, str, str]]:
    """Run an empty Remit and a browser; yields the browser, where Remit is, and its one-time sign-in link."""
    from playwright.sync_api import sync_playwright

    with instance() as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser, link.partition("/welcome/")[0], link
        browser.close()


def _link(up: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        said = log.read_text()
        if found := re.search(r"http://\S+/welcome/\S+", said):
            return found[0]
        assert up.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


@dataclass
class Visitor:
    """One person's browser: its page, where Remit is, and what the console complained of."""

    page: Any
    base: str
    email: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        answer = self.page.goto(self.base + path)
        assert answer.status < 400, f"{path}: {answer.status}"

    def press(self, name: str, within: str = "main") -> None:
        """Press the button of this name."""
        self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until this text stands on the page."""
        self.page.get_by_text(text).first.wait_for(state="visible", timeout=20_000)


def visitor(browser: Any, base: str, email: str, **context: Any) -> Visitor:
    """Open a browser of its own for one person."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, **context)
    opened.set_default_timeout(15_000)
    arrived = Visitor(opened.new_page(), base, email)
    opened.on(
        "console",
        lambda said: (
            arrived.complaints.append(said.text)
            if said.type in {"error", "warning"} and not TOLD.search(said.text)
            else None
        ),
    )
    opened.on("weberror", lambda error: arrived.complaints.append(str(error.error)))
    return arrived


def welcome(who: Visitor, link: str) -> None:
    """Use a one-time link and set the password."""
    who.page.goto(link)
    for name in ("password1", "password2"):
        who.page.locator(f"#{name}").fill(PASSWORD)
    who.page.get_by_role("button", name="Set the password and come in").click()
    who.page.wait_for_url(f"{who.base}/")


def type_and_choose(who: Visitor, selector: str, words: str) -> None:
    """Find a relation by typing and take the first option."""
    box = who.page.locator(selector)
    box.fill(words)
    who.page.locator(f"{selector}-list [role=option]").first.click()

"""Take the pictures of the main pages for the documentation: `make pictures`.

Starts an instance of its own with the sample organisation on a free port, signs in by the printed link in headless
Chromium, and writes docs/pictures/*.png.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
PAGES = (
    ("home", "/"),
    ("fix-first", "/fix-first/"),
    ("findings", "/findings/?state=open&level=3&level=2"),
    ("finding", "/findings/?state=open&sort=-level"),
    ("assets", "/assets/?sort=-criticality"),
    ("inbox", "/inbox/"),
    ("figures", "/figures/"),
    ("imports", "/imports/"),
    ("administration", "/administration/"),
    ("access", "/access/"),
    ("roles", "/access/roles/"),
    ("ledger", "/ledger/"),
)
"""Picture and address; "finding" opens the first row of the list. Names on the command line take these only."""
LOOKS = (("", 1440, "light"), ("-dark", 1440, "dark"), ("-narrow", 390, "light"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@contextmanager
def instance() -> Iterator[str]:
    """Run Remit with the sample organisation in a folder that goes away; yields the sign-in link."""
    folder = Path(tempfile.mkdtemp(prefix="remit-pictures-"))
    folder.chmod(0o711)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-u", "-m", "remit", "up", "--sample", "--port", str(port)]
    up = subprocess.Popen(
        command,
        env={**os.environ, "REMIT_DATA": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield link_in(up)
    finally:
        up.terminate()
        up.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def link_in(up: subprocess.Popen[str]) -> str:
    """Read what it prints until the sign-in link comes."""
    said = []
    for line in up.stdout or ():
        said.append(line)
        if found := re.search(r"http://\S+/welcome/\S+", line):
            return found[0]
    raise SystemExit("Remit did not start:\n" + "".join(said))


def sign_in(browser: Browser, link: str) -> list[dict[str, object]]:
    """Use the link once, set a password, and return the cookies of the session."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    password = secrets.token_urlsafe(18)
    for field in page.locator("input[type=password]").all():
        field.fill(password)
    page.locator("input[type=password]").last.press("Enter")
    page.wait_for_url("**/")
    return [dict(cookie) for cookie in context.cookies()]


def take(page: Page, base: str, name: str, address: str, suffix: str) -> None:
    page.goto(base + address)
    if name == "finding":
        page.locator("#listing tbody a").first.click()
        page.wait_for_load_state()
    time.sleep(0.2)
    page.screenshot(path=HERE / "pictures" / f"{name}{suffix}.png")


def main(wanted: list[str]) -> None:
    """Take the pictures wanted, or all, in every look."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is missing. On Debian: apt-get install chromium")
    (HERE / "pictures").mkdir(exist_ok=True)
    with instance() as link, sync_playwright() as playwright:
        base = link.partition("/welcome/")[0]
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        cookies = sign_in(browser, link)
        for suffix, width, scheme in LOOKS:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
            context.add_cookies(cookies)  # type: ignore[arg-type]
            page = context.new_page()
            for name, address in PAGES:
                if name in wanted or not wanted:
                    take(page, base, name, address, suffix)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])

"""Draw every template with invented values, without a database: `python -m tests.browser.gallery FOLDER [NAME…]`.

Writes HTML pages into FOLDER, and pictures of them at three widths, light and dark, where Chromium is installed.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace as Plain
from typing import Any

import django
from django.conf import settings
from django.http import HttpResponse
from django.template import engines
from django.urls import path

from remit.kernel.screens import Choice, FormField, Group, Link
from tests.browser import list_values, page_values, record_values, vault_values

SOURCE = Path(__file__).parents[2] / "src" / "remit"
TEMPLATES = [
    SOURCE / "kernel/templates",
    SOURCE / "overview/home/templates",
    SOURCE / "identify/vulnerabilities/templates",
]
WIDTHS = {1440: 1000, 1024: 800, 390: 844}

NAMES = (
    "account_login account_logout account_reauthenticate account_change_password mfa_authenticate mfa_reauthenticate "
    "mfa_index mfa_activate_totp mfa_deactivate_totp mfa_view_recovery_codes mfa_generate_recovery_codes "
    "mfa_download_recovery_codes mfa_login_webauthn mfa_add_webauthn mfa_reauthenticate_webauthn"
)
OF_ONE = ("mfa_edit_webauthn", "mfa_remove_webauthn")
urlpatterns = [path(name, HttpResponse, name=name) for name in NAMES.split()]
urlpatterns += [path(f"{name}/<int:pk>", HttpResponse, name=name) for name in OF_ONE]


def prepare() -> None:
    """Set up just enough of Django to draw templates."""
    settings.configure(
        SECRET_KEY="for pictures only",
        ROOT_URLCONF="tests.browser.gallery",
        STATIC_URL="static/",
        USE_I18N=False,
        INSTALLED_APPS=["django.contrib.staticfiles", "django_htmx"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": TEMPLATES,
                "OPTIONS": {"libraries": {"remit": "remit.kernel.templatetags.remit"}, "builtins": []},
            }
        ],
    )
    django.setup()


def django_form() -> Any:
    from django import forms

    class Password(forms.Form):
        oldpassword = forms.CharField(label="Current password", widget=forms.PasswordInput)
        password1 = forms.CharField(
            label="New password", widget=forms.PasswordInput, help_text="At least 12 characters."
        )

    return Password()


def pages() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield (file name, template, place in the rail or "" for the door, context)."""

    def screen(value: Any) -> dict[str, Any]:
        return {"screen": value}

    code, no_errors = {"code": Plain(errors=()), "secret": "JBSWY3DPEHPK3PXP"}, Plain(value=None, errors=())
    yield "home", "home/home.html", "Home", screen(page_values.home())
    yield "fixfirst", "vulnerabilities/fixfirst.html", "Fix first", screen(page_values.fix_first())
    yield (
        "action",
        "vulnerabilities/action.html",
        "Fix first",
        {
            "action": page_values.fix_first().actions[0],
            "rows_screen": list_values.listing(list_values.ROWS, filtered=False),
            "crumbs": list_values.CRUMBS,
        },
    )
    yield "list", "kernel/list.html", "Findings", screen(list_values.listing())
    yield "list-nothing", "kernel/list.html", "Findings", screen(list_values.listing((), filtered=True))
    yield "list-empty", "kernel/list.html", "Findings", screen(list_values.listing((), filtered=False))
    yield "record", "kernel/record.html", "Findings", screen(record_values.record())
    yield "form", "kernel/form.html", "Assets", screen(record_values.form())
    sample = tuple(named(f"{r.name}") for r in list_values.ROWS[:4])
    yield (
        "bulk",
        "kernel/bulk.html",
        "Findings",
        {
            "title": "Accept the risk of 7 findings",
            "sentence": "Each moves from Open to Accepted.",
            "count": "7 findings",
            "sample": sample,
            "ids": [1, 2],
            "action": "move:accept",
            "refused": (("FND-17011", "It is verified already."),),
            "fields": record_values.form().fields[3:5],
            "submit": "Accept 7",
            "cancel_url": "#",
            "crumbs": list_values.CRUMBS,
        },
    )
    importing = {
        "title": "Import assets",
        "crumbs": list_values.CRUMBS,
        "hint": "A CSV, XLSX or JSON file with a heading row.",
        "template_url": "#",
        "cancel_url": "#",
    }
    yield "import", "kernel/import.html", "Assets", importing
    counts = (("good", "new", 1), ("attend", "changed", 1), ("", "the same", 1), ("act", "wrong", 1))
    yield (
        "import-preview",
        "kernel/import.html",
        "Assets",
        importing | {"preview": record_values.PREVIEW, "counts": counts, "token": "t", "ready": True, "more": 120},
    )
    yield (
        "delete",
        "kernel/confirm_delete.html",
        "Assets",
        {"record": Plain(ref="AST-31"), "resource": Plain(singular="asset"), "problem": "", "cancel_url": "#"},
    )
    groups = (
        Group("Findings", tuple(named(r.name) for r in list_values.ROWS[:3])),
        Group("Assets", (named("gw-ams-03"),)),
    )
    yield "search", "kernel/search.html", "", {"query": "openssh", "groups": groups, "more": {"Findings": "#"}}
    yield "search-none", "kernel/search.html", "Home", {"query": "opensshh", "groups": (), "more": {}}
    yield (
        "inbox",
        "kernel/inbox.html",
        "Inbox",
        {"groups": [("Decisions", record_values.WORK[:2]), ("This week", record_values.WORK[2:])], "count": 3},
    )
    yield "inbox-empty", "kernel/inbox.html", "Inbox", {"groups": [], "count": 0}
    yield "job", "kernel/job.html", "Imports", screen(page_values.job())
    yield "job-done", "kernel/job.html", "Imports", screen(page_values.job(running=False))
    yield (
        "figures",
        "kernel/figures.html",
        "Figures",
        {"groups": [("Identify", page_values.FIGURES), ("Govern", page_values.FIGURES[:3])]},
    )
    yield (
        "figure",
        "kernel/figure.html",
        "Figures",
        screen(page_values.figure()) | {"rows_screen": list_values.listing(list_values.ROWS, filtered=False)},
    )
    alice, dan = (
        Plain(pk=n, name=name, email=f"{name.split()[0].lower()}@northwind.example", is_active=True, last_login=None)
        for n, name in ((1, "Alice Moreau"), (2, "Dan Keller"))
    )
    head = Plain(pk=1, get_role_display="Head of security", unit="Northwind Group")
    audit = Plain(pk=2, get_role_display="Auditor", unit="Northwind Cloud", expires_on=date(2027, 1, 31))
    soon = Plain(
        pk=3,
        group=None,
        created_by=None,
        user_id=2,
        user="Dan Keller",
        get_role_display="Auditor",
        unit="Northwind Cloud",
        last_day=None,
    )
    people = {
        "ending": [soon],
        "due": ["Northwind Group"],
        "people": [(alice, [head]), (dan, [audit])],
        "count": 2,
        "query": "",
    }
    yield "access", "kernel/access.html", "Administration", people
    fields = (FormField("role", "Role", "choice", choices=(Choice("auditor", "Auditor"),), required=True),)
    one = {
        "person": alice,
        "grants": [(head, ""), (audit, "By a group.")],
        "refusal": "",
        "fields": fields,
        "crumbs": (),
    }
    yield "person", "kernel/person.html", "Administration", one
    link = {"person": alice, "link": "http://127.0.0.1:8000/welcome/a/", "hours": 24, "crumbs": ()}
    yield "sign-in-link", "kernel/sign_in_link.html", "Administration", link
    person = Plain(name="Alice Moreau", title="Head of Information Security", email="alice@northwind.example")
    yield (
        "profile",
        "kernel/profile.html",
        "Home",
        {"person": person, "grants": [("Northwind Group", 13, ["Head of security"])]},
    )
    yield (
        "error",
        "kernel/error.html",
        "Home",
        {
            "title": "Somebody was faster",
            "what": "Ben Okafor changed FND-7 at 14:03.",
            "remedy": "Open the record again; your change was not saved.",
            "status": 409,
        },
    )
    for status in ("400", "403", "404", "500"):
        yield status, f"{status}.html", "Home", {}
    yield "404-door", "404.html", "", {}
    steps = [
        named("Add your units", tone="good"),
        named("Invite your people"),
        named("Import the first scan"),
        named("See what to fix first"),
    ]
    yield "start", "kernel/start.html", "Home", {"steps": steps}
    yield "welcome", "kernel/welcome.html", "", {"person": person, "errors": ["The two passwords differ."]}
    login = {
        "non_field_errors": ["The e-mail address and the password do not fit."],
        "login": no_errors,
        "password": no_errors,
    }
    yield "login", "account/login.html", "", {"form": login | {"non_field_errors": []}}
    yield "login-wrong", "account/login.html", "", {"form": login}
    yield "logout", "account/logout.html", "", {}
    yield "inactive", "account/account_inactive.html", "", {}
    yield "reauthenticate", "account/reauthenticate.html", "", {"form": login}
    yield "password", "account/password_change.html", "Home", {"form": django_form()}
    yield "mfa-code", "mfa/authenticate.html", "", {"form": code}
    yield "mfa-reauthenticate", "mfa/reauthenticate.html", "", {"form": code}
    codes = Plain(get_unused_codes=lambda: range(8))
    yield (
        "mfa",
        "mfa/index.html",
        "Home",
        {"authenticators": {"totp": True, "recovery_codes": codes, "webauthn": [a_key()]}, "is_mfa_enabled": True},
    )
    yield from identity_pages(alice, code)
    yield from vault_values.pages()
    yield "mfa-on", "mfa/totp/activate_form.html", "Home", {"form": code, "totp_svg_data_uri": ""}
    yield "mfa-off", "mfa/totp/deactivate_form.html", "Home", {"form": {}}
    yield (
        "codes",
        "mfa/recovery_codes/index.html",
        "Home",
        {
            "unused_codes": ["4f7a91c2", "b81d3e07", "90ccd2a4", "17be88f1"],
            "total_count": 10,
            "can_view_codes": True,
            "can_download_codes": True,
            "can_generate_codes": True,
        },
    )
    yield "codes-new", "mfa/recovery_codes/generate.html", "Home", {"form": {}, "unused_code_count": 4}


def a_key() -> Any:
    stored = Plain(pk=1, created_at=datetime(2026, 9, 1, tzinfo=UTC), last_used_at=None)
    return Plain(name="blue key", is_passwordless=True, instance=stored)


def identity_pages(alice: Any, code: Any) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield the pages of keys, sessions, tokens and service accounts."""
    from remit.kernel.web.identity_lines import SessionLine, TokenLine

    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    options = {"publicKey": {"challenge": 'a"<b>', "allowCredentials": [{"id": "a"}]}}
    field = Plain(errors=["That was not right. Try again."], value="blue key")
    key = {"js_data": {"request_options": options, "creation_options": options}, "webauthn_form": {"credential": field}}
    yield "key-sign-in", "mfa/authenticate.html", "", {"form": code, **key}
    yield "key-confirm", "mfa/webauthn/reauthenticate.html", "", key
    yield "key-add", "mfa/webauthn/add_form.html", "Home", {"form": {"credential": field, "name": field}, **key}
    yield "key-rename", "mfa/webauthn/edit_form.html", "Home", {"form": django_form()}
    yield "keys", "mfa/webauthn/authenticator_list.html", "Home", {"authenticators": [Plain(wrap=a_key())]}
    removed = Plain(wrap=a_key())
    yield "key-remove", "mfa/webauthn/authenticator_confirm_delete.html", "Home", {"object": removed}
    here = [
        SessionLine(1, "Firefox on Windows", "192.0.2.0/24", at, at, True, False),
        SessionLine(2, "Safari on iPhone", "2001:db8:1::/48", at, at, False, True),
    ]
    yield "sessions", "kernel/sessions.html", "Home", {"lines": here, "crumbs": ()}
    lines = [
        TokenLine(1, "nightly", "remit_pat_aB3x", "reads imports", "Valid", "good", True, at, at, at, "Alice Moreau"),
        TokenLine(2, "old", "remit_pat_Zz01", "reads everything", "Revoked", "", False, at, at, None, ""),
    ]
    yield "tokens", "kernel/tokens.html", "Home", {"lines": lines, "crumbs": ()}
    yield "tokens-none", "kernel/tokens.html", "Home", {"lines": [], "crumbs": ()}
    made = {"token": Plain(name="nightly", expires_at=at), "secret": f"remit_pat_{'a' * 49}", "back": "#"}
    yield "token-made", "kernel/token_made.html", "Home", {**made, "crumbs": ()}
    user = Plain(pk=9, name="Scan upload", email="scan-upload@services.invalid", is_active=True)
    owner = Plain(name="Ben Okafor", is_active=False)
    account = Plain(pk=1, user=user, owner=owner, purpose="Hands scans in", created_at=at)
    listed = Plain(account=account, roles=[], tokens=2, used_at=at)
    yield "services", "kernel/services.html", "Administration", {"lines": [listed], "manages": True}
    yield "services-none", "kernel/services.html", "Administration", {"lines": [], "manages": False}
    one = {"account": account, "grants": [], "lines": lines, "refusal": "", "token_base": "#", "manages": True}
    yield "service", "kernel/service.html", "Administration", {**one, "fields": (), "crumbs": ()}


def named(text: str, tone: str = "") -> Link:
    return Link(text, "#", note="FND-1" if not tone else "Three units so far.", tone=tone)


def draw(folder: Path, theme: str = "", wanted: Callable[[str], bool] = bool) -> list[Path]:
    """Write the pages for one theme into `folder`, beside a copy of the static files; return what was written."""
    import django_htmx

    shutil.copytree(SOURCE / "kernel/static", folder / "static", dirs_exist_ok=True)
    shutil.copytree(Path(django_htmx.__file__).parent / "static", folder / "static", dirs_exist_ok=True)
    request = Plain(htmx=False, path="/", GET=Plain(urlencode="level=3"), META={})
    providers = Plain(active_providers=tuple)
    sys.modules["remit.kernel.federation.adapter"] = providers  # which needs a database
    written = []
    for name, template, here, context in pages():
        if not wanted(name):
            continue
        shell = list_values.shell(theme, here) if here else None
        html = (
            engines["django"]
            .get_template(template)
            .render({"request": request, "shell": shell, "csrf_token": "x", **context})
        )
        if not here and theme:
            html = html.replace("<html ", f'<html data-theme="{theme}" ', 1)
        file = folder / f"{name}{'-' + theme if theme else ''}.html"
        file.write_text(html.replace("/static/", "static/"))
        written.append(file)
    return written


def breaches(html: str) -> list[str]:
    """Return what a strict content security policy would refuse in this page."""
    return re.findall(r"<style|<script(?![^>]*src=)[^>]*>|\sstyle=\"[^\"]*\"|\son[a-z]+=\"[^\"]*\"|hx-on[^=]*=", html)


def photograph(files: list[Path], folder: Path) -> None:
    """Save a picture of each page at each width."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"],
        )
        for width, height in WIDTHS.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.on("pageerror", lambda error: print("script error:", error))
            for file in files:
                page.goto(file.as_uri())
                over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if over > 0:
                    print(f"{file.stem} at {width}: {over} px too wide")
                page.screenshot(path=folder / f"{file.stem}-{width}.png", full_page=width != 1440)
            page.close()
        browser.close()


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    prepare()
    names = set(arguments[1:])
    files = [
        file for theme in ("light", "dark") for file in draw(folder, theme, lambda name: not names or name in names)
    ]
    for file in files:
        for breach in breaches(file.read_text()):
            print(f"{file.stem}: the content policy refuses {breach}")
    if shutil.which("chromium"):
        photograph(files, folder)
    print(f"{len(files)} pages in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])

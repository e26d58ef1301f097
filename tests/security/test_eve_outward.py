"""What leaves the house, and what comes back to it: texts for courts, anchors, redirects, forms without a token."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.kernel.access.review_rules import Decided
from remit.kernel.access.review_rules import evidence as review_text
from remit.kernel.attachments import custody, holds
from remit.kernel.attachments.services import attach
from remit.kernel.ledger.anchoring import mail, syslog
from remit.kernel.ledger.anchoring.refused import AnchorRefusedError
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import record_in

FORGED = "2026-01-01 00:00:00Z  #1  Alice Test: verified"


def test_no_line_of_a_custody_record_is_somebodys_text(cast: Cast) -> None:
    with being(cast.bob):
        record = record_in(Asset, cast.company, cast.bob, name=f"printer\n{FORGED}")
        item = attach(record, "log.txt", BytesIO(b"content"), "text/plain", source=f"scanner\r\n{FORGED}")
    with being(cast.alice):
        holds.hold(record, "a matter", item)
        text = custody.report(item, ref=f"{record.ref} {record}", by=f"Alice\u2028{FORGED}", now=timezone.now())
    assert FORGED in text
    assert not [line for line in text.splitlines() if line.startswith(FORGED)]


def test_no_line_of_a_review_is_somebodys_text() -> None:
    forged = "   KEEP by Alice Test, 2026-01-01 00:00 UTC: needed"
    line = Decided(
        "Eve", "eve@remit.example", "Employee", "Meadow", f"Group\n{forged}", "", False, date(2026, 1, 1), None, None,
        None, True, "revoke", f"gone\n{forged}", "Bob", datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    text = review_text("Review of Meadow", [("Unit", f"Meadow\n{forged}")], [line])
    assert forged.strip() in text
    assert not [each for each in text.splitlines() if each.startswith(forged)]


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "224.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_a_log_host_is_none_of_the_addresses_that_nobody_logs_to(way: str, host: str) -> None:
    with pytest.raises(AnchorRefusedError, match="must not be reached"):
        syslog.deliver(f"{way}://{host}:514", "a note\n")


def test_a_checkpoint_goes_by_the_mail_server_that_was_named(settings: Any) -> None:
    said = "from remit import settings as s; print(s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_USE_TLS, s.DEFAULT_FROM_EMAIL)"
    named = {"REMIT_SMTP_URL": "smtp://a:b%40c@mail.example.com", "REMIT_MAIL_FROM": "Remit <log@example.com>"}
    done = subprocess.run(
        [sys.executable, "-c", said], env={**os.environ, **named}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "mail.example.com 587 True Remit <log@example.com>"
    settings.SMTP_URL = ""
    with pytest.raises(AnchorRefusedError, match="REMIT_SMTP_URL"):
        mail.deliver("auditor@example.org", 7, "a note\n")


def views(patterns: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from views(each.url_patterns, before + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield before + str(each.pattern), each.callback


def test_every_form_needs_its_token_but_the_one_that_mail_programs_send() -> None:
    """The API is called by token or checks the form's token itself (`remit.kernel.api.auth`)."""
    free = {route for route, view in views(get_resolver().url_patterns) if getattr(view, "csrf_exempt", False)}
    assert {route for route in free if not route.startswith("api/")} == {
        "unsubscribe/<str:token>/",
        "scim/v2/<path:rest>",  # called by programs, with a token of their own
        "account/sign-in/<slug:slug>/callback/",  # a provider's signed answer to a question of this browser
    }


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_the_api_takes_no_cookie_without_the_forms_token(method: str, cast: Cast) -> None:
    record = record_in(Asset, cast.company)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    url = f"/api/assets/{record.pk}" if method != "post" else f"/api/assets/{record.pk}/comments"
    assert getattr(client, method)(url, data='{"text": "x"}', content_type="application/json").status_code == 403


AWAY = (
    "https://evil.example/", "//evil.example/", "/\\evil.example/", "/\t/evil.example/", "/\n/evil.example/",
    "\\\\evil.example", "/%09/evil.example/", "javascript:alert(1)", " //evil.example/", "/./\\evil.example",
)  # fmt: skip


@pytest.mark.parametrize("address", AWAY)
def test_nobody_is_sent_to_another_site(address: str, cast: Cast) -> None:
    """What a browser makes of the Location: it takes a backslash for a slash, and leaves out tabs and line ends."""
    answer = signed_in(cast.bob).post("/unit/", {"unit": "", "next": address})
    where = answer["Location"].replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "").strip()
    assert urlsplit(urljoin("https://remit.example/unit/", where))[:2] == ("https", "remit.example")

"""What every answer says to the browser: no foreign script, no frame, no guessing of types, no address given away."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.test import Client

from remit.identify.assets.models import Asset
from remit.kernel.attachments.services import attach
from remit.kernel.resources import resources
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import MISSING, record_in

INLINE = re.compile(rb"<style\b|<script(?![^>]*\b(src=|type=\"(application/json|speculationrules)\"))[^>]*>\s*\S", re.I)
OUTWARD = re.compile(
    rb"<(?:script|link|img|iframe|form|use|source|object|embed)\b[^>]*\b(?:src|href|action|data)=\"(?:https?:)?//[^\"]*",
    re.I,
)
"""A foreign address that a browser would fetch or send to by itself; a plain link is a person's own choice."""
EVENT_HANDLER = re.compile(rb"<[^>]+\son[a-z]+\s*=", re.I)


def check(reply: Any, url: str) -> None:
    assert reply.headers["X-Content-Type-Options"] == "nosniff", url
    assert reply.headers["X-Frame-Options"] == "DENY", url
    assert reply.headers["Referrer-Policy"] == "same-origin", url
    assert reply.headers["Cross-Origin-Opener-Policy"] == "same-origin", url
    assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin", url
    assert "camera=()" in reply.headers["Permissions-Policy"], url
    assert "no-store" in reply.headers["Cache-Control"], f"{url}: {reply.headers['Cache-Control']}"
    policy = dict(
        part.strip().partition(" ")[::2] for part in reply.headers["Content-Security-Policy"].split(";") if part.strip()
    )
    if "sandbox" in policy:
        assert policy["default-src"] == "'none'", url
        return
    assert policy["default-src"] == "'none'", url
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", url
    assert policy["form-action"] == "'self'", url
    for name, sources in policy.items():
        assert "unsafe" not in sources, f"{url}: {name} {sources}"
        assert "*" not in sources, f"{url}: {name} {sources}"
        assert "http" not in sources, f"{url}: {name} {sources}"


def pages(record: Any) -> list[str]:
    lists = [f"/{resource.slug}/{last}" for resource in resources() for last in ("", "new/", "export.csv")]
    own = [f"/assets/{record.pk}/{last}" for last in ("", "edit/", "delete/", "history/")]
    office = ["/", "/inbox/", "/search/?q=a", "/palette/?q=a", "/lookup/units/", "/figures/", "/access/",
              "/account/", "/account/2fa/", "/fix-first/", "/api/assets", "/api/openapi.json", "/health/"]  # fmt: skip
    wrong = [
        "/nothing/",
        f"/assets/{MISSING}/",
        f"/api/assets/{MISSING}",
        "/account/signup/",
        "/unit/",
        "/assets/?page=x&sort=y",
    ]
    return [*lists, *own, *office, *wrong]


@pytest.mark.parametrize("name", ["alice", "eve", "nobody"])
def test_every_answer_is_guarded(name: str, cast: Cast) -> None:
    record = record_in(Asset, cast.company)
    client = Client() if name == "nobody" else signed_in(getattr(cast, name))
    for url in pages(record):
        reply = client.get(url)
        assert reply.status_code < 500, url
        check(reply, url)
        content = b"".join(reply.streaming_content) if reply.streaming else reply.content  # type: ignore[attr-defined]
        if reply.headers.get("Content-Type", "").startswith("text/html"):
            assert not EVENT_HANDLER.search(content), url
            assert b"javascript:" not in content, url
            assert b" style=" not in content, f"{url}: a style attribute would be refused by the policy"
            assert not INLINE.search(content), f"{url}: a script or style without an address"
            assert not OUTWARD.search(content), f"{url}: {OUTWARD.search(content)}"


def test_entrance_and_errors_are_guarded(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    for method, url in (
        ("get", "/account/login/"),
        ("get", "/welcome/x/"),
        ("post", "/account/login/"),
        ("post", "/api/assets"),
        ("get", "/%ff/"),
    ):
        check(getattr(client, method)(url), url)
    client.force_login(cast.bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    check(client.post("/views/"), "a refusal for want of a token")
    check(signed_in(cast.bob).get("/access/"), "a refusal for want of a role")


def test_a_fault_is_guarded_and_tells_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError("canary in the fault")

    monkeypatch.setattr("remit.kernel.web.views.list_screen", failing)
    client = signed_in(cast.bob)
    client.raise_request_exception = False
    reply = client.get("/assets/")
    assert reply.status_code == 500
    assert b"canary" not in reply.content
    assert b"Traceback" not in reply.content
    check(reply, "a fault")


def test_evidence_is_saved_and_never_shown(cast: Cast) -> None:
    record = record_in(Asset, cast.company)
    with being(cast.bob):
        proof = attach(record, "page.html", io.BytesIO(b"<!doctype html><script>alert(1)</script>"), "text/html")
    reply: Any = signed_in(cast.bob).get(f"/evidence/{proof.pk}/")
    assert reply.status_code == 200
    check(reply, "evidence")
    assert reply["Content-Disposition"].startswith("attachment")
    assert reply["Content-Type"] == "application/octet-stream"
    assert reply["Content-Security-Policy"].startswith("sandbox")
    assert b"".join(reply.streaming_content).startswith(b"<!doctype")


def test_another_host_s_name_is_refused(db: None) -> None:
    assert Client().get("/account/login/", headers={"host": "evil.example"}).status_code == 400


def test_the_policy_of_scripts_is_a_nonce_of_each_answer(cast: Cast) -> None:
    client = signed_in(cast.bob)
    nonces = []
    for _ in range(2):
        found = re.search(r"'nonce-([^']+)'", client.get("/assets/").headers["Content-Security-Policy"])
        nonces.append(found and found[1])
    assert nonces[0] is None or nonces[0] != nonces[1]

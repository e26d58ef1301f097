"""Canaries for every kind of secret: found in no log, no answer, no ledger, and in no copy of the database."""

from __future__ import annotations

import base64
import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as django_settings
from django.test import Client

from remit.kernel.access.models import Unit, User
from remit.kernel.access.services import invite, welcome_token
from remit.kernel.logs import Formatter, redacted
from tests.conftest import being
from tests.security.helpers import Stored, forget_rates, sign_in, stored_database

PASSWORD = "canary lantern seventeen"


@pytest.fixture
def stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stored]:
    with django_db_blocker.unblock(), stored_database() as made:
        yield made


class Listener(logging.Handler):
    """Everything that is logged, as the product's log would have it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.formatter = Formatter("{levelname} {name} {message}", style="{")
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[list[str]]:
    listener, root = Listener(), logging.getLogger()
    names = ("django", "remit", "allauth", "axes", "procrastinate", "")
    levels = {name: logging.getLogger(name).level for name in names}
    root.addHandler(listener)
    for name in names:  # below INFO, templates tell their whole context; the product logs from INFO on
        logging.getLogger(name).setLevel(logging.INFO)
    yield listener.lines
    root.removeHandler(listener)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def code_of(seed: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(seed, next(iter(totp.yield_hotp_counters_from_time())))))


def walk() -> tuple[dict[str, str], list[bytes]]:
    """Do everything that has to do with secrets; returns the secrets, and every answer but those that hand one out."""
    forget_rates()
    with being(None):
        unit = Unit.objects.create(code="grp", name="Group", kind="group")
        bob = invite(email="bob@remit.example", name="Bob", role="head_of_security", unit=unit)
        link = welcome_token(bob)
    client, answers = Client(raise_request_exception=False), []

    def seen(reply: Any) -> Any:
        content = b"".join(reply.streaming_content) if reply.streaming else reply.content
        reply.close()
        answers.append(content + repr(sorted(reply.headers.items())).encode())
        return reply

    url = f"/welcome/{link}/"
    seen(client.post(url, {"password1": "short", "password2": "short"}))
    seen(client.post(url, {"password1": PASSWORD, "password2": PASSWORD}))
    seen(Client().get(url))
    seen(sign_in(Client(), "bob@remit.example", f"{PASSWORD}x"))
    seen(client.post("/account/reauthenticate/", {"password": PASSWORD}))
    seed = str(client.get("/account/2fa/totp/activate/").context["form"].secret)
    client.post("/account/2fa/totp/activate/", {"code": "000000"})  # the page shows the seed again
    halfway = session_table()
    seen(client.post("/account/2fa/totp/activate/", {"code": code_of(seed)}))
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    for path in ("/", "/account/", "/access/", "/api/me", "/nothing/?token=canarytoken", f"/nothing/{session}/",
                 "/assets/?key=canarytoken", "/assets/export.csv", "/access/people/1/"):  # fmt: skip
        seen(client.get(path, headers={"authorization": "Bearer canarybearer"}))
    seen(client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": "x", "password2": "x"}))
    secrets = {
        "secret key": django_settings.SECRET_KEY, "password": PASSWORD, "session key": session, "seed": seed,
        "link": link, "query": "canarytoken", "bearer": "canarybearer", "session table": halfway,
    }  # fmt: skip
    return secrets, answers


def session_table() -> str:
    from django.contrib.sessions.models import Session

    with being(None):
        return "\n".join(f"{each.session_key} {each.session_data}" for each in Session.objects.all())


def dump(stored: Stored) -> str:
    """Every row of every table, as the owner sees them: what a copy of the database holds."""
    with psycopg.connect(stored.owner_uri) as connection:
        connection.execute("select set_config('remit.system', 'test', false)")
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert len(tables) > 30
        parts = []
        for (table,) in tables:
            rows = connection.execute(f'select t::text from "{table}" t').fetchall()  # type: ignore[call-overload]
            parts += [row[0] or "" for row in rows]
    return "\n".join(parts)


def test_canary_secrets_are_nowhere(stored: Stored, log: list[str]) -> None:
    [(secrets, answers)] = stored.run(walk)
    halfway = secrets.pop("session table")
    text, copy = "\n".join(log), dump(stored)
    assert "Bob" in copy
    assert len(log) > 5
    for name, secret in secrets.items():
        for form in {secret, base64.b64encode(secret.encode()).decode().rstrip("=")}:
            assert form not in text, f"the {name} is in the log: {line_with(log, form)}"
            assert form not in copy, f"the {name} is in a copy of the database"
            assert form not in halfway, f"the {name} is in the table of sessions"
            if name not in {"query", "session key"}:  # an address is told back; a session's key is its cookie
                assert not [answer for answer in answers if form.encode() in answer], f"the {name} is in an answer"
    for data in re.findall(r"[A-Za-z0-9_=+/-]{40,}", halfway):
        with contextlib.suppress(ValueError):
            assert secrets["seed"].encode() not in base64.b64decode(f"{data}==")


def line_with(lines: list[str], word: str) -> str:
    return next(line for line in lines if word in line)[:300]


def test_the_ledger_of_people_holds_no_password(stored: Stored) -> None:
    def change() -> str:
        with being(None):
            unit = Unit.objects.create(code="grp", name="Group", kind="group")
            bob = invite(email="bob@remit.example", name="Bob", role="analyst", unit=unit)
            bob.set_password(PASSWORD)
            bob.save()
            return str(User.objects.get(pk=bob.pk).password)

    [hashed] = stored.run(change)
    assert hashed.startswith("argon2")
    entries = repr(stored.as_owner("select changes::text from ledger_entry"))
    assert "bob@remit.example" in entries
    assert hashed not in entries
    assert "argon2" not in entries


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Gone: /welcome/eyJ1c2VyIjo0fQ:1vabcdefghijklmnopqrstuvw/", "Gone: /welcome/…/"),
        ("Not Found: /assets/12/", "Not Found: /assets/12/"),
        ("GET /x/?token=abc&page=2", "GET /x/?token=…&page=2"),
        ("Authorization: Bearer abc", "Authorization: …"),
        ("password=hunter2 for bob", "password=… for bob"),
        ("Job run 12 (ingest.load) failed.", "Job run 12 (ingest.load) failed."),
    ],
)  # fmt: skip
def test_lines_are_redacted(line: str, kept: str) -> None:
    assert redacted(line) == kept

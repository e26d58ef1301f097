"""Calling by token: what it opens, what it never does, and that its text is nowhere but with its holder."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.access.models import Grant, User
from remit.kernel.access.services import disable
from remit.kernel.identity import secrets, tokens
from remit.kernel.identity.models import ApiToken
from remit.kernel.identity.scope import Scope
from tests.conftest import Cast, being, make, signed_in
from tests.security.helpers import body, forget_rates, sign_in

PASSWORD = "harbour lantern seventeen"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    forget_rates()


def token_of(person: User, **said: Any) -> str:
    with being(person):
        return tokens.make(person, name="some program", **said)[1]


def call(secret: str, path: str = "/api/me", method: str = "get", data: Any = None, **more: Any) -> Any:
    """Call as a program does: no cookie, no CSRF token, and the checks of both switched on."""
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {secret}"}
    if data is not None:
        more |= {"data": data, "content_type": "application/json"}
    return getattr(client, method)(path, headers=headers, **more)


def test_a_token_opens_the_api_and_nothing_else(cast: Cast) -> None:
    secret = token_of(cast.bob)
    assert call(secret).json()["email"] == "bob@remit.example"
    assert call(secret, "/api/openapi.json").status_code == 200
    assert call(secret, "/api/figures").status_code == call(secret, "/api/fix-first").status_code == 200
    for page in ("/", "/inbox/", "/account/", "/account/tokens/", "/access/", "/assets/", "/assets/export.csv"):
        assert call(secret, page).status_code == 302, page


def test_a_token_that_reads_does_not_write(cast: Cast) -> None:
    asset = make(Asset, unit=cast.company)
    reading, writing = token_of(cast.bob), token_of(cast.bob, writes=True)
    change = {"version": asset.version, "description": "changed by a program"}
    assert call(reading, f"/api/assets/{asset.pk}").status_code == 200
    for method, path in (("patch", f"/api/assets/{asset.pk}"), ("post", "/api/assets"), ("delete", "/api/assets/1")):
        reply = call(reading, path, method, change)
        assert (reply.status_code, "may only read" in reply.json()["detail"]) == (403, True), method
    assert call(writing, f"/api/assets/{asset.pk}", "patch", change).status_code == 200


def test_a_token_for_one_kind_sees_no_other(cast: Cast) -> None:
    make(Asset, unit=cast.company)
    secret = token_of(cast.bob, kinds=["assets.asset"], writes=True)
    assert call(secret, "/api/assets").json()["count"] == 1
    for path in ("/api/findings", "/api/work", "/api/inbox", "/api/figures", "/api/fix-first"):
        assert call(secret, path).status_code == 403, path
    assert call(secret, "/api/me").status_code == 200


def test_a_token_for_one_unit_sees_no_other(cast: Cast) -> None:
    make(Asset, unit=cast.company)
    within = make(Asset, unit=cast.team)
    secret = token_of(cast.bob, unit=cast.team)
    found = call(secret, "/api/assets").json()
    assert [item["id"] for item in found["items"]] == [within.pk]
    assert [unit["code"] for unit in call(secret).json()["units"]] == ["team"]


def test_the_database_holds_to_the_scope_by_itself(cast: Cast) -> None:
    """An operation that forgot to ask would find, and change, nothing."""
    mine, other = make(Asset, unit=cast.company), make(Asset, unit=cast.team)
    reading = Scope(False, None, None)
    with actor.acting(cast.bob.pk, scope=reading.setting()), transaction.atomic():
        assert Asset.objects.count() == 2
        assert Asset.objects.filter(pk=mine.pk).update(name="changed") == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            Asset.objects.create(name="new", unit=cast.company)
    elsewhere = Scope(True, frozenset({"vulnerabilities.occurrence"}), None)
    with actor.acting(cast.bob.pk, scope=elsewhere.setting()), transaction.atomic():
        assert not Asset.objects.exists()
    in_team = Scope(True, None, frozenset({cast.team.pk}))
    with actor.acting(cast.bob.pk, scope=in_team.setting()), transaction.atomic():
        assert list(Asset.objects.values_list("pk", flat=True)) == [other.pk]
    with actor.acting(cast.alice.pk, scope=Scope(True).setting()), transaction.atomic():
        assert not ApiToken.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("select remit_administers(%s)", (cast.group.pk,))
            assert cursor.fetchone()[0] is False, "a token never administers access"
        with pytest.raises(DatabaseError), transaction.atomic():
            tokens.make(cast.alice, name="from a token")


def test_whatever_is_wrong_with_a_token_the_answer_is_one(cast: Cast) -> None:
    """Unknown, revoked, ended, of a disabled person, misspelt, of another scheme: the same bytes."""
    revoked, ended, disabled = token_of(cast.bob), token_of(cast.bob), token_of(cast.carol)
    with being(None):
        held = {bytes(t.digest): t for t in ApiToken.objects.all()}
        tokens.revoke(held[secrets.digest_of(revoked)])
        past = timezone.now() - timedelta(seconds=1)
        ApiToken.objects.filter(digest=secrets.digest_of(ended)).update(expires_at=past)
        disable(User.objects.get(pk=cast.carol.pk))
    answers = set()
    for wrong in (revoked, ended, disabled, secrets.new_secret(), revoked[:-1] + "!", "", "remit_pat_", "é" * 30):
        reply = call(wrong)
        assert reply.status_code == 401
        answers.add(body(reply))
    answers.add(body(Client().get("/api/me")))
    answers.add(body(Client().get("/api/me", headers={"Authorization": f"Basic {token_of(cast.bob)}"})))
    assert len(answers) == 1


def test_with_a_token_the_cookie_counts_for_nothing(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert client.get("/api/me", headers={"Authorization": "Bearer wrong"}).status_code == 401
    reply = client.get("/api/me", headers={"Authorization": f"Bearer {token_of(cast.bob)}"})
    assert reply.json()["email"] == "bob@remit.example"
    assert not reply.cookies, "nor is the session of the cookie ended or renewed"
    assert client.get("/api/me").json()["email"] == "alice@remit.example"


def test_a_token_in_an_address_is_refused(cast: Cast) -> None:
    secret = token_of(cast.bob)
    for path in (f"/api/me?token={secret}", f"/api/assets?q={secret}"):
        reply = signed_in(cast.bob).get(path)
        assert (reply.status_code, "revoke it" in reply.json()["detail"]) == (400, True)
        assert secret not in reply.content.decode()


def test_an_address_that_is_often_wrong_waits(cast: Cast) -> None:
    right = token_of(cast.bob)
    for _ in range(20):
        assert call(secrets.new_secret()).status_code == 401
    reply = call(right)
    assert (reply.status_code, reply["Retry-After"]) == (429, "60")
    assert call(right, REMOTE_ADDR="192.0.2.7").status_code == 200, "others go on"


def test_a_role_taken_back_is_taken_from_the_token(cast: Cast) -> None:
    secret = token_of(cast.bob)
    assert call(secret, "/api/assets").status_code == 200
    with being(None):
        Grant.objects.filter(user=cast.bob).delete()
    assert call(secret, "/api/assets").status_code == 403


def test_a_token_of_who_owes_a_second_factor_waits_for_it(cast: Cast, settings: Any) -> None:
    bob, carol = token_of(cast.bob), token_of(cast.carol)
    settings.BEHIND_TLS = True
    assert call(bob).status_code == 403
    assert call(carol).status_code == 200
    assert signed_in(cast.bob).get("/account/tokens/").status_code == 302


def test_a_use_is_written_down_once_a_minute(cast: Cast) -> None:
    secret = token_of(cast.bob)
    for _ in range(3):
        call(secret)
    with being(cast.bob):
        token = ApiToken.objects.select_related("use").get()
    used = tokens.last_use(token)
    assert used is not None
    assert timezone.now() - used < timedelta(minutes=1)


@pytest.fixture
def confirmed(cast: Cast) -> Client:
    """Bob, who has just typed his password."""
    with being(None):
        cast.bob.set_password(PASSWORD)
        cast.bob.save()
    client = Client()
    sign_in(client, "bob@remit.example", PASSWORD)
    assert client.get("/account/tokens/new/")["Location"].startswith("/account/reauthenticate/"), "a sensitive act"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


def test_a_token_is_made_on_the_page_shown_once_and_stored_nowhere(
    confirmed: Client, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = {"name": "nightly", "writes": "write", "kinds": ["assets.asset"], "unit_id": "", "days": "30"}
    page = confirmed.post("/account/tokens/new/", said)
    secret = page.context["secret"]
    assert page.status_code == 200
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert call(secret, "/api/assets").status_code == 200
    call(secret + "x")
    listed = confirmed.get("/account/tokens/").content.decode()
    assert "nightly" in listed
    assert secret not in listed
    assert secret not in caplog.text
    assert not [table for table in tables() if holds(table, secret[len(secrets.PREFIX) :])]


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def holds(table: str, text: str) -> bool:
    """Say whether any row of a table has this text anywhere; the ledger too, through its own function."""
    with being(None), connection.cursor() as cursor:
        cursor.execute("select has_table_privilege(%s, 'select')", (table,))
        if not cursor.fetchone()[0]:
            cursor.execute("select remit_history('kernel.work', 0, null, 1)")
            return False
        cursor.execute(f'select exists (select 1 from "{table}" t where t::text like %s)', (f"%{text}%",))
        return bool(cursor.fetchone()[0])


def test_nobody_handles_a_token_of_somebody_else(confirmed: Client, cast: Cast) -> None:
    token_of(cast.carol)
    with being(None):
        theirs = ApiToken.objects.get(user=cast.carol)
    hidden, missing = (confirmed.post(f"/account/tokens/{pk}/revoke/") for pk in (theirs.pk, 999_999_999))
    assert hidden.status_code == missing.status_code == 404
    with being(cast.alice):
        assert not ApiToken.objects.exists(), "not even who administers access reads the tokens of people"


def test_a_revoked_token_is_refused_with_the_next_call(confirmed: Client, cast: Cast) -> None:
    secret = token_of(cast.bob)
    with being(cast.bob):
        token = ApiToken.objects.get()
    assert call(secret).status_code == 200
    assert confirmed.post(f"/account/tokens/{token.pk}/revoke/").status_code == 302
    assert call(secret).status_code == 401


@pytest.mark.parametrize(("days", "status"), [("0", 422), ("1", 200), ("366", 200), ("367", 422), ("", 422)])
def test_a_token_lives_a_year_at_most(days: str, status: int, confirmed: Client) -> None:
    said = {"name": "nightly", "writes": "read", "unit_id": "", "days": days}
    assert confirmed.post("/account/tokens/new/", said).status_code == status


def test_a_unit_out_of_reach_is_no_choice(confirmed: Client, cast: Cast) -> None:
    said = {"name": "nightly", "writes": "read", "unit_id": str(cast.sibling.pk), "days": "30"}
    assert confirmed.post("/account/tokens/new/", said).status_code == 422


def test_there_are_not_too_many(cast: Cast) -> None:
    for _ in range(tokens.MOST_TOKENS):
        token_of(cast.bob)
    with pytest.raises(tokens.TokenRefusedError, match="Revoke one"):
        token_of(cast.bob)


def test_a_secret_tells_itself_from_a_typing_error() -> None:
    secret = secrets.new_secret()
    assert secrets.is_well_formed(secret)
    assert len(secret) == len(secrets.PREFIX) + 49
    body_of = secret[len(secrets.PREFIX) :]
    for place in range(len(body_of)):
        other = "A" if body_of[place] != "A" else "B"
        changed = secrets.PREFIX + body_of[:place] + other + body_of[place + 1 :]
        assert not secrets.is_well_formed(changed), place


@given(st.text(max_size=80))
def test_no_other_text_is_taken_for_a_secret(text: str) -> None:
    assert not secrets.is_well_formed(text)
    assert not secrets.is_well_formed(secrets.PREFIX + text)

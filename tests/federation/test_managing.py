"""The pages of providers and connections: who sees and changes them, and what they never show."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client

from remit.kernel.access.models import Group
from remit.kernel.access.services import invite
from remit.kernel.federation import fetching, managing
from remit.kernel.federation.models import IdentityProvider, ScimConnection, ScimGroup
from remit.kernel.federation.rules import domains_in, has_second_factor
from tests.conftest import Cast, being, signed_in
from tests.federation.conftest import Caller

FORM = {
    "name": "Harbour ID", "issuer": "https://id.harbour.example", "client_id": "remit", "secret": "canary-secret",
    "domains": "Harbour.example, @remit.example",
}  # fmt: skip
ADD, LIST = "/access/sign-in/providers/new/", "/access/sign-in/"


@pytest.fixture
def head(cast: Cast) -> Client:
    return signed_in(cast.alice)


def test_a_head_of_security_adds_changes_and_switches_off_a_provider(head: Client, cast: Cast) -> None:
    assert head.post(ADD, FORM)["Location"] == LIST
    with being(None):
        row = IdentityProvider.objects.get()
    assert (row.slug, row.domains, row.is_active) == ("harbour-id", ["harbour.example", "remit.example"], True)
    page = head.get(f"/access/sign-in/providers/{row.pk}/").content.decode()
    assert "canary" not in page + str(row.settings) + row.sealed_secret
    shown = head.get(LIST).content.decode().replace("<wbr>", "")
    assert "http://testserver/account/sign-in/harbour-id/callback/" in shown
    head.post(f"/access/sign-in/providers/{row.pk}/", {**FORM, "name": "Harbour", "secret": ""})
    head.post(f"/access/sign-in/providers/{row.pk}/disable/")
    before = row.sealed_secret
    with being(None):
        row.refresh_from_db()
    assert (row.name, row.slug, row.is_active, row.sealed_secret) == ("Harbour", "harbour-id", False, before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"issuer": "http://id.harbour.example"}, "must begin with https"),
        ({"domains": "not a domain!"}, "no mail domain"),
        ({"is_required": "true"}, "Name somebody with a password"),
        ({"exceptions": "no@body.example"}, "nobody with the address"),
        ({"client_id": ""}, "required"),
    ],
)  # fmt: skip
def test_a_provider_that_cannot_be_kept_so_is_refused_with_the_remedy(
    change: dict[str, str], says: str, head: Client
) -> None:
    reply = head.post(ADD, {**FORM, **change})
    assert reply.status_code == 422
    assert says in reply.content.decode()
    with being(None):
        assert not IdentityProvider.objects.exists()


def test_the_issuer_never_changes(head: Client) -> None:
    head.post(ADD, FORM)
    with being(None):
        row = IdentityProvider.objects.get()
    reply = head.post(f"/access/sign-in/providers/{row.pk}/", {**FORM, "issuer": "https://other.example"})
    assert b"The issuer never changes" in reply.content


def test_who_administers_everything_looks_and_tests_but_only_heads_change(head: Client, cast: Cast) -> None:
    head.post(ADD, FORM)
    with being(None):
        row = IdentityProvider.objects.get()
        keeper = invite(email="keeper@remit.example", name="Keeper", role="administrator", unit=cast.group)
        local = invite(email="local@remit.example", name="Local", role="head_of_security", unit=cast.company)
    keeps = signed_in(keeper)
    assert keeps.get(LIST).status_code == 200
    assert keeps.post(f"/access/sign-in/providers/{row.pk}/test/").status_code == 302
    for path in (ADD, "/access/sign-in/scim/new/", f"/access/sign-in/providers/{row.pk}/disable/"):
        assert keeps.post(path, FORM).status_code == 403, path
    assert keeps.get(ADD).status_code == 403
    for person in (local, cast.bob, cast.eve):
        assert signed_in(person).get(LIST).status_code == 403
        with being(person):
            assert not IdentityProvider.objects.exists(), "the database holds to it too"
            assert not SocialAccount.objects.exists()
    with being(keeper), pytest.raises(DatabaseError), transaction.atomic():
        ScimConnection.objects.create(name="Mine", domains=["remit.example"])
    with being(keeper):
        assert IdentityProvider.objects.update(is_second_factor=True) == 0


def test_a_test_says_plainly_what_is_wrong(head: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    head.post(ADD, FORM)
    with being(None):
        row = IdentityProvider.objects.get()

    def answers(status: int, body: bytes) -> str:
        monkeypatch.setattr(fetching, "send", lambda *_, **__: fetching.Answer(status, {}, body, ""))
        page = head.post(f"/access/sign-in/providers/{row.pk}/test/", follow=True).content.decode()
        return page.replace("&#x27;", "'")

    assert "id.harbour.example answered /.well-known/openid-configuration with status 404" in answers(404, b"")
    assert "did not answer with a JSON object" in answers(200, b"<html>")
    assert "names another issuer" in answers(200, b'{"issuer": "https://evil.example"}')
    assert "no usable authorization_endpoint" in answers(200, b'{"issuer": "https://id.harbour.example"}')


def test_a_connection_shows_its_token_once_and_ends_the_former(head: Client) -> None:
    reply = head.post("/access/sign-in/scim/new/", {"name": "Directory", "domains": "harbour.example"})
    with being(None):
        row = ScimConnection.objects.get()

    def token(reply: Any) -> str:
        return re.findall(r"remit_scim_[\w-]{43}", reply.content.decode())[0]

    first = token(reply)
    assert Caller(row, first)("GET", "/Users").status_code == 200
    assert first not in head.get(LIST).content.decode()
    second = token(head.post(f"/access/sign-in/scim/{row.pk}/token/"))
    assert Caller(row, first)("GET", "/Users").status_code == 401
    assert Caller(row, second)("GET", "/Users").status_code == 200
    head.post(f"/access/sign-in/scim/{row.pk}/revoke/")
    assert Caller(row, second)("GET", "/Users").status_code == 401
    assert head.post(f"/access/sign-in/scim/{row.pk}/nothing/").status_code == 404


def test_a_group_is_given_to_one_connection_only(head: Client) -> None:
    for name in ("One", "Two"):
        head.post("/access/sign-in/scim/new/", {"name": name, "domains": "harbour.example"})
    with being(None):
        group = Group.objects.create(name="Analysts")
        one, two = ScimConnection.objects.order_by("name")
    form = {"group": group.pk, "may_hold_privilege": "true"}
    assert head.post(f"/access/sign-in/scim/{one.pk}/groups/", form).status_code == 302
    assert b"managed by One already" in head.post(f"/access/sign-in/scim/{two.pk}/groups/", form).content
    with being(None):
        kept = ScimGroup.objects.select_related("connection").get()
    assert (kept.connection, kept.may_hold_privilege) == (one, True)


def test_the_command_adds_lists_and_disables(cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from argparse import ArgumentParser

    from remit.cli import identity_provider as command
    from remit.cli.errors import CommandError

    monkeypatch.setattr("remit.cli.django_setup.django_setup", lambda: None)
    monkeypatch.setenv("REMIT_CLIENT_SECRET", "canary-secret")
    parser = ArgumentParser()
    command.add_arguments(parser)

    def run(*words: str) -> str:
        command.run(parser.parse_args(words))
        return str(capsys.readouterr().out)

    add = ("add", "Harbour", "--issuer", "https://id.harbour.example", "--client-id", "remit", "--domains")
    assert "harbour is added" in run(*add, "harbour.example")
    assert "harbour.example" in run("list")
    assert "canary" not in run("list", "--json")
    assert "disabled" in run("disable", "harbour")
    with pytest.raises(CommandError):
        run(*add, "no domain!")
    with pytest.raises(CommandError):
        run("test", "nothing")


def test_domains_and_second_factors() -> None:
    assert domains_in(" A.example, @b.example;a.example ") == ["a.example", "b.example"]
    for wrong in ("localhost", "a..example", "-a.example", "a.example/x", "*.example"):
        with pytest.raises(ValueError, match="no mail domain"):
            domains_in(wrong)
    assert has_second_factor({"amr": ["pwd", "otp"]}, [])
    assert has_second_factor({"acr": "gold"}, ["gold"])
    for claims in ({}, {"amr": ["pwd"]}, {"amr": "mfa"}, {"amr": ["otp"]}, {"acr": "silver"}):
        assert not has_second_factor(claims, ["gold"] if "acr" in claims else [])
    assert managing.HEAD == "head_of_security"

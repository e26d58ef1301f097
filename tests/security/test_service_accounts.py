"""The accounts of programs: made and owned by people, never signed in to, never above access."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory
from django.utils import timezone

from remit.kernel.access import managing
from remit.kernel.access.managing import AccessRefusedError
from remit.kernel.access.models import Grant, Group, Reach, User
from remit.kernel.access.services import disable, grant, welcome_token
from remit.kernel.access.standing import standing
from remit.kernel.identity import services, tokens
from remit.kernel.identity.models import ApiToken, ServiceAccount
from remit.kernel.jobs.running import find
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import forget_rates, sign_in
from tests.security.test_tokens import call

PASSWORD = "harbour lantern seventeen"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    forget_rates()


@pytest.fixture
def uploader(cast: Cast) -> ServiceAccount:
    """A program that analyses for one company, owned by Carol."""
    with being(None):
        return services.add(
            "Scan upload", purpose="Hands scans in", owner=cast.carol, role="analyst", unit=cast.company
        )


def token_for(account: ServiceAccount, person: User | None = None, **said: Any) -> str:
    with being(person):
        return tokens.make(account.user, name="nightly", **said)[1]


def confirmed(person: User) -> Client:
    with being(None):
        person.set_password(PASSWORD)
        person.save()
    client = Client()
    sign_in(client, person.email, PASSWORD)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


def test_who_administers_makes_one_and_a_token_for_it(cast: Cast) -> None:
    alice = confirmed(cast.alice)
    said = {"name": "Scan upload", "purpose": "Hands scans in", "owner_id": str(cast.carol.pk), "role": "analyst",
            "unit_id": str(cast.company.pk)}  # fmt: skip
    made = alice.post("/access/services/new/", said)
    assert made.status_code == 302
    page = alice.post(
        f"{made['Location']}tokens/new/", {"name": "nightly", "writes": "read", "unit_id": "", "days": "9"}
    )
    secret = page.context["secret"]
    assert call(secret).json()["name"] == "Scan upload"
    assert "Scan upload" in alice.get("/access/services/").content.decode()
    assert "Scan upload" not in alice.get("/access/").content.decode(), "it is no person"


@pytest.mark.parametrize("role", ["head_of_security", "administrator"])
def test_a_program_never_administers_access(role: str, uploader: ServiceAccount, cast: Cast) -> None:
    with being(None), pytest.raises(ValueError, match="never"):
        grant(user=uploader.user, role=role, unit=cast.group)
    with being(cast.alice), pytest.raises(AccessRefusedError, match="never"):
        managing.give(standing(cast.alice.pk), uploader.user, role=role, unit_id=cast.group.pk, expires_on=None)
    said = {"name": "X", "purpose": "Y", "owner_id": str(cast.carol.pk), "role": role, "unit_id": str(cast.group.pk)}
    assert confirmed(cast.alice).post("/access/services/new/", said).status_code == 422
    assert ServiceAccount.objects.filter(user__name="X").count() == 0


def test_not_even_a_group_makes_a_program_head_of_security(uploader: ServiceAccount, cast: Cast) -> None:
    with being(None):
        group = Group.objects.create(name="Heads")
        group.members.add(uploader.user, cast.carol)
        Grant.objects.create(group=group, role="head_of_security", unit=cast.group)
        held = set(Reach.objects.filter(role="head_of_security", unit=cast.group).values_list("user", flat=True))
    assert held == {cast.alice.pk, cast.carol.pk}


def test_a_program_never_signs_in(uploader: ServiceAccount, cast: Cast) -> None:
    with being(None):
        uploader.user.set_password(PASSWORD)  # even if somebody gave it a password
        uploader.user.save()
    request = RequestFactory().post("/account/login/")
    assert authenticate(request, email=uploader.user.email, password=PASSWORD) is not None, "the password is right"
    client = Client()
    assert sign_in(client, uploader.user.email, PASSWORD).status_code == 200
    assert client.get("/account/").status_code == 302
    assert Client().get(f"/welcome/{welcome_token(uploader.user)}/").status_code == 410
    assert signed_in(uploader.user).get("/account/").status_code == 302, "not even a session opens anything"
    with being(cast.alice), pytest.raises(AccessRefusedError, match="Make a token"):
        managing.new_link(standing(cast.alice.pk), uploader.user)


def test_its_owner_makes_and_revokes_tokens(uploader: ServiceAccount, cast: Cast) -> None:
    carol = confirmed(cast.carol)
    page = carol.post(
        f"/access/services/{uploader.pk}/tokens/new/", {"name": "n", "writes": "read", "unit_id": "", "days": "9"}
    )
    secret = page.context["secret"]
    assert call(secret).status_code == 200
    with being(None):
        token = ApiToken.objects.get()
    assert token.made_by_id == cast.carol.pk
    assert carol.post(f"/access/services/{uploader.pk}/tokens/{token.pk}/revoke/").status_code == 302
    assert call(secret).status_code == 401


def test_to_others_it_is_as_if_it_were_not_there(uploader: ServiceAccount, cast: Cast) -> None:
    token_for(uploader)
    with being(None):
        token = ApiToken.objects.get()
    for person in (cast.eve, cast.bob, cast.dan):
        client = signed_in(person)
        assert "Scan upload" not in client.get("/access/services/").content.decode()
        for path, method in (("", "get"), ("tokens/new/", "get"), (f"tokens/{token.pk}/revoke/", "post")):
            answers = [getattr(client, method)(f"/access/services/{pk}/{path}") for pk in (uploader.pk, 999_999)]
            assert [each.status_code for each in answers] == [404, 404], (person, path)
        with being(person):
            assert not ApiToken.objects.exists()
            assert not ServiceAccount.objects.exists()
        with being(person), pytest.raises(Exception, match="row-level security"):
            tokens.make(uploader.user, name="stolen")


def test_an_administrator_below_makes_no_token_of_a_stronger_program(uploader: ServiceAccount, cast: Cast) -> None:
    """Whoever could not take its roles back gets no way in by it."""
    with being(None):
        grant(user=cast.dan, role="administrator", unit=cast.company)
    dan = confirmed(cast.dan)
    page = dan.get(f"/access/services/{uploader.pk}/")
    assert page.status_code == 200
    assert "not yours to give or take back" in page.content.decode()
    said = {"name": "n", "writes": "read", "unit_id": "", "days": "9"}
    assert dan.post(f"/access/services/{uploader.pk}/tokens/new/", said).status_code == 403


def test_when_its_owner_leaves_its_tokens_are_refused(uploader: ServiceAccount, cast: Cast) -> None:
    secret = token_for(uploader)
    assert call(secret).status_code == 200
    with being(None):
        disable(User.objects.get(pk=cast.carol.pk))
    assert call(secret).status_code == 401
    alice = confirmed(cast.alice)
    assert "may no longer sign in" in alice.get(f"/access/services/{uploader.pk}/").content.decode()
    alice.post(f"/access/services/{uploader.pk}/owner/", {"owner_id": str(cast.bob.pk)})
    assert call(secret).status_code == 200


def test_a_disabled_program_is_refused(uploader: ServiceAccount) -> None:
    secret = token_for(uploader)
    with being(None):
        disable(uploader.user)
    assert call(secret).status_code == 401


def test_the_owner_is_asked_once_to_replace_a_token_that_ends_soon(uploader: ServiceAccount, cast: Cast) -> None:
    token_for(uploader, days=10)
    token_for(uploader, days=30)
    with being(cast.bob):
        tokens.make(cast.bob, name="bob's own", days=5)
    assert "identity.tend" in find("identity.tend").name
    with being(None):
        assert services.ask_for_renewal(timezone.now()) == 2
        assert services.ask_for_renewal(timezone.now()) == 0
        assert services.ask_for_renewal(timezone.now() + timedelta(days=20)) == 1
    with being(cast.carol):
        asked = list(Work.objects.filter(owner=cast.carol).order_by("pk"))
    assert [work.title.partition(" before ")[0] for work in asked] == ["Replace the token “nightly” of Scan upload"] * 2
    assert signed_in(cast.bob).get("/inbox/").content.decode().count("bob&#x27;s own") >= 1

"""Getting in: the one-time link, passwords and how often they may be tried, and what nobody is told about accounts."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing
from django.test import Client

from remit.kernel.access.models import User
from remit.kernel.access.services import LINK_HOURS, disable, welcome_token
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import body, forget_rates, sign_in

PASSWORD = "harbour lantern seventeen"
WRONG = "harbour lantern eighteen"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    forget_rates()


def with_password(person: User) -> User:
    with being(None):
        person.set_password(PASSWORD)
        person.save()
    return person


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def test_a_person_signs_in_with_mail_address_and_password(cast: Cast) -> None:
    with_password(cast.bob)
    client = Client()
    reply = sign_in(client, "BOB@remit.example", PASSWORD)
    assert (reply.status_code, reply["Location"]) == (302, "/")
    assert is_in(client)


def test_a_link_works_once(cast: Cast) -> None:
    url = f"/welcome/{welcome_token(cast.bob)}/"
    client, other = Client(), Client()
    assert client.get(url).status_code == other.get(url).status_code == 200, "opening the link does not use it"
    assert client.post(url, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    assert is_in(client)
    for method in ("get", "post"):
        assert getattr(other, method)(url, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 410
    assert not is_in(other)


def test_a_link_dies_after_a_day(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = signing.time.time()
    for hours, status in ((LINK_HOURS - 1, 200), (LINK_HOURS + 1, 410)):
        monkeypatch.setattr(signing.time, "time", lambda hours=hours: now - hours * 3600)
        token = welcome_token(cast.bob)
        monkeypatch.undo()
        assert Client().get(f"/welcome/{token}/").status_code == status


@pytest.mark.parametrize("change", ["password", "disabled"])
def test_a_link_dies_with_what_it_was_made_for(change: str, cast: Cast) -> None:
    token = welcome_token(cast.bob)
    if change == "password":
        with_password(cast.bob)
    else:
        with being(None):
            disable(cast.bob)
    assert Client().get(f"/welcome/{token}/").status_code == 410


def test_a_link_cannot_be_forged(cast: Cast) -> None:
    token = welcome_token(cast.bob)
    for forged in (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "x",
        signing.dumps({"user": cast.bob.pk}, salt="other"),
        token.replace(":", ""),
    ):
        assert Client().get(f"/welcome/{forged}/").status_code == 410
    assert b"older than a day" in Client().get("/welcome/x/").content, "forged, used and old are told alike"


@pytest.mark.parametrize("password", ["short", "password1234", "bob@remit.example", "1234567890123"])
def test_a_weak_password_is_refused_and_the_link_still_works(password: str, cast: Cast) -> None:
    url = f"/welcome/{welcome_token(cast.bob)}/"
    client = Client()
    assert client.post(url, {"password1": password, "password2": password}).status_code == 422
    assert client.post(url, {"password1": PASSWORD, "password2": WRONG}).status_code == 422
    assert not is_in(client)
    assert client.get(url).status_code == 200


def test_nobody_is_told_which_accounts_there_are(cast: Cast) -> None:
    with_password(cast.bob)
    with_password(cast.carol)
    with being(None):
        disable(cast.carol)
    known = sign_in(Client(), "bob@remit.example", WRONG)
    for email, password in (
        ("nobody@remit.example", WRONG),
        ("carol@remit.example", PASSWORD),
        ("dan@remit.example", WRONG),
    ):
        reply = sign_in(Client(), email, password)
        said, expected = (body(r).replace(e.encode(), b"") for r, e in ((reply, email), (known, "bob@remit.example")))
        assert (reply.status_code, said) == (known.status_code, expected), email


def test_the_sixth_try_is_refused_even_with_the_right_password(cast: Cast) -> None:
    with_password(cast.bob)
    with_password(cast.carol)
    client = Client()
    for _ in range(5):
        sign_in(client, "bob@remit.example", WRONG)
    assert sign_in(client, "bob@remit.example", PASSWORD).status_code != 302
    assert not is_in(client)
    forget_rates()
    assert sign_in(client, "Bob@Remit.Example", PASSWORD).status_code != 302, (
        "the count is kept in the database, in one spelling"
    )
    assert sign_in(Client(), "carol@remit.example", PASSWORD).status_code == 302, "other accounts go on"


def test_a_locked_account_looks_like_an_unknown_one(cast: Cast) -> None:
    with_password(cast.bob)
    replies = []
    for email in ("bob@remit.example", "nobody@remit.example"):
        forget_rates()
        for _ in range(6):
            reply = sign_in(Client(), email, WRONG)
        replies.append((reply.status_code, body(reply).replace(email.encode(), b"")))
    assert replies[0] == replies[1]


def test_nobody_signs_up_resets_or_changes_an_address(cast: Cast) -> None:
    for client in (Client(), signed_in(cast.bob)):
        for path in ("signup/", "password/reset/", "email/", "confirm-email/", "login/code/confirm/"):
            for method in ("get", "post"):
                assert getattr(client, method)(f"/account/{path}", {"email": "new@remit.example"}).status_code == 404
    assert User.objects.filter(email="new@remit.example").count() == 0


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "/\\evil.example/",
        "https://evil.example/",
        "javascript:alert(1)",
        "/%09/evil.example",
        "\t//evil.example",
    ],
)
def test_no_address_sends_a_person_elsewhere(target: str, cast: Cast) -> None:
    with_password(cast.bob)
    client = Client()
    assert here(sign_in(client, "bob@remit.example", PASSWORD, next=target)["Location"])
    assert here(client.post("/unit/", {"next": target})["Location"])
    assert here(Client().get(f"//evil.example/?next={target}")["Location"])
    reply = client.post("/account/logout/", {"next": target})
    assert here(reply["Location"])


def here(address: str) -> bool:
    """Whether a browser given this address stays with us."""
    return address.startswith("/") and not address.startswith(("//", "/\\", "/\t", "/\n"))


def test_signing_out_ends_the_session(cast: Cast) -> None:
    client = signed_in(cast.bob)
    cookies = dict(client.cookies)
    assert client.post("/account/logout/").status_code == 302
    assert not is_in(client)
    again = Client()
    again.cookies.load({name: morsel.value for name, morsel in cookies.items()})
    assert not is_in(again), "the old cookie opens nothing"


def test_a_get_does_not_sign_anybody_out(cast: Cast) -> None:
    client = signed_in(cast.bob)
    client.get("/account/logout/")
    assert is_in(client)


def test_every_write_asks_for_the_token_of_its_page(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    writes: list[tuple[str, Any]] = [
        ("/unit/", {}),
        ("/views/", {}),
        ("/assets/new/", {}),
        ("/account/logout/", {}),
        ("/assets/bulk/", {}),
    ]
    for url, data in writes:
        assert client.post(url, data).status_code == 403, url
    for method, url in (("post", "/api/assets"), ("patch", "/api/assets/1"), ("delete", "/api/assets/1")):
        assert getattr(client, method)(url, "{}", content_type="application/json").status_code == 403, url
    assert Client(enforce_csrf_checks=True).post("/account/login/", {}).status_code == 403

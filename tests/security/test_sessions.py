"""Staying in: how long a session lasts, what ends it at once, and the second factor that privileged roles owe."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.utils import timezone

from remit.kernel.access.models import User
from remit.kernel.access.services import disable, grant, welcome_token
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import forget_rates, sign_in

PASSWORD = "harbour lantern seventeen"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    forget_rates()


def answers(client: Client) -> tuple[int, int]:
    """Return what a page and the API answer."""
    return client.get("/inbox/").status_code, client.get("/api/me").status_code


def stamp(client: Client, **ago: int) -> None:
    """Put the times kept in a session some seconds back."""
    session = client.session
    for name, seconds in ago.items():
        session[name] = int(time.time()) - seconds
    session.save()


@pytest.mark.parametrize(
    ("began", "touched", "lasts"),
    [
        (60, 60, True),
        (3600, 29 * 60, True),
        (3600, 31 * 60, False),
        (12 * 3600 - 60, 60, True),
        (12 * 3600 + 60, 60, False),
        (13 * 3600, 0, False),
    ],
)
def test_a_session_lasts_half_an_hour_idle_and_twelve_hours_in_all(
    began: int, touched: int, lasts: bool, cast: Cast
) -> None:
    client = signed_in(cast.carol)
    assert answers(client) == (200, 200)
    stamp(client, began=began, touched=touched)
    assert answers(client) == ((200, 200) if lasts else (302, 401))


def test_use_keeps_a_session_but_not_beyond_its_end(cast: Cast) -> None:
    client = signed_in(cast.carol)
    client.get("/inbox/")
    stamp(client, began=600, touched=600)
    client.get("/inbox/")
    assert time.time() - client.session["touched"] < 60
    assert time.time() - client.session["began"] > 590


def test_a_disabled_person_is_out_with_their_next_request(cast: Cast) -> None:
    client = signed_in(cast.carol)
    assert answers(client) == (200, 200)
    with being(None):
        disable(cast.carol)
    assert answers(client) == (302, 401)


def test_a_new_password_ends_every_other_session(cast: Cast) -> None:
    one, other = signed_in(cast.carol), signed_in(cast.carol)
    assert answers(one) == answers(other) == (200, 200)
    person = User.objects.get(pk=cast.carol.pk)
    with being(None):
        person.set_password(PASSWORD)
        person.save()
    assert answers(one) == answers(other) == (302, 401)


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(cast: Cast, settings: Any) -> None:
    with being(None):
        cast.carol.set_password(PASSWORD)
        cast.carol.save()
    client = Client()
    client.get("/account/login/")
    sign_in(client, "carol@remit.example", PASSWORD)
    session, token = client.cookies[settings.SESSION_COOKIE_NAME], client.cookies["csrftoken"]
    for cookie in (session, token):
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
    assert "sessionid" not in client.cookies, "two instances on one host keep their sessions apart"


def test_cookies_travel_over_tls_only_where_there_is_tls() -> None:
    from remit import settings

    assert settings.SESSION_COOKIE_SECURE == settings.CSRF_COOKIE_SECURE == settings.BEHIND_TLS
    assert (settings.SECURE_HSTS_SECONDS > 0) == settings.BEHIND_TLS


def test_a_privileged_role_owes_a_second_factor_at_once_where_others_can_reach_the_site(
    cast: Cast, settings: Any
) -> None:
    settings.BEHIND_TLS = True
    bob, carol = signed_in(cast.bob), signed_in(cast.carol)
    for url in ("/", "/assets/", "/api/assets"):
        reply = bob.get(url)
        expected = (403, None) if url.startswith("/api/") else (302, "/account/2fa/totp/activate/")
        assert (reply.status_code, reply.headers.get("Location")) == expected, url
    assert bob.get("/account/2fa/totp/activate/").status_code in {200, 302}
    assert carol.get("/").status_code == 200


def test_on_one_machine_there_is_a_day_for_it(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    assert bob.get("/inbox/").status_code == 200
    with being(None):
        User.objects.filter(pk=cast.bob.pk).update(joined_at=timezone.now() - timedelta(days=2))
    assert signed_in(cast.bob).get("/inbox/")["Location"] == "/account/2fa/totp/activate/"
    assert bob.get("/inbox/").status_code == 302, "also for a session that is under way"


def test_a_role_granted_during_a_session_counts_at_once(cast: Cast, settings: Any) -> None:
    settings.BEHIND_TLS = True
    carol = signed_in(cast.carol)
    assert carol.get("/inbox/").status_code == 200
    with being(None):
        grant(user=cast.carol, role="analyst", unit=cast.company)
    assert carol.get("/inbox/").status_code == 302


def code(secret: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time())))))


@pytest.fixture
def enrolled(cast: Cast) -> tuple[Client, str]:
    """Bob, who has a password and enrols by the pages; and the seed in his authenticator."""
    with being(None):
        cast.bob.set_password(PASSWORD)
        cast.bob.save()
    client = Client()
    sign_in(client, "bob@remit.example", PASSWORD)
    assert client.get("/account/2fa/totp/activate/")["Location"].startswith("/account/reauthenticate/"), (
        "a sensitive act"
    )
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/account/2fa/totp/activate/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    assert client.post("/account/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    forget_rates()
    return client, secret


def test_enrolling_and_signing_in_with_it(enrolled: tuple[Client, str], cast: Cast, settings: Any) -> None:
    settings.BEHIND_TLS = True
    client, secret = enrolled
    assert client.get("/inbox/").status_code == 200
    fresh = Client()
    reply = sign_in(fresh, "bob@remit.example", PASSWORD)
    assert reply["Location"].startswith("/account/2fa/authenticate/")
    assert answers(fresh) == (302, 401), "a password alone opens nothing"
    right = code(secret)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    assert fresh.post("/account/2fa/authenticate/", {"code": wrong}).status_code == 200
    assert answers(fresh) == (302, 401)
    assert fresh.post("/account/2fa/authenticate/", {"code": right}).status_code == 302
    assert answers(fresh) == (200, 200)


def test_the_seed_is_sealed_where_it_is_stored(enrolled: tuple[Client, str], cast: Cast) -> None:
    _, secret = enrolled
    for stored in Authenticator.objects.filter(user=cast.bob):
        assert secret not in str(stored.data)


def test_a_one_time_link_does_not_replace_the_second_factor(enrolled: tuple[Client, str], cast: Cast) -> None:
    person = User.objects.get(pk=cast.bob.pk)
    client = Client()
    reply = client.post(
        f"/welcome/{welcome_token(person)}/", {"password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again"}
    )
    assert reply["Location"] == "/account/login/"
    assert answers(client) == (302, 401)

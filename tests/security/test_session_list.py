"""Where somebody is signed in: seen in words, ended one by one or all at once, and told on the ledger."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from remit.kernel.access.models import User
from remit.kernel.identity import sessions
from remit.kernel.identity.clients import address_of, browser_words, network_of
from remit.kernel.identity.models import UserSession
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import forget_rates, sign_in, stored_database

PASSWORD = "harbour lantern seventeen"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML) Version/18.0 Safari/605.1.15"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    forget_rates()


def browsing(person: User, agent: str = FIREFOX, address: str = "192.0.2.77") -> Client:
    with being(None):
        person.set_password(PASSWORD) if not person.has_usable_password() else None
        person.save()
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    assert sign_in(client, person.email, PASSWORD).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200 and client.get("/api/me").status_code == 200)


def rows(person: User) -> list[UserSession]:
    with being(person):
        return list(sessions.going_on(person))


def test_the_page_says_where_one_is_signed_in(cast: Cast) -> None:
    here = browsing(cast.carol)
    browsing(cast.carol, SAFARI, "2001:db8:1:2::3")
    page = here.get("/account/sessions/").content.decode()
    for words in ("Firefox on Windows", "Safari on macOS", "192.0.2.0/24", "2001:db8:1::/48", "This one"):
        assert words in page
    assert "192.0.2.77" not in page


def test_ending_one_ends_it_with_its_next_request(cast: Cast) -> None:
    here, there = browsing(cast.carol), browsing(cast.carol, SAFARI)
    assert is_in(there)
    wanted = next(row for row in rows(cast.carol) if row.browser == "Safari on macOS")
    here.post("/account/sessions/", {"session": str(wanted.pk)})
    assert is_in(here)
    assert not is_in(there)


def test_ending_all_others_keeps_this_one(cast: Cast) -> None:
    here, there, elsewhere = browsing(cast.carol), browsing(cast.carol, SAFARI), browsing(cast.carol)
    here.post("/account/sessions/", {"session": "others"})
    assert (is_in(here), is_in(there), is_in(elsewhere)) == (True, False, False)


def test_nobody_sees_or_ends_a_session_of_somebody_else(cast: Cast) -> None:
    carol, eve = browsing(cast.carol), browsing(cast.eve, SAFARI)
    [hers] = rows(cast.carol)
    with being(cast.eve):
        assert [row.user_id for row in UserSession.objects.all()] == [cast.eve.pk]
    with being(cast.alice):
        assert not UserSession.objects.filter(user=cast.carol).exists(), "nor does who administers access"
    for pk in (hers.pk, 999_999_999, 2**64):
        assert eve.post("/account/sessions/", {"session": str(pk)}).status_code == 302
    assert is_in(carol)


def test_who_administers_ends_all_of_a_person(cast: Cast) -> None:
    carol, alice, eve = browsing(cast.carol), browsing(cast.alice, SAFARI), browsing(cast.eve)
    url = f"/access/people/{cast.carol.pk}/end-sessions/"
    assert eve.post(url).status_code == 403
    assert alice.post(url)["Location"].startswith("/account/reauthenticate/"), "a sensitive act"
    assert is_in(carol)
    alice.post("/account/reauthenticate/", {"password": PASSWORD})
    assert alice.post(url).status_code == 302
    assert not is_in(carol)
    assert is_in(browsing(User.objects.get(pk=cast.carol.pk))), "she may come in again"


def test_a_session_that_ran_out_leaves_the_list(cast: Cast) -> None:
    browsing(cast.carol)
    now = timezone.now()
    with being(None):
        UserSession.objects.update(seen_at=now - timedelta(minutes=31))
    assert rows(cast.carol) == []
    with being(None):
        assert sessions.sweep(now) == 1


def test_use_is_seen_once_a_minute(cast: Cast) -> None:
    client = browsing(cast.carol)
    client.get("/inbox/")
    with being(None):
        UserSession.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    client.get("/inbox/")
    assert timezone.now() - rows(cast.carol)[0].seen_at > timedelta(minutes=4)
    session = client.session
    session["touched"] = int(time.time()) - 90
    session.save()
    client.get("/inbox/")
    assert timezone.now() - rows(cast.carol)[0].seen_at < timedelta(minutes=1)


def test_signing_out_and_a_new_password_take_sessions_off_the_list(cast: Cast) -> None:
    here, there = browsing(cast.carol), browsing(cast.carol, SAFARI)
    there.post("/account/logout/")
    assert [row.browser for row in rows(cast.carol)] == ["Firefox on Windows"]
    browsing(cast.carol, SAFARI)
    here.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again"},
    )
    assert [row.browser for row in rows(cast.carol)] == ["Firefox on Windows"]
    assert is_in(here)


def test_a_browser_is_new_once(cast: Cast) -> None:
    client = browsing(cast.carol)
    carried = client.cookies[sessions.COOKIE]
    assert carried["httponly"]
    assert carried["samesite"] == "Lax"
    client.post("/account/logout/")
    sign_in(client, "carol@remit.example", PASSWORD)
    assert [row.is_new_browser for row in rows(cast.carol)] == [False]
    browsing(cast.carol, FIREFOX)
    assert sorted(row.is_new_browser for row in rows(cast.carol)) == [False, True]


def test_only_a_digest_of_the_session_is_stored(cast: Cast) -> None:
    client = browsing(cast.carol)
    [row] = rows(cast.carol)
    assert client.session[sessions.MARK] not in str(vars(row))
    assert client.session.session_key not in str(vars(row))


def test_the_ledger_tells_of_sign_ins_and_refused_ones(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), stored_database() as stored:

        def walk() -> None:
            with being(None):
                User.objects.create_user("carol@remit.example", "Carol", PASSWORD)
            client = Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.77")
            for email, password in (
                ("carol@remit.example", "typed in the wrong place"),
                ("secret typed as a name", PASSWORD),
                ("nobody@remit.example", PASSWORD),
                ("carol@remit.example", PASSWORD),
            ):
                sign_in(client, email, password)
            client.post("/account/logout/")

        stored.run(walk)
        told = stored.as_owner(
            "select verb, cardinality(records), note from ledger_entry where verb like 'sign%' order by id"
        )
        everything = str(stored.as_owner("select note, changes from ledger_entry"))
    assert told == [
        ("sign-in refused", 1, "from 192.0.2.0/24"),
        ("sign-in refused", 0, "from 192.0.2.0/24 to an account that does not exist"),
        ("sign in", 1, "Firefox on Windows from 192.0.2.0/24, a browser not seen before"),
        ("sign out", 1, ""),
    ]
    for typed in ("typed in the wrong place", "secret typed as a name", "nobody@remit", PASSWORD):
        assert typed not in everything


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) AppleWebKit Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", "An unknown browser"),
        ("<script>alert(1)</script>", "An unknown browser"),
    ],
)
def test_browsers_are_named_plainly(agent: str, words: str) -> None:
    assert browser_words(agent) == words


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("127.0.0.1", "this machine"),
        ("", "an unknown network"),
        ("spoofed, 1", "an unknown network"),
    ],
)
def test_addresses_are_shortened(address: str, network: str) -> None:
    assert network_of(address) == network


def test_an_address_is_believed_only_from_our_own_proxy(settings: Any) -> None:
    request = RequestFactory(REMOTE_ADDR="127.0.0.1").get("/", headers={"X-Forwarded-For": "10.0.0.1, 198.51.100.9"})
    assert address_of(request) == "127.0.0.1"
    settings.BEHIND_TLS = True
    assert address_of(request) == "198.51.100.9", "what the caller wrote there itself stands before it"


@pytest.mark.parametrize(
    ("hosts", "key", "starts"),
    [
        ("remit.example.com", "short", False),
        ("remit.example.com", "a" * 64, False),
        ("remit.example.com", "django-insecure-" + "0123456789abcdefghijklmnop", False),
        ("remit.example.com", "yR7k2vQp9ZtX4mWb8LnC3sDf6GhJ1aEu", True),
        ("", "short", True),
    ],
)
def test_a_weak_secret_key_is_refused_where_others_reach_us(hosts: str, key: str, starts: bool, tmp_path: Any) -> None:
    environment = {**os.environ, "REMIT_HOSTS": hosts, "REMIT_SECRET_KEY": key, "REMIT_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "import remit.settings"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) == starts, done.stderr
    if not starts:
        assert "Set REMIT_SECRET_KEY" in done.stderr


def test_a_session_begun_before_is_asked_to_sign_in_again(cast: Cast) -> None:
    client = signed_in(cast.carol)
    session = client.session
    del session[sessions.MARK]
    session.save()
    assert not is_in(client)

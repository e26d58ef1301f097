"""Sign-in by OpenID Connect: whom a provider may speak for, and every answer that is not believed."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import oidc_provider_mock
import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import Client

from remit.kernel.access.services import disable, invite
from remit.kernel.federation import fetching
from remit.kernel.federation.models import IdentityProvider
from remit.kernel.federation.oidc import PURPOSE
from remit.kernel.sealing import seal
from tests.conftest import Cast, being
from tests.security.helpers import forget_rates, sign_in

PASSWORD = "harbour lantern seventeen"


class Fake:
    """An OpenID provider that answers in this process, and lies as it is told to."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.key = issuer, ec.generate_private_key(ec.SECP256R1())
        self.claims: dict[str, Any] = {
            "sub": "s-1", "email": "bob@remit.example", "email_verified": True, "amr": ["pwd"],
        }  # fmt: skip
        self.config: dict[str, Any] = {}
        self.header: dict[str, Any] = {"kid": "one"}
        self.algorithm, self.signs_with = "ES256", self.key
        self.asked: dict[str, str] = {}
        self.form: dict[str, str] = {}

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, Any]:
        path = urlsplit(url).path
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")},
                "jwks_uri": f"{self.issuer}/keys", **self.config,
            }  # fmt: skip
        if path == "/keys":
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [{**public, "kid": "one", "use": "sig", "alg": "ES256"}]}
        if path == "/token" and method == "POST":
            self.form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            digest = hashlib.sha256(self.form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.asked["code_challenge"]:
                return 400, {"error": "invalid_grant"}
            now = int(time.time())
            claims = {"iss": self.issuer, "aud": "remit", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"]}
            token = jwt.encode(
                {name: value for name, value in {**claims, **self.claims}.items() if value is not None},
                self.signs_with, self.algorithm, headers=self.header,
            )  # fmt: skip
            return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}
        return 404, {}


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> Iterator[Callable[..., Fake]]:
    """Make providers that Remit knows; nothing else is reached."""
    known: dict[str, Fake] = {}
    cache.clear()
    forget_rates()

    def send(method: str, url: str, *, headers: Any = None, body: bytes = b"") -> fetching.Answer:
        status, content = known[urlsplit(url).netloc].answer(method, url, body)
        return fetching.Answer(status, {"content-type": "application/json"}, json.dumps(content).encode(), "")

    monkeypatch.setattr(fetching, "send", send)

    def make(slug: str = "harbour", domains: tuple[str, ...] = ("remit.example",), **more: Any) -> Fake:
        fake = known[f"{slug}.example"] = Fake(f"https://{slug}.example")
        with being(None):
            IdentityProvider.objects.create(
                name=slug.title(), slug=slug, unit=cast.group, domains=list(domains), **more,
                sealed_secret=seal("hush", PURPOSE), settings={"issuer": fake.issuer, "client_id": "remit"},
            )  # fmt: skip
        return fake

    yield make
    cache.clear()


def go(client: Client, fake: Fake, slug: str = "harbour", query: str = "") -> dict[str, str]:
    """Follow the button of the sign-in page to the provider; return what the provider is asked."""
    reply = client.get(f"/account/sign-in/{slug}/{query}")
    assert reply.status_code == 302, reply.content
    assert reply["Location"].startswith(f"{fake.issuer}/authorization?")
    fake.asked = {name: values[0] for name, values in parse_qs(urlsplit(reply["Location"]).query).items()}
    return fake.asked


def back(client: Client, fake: Fake, slug: str = "harbour", **values: str) -> Any:
    query = {"code": "c", "state": fake.asked["state"], **values}
    return client.get(f"/account/sign-in/{slug}/callback/", query)


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def signed_in_by(fake: Fake, slug: str = "harbour") -> tuple[Client, Any]:
    client = Client()
    go(client, fake, slug)
    return client, back(client, fake, slug)


def assert_refused(reply: Any, client: Client) -> None:
    assert reply.status_code == 403
    assert b"You could not be signed in" in reply.content
    assert not is_in(client)


def links() -> int:
    with being(None):
        return SocialAccount.objects.count()


def test_somebody_invited_signs_in_and_is_known_by_subject_from_then_on(
    providers: Callable[..., Fake], cast: Cast
) -> None:
    fake, client = providers(), Client()
    asked = go(client, fake, query="?next=/inbox/")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://testserver/account/sign-in/harbour/callback/"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert len(asked["nonce"]) > 20
    reply = back(client, fake)
    assert (reply.status_code, reply["Location"]) == (302, "/inbox/")
    assert is_in(client)
    fake.claims.update(email="elsewhere@other.example", email_verified=False)
    again, reply = signed_in_by(fake)
    assert is_in(again)
    assert again.get("/account/").context["person"] == cast.bob
    with being(None):
        kept = SocialAccount.objects.get()
    assert (kept.user, kept.provider, kept.uid, kept.extra_data) == (cast.bob, "harbour", "s-1", {})


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["remit", "another"]}, {"azp": "another"},
        {"exp": 1_600_000_000}, {"exp": None}, {"iat": None}, {"sub": None}, {"sub": "x" * 192}, {"nonce": "another"},
        {"nonce": None}, {"email_verified": False}, {"email_verified": None}, {"email": None},
        {"email": "bob@remit.example.evil.example"}, {"email": "nobody@remit.example"}, {"email": "bob@evil.example"},
    ],
    ids=str,
)  # fmt: skip
def test_a_claim_that_does_not_hold_signs_nobody_in(lie: dict[str, Any], providers: Callable[..., Fake]) -> None:
    fake = providers()
    fake.claims.update(lie)
    client, reply = signed_in_by(fake)
    assert_refused(reply, client)
    assert links() == 0


@pytest.mark.parametrize("how", ["another key", "none", "shared secret", "unknown key id"])
def test_a_signature_that_is_not_the_issuers_signs_nobody_in(how: str, providers: Callable[..., Fake]) -> None:
    fake = providers()
    if how == "another key":
        fake.signs_with = ec.generate_private_key(ec.SECP256R1())
    elif how == "none":
        fake.algorithm, fake.signs_with = "none", None
    elif how == "shared secret":
        fake.algorithm, fake.signs_with = "HS256", "hush" * 16
    else:
        fake.header = {"kid": "two"}
    client, reply = signed_in_by(fake)
    assert_refused(reply, client)


@pytest.mark.parametrize(
    "config",
    [
        {"issuer": "https://evil.example"}, {"token_endpoint": "http://harbour.example/token"}, {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"}, {"response_types_supported": ["token"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_discovery_document_that_is_not_the_issuers_leads_nowhere(
    config: dict[str, Any], providers: Callable[..., Fake]
) -> None:
    providers().config = config
    client = Client()
    assert_refused(client.get("/account/sign-in/harbour/"), client)


def test_a_state_is_good_once_in_its_own_browser_and_for_its_own_provider(providers: Callable[..., Fake]) -> None:
    one, two = providers(), providers("meadow")
    client = Client()
    go(client, one)
    two.asked = dict(one.asked)
    assert_refused(back(client, two, "meadow"), client)
    assert_refused(back(Client(), one), client)
    assert back(client, one).status_code == 302
    assert_refused(back(client := Client(), one), client)
    go(client, one)
    assert_refused(back(client, one, state="guessed"), client)
    assert_refused(back(client, one, iss="https://meadow.example"), client)


def test_an_answer_must_say_whose_it_is_where_the_provider_promises_that(providers: Callable[..., Fake]) -> None:
    fake = providers()
    fake.config = {"authorization_response_iss_parameter_supported": True}
    client, reply = signed_in_by(fake)
    assert_refused(reply, client)
    go(client, fake)
    assert back(client, fake, iss=fake.issuer).status_code == 302


def test_one_provider_cannot_take_over_whom_another_signs_in(providers: Callable[..., Fake]) -> None:
    one, two = providers(), providers("meadow")
    signed_in_by(one)
    client, reply = signed_in_by(two, "meadow")
    assert_refused(reply, client)
    one.claims["sub"] = "s-2"  # the address passed to somebody else there
    client, reply = signed_in_by(one)
    assert_refused(reply, client)
    assert links() == 1


def test_a_disabled_person_and_a_disabled_provider_are_refused(providers: Callable[..., Fake], cast: Cast) -> None:
    fake = providers()
    client, _ = signed_in_by(fake)
    with being(None):
        disable(cast.bob)
    assert not is_in(client)
    client, reply = signed_in_by(fake)
    assert_refused(reply, client)
    with being(None):
        IdentityProvider.objects.update(is_active=False)
    missing = Client().get("/account/sign-in/nothing/")
    assert (missing.status_code, Client().get("/account/sign-in/harbour/").status_code) == (404, 404)
    assert b"Harbour" not in Client().get("/account/login/").content


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_after_signing_in(place: str, providers: Callable[..., Fake]) -> None:
    fake, client = providers(), Client()
    go(client, fake, query="?" + "next=" + requests.utils.quote(place, safe=""))
    assert back(client, fake)["Location"] == "/"


def test_what_is_asked_of_a_provider_is_not_the_callers_to_choose(providers: Callable[..., Fake]) -> None:
    fake, client = providers(), Client()
    asked = go(
        client, fake, query="?scope=admin&auth_params=redirect_uri%3Dhttps://evil.example%26nonce%3Dx&process=connect"
    )
    assert "admin" not in asked["scope"]
    assert asked["redirect_uri"].startswith("http://testserver/")
    assert asked["nonce"] != "x"


def test_the_secret_reaches_the_provider_only_as_it_wants_it(providers: Callable[..., Fake]) -> None:
    fake = providers()
    signed_in_by(fake)
    assert "client_secret" not in fake.form
    cache.clear()
    fake.config = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    signed_in_by(fake)
    assert fake.form["client_secret"] == "hush"
    with being(None):
        assert "hush" not in IdentityProvider.objects.get().sealed_secret


@pytest.mark.parametrize(
    ("counts", "amr", "asked"), [(True, ["pwd", "mfa"], False), (True, ["pwd"], True), (False, ["mfa"], True)]
)
def test_the_providers_second_factor_counts_where_it_is_set_to(
    counts: bool, amr: list[str], asked: bool, providers: Callable[..., Fake], cast: Cast
) -> None:
    fake = providers(is_second_factor=counts)
    with being(None):
        Authenticator.objects.create(user=cast.bob, type="totp", data={"secret": "x"})
    fake.claims["amr"] = amr
    client, reply = signed_in_by(fake)
    assert reply["Location"] == ("/account/2fa/authenticate/" if asked else "/")
    assert is_in(client) is not asked


def test_a_password_is_refused_where_the_provider_is_required(providers: Callable[..., Fake], cast: Cast) -> None:
    providers(is_required=True)
    with being(None):
        stranger = invite(email="out@other.example", name="Out")
        for person in (cast.alice, cast.bob, stranger):
            person.set_password(PASSWORD)
            person.save()
        IdentityProvider.objects.get().exceptions.add(cast.alice)
    right, wrong, unknown = (
        sign_in(Client(), mail, password)
        for mail, password in (("bob@remit.example", PASSWORD), ("bob@remit.example", "x"), ("no@remit.example", "x"))
    )
    for reply in (right, wrong, unknown):
        assert reply.status_code == 200
        assert b"people of this domain sign in by Harbour" in reply.content
    for mail in ("alice@remit.example", "out@other.example"):
        assert sign_in(Client(), mail, PASSWORD).status_code == 302


def test_the_sign_in_page_shows_a_button_that_keeps_where_one_was_going(providers: Callable[..., Fake]) -> None:
    providers()
    page = Client().get("/account/login/?next=/inbox/").content.decode()
    assert 'href="/account/sign-in/harbour/?next=%2Finbox%2F"' in page
    assert "Sign in with Harbour" in page


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own
def test_by_a_provider_over_the_wire(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setenv("REMIT_OUTBOUND_HOSTS", "localhost")
    person = oidc_provider_mock.User(sub="w-1", claims={"email": "bob@remit.example", "email_verified": True})
    with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=[person]) as server:
        issuer = f"http://localhost:{server.server_port}"
        with being(None):
            IdentityProvider.objects.create(
                name="Wire", slug="wire", unit=cast.group, domains=["remit.example"],
                settings={"issuer": issuer, "client_id": "remit"}, sealed_secret=seal("hush", PURPOSE),
            )  # fmt: skip
        client = Client()
        address = client.get("/account/sign-in/wire/")["Location"]
        answer = requests.post(address, data={"sub": "w-1"}, allow_redirects=False, timeout=10)
        returned = urlsplit(answer.headers["Location"])
        reply = client.get(f"{returned.path}?{returned.query}")
    assert (reply.status_code, is_in(client)) == (302, True), reply.content
    cache.clear()


@pytest.mark.parametrize(
    "url", ["http://id.example", "https://", "ftp://x", "https://a@b.example", "https://127.0.0.1"]
)
def test_no_address_inside_is_asked(url: str) -> None:
    with pytest.raises(fetching.FetchFailedError):
        fetching.send("GET", url)

"""Security keys and passkeys, with the authenticator that Chromium pretends to have, on an instance of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory

from remit.kernel.access.adapter import SecondFactor
from remit.kernel.web.key_forms import PasskeyForm
from tests.browser import walking
from tests.browser.walking import PASSWORD, Visitor, visitor, welcome
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import forget_rates

needs_chromium = pytest.mark.skipif(walking.chromium() is None, reason="A key needs Chromium: apt-get install chromium")


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    forget_rates()


class Keys:
    """The virtual authenticators of one browser page (WebAuthn Level 3, section 11)."""

    def __init__(self, who: Visitor) -> None:
        self.session = who.page.context.new_cdp_session(who.page)
        self.session.send("WebAuthn.enable")
        self.plugged = ""

    def plug(self, *, passkeys: bool) -> None:
        """Take a key with or without its own memory and PIN in place of the one before."""
        if self.plugged:
            self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.plugged})
        said = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": passkeys, "hasUserVerification": passkeys,
                "isUserVerified": passkeys, "automaticPresenceSimulation": True}  # fmt: skip
        added = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": said})
        self.plugged = added["authenticatorId"]

    def verified(self, yes: bool) -> None:
        said = {"authenticatorId": self.plugged, "isUserVerified": yes}
        self.session.send("WebAuthn.setUserVerified", said)


@pytest.fixture(scope="module")
def head() -> Iterator[tuple[Visitor, Keys]]:
    """The head of security, who came in at localhost: browsers bind keys to names, never to numbers."""
    api = pytest.importorskip("playwright.sync_api", reason="A key needs Playwright: pip install playwright")
    with walking.instance() as printed, api.sync_playwright() as playwright:
        link = printed.replace("127.0.0.1", "localhost")
        browser = playwright.chromium.launch(executable_path=walking.chromium(), args=list(walking.FLAGS))
        who = visitor(browser, link.partition("/welcome/")[0], "head@remit.example")
        welcome(who, link)
        yield who, Keys(who)
        browser.close()
    assert who.complaints == [], "the content policy let everything through that the page needs"


def confirm(who: Visitor) -> None:
    """Type the password again where that is asked."""
    if "/reauthenticate/" in who.page.url:
        who.page.get_by_label("Password").fill(PASSWORD)
        who.page.get_by_role("button", name="Confirm").click()


def leaves(who: Visitor, last: str) -> None:
    """Wait until what was sent has led away from the form, so that the next address is not asked in between."""
    who.page.wait_for_url(lambda url: not url.partition("?")[0].endswith(last))


def add(who: Visitor, name: str, *, passkey: bool) -> None:
    who.go("/account/2fa/webauthn/add/")
    confirm(who)
    who.page.get_by_label("Name").fill(name)
    if passkey:
        who.page.get_by_label("Let it open my account by itself").check()
    who.page.get_by_role("button", name="Add the key…").click()
    leaves(who, "add/")


def sign_out(who: Visitor) -> None:
    who.go("/account/logout/")
    who.page.get_by_role("button", name="Sign out", exact=True).last.click()
    who.page.wait_for_url("**/account/login/**")


@pytest.mark.browser
@needs_chromium
def test_keys_are_added_used_and_removed(head: tuple[Visitor, Keys]) -> None:
    who, keys = head
    keys.plug(passkeys=False)
    add(who, "blue key", passkey=False)
    who.sees("recovery codes left")

    sign_out(who)
    who.page.get_by_label("E-mail address").fill(who.email)
    who.page.get_by_label("Password").fill(PASSWORD)
    who.page.get_by_role("button", name="Sign in", exact=True).click()
    who.page.get_by_role("button", name="Use your security key…").click()
    who.page.wait_for_url(f"{who.base}/")

    who.go("/account/tokens/new/")
    who.page.get_by_role("link", name="security key").click()
    who.page.get_by_role("button", name="Use your security key…").click()
    who.page.wait_for_url("**/account/tokens/new/**")

    who.go("/account/2fa/")
    who.page.get_by_role("link", name="Remove blue key").click()
    who.sees("Your role needs a second factor, and this is your only one.")

    keys.plug(passkeys=True)
    add(who, "this laptop", passkey=True)
    who.go("/account/2fa/")
    who.sees("Passkey")
    who.page.get_by_role("link", name="Rename blue key").click()
    who.page.get_by_label("Name").fill("red key")
    who.page.get_by_role("button", name="Save").click()
    leaves(who, "edit/")
    who.go("/account/2fa/")
    who.page.get_by_role("link", name="Remove red key").click()
    who.page.get_by_role("button", name="Remove").click()
    leaves(who, "remove/")
    who.go("/account/2fa/")
    assert who.page.get_by_text("red key").count() == 0

    sign_out(who)
    keys.verified(False)
    who.page.get_by_role("button", name="Sign in with a passkey").click()
    who.sees("Nothing was used")
    keys.verified(True)
    who.page.get_by_role("button", name="Sign in with a passkey").click()
    who.page.wait_for_url(f"{who.base}/")

    keys.plug(passkeys=True)
    sign_out(who)
    who.page.get_by_role("button", name="Sign in with a passkey").click()
    who.sees("Nothing was used")


def key_of(person: Any) -> Authenticator:
    with being(None):
        found: Authenticator = Authenticator.objects.create(
            user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "blue key", "credential": {}}
        )
        return found


def test_the_last_factor_of_a_privileged_person_stays(cast: Cast) -> None:
    """So it is for keys and for the authenticator app; whoever owes none may take theirs away."""
    adapter = SecondFactor()
    bobs, carols = key_of(cast.bob), key_of(cast.carol)
    with being(cast.bob):
        assert not adapter.can_delete_authenticator(bobs)
    with being(cast.carol):
        assert adapter.can_delete_authenticator(carols)
    client = signed_in(cast.bob)
    assert client.post(f"/account/2fa/webauthn/keys/{bobs.pk}/remove/")["Location"] == "/account/2fa/"
    assert Authenticator.objects.filter(pk=bobs.pk).exists()
    with being(None):
        Authenticator.objects.create(user=cast.bob, type=Authenticator.Type.RECOVERY_CODES, data={})
    with being(cast.bob):
        assert not adapter.can_delete_authenticator(bobs), "recovery codes are no second factor"
    with being(None):
        Authenticator.objects.create(user=cast.bob, type=Authenticator.Type.TOTP, data={})
    with being(cast.bob):
        assert adapter.can_delete_authenticator(bobs)


def test_the_key_of_somebody_else_is_as_one_that_is_not_there(cast: Cast) -> None:
    key, eve = key_of(cast.carol), signed_in(cast.eve)
    for last in ("remove/", "edit/"):
        answers = []
        for pk in (key.pk, 999_999):
            eve.post(f"/account/2fa/webauthn/keys/{pk}/{last}", {"name": "mine"})
            answers.append(eve.get(f"/account/2fa/webauthn/keys/{pk}/{last}").status_code)
        assert answers[0] == answers[1]
    key.refresh_from_db()
    assert key.data["name"] == "blue key"


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost:8321", "localhost"), ("remit.example.com", "remit.example.com"), ("[::1]:8321", "[::1]")],
)
def test_keys_are_bound_to_the_name_that_people_type(host: str, name: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with context.request_context(RequestFactory(SERVER_NAME="x").get("/", headers={"Host": host})):
        assert SecondFactor().get_public_key_credential_rp_entity() == {"id": name, "name": "Remit"}


def test_a_key_of_another_site_is_refused() -> None:
    """The origin that the browser vouches for must be ours: this is what makes keys proof against phishing."""
    from fido2.rpid import verify_rp_id

    for origin in ("https://remit.example.com", "https://www.remit.example.com"):
        assert verify_rp_id("remit.example.com", origin)
    for origin in ("https://remit.example.com.evil.example", "http://remit.example.com", "https://evil.example"):
        assert not verify_rp_id("remit.example.com", origin)


@pytest.mark.parametrize("state", [None, {"user_verification": "preferred"}, {"user_verification": "discouraged"}])
def test_a_challenge_for_a_second_factor_opens_no_account_by_itself(
    state: Any, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr(auth, "get_state", lambda: state)
    form = PasskeyForm(data={"credential": json.dumps({"id": "a"})})
    form.cleaned_data = {"credential": {}}
    with pytest.raises(ValidationError):
        form.clean_credential()


def test_the_passkey_of_a_disabled_person_or_a_program_opens_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from allauth.mfa.webauthn.forms import LoginWebAuthnForm

    monkeypatch.setattr(auth, "get_state", lambda: {"user_verification": "required"})
    for change in ({"is_active": False}, {"is_active": True, "is_service": True}):
        user = SimpleNamespace(**{"is_active": True, "is_service": False, **change})
        answer = SimpleNamespace(user=user)
        monkeypatch.setattr(LoginWebAuthnForm, "clean_credential", lambda _, answer=answer: answer)
        with pytest.raises(ValidationError):
            PasskeyForm(data={}).clean_credential()


def test_asking_to_sign_in_by_passkey_tells_nothing_of_accounts(cast: Cast) -> None:
    key_of(cast.carol)
    asked = Client().get("/account/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}).json()
    said = asked["request_options"]["publicKey"]
    assert said["userVerification"] == "required"
    assert not said.get("allowCredentials")
    for wrong in ("", "x", "{}", "[]", '{"response": {"userHandle": "MQ"}}'):
        reply = Client().post("/account/2fa/webauthn/login/", {"credential": wrong})
        assert (reply.status_code, reply["Location"]) == (302, "/account/login/")

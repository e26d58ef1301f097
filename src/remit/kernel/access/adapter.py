"""How sign-in by django-allauth is fitted to Remit: nobody signs up by themselves, and the second factor is owed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.shortcuts import redirect

from remit.kernel.access.factors import is_last
from remit.kernel.access.standing import standing


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited by those who administer access; there is no open door."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Answer for a disabled account, or that of a program, as for an unknown one, also to its right password."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and may_sign_in(user) else None

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Turn away whoever may not sign in, whichever way they came."""
        if not may_sign_in(user):
            messages.error(request, "This does not open an account here.")
            return redirect(settings.LOGIN_URL)
        return super().pre_login(request, user, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Offer a security key before codes, which whoever has only a key has none of."""
        ways = super().get_reauthentication_methods(user)
        return sorted(ways, key=lambda way: way["id"] == "mfa_reauthenticate")


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """Names the account in the authenticator by its mail address; seeds are sealed before they are stored."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Your role needs a second factor, and this is your only one. Add another first.",
        "incorrect_code": "That was not right. Try again.",
    }

    def get_totp_label(self, user: Any) -> str:
        return str(user.email)

    def encrypt(self, text: str) -> str:
        from remit.kernel.sealing import seal  # noqa: PLC0415

        return seal(text, "mfa")

    def decrypt(self, encrypted_text: str) -> str:
        from remit.kernel.sealing import unseal  # noqa: PLC0415

        return unseal(encrypted_text, "mfa")

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Keep the last second factor of a person whose role owes one."""
        return not (is_last(authenticator) and standing(authenticator.user_id).privileged)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind keys to the name under which the person reaches us, which ALLOWED_HOSTS has checked (WebAuthn 5.1.2)."""
        return {"id": split_domain_port(context.request.get_host())[0], "name": "Remit"}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return "Security key"


def may_sign_in(user: Any) -> bool:
    """Say whether an account is a person's who may sign in."""
    return bool(user.is_active and not user.is_service)


def attempted_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """Name the account that a sign-in was tried for, in one spelling, for the count of failures."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or given.get("login")
    if not name and request is not None:
        name = request.POST.get("login", "")
    return str(name or "").strip().lower()

"""How sign-in by django-allauth is fitted to Remit: nobody signs up by themselves."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited by those who administer access; there is no open door."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Answer for a disabled account as for an unknown one, also to its right password."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """Names the account in the authenticator by its mail address; seeds are sealed before they are stored."""

    def get_totp_label(self, user: Any) -> str:
        return str(user.email)

    def encrypt(self, text: str) -> str:
        from remit.kernel.sealing import seal  # noqa: PLC0415

        return seal(text, "mfa")

    def decrypt(self, encrypted_text: str) -> str:
        from remit.kernel.sealing import unseal  # noqa: PLC0415

        return unseal(encrypted_text, "mfa")


def attempted_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """Name the account that a sign-in was tried for, in one spelling, for the count of failures."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or given.get("login")
    if not name and request is not None:
        name = request.POST.get("login", "")
    return str(name or "").strip().lower()

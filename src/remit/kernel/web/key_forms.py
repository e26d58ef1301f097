"""Signing in by passkey alone: what django-allauth's form checks, and two things more."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth

from remit.kernel.access.adapter import may_sign_in


class PasskeyForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey opens an account by itself only where the key has verified its person (WebAuthn Level 3, 7.2 step 17).

    A challenge that was given out for a second factor asks for less, so it is not accepted here.
    """

    def clean_credential(self) -> Any:
        state = auth.get_state() or {}
        if state.get("user_verification") != "required":
            raise get_adapter().validation_error("incorrect_code")
        authenticator = super().clean_credential()
        if not may_sign_in(authenticator.user):
            raise get_adapter().validation_error("incorrect_code")
        return authenticator

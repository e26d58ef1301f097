"""The second factor that privileged roles owe: an authenticator app, or a security key or passkey."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils import timezone

from remit.kernel.access.models import User

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
GRACE_SECONDS = 24 * 3600


def in_grace(user: User) -> bool:
    """Say whether somebody may still come in without the factor they owe: for a day, where only loopback reaches us."""
    return not settings.BEHIND_TLS and (timezone.now() - user.joined_at).total_seconds() <= GRACE_SECONDS


def has_factor(user: User) -> bool:
    """Say whether somebody has a second factor; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS).exists())


def is_last(authenticator: Authenticator) -> bool:
    """Say whether this is the one second factor that its person has."""
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=SECOND_FACTORS)
    return authenticator.type in SECOND_FACTORS and not others.exclude(pk=authenticator.pk).exists()

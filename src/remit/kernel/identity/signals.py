"""What follows a sign-in, a sign-out, a refused try, and a change of somebody's factors."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.cache import cache
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from remit.kernel import actor
from remit.kernel.access.adapter import attempted_name
from remit.kernel.access.models import User
from remit.kernel.access.services import ways_in_end
from remit.kernel.identity import sessions, tokens
from remit.kernel.identity.clients import address_of, network_of
from remit.kernel.ledger.reading import note

MOST_REFUSALS = 200
"""Refused sign-ins that one process writes down in an hour; beyond it somebody is filling the ledger."""
FACTORS = {"totp": "authenticator app", "webauthn": "security key", "recovery_codes": "recovery codes"}


@receiver(user_logged_in, dispatch_uid="identity.signed_in")
def signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    """Write the session down."""
    if request is not None:
        sessions.begin(request, user)


@receiver(user_logged_out, dispatch_uid="identity.signed_out")
def signed_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    """Forget the session, before Django forgets what it held."""
    if request is not None and user is not None:
        sessions.over(user, request.session.get(sessions.MARK))


@receiver(user_login_failed, dispatch_uid="identity.refused")
def refused(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Write a refused sign-in down with the account it was for, if there is one; never what was typed."""
    if request is None or not _within("identity.refusals", MOST_REFUSALS, 3600):
        return
    name = attempted_name(request, credentials)
    with actor.system("sign-in"), transaction.atomic():
        known = list(User.objects.filter(email__iexact=name).values_list("pk", flat=True)[:1])
        whom = "" if known else " to an account that does not exist"
        note("sign-in refused", sessions.KIND, known, f"from {network_of(address_of(request))}{whom}")


@receiver(authentication_failed, dispatch_uid="identity.factor_refused")
def factor_refused(request: HttpRequest, user: User, **_: Any) -> None:
    """Write down that a second factor was wrong, after a password that was right."""
    if _within("identity.refusals", MOST_REFUSALS, 3600):
        with actor.system("sign-in"), transaction.atomic():
            note("second factor refused", sessions.KIND, [user.pk], f"from {network_of(address_of(request))}")


@receiver(password_changed, dispatch_uid="identity.password")
def password_is_new(request: HttpRequest, user: User, **_: Any) -> None:
    """A new password ends every other session: so does Django by the session's hash; here they leave the list."""
    sessions.end_others(user, request.session.get(sessions.MARK))


@receiver(ways_in_end, dispatch_uid="identity.ways_in")
def ways_in_ended(user: User, **_: Any) -> None:
    """End the sessions and revoke the tokens of somebody who was barred, or whose account is in doubt."""
    sessions.end_all(user)
    tokens.revoke_all(user)


@receiver((authenticator_added, authenticator_removed, authenticator_reset), dispatch_uid="identity.factor")
def factor_changed(signal: Any, user: User, authenticator: Any, **_: Any) -> None:
    """Write a change of somebody's factors down."""
    verb = {authenticator_added: "add factor", authenticator_removed: "remove factor"}.get(signal, "renew factor")
    note(verb, sessions.KIND, [user.pk], FACTORS.get(authenticator.type, str(authenticator.type)))


def _within(key: str, most: int, seconds: int) -> bool:
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) <= most
    except ValueError:  # it ran out between the two
        return True

"""Making, listing and revoking API tokens, and telling whose a presented one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access.models import Unit, User
from remit.kernel.access.standing import standing
from remit.kernel.identity.models import ApiToken, ServiceAccount
from remit.kernel.identity.scope import Scope
from remit.kernel.identity.secrets import digest_of, hint_of, is_well_formed, new_secret
from remit.kernel.ledger.reading import note

USUAL_DAYS = 90
MOST_DAYS = 366
MOST_TOKENS = 20
USE_SECONDS = 60
"""A use is written down at most this often."""


class TokenRefusedError(Exception):
    """A token that cannot be made; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A token that was presented and holds: its account, and what it may do."""

    token: ApiToken
    user: User
    scope: Scope


@transaction.atomic
def make(
    user: User,
    *,
    name: str,
    writes: bool = False,
    kinds: list[str] | None = None,
    unit: Unit | None = None,
    days: int = USUAL_DAYS,
) -> tuple[ApiToken, str]:
    """Make a token for an account and return it with its secret, which cannot be had again.

    Who acts must be let by the database: the person themselves, an owner or administrator of a service account, or the
    system. TokenRefusedError for a life outside 1 to 366 days, or for an account that has too many tokens.
    """
    if not 1 <= days <= MOST_DAYS:
        raise TokenRefusedError(f"A token lives from 1 to {MOST_DAYS} days.")
    now = timezone.now()
    if valid(ApiToken.objects.filter(user=user), now).count() >= MOST_TOKENS:
        raise TokenRefusedError(f"There are {MOST_TOKENS} tokens that still hold. Revoke one that is not needed first.")
    secret = new_secret()
    token = ApiToken(
        user=user,
        name=name,
        digest=digest_of(secret),
        hint=hint_of(secret),
        writes=writes,
        kinds=sorted(kinds or ()),
        unit=unit,
        made_by_id=actor.actor().user_id,
        expires_at=now + timedelta(days=days),
    )
    with actor.verb("make token"):
        token.save()
    return token, secret


@transaction.atomic
def revoke(token: ApiToken) -> None:
    """End a token for good, from the next request on; revoking again changes nothing."""
    with actor.verb("revoke token"):
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def revoke_all(user: User) -> int:
    """End every token of an account and return how many held; whoever acts stands on the ledger with the count."""
    with actor.system("ending every way in"), actor.verb("revoke token"):
        now = timezone.now()
        gone = valid(ApiToken.objects.filter(user=user), now).update(revoked_at=now)
    if gone:
        note("revoke tokens", "kernel.user", [user.pk], f"{gone} revoked")
    return gone


def listed(user: User) -> QuerySet[ApiToken]:
    """Return an account's tokens as far as the actor handles them: those that hold first, then the newest."""
    return (
        ApiToken.objects.filter(user=user)
        .select_related("unit", "use", "made_by")
        .order_by("-revoked_at", "-expires_at", "-pk")[:100]
    )


def valid(tokens: QuerySet[ApiToken], now: datetime) -> QuerySet[ApiToken]:
    """Return those that are neither revoked nor past their time."""
    return tokens.filter(revoked_at=None, expires_at__gt=now)


def present(text: str) -> Presented | None:
    """Tell whose token this is; None for one that does not hold, for whatever reason.

    A token holds while it is neither revoked nor past its time, its account may be used, and for a service account its
    owner too.
    """
    if not is_well_formed(text):
        return None
    wanted, now = digest_of(text), timezone.now()
    with actor.system("reading a token"), transaction.atomic():
        token = (
            valid(ApiToken.objects.filter(digest=wanted), now)
            .filter(user__is_active=True)
            .exclude(Q(user__is_service=True) & ~Q(user__service__owner__is_active=True))
            .select_related("user", "use")
            .first()
        )
        if token is None or not compare_digest(bytes(token.digest), wanted):
            return None
        if (last := last_use(token)) is None or now - last > timedelta(seconds=USE_SECONDS):
            _used(token, now)
        units = None if token.unit_id is None else frozenset(standing(token.user_id).below(token.unit_id))
    return Presented(token, token.user, Scope(token.writes, frozenset(token.kinds) or None, units))


def last_use(token: ApiToken) -> datetime | None:
    """Return when a token was last used, to the minute, or None if it never was."""
    use: Any = getattr(token, "use", None)
    return use.used_at if use is not None else None


def owner_of(user: User) -> User:
    """Return the person who answers for an account: themselves, or for a program its owner."""
    service = ServiceAccount.objects.filter(user=user).select_related("owner").first() if user.is_service else None
    return service.owner if service is not None else user


def _used(token: ApiToken, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into identity_token_use as u (token_id, used_at) values (%s, %s)
               on conflict (token_id) do update set used_at = greatest(u.used_at, excluded.used_at)""",
            (token.pk, now),
        )

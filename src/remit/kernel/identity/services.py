"""Service accounts: the accounts of programs, each with an owner who answers for it.

They hold roles by grants as people do, but never one that administers access, and never sign in: the one way in is a
token, made by the owner or by who manages the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.text import slugify

from remit.kernel import actor
from remit.kernel.access import managing
from remit.kernel.access.managing import AccessRefusedError
from remit.kernel.access.models import Grant, Reach, Unit, User
from remit.kernel.access.services import grant
from remit.kernel.access.standing import Standing
from remit.kernel.identity.models import ApiToken, ServiceAccount
from remit.kernel.work.services import ask

DOMAIN = "services.invalid"
"""Where a program's address is: a name that exists nowhere (RFC 2606), so that no mail goes there."""
WARN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Listed:
    """A service account with what one wants to know at a glance."""

    account: ServiceAccount
    roles: tuple[Grant, ...]
    tokens: int
    used_at: datetime | None


@transaction.atomic
def add(name: str, *, purpose: str, owner: User, role: str, unit: Unit) -> ServiceAccount:
    """Make a service account with its first role; who acts must administer the unit.

    ValueError for a role that administers access, and for an owner who is a program or may not sign in.
    """
    if owner.is_service or not owner.is_active:
        raise ValueError("A service account is owned by a person who may sign in.")
    address = f"{slugify(name)[:40] or 'service'}-{uuid4().hex[:8]}@{DOMAIN}"
    user = User.objects.create_user(address, name, title=purpose[:120], is_service=True)
    grant(user=user, role=role, unit=unit)
    return ServiceAccount.objects.create(user=user, owner=owner, purpose=purpose)


@transaction.atomic
def add_by(standing: Standing, *, name: str, purpose: str, owner: User, role: str, unit_id: int) -> ServiceAccount:
    """Make a service account as somebody who administers the unit; AccessRefusedError for a role not theirs to give."""
    refusal = managing.grant_refusal(standing, None, role, unit_id)
    if refusal:
        raise AccessRefusedError(refusal)
    try:
        return add(name, purpose=purpose, owner=owner, role=role, unit=Unit.objects.get(pk=unit_id))
    except ValueError as refused:
        raise AccessRefusedError(str(refused)) from None


@transaction.atomic
def hand_over(standing: Standing, account: ServiceAccount, owner: User) -> None:
    """Name another owner; AccessRefusedError for who does not manage the account, or a new owner who cannot be."""
    refusal = managing.account_refusal(standing, account.user)
    if refusal:
        raise AccessRefusedError(refusal)
    if owner.is_service or not owner.is_active:
        raise AccessRefusedError("A service account is owned by a person who may sign in.")
    account.owner = owner
    account.save(update_fields=["owner"])


def token_refusal(standing: Standing, account: ServiceAccount) -> str:
    """Say why this person may not make or revoke tokens of an account, or return ""."""
    if account.owner_id == standing.user_id:
        return ""
    if not standing.administers:
        return "Tokens are made by the owner of the account, or by who manages it."
    return managing.account_refusal(standing, account.user)


def accounts() -> QuerySet[ServiceAccount]:
    """Return the service accounts that the actor owns or manages."""
    return ServiceAccount.objects.select_related("user", "owner").order_by("user__name", "pk")


def listed(now: datetime) -> list[Listed]:
    """Return the actor's service accounts with their roles, tokens that hold, and last use."""
    found = list(accounts()[:200])
    users = [account.user_id for account in found]
    roles: dict[int, list[Grant]] = {}
    for each in Grant.objects.filter(user__in=users).select_related("unit").order_by("unit__name", "role"):
        roles.setdefault(each.user_id or 0, []).append(each)
    holds = Q(revoked_at=None, expires_at__gt=now)
    counted: dict[int, tuple[int, datetime | None]] = {
        row["user"]: (row["holding"], row["used_at"])
        for row in ApiToken.objects.filter(user__in=users)
        .values("user")
        .annotate(holding=Count("pk", filter=holds), used_at=Max(F("use__used_at")))
        .order_by()
    }
    return [
        Listed(account, tuple(roles.get(account.user_id, ())), *counted.get(account.user_id, (0, None)))
        for account in found
    ]


@transaction.atomic
def ask_for_renewal(now: datetime) -> int:
    """Ask the owner of each token that ends within 14 days to replace it, once; returns how many. System only."""
    soon = (
        ApiToken.objects.select_for_update(of=("self",))
        .filter(revoked_at=None, asked_at=None, expires_at__gt=now, expires_at__lte=now + timedelta(days=WARN_DAYS))
        .select_related("user", "user__service", "user__service__owner")
        .order_by("pk")
    )
    asked = [token for token in soon if _ask(token)]
    with actor.verb("ask for renewal"):
        ApiToken.objects.filter(pk__in=[token.pk for token in asked]).update(asked_at=now)
    return len(asked)


def _ask(token: ApiToken) -> bool:
    program = token.user.is_service
    owner = token.user.service.owner if program else token.user
    if not (owner.is_active and token.user.is_active):
        return False  # what they hold ends with them
    last = token.expires_at.date()
    of_whom = f" of {token.user.name}" if program else ""
    where = f"/access/services/{token.user.service.pk}/" if program else "/account/tokens/"
    ask(
        f"Replace the token “{token.name}”{of_whom} before {_day(last)}",
        owner_id=owner.pk,
        due_on=last - timedelta(days=1),
        unit_id=_unit_of(token),
        detail=f"It stops working on {_day(last)}. Make a new one at {where}, give it to the program, revoke the old.",
    )
    return True


def _unit_of(token: ApiToken) -> int:
    if token.unit_id is not None:
        return token.unit_id
    reached = Reach.objects.filter(user=token.user_id).exclude(role="above").order_by("unit_id").first()
    return reached.unit_id if reached else Unit.objects.get(parent=None).pk


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"

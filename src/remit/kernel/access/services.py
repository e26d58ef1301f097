"""Inviting and barring people, granting roles, and the one-time link with which somebody signs in.

Pages, commands and SCIM bar and let in by the functions here; who may is for them to ask.
"""

from __future__ import annotations

import secrets
from datetime import date

from django.core import signing
from django.db import transaction
from django.dispatch import Signal

from remit.kernel import actor
from remit.kernel.access import rules
from remit.kernel.access.models import Engagement, Grant, Group, Unit, User
from remit.kernel.access.roles import ROLES

LINK_HOURS = 24
_SALT = "remit.welcome"
HEAD = "head_of_security"

ways_in_end = Signal()
"""Sent with `user` once nothing that opened their account may open it any more: whoever keeps sessions, tokens and
calendar links ends them, in the same transaction."""


class AccessRefusedError(Exception):
    """A change of access that a rule forbids; its text is for the person who tried."""


@transaction.atomic
def first_unit(name: str = "My organisation", code: str = "root") -> Unit:
    """Return the root of the units tree, made if there is none."""
    with actor.system("first start"):
        return Unit.objects.filter(parent=None).order_by("pk").first() or Unit.objects.create(
            name=name, code=code, kind=Unit.Kind.GROUP
        )


def networks() -> dict[int, str]:
    """Return the name of each reached unit's private network: its own code, or that of the company it is part of.

    Private addresses are unique within a company, not beyond; a business unit has no addresses of its own.
    """
    units = {unit.pk: unit for unit in Unit.objects.all()}

    def company(unit: Unit) -> Unit:
        above = units.get(unit.parent_id or 0)
        return company(above) if unit.kind == Unit.Kind.BUSINESS_UNIT and above is not None else unit

    return {key: company(unit).code.lower() for key, unit in units.items()}


@transaction.atomic
def invite(
    *,
    email: str,
    name: str,
    title: str = "",
    role: str = "",
    unit: Unit | None = None,
    expires_on: date | None = None,
    engagement: Engagement | None = None,
) -> User:
    """Add a person, or find the one with this address, and grant them a role over a unit and all below it."""
    user = User.objects.filter(email__iexact=email.strip()).first() or User.objects.create_user(
        email, name, title=title
    )
    if role:
        where = unit or (engagement.unit if engagement else first_unit())
        grant(user=user, role=role, unit=where, expires_on=expires_on, engagement=engagement)
    return user


def grant(
    *,
    role: str,
    unit: Unit,
    user: User | None = None,
    group: Group | None = None,
    expires_on: date | None = None,
    engagement: Engagement | None = None,
) -> Grant:
    """Grant a role to a person or a group; the same grant again only changes its last day.

    ValueError for a role that does not exist, for an auditor without an engagement, and for an engagement that is
    another unit's or for another role; and for a role that administers access to the account of a program.
    """
    if role not in ROLES:
        raise ValueError(f"There is no role {role!r}; the roles are {', '.join(ROLES)}.")
    if refusal := rules.engagement_refusal(role, unit.pk, engagement.unit_id if engagement else None):
        raise ValueError(refusal)
    if user is not None and user.is_service and ROLES[role].administers:
        raise ValueError(f"A program is never {ROLES[role].title.lower()}; choose a role that does not manage access.")
    found, _ = Grant.objects.update_or_create(
        user=user,
        group=group,
        role=role,
        unit=unit,
        engagement=engagement,
        defaults={"expires_on": expires_on},
        create_defaults={"expires_on": expires_on, "created_by_id": actor.actor().user_id},
    )
    return found


@transaction.atomic
def disable(user: User) -> None:
    """Bar a person from signing in, and end their sessions, tokens and calendar link; their grants stay.

    AccessRefusedError for the last head of security of the whole organisation.
    """
    for held in Grant.objects.filter(user=user, role=HEAD, unit__parent=None):
        keep_a_head(held)
    user.is_active = False
    _end_ways_in(user, "disable", "is_active")


@transaction.atomic
def enable(user: User) -> None:
    """Let a person sign in again; what was ended stays ended."""
    user.is_active = True
    with actor.verb("enable"):
        user.save(update_fields=["is_active"])


@transaction.atomic
def new_link(user: User) -> str:
    """Return the path of a new one-time sign-in link; earlier links, sessions, tokens and the calendar link end.

    AccessRefusedError for a program, and for who may not sign in.
    """
    if user.is_service:
        raise AccessRefusedError(f"{user.name} is a program and never signs in. Make a token for it instead.")
    if not user.is_active:
        raise AccessRefusedError(f"{user.name} may not sign in now. Let them sign in again first.")
    _end_ways_in(user, "new link")
    return f"/welcome/{welcome_token(user)}/"


def _end_ways_in(user: User, verb: str, *fields: str) -> None:
    user.session_salt = secrets.token_hex(16)
    with actor.verb(verb):
        user.save(update_fields=[*fields, "session_salt"])
    ways_in_end.send(User, user=user)


def keep_a_head(grant: Grant | None) -> None:
    """Refuse what leaves the topmost unit without a head of security for good; two such changes wait in turn."""
    if grant is None or grant.role != HEAD or grant.unit.parent_id is not None:
        return
    with actor.system("counting heads of security"):  # to lock a row one must be allowed to change it: also one's own
        grants = Grant.objects.filter(role=HEAD, unit=grant.unit_id).order_by("pk")
        list(
            grants.select_for_update(of=("self",)).values_list("pk")
        )  # and only then who they are: it may have changed
        stays = grants.exclude(pk=grant.pk).filter(expires_on=None, user__is_active=True).exists()
    if not stays:
        raise AccessRefusedError(
            "This is the last head of security of the whole organisation. Name another one first, without a last day."
        )


def welcome_token(user: User) -> str:
    """Make a token that signs this person in once, within LINK_HOURS; using it or a new password voids it."""
    return signing.dumps({"user": user.pk, "was": _fingerprint(user)}, salt=_SALT)


def welcomed(token: str) -> User | None:
    """Return the active person a token stands for, or None if it is forged, used or too old."""
    try:
        said = signing.loads(token, salt=_SALT, max_age=LINK_HOURS * 3600)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=said.get("user"), is_active=True, is_service=False).first()
    return user if user and said.get("was") == _fingerprint(user) else None


def _fingerprint(user: User) -> str:
    return signing.Signer(salt=_SALT).signature(f"{user.password}|{user.last_login}|{user.session_salt}")


def head_of_security() -> User | None:
    """Return the first head of security of the root unit, if there is one."""
    found = (
        Grant.objects.filter(role="head_of_security", user__is_active=True)
        .order_by("unit_id", "pk")
        .select_related("user")
        .first()
    )
    return found.user if found else None


def first_link(base: str = "") -> str | None:
    """Return the address with which the head of security signs in for the first time; None once they have."""
    with actor.system("first start"), transaction.atomic():
        head = head_of_security()
        if head is None:
            head = invite(
                email="head@remit.example", name="Head of security", role="head_of_security", unit=first_unit()
            )
        if head.last_login is not None:
            return None
        return f"{base}/welcome/{welcome_token(head)}/"

"""Managing people, grants and units: who may do it to whom, and the doing, each refusal with its reason.

Three rules beside "only in units one administers":

* Nobody gives, changes or takes back a role that none of their roles there `gives` (`roles.py`).
* Nobody manages their own account or grants: somebody else does. An account is managed only by who could take back
  every role it holds, since a sign-in link to it is as good as those roles; and so it is as good as those of the
  programs that it owns, for which its person makes tokens.
* The topmost unit keeps at least one head of security who may sign in and whose grant has no last day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from remit.kernel import actor
from remit.kernel.access import rules, services
from remit.kernel.access.models import Engagement, Grant, Group, Reach, Unit, User
from remit.kernel.access.roles import ROLES
from remit.kernel.access.standing import ReachedUnit, Standing

AccessRefusedError = services.AccessRefusedError
OWN = "Nobody changes their own roles: ask somebody else who administers your unit."


def administered(standing: Standing) -> tuple[ReachedUnit, ...]:
    """Return the units whose people and grants this person manages, parents before children."""
    return tuple(unit for unit in standing.units if any(ROLES[role].administers for role in unit.roles))


def may_give(standing: Standing, unit_id: int) -> frozenset[str]:
    """Return the roles that this person gives and takes back in a unit; none where they do not administer."""
    held = standing.in_unit(unit_id)
    return frozenset(name for name in ROLES if any(ROLES[role].may_give(name) for role in held))


def people(standing: Standing) -> QuerySet[User]:
    """Return whom this person manages: those with a role where they administer; at the top, also those with none."""
    units = administered(standing)
    reach = Reach.objects.exclude(role="above")
    seen = Q(pk__in=reach.filter(unit__in=[unit.id for unit in units]).values("user"))
    if any(unit.parent_id is None for unit in units):
        seen |= ~Q(pk__in=reach.values("user"))
    return User.objects.filter(seen)


def grants(standing: Standing, person: User | None = None) -> QuerySet[Grant]:
    """Return the grants in the units this person administers: all, or those of one person or of groups they are in."""
    found = Grant.objects.filter(unit__in=[unit.id for unit in administered(standing)]).select_related(
        "user", "group", "unit", "engagement", "created_by"
    )
    if person is not None:
        found = found.filter(Q(user=person) | Q(group__in=person.circles.all()))
    return found.order_by("unit__name", "role")


def held_by(standing: Standing, persons: Iterable[User]) -> dict[int, list[Grant]]:
    """Return the grants of several people in the units this person administers, by person, those by groups included."""
    keys = [person.pk for person in persons]
    membership = Group.members.through.objects.filter(user_id__in=keys)
    groups: dict[int, list[int]] = {}
    for group_id, user_id in membership.values_list("group_id", "user_id"):
        groups.setdefault(group_id, []).append(user_id)
    held: dict[int, list[Grant]] = {}
    for grant in grants(standing).filter(Q(user__in=keys) | Q(group__in=groups)):
        for key in [grant.user_id] if grant.user_id else groups.get(grant.group_id or 0, []):
            held.setdefault(key, []).append(grant)
    return held


def ending(standing: Standing, today: date) -> list[Grant]:
    """Return the grants that end within a week in the units this person administers, the next first."""
    soon = (today, today + rules.WARNING)
    found = grants(standing).filter(Q(expires_on__range=soon) | Q(engagement__ends_on__range=soon))
    ends = [(grant.last_day, grant.pk, grant) for grant in found if rules.ends_soon(grant.last_day, today)]
    return [grant for *_, grant in sorted(ends, key=lambda each: (each[0] or today, each[1]))]


def account_refusal(standing: Standing, person: User) -> str:
    """Say why this person may not manage that account, or return ""."""
    if person.pk == standing.user_id:
        return "Your own account and roles are managed by somebody else who administers your unit."
    today = localdate()
    reach = Reach.objects.exclude(role="above").filter(Q(until=None) | Q(until__gte=today))
    for held in reach.filter(user__in=(person.pk, *_programs(person))):
        if held.role not in may_give(standing, held.unit_id):
            known = any(unit.id == held.unit_id for unit in administered(standing))
            where = "there" if known else "in a unit that you do not administer"
            what = f"{ROLES[held.role].title.lower()} {where}, which is not yours to give or take back."
            return (
                f"{person.name} is {what}"
                if held.user_id == person.pk
                else f"{person.name} owns a program: it is {what}"
            )
    return ""


def _programs(person: User) -> list[int]:
    """Return the accounts of the programs that this person owns, wherever they are."""
    with actor.system("whose program it is"), transaction.atomic():
        return list(User.objects.filter(service__owner=person).values_list("pk", flat=True))


def grant_refusal(standing: Standing, person: User | None, role: str, unit_id: int) -> str:
    """Say why this role in this unit is not this person's to give to or take from that person, or return ""."""
    if person is not None and person.pk == standing.user_id:
        return OWN
    if role not in may_give(standing, unit_id):
        title = ROLES[role].title.lower() if role in ROLES else role
        return f"The role of {title} is given and taken back by a head of security of this unit."
    if person is not None and person.is_service and ROLES[role].administers:
        return f"A program is never {ROLES[role].title.lower()}: choose a role that does not manage access."
    return ""


def group_refusal(standing: Standing, group: Group) -> str:
    """Say why what this group holds is not this person's to pass on by it, or return ""."""
    if group.members.filter(pk=standing.user_id).exists():
        return OWN
    for grant in group.grants.select_related("unit"):
        if grant.role not in may_give(standing, grant.unit_id):
            return f"{group} holds the role of {ROLES[grant.role].title.lower()}, which is not yours to give there."
    return ""


@transaction.atomic
def invite(
    standing: Standing,
    *,
    email: str,
    name: str,
    title: str,
    role: str,
    unit_id: int,
    expires_on: date | None,
    engagement_id: int | None = None,
) -> tuple[User, bool]:
    """Give a role to the person with this address, made if there is none; say whether they are new.

    AccessRefusedError where the role is not this person's to give. Somebody known keeps their name and title.
    """
    allow(grant_refusal(standing, None, role, unit_id))
    known = User.objects.filter(email__iexact=email.strip()).first()
    person = known or User.objects.create_user(email, name, title=title)
    give(standing, person, role=role, unit_id=unit_id, expires_on=expires_on, engagement_id=engagement_id)
    return person, known is None


@transaction.atomic
def give(
    standing: Standing,
    holder: User | Group,
    *,
    role: str,
    unit_id: int,
    expires_on: date | None,
    engagement_id: int | None = None,
) -> Grant:
    """Grant a role in a unit to a person or a group; the same grant again changes its last day."""
    person, group = (holder, None) if isinstance(holder, User) else (None, holder)
    allow(grant_refusal(standing, person, role, unit_id))
    if group is not None and group.members.filter(pk=standing.user_id).exists():
        raise AccessRefusedError(OWN)
    engagement = Engagement.objects.filter(pk=engagement_id).first() if engagement_id else None
    allow(rules.engagement_refusal(role, unit_id, engagement.unit_id if engagement else None))
    if engagement is not None and engagement.is_over(localdate()):
        raise AccessRefusedError("This engagement has ended. Extend it, or make a new one.")
    if expires_on is not None:
        services.keep_a_head(Grant.objects.filter(user=person, role=role, unit_id=unit_id).first() if person else None)
    return services.grant(
        user=person,
        group=group,
        role=role,
        unit=Unit.objects.get(pk=unit_id),
        expires_on=expires_on,
        engagement=engagement,
    )


@transaction.atomic
def revoke(standing: Standing, grant: Grant) -> None:
    """Take a grant back; its person loses the role at the next request."""
    allow(grant_refusal(standing, grant.user, grant.role, grant.unit_id))
    if grant.group is not None and grant.group.members.filter(pk=standing.user_id).exists():
        raise AccessRefusedError(OWN)
    services.keep_a_head(grant)
    with actor.verb("revoke"):
        grant.delete()


@transaction.atomic
def disable(standing: Standing, person: User) -> None:
    """Bar a person from signing in; every way in of theirs ends at once, their grants stay."""
    allow(account_refusal(standing, person))
    services.disable(person)


@transaction.atomic
def enable(standing: Standing, person: User) -> None:
    """Let a person sign in again."""
    allow(account_refusal(standing, person))
    services.enable(person)


@transaction.atomic
def new_link(standing: Standing, person: User) -> str:
    """Return the path of a new one-time sign-in link; every other way in of the person ends."""
    allow(account_refusal(standing, person))
    return services.new_link(person)


@transaction.atomic
def add_unit(standing: Standing, *, name: str, code: str, kind: str, parent_id: int) -> None:
    """Put a new unit under one that this person administers."""
    allow("" if administers(standing, parent_id) else "A unit is added under one that you administer.")
    with connection.cursor() as cursor:  # without RETURNING: the row is in its maker's reach only after the statement
        cursor.execute(
            "insert into kernel_unit (code, name, kind, parent_id) values (%s, %s, %s, %s)",
            (code, name, kind, parent_id),
        )


@transaction.atomic
def change_unit(standing: Standing, unit: Unit, *, name: str, kind: str) -> None:
    """Give a unit another name or kind; its code stays, since imports name it by that."""
    allow(unit_refusal(standing, unit))
    Unit.objects.filter(pk=unit.pk).update(name=name, kind=kind)


def unit_refusal(standing: Standing, unit: Unit) -> str:
    """Say why this person may not rename that unit, or return ""; the database asks for the unit above it too."""
    if administers(standing, unit.pk) and administers(standing, unit.parent_id or unit.pk):
        return ""
    return "A unit is named by who administers the one above it."


def administers(standing: Standing, unit_id: int) -> bool:
    """Say whether this person manages the people and grants of a unit."""
    return any(unit.id == unit_id for unit in administered(standing))


def allow(refusal: str) -> None:
    """Go on where nothing is said against it; AccessRefusedError otherwise."""
    if refusal:
        raise AccessRefusedError(refusal)

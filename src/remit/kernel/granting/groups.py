"""Groups of people: made, named, filled and emptied by who could give each member every role that the group holds."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from remit.kernel import actor
from remit.kernel.access.managing import (
    OWN,
    AccessRefusedError,
    administered,
    administers,
    allow,
    group_refusal,
    people,
)
from remit.kernel.access.models import Group, User
from remit.kernel.access.standing import Standing


def groups(standing: Standing) -> QuerySet[Group]:
    """Return the groups of the units this person administers, with how many are in each."""
    units = administered(standing)
    where = Q(unit__in=[unit.id for unit in units])
    if any(unit.parent_id is None for unit in units):
        where |= Q(unit=None)
    return Group.objects.filter(where).select_related("unit").annotate(size=Count("members")).order_by("name")


@transaction.atomic
def make(standing: Standing, *, name: str, unit_id: int) -> Group:
    """Make an empty group in a unit that this person administers."""
    allow("" if administers(standing, unit_id) else "A group is made in a unit that you administer.")
    _name_is_free(name, unit_id)
    return Group.objects.create(name=name, unit_id=unit_id)


@transaction.atomic
def rename(standing: Standing, group: Group, *, name: str) -> None:
    allow(group_refusal(standing, group))
    if name != group.name:
        _name_is_free(name, group.unit_id)
    group.name = name
    with actor.verb("rename"):
        group.save(update_fields=["name"])


@transaction.atomic
def fill(standing: Standing, group: Group, emails: Iterable[str]) -> list[User]:
    """Add people by their addresses, all or none; they have the group's roles from their next request on."""
    allow(group_refusal(standing, group))
    wanted = {email.strip().lower() for email in emails if email.strip()}
    known = {person.email.lower(): person for person in people(standing).filter(email__in=wanted)}
    if missing := sorted(wanted - known.keys()):
        raise AccessRefusedError(f"You manage nobody with the address {missing[0]}. Invite them first.")
    if any(person.pk == standing.user_id for person in known.values()):
        raise AccessRefusedError(OWN)
    group.members.add(*known.values())
    return sorted(known.values(), key=lambda person: person.name)


@transaction.atomic
def take_out(standing: Standing, group: Group, person: User) -> None:
    """Take one person out of a group, and with it the group's roles from them."""
    if person.pk == standing.user_id:
        raise AccessRefusedError(OWN)
    allow(group_refusal(standing, group))
    group.members.remove(person)


@transaction.atomic
def empty(standing: Standing, group: Group) -> None:
    """Take everybody out of a group; its grants stay and reach nobody."""
    allow(group_refusal(standing, group))
    group.members.clear()


def _name_is_free(name: str, unit_id: int | None) -> None:
    if Group.objects.filter(name=name, unit=unit_id).exists():
        raise AccessRefusedError("This unit has a group of that name. Choose a different one.")

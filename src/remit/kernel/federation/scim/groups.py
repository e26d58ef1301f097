"""Groups as SCIM sees them: those that the connection made, or that an administrator gave it.

Only the connection's own people are shown and changed as members; whom somebody here put into the group stays. SCIM
gives no role: a group that holds a privileged one takes no member from it unless an administrator said so.
"""

from __future__ import annotations

from collections.abc import Iterable

import scim2_models as scim
from django.db.models import QuerySet

from remit.kernel.access.models import Grant
from remit.kernel.access.models import Group as Circle
from remit.kernel.federation.models import ScimConnection, ScimGroup, ScimPerson
from remit.kernel.federation.rules import group_refusal
from remit.kernel.federation.scim import people, schemas
from remit.kernel.federation.scim.filters import Columns, Many


def columns(connection: ScimConnection) -> Columns:
    """Return where the attributes of a group stand."""
    members = Many(people.of(connection), "user__circles__scim", {"value": "key"})
    return Columns(
        {
            "id": "key", "external_id": "external_id", "display_name": "group__name",
            "meta.created": "created_at", "meta.last_modified": "updated_at",
        },
        {"members": members},
    )  # fmt: skip


def of(connection: ScimConnection) -> QuerySet[ScimGroup]:
    """Return the groups of a connection."""
    return ScimGroup.objects.filter(connection=connection, is_gone=False).select_related("group")


def shown(
    connection: ScimConnection, groups: Iterable[ScimGroup], base: str, with_members: bool = True
) -> list[schemas.Group]:
    """Return groups as resources, their members read at once where they are asked for."""
    groups = list(groups)
    members: dict[int, list[schemas.Member]] = {}
    if with_members:
        through = (
            Circle.members.through._default_manager.filter(
                group__in=[g.group_id for g in groups], user__scim__connection=connection, user__scim__is_gone=False
            )
            .order_by("user__email")
            .values_list("group_id", "user__scim__key")
        )
        for group_id, key in through:
            members.setdefault(group_id, []).append(
                schemas.Member(value=key, ref=f"{base}/Users/{key}", type="User")  # type: ignore[arg-type]
            )
    return [
        schemas.Group(
            id=group.key,
            external_id=group.external_id or None,
            display_name=group.group.name,
            members=members.get(group.group_id),
            meta=scim.Meta(
                resource_type="Group",
                created=group.created_at,
                last_modified=group.updated_at,
                location=f"{base}/Groups/{group.key}",
            ),
        )
        for group in groups
    ]


def create(connection: ScimConnection, wanted: schemas.Group) -> ScimGroup:
    """Make a group, or take up again the one that this connection let go of; UniquenessException for another's name."""
    name = _name(wanted)
    circle = Circle.objects.filter(name=name).select_for_update().first()
    if circle is None:
        group = ScimGroup(connection=connection, group=Circle.objects.create(name=name))
    else:
        known = ScimGroup.objects.filter(group=circle, connection=connection, is_gone=True).first()
        if known is None:
            raise scim.UniquenessException(detail="A group of this displayName is there already.")
        group = known
        group.is_gone = False
    write(connection, group, wanted)
    return group


def write(connection: ScimConnection, group: ScimGroup, wanted: schemas.Group) -> None:
    """Make a group as a provider wants it. ForbiddenException where a member may not be added or taken out."""
    circle = Circle.objects.select_for_update().get(pk=group.group_id)
    name, external = _name(wanted), people.short("externalId", wanted.external_id, 200)
    if circle.name != name:
        if Circle.objects.filter(name=name).exclude(pk=circle.pk).exists():
            raise scim.UniquenessException(detail="A group of this displayName is there already.")
        circle.name = name
        circle.save(update_fields=["name"])
        group.group = circle
    added, dropped = _differences(connection, circle, wanted.members or [])
    if added and (refusal := group_refusal(_roles(circle), group.may_hold_privilege)):
        raise scim.ForbiddenException(detail=refusal)
    if people.administering(added | dropped):
        raise scim.ForbiddenException(detail=people.UNTOUCHABLE)
    circle.members.remove(*dropped)
    circle.members.add(*added)
    group.external_id = external
    group.save()


def delete(connection: ScimConnection, group: ScimGroup) -> None:
    """Let go of a group and take the connection's people out; the group itself goes when nothing else hangs on it."""
    circle = Circle.objects.select_for_update().get(pk=group.group_id)
    _, dropped = _differences(connection, circle, [])
    if people.administering(dropped):
        raise scim.ForbiddenException(detail=people.UNTOUCHABLE)
    circle.members.remove(*dropped)
    if circle.members.exists() or circle.grants.exists():
        group.is_gone = True
        group.may_hold_privilege = False
        group.save()
    else:
        circle.delete()


def _differences(
    connection: ScimConnection, circle: Circle, wanted: Iterable[schemas.Member]
) -> tuple[frozenset[int], frozenset[int]]:
    """Return whom to add and whom to take out, as user ids; a member that is nobody of ours is an invalid value."""
    keys = {member.value for member in wanted if member.value}
    found = dict(people.of(connection).filter(key__in=keys).values_list("key", "user_id"))
    if missing := keys - set(found):
        raise scim.InvalidValueException(detail=f"There is no user {min(missing)[:80]} to be a member.")
    own = ScimPerson.objects.filter(connection=connection, is_gone=False)
    held = frozenset(circle.members.filter(scim__in=own).values_list("pk", flat=True))
    named = frozenset(found.values())
    return named - held, held - named


def _roles(circle: Circle) -> list[str]:
    return list(Grant.objects.filter(group=circle).values_list("role", flat=True))


def _name(wanted: schemas.Group) -> str:
    name = people.short("displayName", wanted.display_name)
    if not name:
        raise scim.InvalidValueException(detail="displayName must not be empty.")
    return name

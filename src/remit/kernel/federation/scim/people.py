"""People as SCIM sees them: those whom the connection provisioned or adopted, and nobody else.

Whoever administers access is never changed by SCIM, nor is a role ever given. Deleting bars the person and lets go of
them; what they own and did stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import scim2_models as scim
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from remit.kernel.access.models import Group as Circle
from remit.kernel.access.models import Reach, User
from remit.kernel.access.services import AccessRefusedError, disable, enable
from remit.kernel.federation.models import ScimConnection, ScimGroup, ScimPerson
from remit.kernel.federation.rules import ADMINISTERING, domain_of, shown_name
from remit.kernel.federation.scim import schemas
from remit.kernel.federation.scim.filters import Columns, Many

LONGEST = 120
UNTOUCHABLE = "This person administers access in Remit and is not managed by SCIM."


def columns(connection: ScimConnection) -> Columns:
    """Return where the attributes of a person stand."""
    return Columns(
        {
            "id": "key", "external_id": "external_id", "user_name": "user__email", "display_name": "display_name",
            "name.formatted": "formatted_name", "name.given_name": "given_name", "name.family_name": "family_name",
            "title": "user__title", "active": "user__is_active",
            "meta.created": "created_at", "meta.last_modified": "updated_at",
        },
        {
            "groups": Many(
                ScimGroup.objects.filter(connection=connection, is_gone=False), "group__members__scim",
                {"value": "key", "display": "group__name"},
            )
        },
    )  # fmt: skip


def of(connection: ScimConnection) -> QuerySet[ScimPerson]:
    """Return the people of a connection."""
    return ScimPerson.objects.filter(connection=connection, is_gone=False).select_related("user")


def shown(connection: ScimConnection, people: Iterable[ScimPerson], base: str) -> list[schemas.User]:
    """Return people as resources, their groups read at once. `base` is the address of the server."""
    people = list(people)
    groups: dict[int, list[scim.GroupMembership]] = {}
    through = (
        Circle.members.through._default_manager.filter(
            user__in=[p.user_id for p in people], group__scim__connection=connection, group__scim__is_gone=False
        )
        .order_by("group__name")
        .values_list("user_id", "group__scim__key", "group__name")
    )
    for user_id, key, name in through:
        groups.setdefault(user_id, []).append(
            scim.GroupMembership(value=key, ref=f"{base}/Groups/{key}", display=name, type="direct")  # type: ignore[arg-type]
        )
    return [_shown(person, groups.get(person.user_id), base) for person in people]


def _shown(person: ScimPerson, groups: list[scim.GroupMembership] | None, base: str) -> schemas.User:
    parts = {
        "formatted": person.formatted_name or None,
        "given_name": person.given_name or None,
        "family_name": person.family_name or None,
    }
    return schemas.User(
        id=person.key,
        external_id=person.external_id or None,
        user_name=person.user.email,
        display_name=person.display_name or None,
        name=schemas.Name(**parts) if any(parts.values()) else None,
        title=person.user.title or None,
        active=person.user.is_active,
        groups=groups,
        meta=scim.Meta(
            resource_type="User",
            created=person.created_at,
            last_modified=person.updated_at,
            location=f"{base}/Users/{person.key}",
        ),
    )


def create(connection: ScimConnection, wanted: schemas.User) -> ScimPerson:
    """Provision a person, or adopt the one with this address; UniquenessException where they are somebody else's."""
    mail = _mail(connection, wanted)
    user = User.objects.filter(email__iexact=mail).select_for_update().first()
    if user is None:
        user = User.objects.create_user(mail, _names(wanted)["display_name"])
        person = ScimPerson(connection=connection, user=user)
    else:
        known = ScimPerson.objects.filter(user=user).select_for_update().first()
        if (known and not known.is_gone) or not _adoptable(user):
            raise scim.UniquenessException(detail="Somebody with this userName is there already.")
        person = known or ScimPerson(user=user)
        person.connection, person.is_gone = connection, False
    write(connection, person, wanted)
    return person


def write(connection: ScimConnection, person: ScimPerson, wanted: schemas.User) -> None:
    """Make a person as a provider wants them; what it does not name stays. Nothing is written where nothing changes."""
    user = person.user
    mail = _mail(connection, wanted, user.email)
    names = _names(wanted)
    title = short("title", wanted.title)
    external = short("externalId", wanted.external_id, 200)
    seen = {**names, "external_id": external}
    same = all(getattr(person, name) == value for name, value in seen.items()) and person.pk is not None
    as_it_is = (user.email, user.title) == (mail, title) and wanted.active in {None, user.is_active}
    if same and as_it_is:
        return
    if person.pk is not None and administering([user.pk]):
        raise scim.ForbiddenException(detail=UNTOUCHABLE)
    if user.email != mail and User.objects.filter(email__iexact=mail).exclude(pk=user.pk).exists():
        raise scim.UniquenessException(detail="Somebody with this userName is there already.")
    for name, value in seen.items():
        setattr(person, name, value)
    name = shown_name(names["display_name"], names["formatted_name"], names["given_name"], names["family_name"], mail)
    if (user.email, user.title, user.name) != (mail, title, name):
        user.email, user.title, user.name = mail, title, name
        user.save(update_fields=["email", "title", "name"])
    _activate(person, wanted.active)
    person.save()


def delete(person: ScimPerson) -> None:
    """Bar a person, end every way in, and let go of them. Their row stays, should they be provisioned again."""
    if administering([person.user_id]):
        raise scim.ForbiddenException(detail=UNTOUCHABLE)
    _activate(person, False)
    person.is_gone = True
    person.save()
    for group in ScimGroup.objects.filter(connection=person.connection, group__members=person.user_id):
        group.group.members.remove(person.user_id)


def administering(users: Iterable[int]) -> frozenset[int]:
    """Return which of these people administer access anywhere, by a grant of their own or of a group."""
    held = Reach.objects.filter(Q(until=None) | Q(until__gte=localdate()), user__in=list(users), role__in=ADMINISTERING)
    return frozenset(held.values_list("user_id", flat=True))


def _adoptable(user: User) -> bool:
    return not user.is_service and not administering([user.pk])


def _activate(person: ScimPerson, active: bool | None) -> None:
    user = person.user
    if active is False and user.is_active:
        try:
            disable(user)
        except AccessRefusedError as refusal:
            raise scim.ForbiddenException(detail=str(refusal)) from None
        person.is_deactivated = True
    elif active and not user.is_active and person.is_deactivated:
        enable(user)
        person.is_deactivated = False


def _mail(connection: ScimConnection, wanted: schemas.User, now: str = "") -> str:
    """Return the address that a provider names; InvalidValueException unless it is one in the connection's domains.

    The address that somebody has `now` is theirs, also when the connection lost its domain: they can still be barred.
    """
    mail = (wanted.user_name or "").strip().lower()
    if mail and mail == now.lower():
        return now
    try:
        validate_email(mail)
    except ValidationError:
        raise scim.InvalidValueException(detail="userName must be a mail address.") from None
    if len(mail) > 254 or domain_of(mail) not in connection.domains:
        raise scim.InvalidValueException(
            detail=f"userName must be a mail address of one of these domains: {', '.join(connection.domains)}."
        )
    return mail


def _names(wanted: schemas.User) -> Mapping[str, str]:
    parts = wanted.name or schemas.Name()
    return {
        "display_name": short("displayName", wanted.display_name),
        "formatted_name": short("name.formatted", parts.formatted),
        "given_name": short("name.givenName", parts.given_name),
        "family_name": short("name.familyName", parts.family_name),
    }


def short(name: str, value: str | None, longest: int = LONGEST) -> str:
    text = (value or "").strip()
    if len(text) > longest:
        raise scim.InvalidValueException(detail=f"{name} is longer than {longest} characters.")
    return text

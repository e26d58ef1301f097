"""What `explaining` is asked with: grants as they reach people, in one query; units and record types as known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import localdate

from remit.kernel import actor
from remit.kernel.access.explaining import AtUnit, Given, Kind, Place, Seer, Subject, explain, who_sees
from remit.kernel.access.managing import administered
from remit.kernel.access.models import NeedToKnow, User
from remit.kernel.access.roles import ROLES, Level
from remit.kernel.access.standing import Standing
from remit.kernel.records import Record, record_types

REACHING = """
    select given.id, person.id, person.name, given.role, given.unit_id,
      coalesce(circle.name, ''), coalesce(audit.title, ''),
      case when cardinality(audit.kinds) > 0 then audit.kinds end, audit.starts_on,
      least(given.expires_on, audit.ends_on, (audit.ended_at at time zone 'UTC')::date - 1)
    from kernel_grant given
    left join kernel_group circle on circle.id = given.group_id
    left join kernel_group_members member on member.group_id = given.group_id
    join kernel_user person on person.id = coalesce(given.user_id, member.user_id)
    left join kernel_engagement audit on audit.id = given.engagement_id
    where given.unit_id = any(%(units)s::bigint[])
      and (%(person)s::bigint is null or person.id = %(person)s)
      and (%(person)s::bigint is not null or person.is_active)
      and (%(roles)s::varchar[] is null or given.role = any(%(roles)s) or person.id = %(owner)s)
    order by person.name, person.id, given.id
"""


def reaching(
    units: Iterable[int],
    *,
    person: int | None = None,
    roles: Iterable[str] | None = None,
    owner: int | None = None,
) -> list[Given]:
    """Return the grants in these units as they reach people: those of one person, or of everybody who may sign in.

    With `roles` only those, and every grant of `owner`. Read as the system, since an engagement above is hidden from
    who administers only what is below; the caller says which units are the asker's to know.
    """
    said = {
        "units": list(units),
        "person": person,
        "roles": None if roles is None else list(roles),
        "owner": owner,
    }
    with actor.system("explaining who may do what"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REACHING, said)
        return [_given(*row) for row in cursor.fetchall()]


def _given(*row: Any) -> Given:
    grant, person_id, person, role, unit_id, group, engagement, scope, since, until = row
    over = None if scope is None else frozenset(scope)
    return Given(grant, person_id, person, role, unit_id, group, engagement, over, since, until)


def kinds() -> list[Kind]:
    """Return every record type, by CSF function and title."""
    order = ("govern", "identify", "protect", "detect", "respond", "recover", "")
    found = [Kind(model.kind(), _title(model), _area(model)) for model in record_types()]
    return sorted(found, key=lambda kind: (order.index(_function(kind)), kind.area, kind.title))


def _function(kind: Kind) -> str:
    model = apps.get_model(kind.kind)
    function = model.__module__.split(".")[1]
    return "" if function in {"kernel", "ingest"} else function


def _title(model: type[Record]) -> str:
    text = str(model._meta.verbose_name_plural)
    return text[:1].upper() + text[1:]


def _area(model: type[Record]) -> str:
    function = model.__module__.split(".")[1]
    return "Office" if function in {"kernel", "ingest"} else f"{function.capitalize()}: {model._meta.app_label}"


def places(standing: Standing) -> Mapping[int, Place]:
    """Return the units whose names this person may know."""
    return {unit.id: Place(unit.id, unit.name, unit.parent_id) for unit in standing.units}


def explanation(standing: Standing, person: User, today: date | None = None) -> list[AtUnit]:
    """Return what a person may do in the units that the asker administers, and why."""
    known = places(standing)
    grants = reaching(known, person=person.pk)
    return explain(grants, known, [unit.id for unit in administered(standing)], kinds(), today or localdate())


def seers(standing: Standing, subject: Subject, record_id: int | None, today: date | None = None) -> list[Seer]:
    """Return who sees a record, or any record of a type in a unit; the asker administers that unit."""
    roles = [role.name for role in ROLES.values() if role.level(subject.kind) >= Level.VIEW]
    known = places(standing)
    grants = reaching(known, roles=roles, owner=subject.owner_id)
    named: Mapping[int, str] = {}
    if subject.restricted and record_id is not None:
        going_on = Q(until=None) | Q(until__gt=timezone.now())
        rows = NeedToKnow.objects.filter(going_on, kind=subject.kind, record_id=record_id)
        named = dict(rows.values_list("user_id", "reason"))
    return who_sees(subject, grants, known, named, today or localdate())


def subject_of(record: Record) -> Subject:
    return Subject(
        record.kind(),
        record.unit_id,
        record.owner_id,
        record.owner.name if record.owner else "",
        record.restricted,
        record.owner_always,
    )

# No postponed annotations here: the signatures are read as the operations are declared.
"""Who can do what, and why, for those who administer access; nothing is changed here."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from remit.kernel.access import managing
from remit.kernel.access.explaining import Line, Why, matrix
from remit.kernel.access.roles import ROLES
from remit.kernel.api.errors import answer
from remit.kernel.api.records import standing_of
from remit.kernel.api.schemas import Error
from remit.kernel.granting import facts

router = Router(tags=["Access"])


class Allowed(Schema):
    """What a role may do with records of one type; `rows` is "all", or "own" for those the person owns."""

    kind: str
    record_type: str
    area: str
    rows: str = Field(examples=["all"])
    verbs: list[str] = Field(examples=[["view", "export"]])


class RoleTable(Schema):
    """One role of the table: types it may do nothing with are left out."""

    role: str
    title: str
    purpose: str
    privileged: bool
    administers: bool
    gives: list[str]
    figures: bool
    may: list[Allowed]


class RoleTables(Schema):
    """The table role × record type × verb."""

    items: list[RoleTable]


class Reason(Schema):
    """The grant by which somebody may, and where it comes down from ("" where it was given in this unit)."""

    grant_id: int
    role: str
    group: str
    engagement: str
    inherited_from: str
    since: date | None
    until: date | None
    text: str


class Explained(Schema):
    """What a person may do with some record types: with all of them, beyond that with their own, and why."""

    kinds: list[str]
    verbs: list[str]
    own_verbs: list[str]
    why: list[Reason]


class ExplainedUnit(Schema):
    """A unit; those named in `also` are below it, and everything there is the same."""

    unit_id: int
    unit: str
    also: list[str]
    lines: list[Explained]


class Explanation(Schema):
    """What a person may do in the units that the caller administers."""

    person_id: int
    name: str
    may_sign_in: bool
    units: list[ExplainedUnit]


@router.get(
    "/roles",
    response={200: RoleTables, 401: Error, 403: Error},
    operation_id="access_roles",
    summary="What each role may do",
)
def api_access_roles(request: HttpRequest) -> HttpResponse:
    _administering(request)
    items = [
        {
            "role": role.name,
            "title": role.title,
            "purpose": role.purpose,
            "privileged": role.privileged,
            "administers": role.administers,
            "gives": [name for name in ROLES if role.may_give(name)],
            "figures": role.figures,
            "may": [
                {"kind": kind.kind, "record_type": kind.title, "area": kind.area,
                 "rows": "own" if cell.own else "all", "verbs": cell.verbs}
                for kind, (cell,) in matrix(facts.kinds(), role=role.name)
                if cell.verbs
            ],
        }
        for role in ROLES.values()
    ]  # fmt: skip
    return answer({"items": items})


@router.get(
    "/people/{int:person_id}/explanation",
    response={200: Explanation, 401: Error, 403: Error, 404: Error},
    operation_id="access_explanation",
    summary="What a person may do, and why",
)
def api_access_explanation(request: HttpRequest, person_id: int) -> HttpResponse:
    _administering(request)
    standing = standing_of(request)
    person = managing.people(standing).filter(pk=person_id).first() if person_id < 2**63 else None
    if person is None:
        raise Http404
    units = [
        {"unit_id": at.unit.id, "unit": at.unit.name, "also": at.below, "lines": [_line(line) for line in at.lines]}
        for at in facts.explanation(standing, person)
    ]
    return answer({"person_id": person.pk, "name": person.name, "may_sign_in": person.is_active, "units": units})


def _line(line: Line) -> dict[str, object]:
    return {
        "kinds": [kind.kind for kind in line.kinds],
        "verbs": line.verbs,
        "own_verbs": line.own_verbs,
        "why": [_why(why) for why in line.why],
    }


def _why(why: Why) -> dict[str, object]:
    grant = why.grant
    return {
        "grant_id": grant.id, "role": grant.role, "group": grant.group, "engagement": grant.engagement,
        "inherited_from": why.inherited_from, "since": grant.since, "until": grant.until, "text": why.text,
    }  # fmt: skip


def _administering(request: HttpRequest) -> None:
    if not standing_of(request).administers:
        raise PermissionDenied

# No postponed annotations here: the signatures are read as the operations are declared.
"""The caller: who they are, what they reach, and what they owe."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from ninja import Router, Schema
from pydantic import Field

from remit.kernel.api.errors import answer
from remit.kernel.api.records import standing_of
from remit.kernel.api.schemas import Error
from remit.kernel.work.models import Work
from remit.kernel.work.rules import bucket

router = Router(tags=["You"])
MOST = 200


class Reached(Schema):
    """A unit you may name, and your roles in it."""

    id: int
    code: str
    name: str
    parent_id: int | None
    roles: list[str] = Field(examples=[["analyst"]])


class Me(Schema):
    """Who you are here."""

    id: int
    name: str
    email: str
    title: str
    time_zone: str
    units: list[Reached]


class Owed(Schema):
    """One thing you owe, and when: "overdue", "today", "week" or "later"."""

    id: int
    ref: str
    type: str
    title: str
    due_on: date | None
    when: str
    about_kind: str
    about_id: int | None
    version: int


class Inbox(Schema):
    """What you owe, the most pressing first."""

    items: list[Owed]


@router.get("/me", response={200: Me, 401: Error}, operation_id="me", summary="Who you are here")
def me(request: HttpRequest) -> HttpResponse:
    person: Any = request.user
    units = [
        {"id": u.id, "code": u.code, "name": u.name, "parent_id": u.parent_id, "roles": sorted(u.roles)}
        for u in standing_of(request).units
    ]
    return answer(
        {
            "id": person.pk,
            "name": person.name,
            "email": person.email,
            "title": person.title,
            "time_zone": person.time_zone,
            "units": units,
        }
    )


@router.get("/inbox", response={200: Inbox, 401: Error}, operation_id="inbox", summary="What you owe")
def inbox(request: HttpRequest) -> HttpResponse:
    today = localdate()
    owed = Work.objects.filter(owner_id=request.user.pk, state="open").order_by("due_on", "pk")[:MOST]
    return answer({"items": [
        {"id": w.pk, "ref": w.ref, "type": w.type, "title": w.title, "due_on": w.due_on,
         "when": bucket(w.due_on, today), "about_kind": w.about_kind, "about_id": w.about_id, "version": w.version}
        for w in owed
    ]})  # fmt: skip

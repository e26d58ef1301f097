# No postponed annotations here: the signatures are read as the operations are declared.
"""Restricting a record and lifting that: deeds of their own, with a reason."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from remit.kernel.access import need_to_know
from remit.kernel.access.standing import Standing
from remit.kernel.api import schemas
from remit.kernel.api.records import WRITES, found, name_of, one, standing_of
from remit.kernel.records import Record
from remit.kernel.resources import Resource


class Because(schemas.Strict):
    """Why it is done; the ledger keeps it."""

    reason: str = Field(
        min_length=1, max_length=need_to_know.LONGEST_REASON, examples=["An inquiry into somebody who reads these."]
    )


def add_operations(router: Router, resource: Resource) -> None:
    """Give a router both operations, where records of this type are restricted by themselves."""
    if not need_to_know.own_restriction(resource.model):
        return

    @router.post(
        "/{int:pk}/restrict",
        response={200: schemas.record(resource), **WRITES},
        operation_id=name_of(resource, "restrict"),
        summary="Restrict it to its owner and those who need to know",
    )
    def restrict_record(request: HttpRequest, pk: int, payload: Because) -> HttpResponse:
        record = found(request, resource, pk)
        return _done(request, record, need_to_know.restrict, payload.reason)

    @router.post(
        "/{int:pk}/release",
        response={200: schemas.record(resource), **WRITES},
        operation_id=name_of(resource, "release"),
        summary="Lift its restriction",
    )
    def release_record(request: HttpRequest, pk: int, payload: Because) -> HttpResponse:
        record = found(request, resource, pk)
        return _done(request, record, need_to_know.release, payload.reason)


def _done(
    request: HttpRequest, record: Record, deed: Callable[[Standing, Record, str], None], reason: str
) -> HttpResponse:
    if not need_to_know.keeps(standing_of(request), record):
        raise PermissionDenied
    deed(standing_of(request), record, reason)
    return one(record.resource, record)

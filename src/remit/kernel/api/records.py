# No postponed annotations here: the signatures are read as the operations are declared.
"""The operations of one record type: list, read, create, change, delete, and one for each move of its lifecycle."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey, ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router

from remit.kernel import step_up
from remit.kernel.access.models import User
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.access.standing import Standing
from remit.kernel.api import schemas
from remit.kernel.api.errors import Refused, answer
from remit.kernel.attachments.holds import deletion_refusal
from remit.kernel.editing import Edit, current_values, edit_some
from remit.kernel.ledger.reading import history
from remit.kernel.lifecycle import Move
from remit.kernel.listing import Listing
from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.transfer.cells import asked
from remit.kernel.transfer.shaping import lists, shaped

INVALID = "Some values are not valid; nothing was saved."


def standing_of(request: HttpRequest) -> Standing:
    return request.standing  # type: ignore[attr-defined, no-any-return]


def require(request: HttpRequest, verb: str, resource: Resource) -> None:
    """Refuse whoever has this verb over this type nowhere."""
    if not standing_of(request).may(verb, resource.kind):
        raise PermissionDenied


def found(request: HttpRequest, resource: Resource, pk: int) -> Record:
    """Return a record within reach; one out of reach is as one that is not there."""
    require(request, "view", resource)
    record = resource.model._default_manager.filter(pk=pk).first() if pk < 2**63 else None
    if record is None:
        raise Http404
    note_reads((record,))
    return record


def allowed(request: HttpRequest, verb: str, record: Record) -> None:
    """Refuse whoever may see this record but not do this to it."""
    if not standing_of(request).may_do(verb, record):
        raise PermissionDenied


def one(resource: Resource, record: Record, status: int = 200) -> HttpResponse:
    return answer(shaped(resource, [record])[0], status)


def add_operations(router: Router, resource: Resource) -> None:
    """Give a router every operation that this record type has."""
    _reading(router, resource)
    if resource.form_fields:
        if resource.by_hand:
            _creating(router, resource)
        _changing(router, resource)
    _deleting(router, resource)
    for move in resource.model.moves().values():
        if not move.system:
            _moving(router, resource, move)


def name_of(resource: Resource, verb: str) -> str:
    """Return the stable id of an operation: "assets_list"."""
    return f"{resource.slug.replace('-', '_')}_{verb}"


REFUSALS: dict[Any, Any] = {401: schemas.Error, 403: schemas.Error, 422: schemas.Error}
OF_ONE: dict[Any, Any] = {**REFUSALS, 404: schemas.Error}
WRITES: dict[Any, Any] = {**OF_ONE, 409: schemas.Error}


def _reading(router: Router, resource: Resource) -> None:
    Parameters = schemas.query(resource)  # noqa: N806  (a class)
    known = frozenset(Parameters.model_fields)

    @router.get(
        "",
        response={200: schemas.page(resource), **REFUSALS},
        operation_id=name_of(resource, "list"),
        summary=f"List {resource.title.lower()}",
    )
    def list_records(request: HttpRequest, filters: Query[Parameters]) -> HttpResponse:  # type: ignore[valid-type]
        require(request, "view", resource)
        if unknown := sorted(set(request.GET) - known):
            raise Refused(
                422, "There are no such parameters.", {name: ["There is no such parameter."] for name in unknown}
            )
        asked: Any = filters
        listing = Listing(resource, request.GET)
        if listing.errors:
            raise Refused(422, "The filter is not valid.", listing.errors)
        keys = list(listing.records.values_list("pk", flat=True)[asked.offset : asked.offset + asked.limit])
        held = resource.model._default_manager.in_bulk(keys)
        note_reads(held.values())
        count, more = listing.count()
        return answer(
            {"items": shaped(resource, [held[key] for key in keys if key in held]), "count": count, "more": more}
        )

    @router.get(
        "/{int:pk}",
        response={200: schemas.record(resource), **OF_ONE},
        operation_id=name_of(resource, "read"),
        summary=f"Read one of the {resource.title.lower()}",
    )
    def read_record(request: HttpRequest, pk: int) -> HttpResponse:
        return one(resource, found(request, resource, pk))


def _creating(router: Router, resource: Resource) -> None:
    Body = schemas.body(resource, partial=False)  # noqa: N806

    @router.post(
        "",
        response={201: schemas.record(resource), **REFUSALS},
        operation_id=name_of(resource, "create"),
        summary=f"Add a {resource.singular}",
    )
    def create_record(request: HttpRequest, payload: Body) -> HttpResponse:  # type: ignore[valid-type]
        require(request, "add", resource)
        blank = {
            n: v for n, v in current_values(resource, resource.model()).items() if v is not None and v is not False
        }
        edit = Edit(resource, standing_of(request), {**blank, **_sent(resource, payload)})
        return one(resource, saved(edit), 201)


def _changing(router: Router, resource: Resource) -> None:
    Body = schemas.body(resource, partial=True)  # noqa: N806

    @router.patch(
        "/{int:pk}",
        response={200: schemas.record(resource), **WRITES},
        operation_id=name_of(resource, "change"),
        summary=f"Change a {resource.singular}",
    )
    def change_record(request: HttpRequest, pk: int, payload: Body) -> HttpResponse:  # type: ignore[valid-type]
        record = found(request, resource, pk)
        allowed(request, "change", record)
        version = payload.version  # type: ignore[attr-defined]
        same_version(record, version)
        values = {**lists(resource, record), **_sent(resource, payload)}
        return one(resource, saved(edit_some(resource, standing_of(request), record, values, version=version)))


def _deleting(router: Router, resource: Resource) -> None:
    @router.delete(
        "/{int:pk}",
        response={204: None, **WRITES},
        operation_id=name_of(resource, "delete"),
        summary=f"Delete a {resource.singular}",
    )
    def delete_record(request: HttpRequest, pk: int) -> HttpResponse:
        record = found(request, resource, pk)
        allowed(request, "delete", record)
        if held := deletion_refusal(record):
            raise Refused(409, f"{record.ref} cannot be deleted. {held}")
        step_up.require()
        try:
            with transaction.atomic():
                gone = resource.model._default_manager.filter(pk=pk).delete()[1].get(resource.model._meta.label, 0)
                with connection.cursor() as cursor:  # what still points here says so now, not when the answer is out
                    cursor.execute("set constraints all immediate; set constraints all deferred")
        except (ProtectedError, IntegrityError):
            raise Refused(
                409, f"{record.ref} cannot be deleted: other records point to it. Remove those first, or close it."
            ) from None
        if not gone:
            raise Refused(409, f"{record.ref} is restricted and cannot be deleted; lift the restriction first.")
        return HttpResponse(status=204)


def _moving(router: Router, resource: Resource, move: Move) -> None:
    Body = schemas.move_body(resource, move.name)  # noqa: N806
    verb = "decide" if move.decision else "move"
    path = f"/{{int:pk}}/moves/{move.name}"

    @router.post(
        path,
        response={200: schemas.record(resource), **WRITES},
        operation_id=name_of(resource, move.name),
        summary=f"{move.label}: {resource.singular} becomes {move.target.replace('_', ' ')}",
    )
    def move_record(request: HttpRequest, pk: int, payload: Body = None) -> HttpResponse:  # type: ignore[valid-type]
        record = found(request, resource, pk)
        allowed(request, verb, record)
        sent: dict[str, Any] = payload.model_dump(exclude_unset=True) if payload is not None else {}
        version = sent.pop("version", None)
        if version is not None:
            same_version(record, version)
        record.move(move.name, **asked(resource.model, sent))
        return one(resource, record)


def _sent(resource: Resource, payload: Any) -> dict[str, Any]:
    """Name the sent values as the form does: `owner`, where the API says `owner_id`."""
    given = payload.model_dump(exclude_unset=True)
    fields: list[Any] = [resource.field(name) for name in resource.form_fields]
    return {f.name: given[schemas.input_name(f)] for f in fields if schemas.input_name(f) in given}


def saved(edit: Edit) -> Record:
    """Validate and save as the screens do, or refuse with what is wrong by field."""
    if not edit.is_valid():
        raise Refused(422, INVALID, _wrong(edit))
    try:
        with transaction.atomic():
            return edit.save()
    except IntegrityError:
        raise Refused(422, "There is such a record already; nothing was saved.") from None


def _wrong(edit: Edit) -> dict[str, list[str]]:
    """Name what is wrong as the API names its fields; nothing that was sent comes back."""
    fields = edit.resource
    return {
        f"{name}_id" if isinstance(fields.field(name), ForeignKey) else name.replace("__all__", "record"): [
            str(each) for each in said
        ]
        for name, said in edit.form.errors.items()
    }


def same_version(record: Record, version: int) -> None:
    """Refuse a change that was made from an older version, and say what has changed since."""
    if version == record.version:
        return
    if version > record.version:
        raise Refused(
            409,
            f"{record.ref} is at version {record.version}; there is no version {version} yet.",
            {"version": ["Read the record again."]},
        )
    entries = [e for e in history(record.kind(), record.pk, most=min(record.version - version, 50)) if e.change]
    names = {
        User.objects.filter(pk=e.actor_id).values_list("name", flat=True).first()
        if e.actor_id
        else f"the system ({e.system})"
        for e in entries[:1]
    }
    fields: dict[str, list[str]] = {"version": [f"It is at version {record.version} now."]}
    for entry in reversed(entries):
        for name in (entry.change or {}).get("after", {}):
            if name in {f.attname for f in record._meta.concrete_fields}:
                fields[name] = [f"Changed by {entry.verb} on {entry.at:%Y-%m-%d %H:%M} UTC."]
    who = next((n for n in names if n), "somebody else")
    raise Refused(
        409, f"{record.ref} was changed by {who} after you read it. Read it again; nothing was saved.", fields
    )

# No postponed annotations here: the signatures are read as the operations are declared.
"""What hangs on a record: its history, comments, and ties to other records."""

from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from remit.kernel.access.models import User
from remit.kernel.api.errors import Refused, answer
from remit.kernel.api.records import OF_ONE, allowed, found, name_of
from remit.kernel.api.schemas import Relation, Strict
from remit.kernel.attachments import services
from remit.kernel.attachments.models import RecordLink
from remit.kernel.histories import history_in_sight
from remit.kernel.records import Record
from remit.kernel.resources import Resource, resources


class Entry(Schema):
    """One entry of the ledger about a record; `changes` holds what differs, before and after."""

    id: int
    at: datetime
    by: Relation | None = Field(description="The person; null where the system acted.")
    system: str = Field(description="The system's reason, where no person acted.")
    verb: str = Field(examples=["change"])
    changes: dict[str, dict[str, Any]] = Field(examples=[{"name": {"before": "a", "after": "b"}}])
    note: str
    position: int | None = Field(description="Where it is sealed in the ledger; null while it waits to be.")


class History(Schema):
    """A record's entries, newest first; `next` is the `before` of the next page, or null."""

    items: list[Entry]
    next: int | None


class CommentNew(Strict):
    """What somebody has to say about a record."""

    text: str = Field(min_length=1, max_length=10_000, examples=["Waits for the vendor."])


class CommentOut(Schema):
    """A comment; it is never edited."""

    id: int
    at: datetime
    by: Relation | None
    text: str


class Comments(Schema):
    """Every comment on a record, oldest first."""

    items: list[CommentOut]


class LinkNew(Strict):
    """A tie to another record, named by its reference."""

    to: str = Field(max_length=40, description="The other record's reference.", examples=["AST-12"])
    kind: Literal[tuple(RecordLink.Kind.values)] = RecordLink.Kind.RELATES_TO.value  # type: ignore[valid-type]


class LinkOut(Schema):
    """A tie as seen from this record: “is caused by” FND-12."""

    id: int
    words: str = Field(examples=["is caused by"])
    kind: str = Field(description="The other record's type.", examples=["vulnerabilities.occurrence"])
    record: Relation


class Links(Schema):
    """Every tie of a record to others within reach."""

    items: list[LinkOut]


class HistoryQuery(Schema):
    before: int | None = Field(None, ge=1, lt=2**63, description="Entries older than this one.")
    limit: int = Field(20, ge=1, le=100)


def add_operations(router: Router, resource: Resource) -> None:
    """Give a router the operations on what hangs on this type's records."""
    _history(router, resource)
    _comments(router, resource)
    _links(router, resource)


def _history(router: Router, resource: Resource) -> None:
    @router.get(
        "/{int:pk}/history",
        response={200: History, **OF_ONE},
        operation_id=name_of(resource, "history"),
        summary="Read its history",
    )
    def read_history(request: HttpRequest, pk: int, query: Query[HistoryQuery]) -> HttpResponse:
        record = found(request, resource, pk)
        entries, _ = history_in_sight(resource, record.pk, before=query.before, most=query.limit + 1)
        shown = entries[: query.limit]
        people = _people({e.actor_id for e in shown if e.actor_id})
        items = [
            {
                "id": e.id,
                "at": e.at,
                "by": people.get(e.actor_id or 0),
                "system": e.system,
                "verb": e.verb,
                "changes": _changes(e.change),
                "note": e.note,
                "position": e.position,
            }
            for e in shown
        ]
        return answer({"items": items, "next": shown[-1].id if len(entries) > query.limit else None})


def _changes(change: dict[str, dict[str, Any]] | None) -> dict[str, dict[str, Any]]:
    before, after = (change or {}).get("before", {}), (change or {}).get("after", {})
    return {name: {"before": before.get(name), "after": after.get(name)} for name in {**before, **after}}


def _people(ids: set[int]) -> dict[int, dict[str, Any]]:
    return {
        pk: {"id": pk, "ref": email, "name": name}
        for pk, email, name in User.objects.filter(pk__in=ids).values_list("pk", "email", "name")
    }


def _comments(router: Router, resource: Resource) -> None:
    @router.get(
        "/{int:pk}/comments",
        response={200: Comments, **OF_ONE},
        operation_id=name_of(resource, "comments"),
        summary="List its comments",
    )
    def list_comments(request: HttpRequest, pk: int) -> HttpResponse:
        record = found(request, resource, pk)
        return answer({"items": [_comment(each) for each in services.comments_of(record)]})

    @router.post(
        "/{int:pk}/comments",
        response={201: CommentOut, **OF_ONE},
        operation_id=name_of(resource, "comment"),
        summary="Comment on it",
    )
    def add_comment(request: HttpRequest, pk: int, payload: CommentNew) -> HttpResponse:
        record = found(request, resource, pk)
        allowed(request, "comment", record)
        made = services.comment(record, payload.text)
        made.refresh_from_db()
        return answer(_comment(made), 201)


def _comment(comment: Any) -> dict[str, Any]:
    by = {"id": comment.by.pk, "ref": comment.by.email, "name": comment.by.name} if comment.by else None
    return {"id": comment.pk, "at": comment.at, "by": by, "text": comment.text}


def _links(router: Router, resource: Resource) -> None:
    @router.get(
        "/{int:pk}/links",
        response={200: Links, **OF_ONE},
        operation_id=name_of(resource, "links"),
        summary="List its ties to other records",
    )
    def list_links(request: HttpRequest, pk: int) -> HttpResponse:
        return answer({"items": [_tie(each) for each in services.links_of(found(request, resource, pk))]})

    @router.post(
        "/{int:pk}/links",
        response={201: Links, **OF_ONE},
        operation_id=name_of(resource, "link"),
        summary="Tie it to another record",
    )
    def add_link(request: HttpRequest, pk: int, payload: LinkNew) -> HttpResponse:
        record = found(request, resource, pk)
        allowed(request, "link", record)
        with transaction.atomic():
            services.link(record, _referred(payload.to), payload.kind)
        return answer({"items": [_tie(each) for each in services.links_of(record)]}, 201)

    @router.delete(
        "/{int:pk}/links/{int:link}",
        response={204: None, **OF_ONE},
        operation_id=name_of(resource, "unlink"),
        summary="Remove a tie",
    )
    def remove_link(request: HttpRequest, pk: int, link: int) -> HttpResponse:
        record = found(request, resource, pk)
        allowed(request, "link", record)
        if link >= 2**63 or not services.unlink(record, link):
            raise Http404
        return HttpResponse(status=204)


def _tie(tie: services.Tie) -> dict[str, Any]:
    return {
        "id": tie.id,
        "words": tie.words,
        "kind": tie.resource.kind,
        "record": {"id": tie.record.pk, "ref": tie.record.ref, "name": str(tie.record)},
    }


def _referred(ref: str) -> Record:
    """Return the record of a reference within reach; a hidden one is as one that is not there."""
    prefix, _, number = ref.strip().upper().partition("-")
    if number.isascii() and number.isdigit() and len(number) < 19:
        for each in resources():
            if each.model.prefix == prefix and (record := each.model._default_manager.filter(pk=int(number)).first()):
                return record
    raise Refused(422, "Some values are not valid; nothing was saved.", {"to": ["There is no such record."]})

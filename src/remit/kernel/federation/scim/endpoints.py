"""The two collections of the SCIM server, people and groups, behind one set of operations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import scim2_models as scim
from django.db.models import QuerySet
from django.http import HttpResponse

from remit.kernel.federation.models import ScimConnection
from remit.kernel.federation.scim import answers, groups, people, schemas
from remit.kernel.federation.scim.filters import Columns, condition, order

FURTHEST = 10_000_000


class Endpoint(ABC):
    """A collection as one connection sees it; `base` is the address of the server."""

    model: ClassVar[Any]
    searches: ClassVar[Any]
    patches: ClassVar[Any]
    parameters: ClassVar[Any]

    def __init__(self, connection: ScimConnection, base: str) -> None:
        self.connection, self.base = connection, base

    def read(self, content: dict[str, Any], now: Any, context: scim.Context) -> Any:
        """Return what a provider sent as a resource; `now` is what there is already, if anything."""
        return self.model.model_validate(content, scim_ctx=context)

    @abstractmethod
    def rows(self) -> QuerySet[Any]: ...
    @abstractmethod
    def columns(self) -> Columns: ...
    @abstractmethod
    def shown(self, rows: Sequence[Any], *, brief: bool = False) -> Sequence[Any]: ...
    @abstractmethod
    def create(self, wanted: Any) -> Any: ...
    @abstractmethod
    def write(self, row: Any, wanted: Any) -> None: ...
    @abstractmethod
    def delete(self, row: Any) -> None: ...


class People(Endpoint):
    """`/Users`."""

    model = schemas.User
    searches = scim.SearchRequest[schemas.User]
    patches = scim.PatchOp[schemas.User]
    parameters = scim.ResponseParameters[schemas.User]

    def read(self, content: dict[str, Any], now: Any, context: scim.Context) -> Any:
        return super().read(schemas.assumed(content, True if now is None else now.active), now, context)

    def rows(self) -> QuerySet[Any]:
        return people.of(self.connection)

    def columns(self) -> Columns:
        return people.columns(self.connection)

    def shown(self, rows: Sequence[Any], *, brief: bool = False) -> Sequence[Any]:
        return people.shown(self.connection, rows, self.base)

    def create(self, wanted: Any) -> Any:
        return people.create(self.connection, wanted)

    def write(self, row: Any, wanted: Any) -> None:
        people.write(self.connection, row, wanted)

    def delete(self, row: Any) -> None:
        people.delete(row)


class Groups(Endpoint):
    """`/Groups`; members are not read where they are not asked for."""

    model = schemas.Group
    searches = scim.SearchRequest[schemas.Group]
    patches = scim.PatchOp[schemas.Group]
    parameters = scim.ResponseParameters[schemas.Group]

    def rows(self) -> QuerySet[Any]:
        return groups.of(self.connection)

    def columns(self) -> Columns:
        return groups.columns(self.connection)

    def shown(self, rows: Sequence[Any], *, brief: bool = False) -> Sequence[Any]:
        return groups.shown(self.connection, rows, self.base, with_members=not brief)

    def create(self, wanted: Any) -> Any:
        return groups.create(self.connection, wanted)

    def write(self, row: Any, wanted: Any) -> None:
        groups.write(self.connection, row, wanted)

    def delete(self, row: Any) -> None:
        groups.delete(self.connection, row)


ENDPOINTS: dict[str, type[Endpoint]] = {"Users": People, "Groups": Groups}


def search(endpoint: Endpoint, wanted: scim.SearchRequest[Any], context: scim.Context) -> HttpResponse:
    """Answer a page of a collection: filtered, sorted, at most 200 at once (RFC 7644 section 3.4.2)."""
    columns = endpoint.columns()
    rows = endpoint.rows()
    if wanted.filter is not None:
        rows = rows.filter(condition(wanted.filter, columns))
    total = rows.count()
    start = min(wanted.start_index or 1, FURTHEST)
    count = schemas.LARGEST_PAGE if wanted.count is None else min(wanted.count, schemas.LARGEST_PAGE)
    page = list(rows.order_by(*order(wanted, endpoint.model, columns))[start - 1 : start - 1 + count]) if count else []
    without = {str(path).lower() for path in wanted.excluded_attributes or ()}
    brief = "members" in without
    found = endpoint.shown(page, brief=brief)
    return answers.listed(found, total, start, wanted, context=context, whole=not brief)

"""The registry: one Resource says how one record type is listed, edited and found; everything generic comes from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, Q, QuerySet

from remit.kernel.access.need_to_know import own_restriction
from remit.kernel.access.standing import within
from remit.kernel.records import Record

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Resource:
    """Everything the generic screens, the API, exports and imports need to know of a record type.

    `columns` and `facts` name fields, properties or "ref"; `fields` are what a form edits; `filters` and `search` name
    fields; `bulk` those of `fields` that may be changed for many at once; `key` names a record in an imported file;
    `related` names reverse relations a record's page lists. `menu` is False for types reached only from others.
    """

    model: type[Record]
    slug: str
    columns: tuple[str, ...]
    fields: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    bulk: tuple[str, ...] = ("owner",)
    key: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    icon: str = "square"
    menu: bool = True
    empty: str = ""
    by_hand: bool = True
    """Whether people may add records of this type; findings and imports only come from files."""
    import_at: str = ""
    """The page that takes in files from which records of this type come, where they are not made by hand."""
    follows: str = ""
    """A relation whose unit the record takes; the form then does not ask for a unit."""

    def __str__(self) -> str:
        return self.slug

    def __hash__(self) -> int:
        return hash(self.slug)

    @property
    def kind(self) -> str:
        return self.model.kind()

    @property
    def title(self) -> str:
        return _capital(str(self.model._meta.verbose_name_plural))

    @property
    def singular(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def function(self) -> str:
        """The CSF function whose folder holds the model ("identify"); "" for the kernel's own types."""
        parts = self.model.__module__.split(".")
        return parts[1] if parts[1] not in {"kernel", "ingest"} else ""

    @cached_property
    def form_fields(self) -> tuple[str, ...]:
        """What the form edits: the type's own fields, then whom it belongs to."""
        common: tuple[str, ...] = ("owner",) if self.follows else ("unit", "owner")
        common += ("restricted",) if own_restriction(self.model) else ()
        return (*self.fields, *(f for f in common if f not in self.fields)) if self.fields else ()

    @cached_property
    def fact_names(self) -> tuple[str, ...]:
        common = ("unit", "owner", "created_at", "updated_at")
        own = self.facts or tuple(dict.fromkeys((*self.columns, *self.fields)))
        return tuple(
            n for n in dict.fromkeys((*own, *common)) if n not in {"ref", "title", "name", "state", "restricted"}
        )

    def field(self, name: str) -> Field[Any, Any] | None:
        """Return the database field called `name`, or None for a computed attribute."""
        try:
            found = self.model._meta.get_field("id" if name == "ref" else name)
        except FieldDoesNotExist:
            return None
        return found if isinstance(found, Field) else None

    def label(self, name: str) -> str:
        if name == "ref":
            return "Ref"
        field = self.field(name)
        if field is not None:
            return _capital(str(field.verbose_name))
        attribute = getattr(self.model, name, None)
        return _capital(getattr(getattr(attribute, "fget", None), "label", name.replace("_", " ")))

    def sort_fields(self) -> dict[str, str]:
        """Return which columns can be sorted, and the database order behind each."""
        found = {}
        for name in (*self.columns, *self.fact_names):
            field = self.field(name)
            if field is None:
                continue
            found[name] = f"{name}__{_named(field)}" if isinstance(field, ForeignKey) else field.name
        return found

    def queryset(self, columns: tuple[str, ...] | None = None, *, lent: bool = False) -> QuerySet[Record]:
        """Return the records within the actor's reach, with the relations that `columns` show; `lent` ones if asked."""
        names = columns if columns is not None else (*self.columns, *self.fact_names)
        related = {name for name in names if isinstance(self.field(name), ForeignKey)}
        related |= {
            r for name in names for r in getattr(getattr(getattr(self.model, name, None), "fget", None), "needs", ())
        }
        return self.model._default_manager.filter(Q() if lent else within(self.model)).select_related(*sorted(related))


def needs(*relations: str, label: str = "") -> Callable[[F], F]:
    """Say which relations a computed property reads, so that lists fetch them at once, and what it is called."""

    def mark(function: F) -> F:
        function.needs = relations  # type: ignore[attr-defined]
        if label:
            function.label = label  # type: ignore[attr-defined]
        return function

    return mark


def _named(field: ForeignKey[Any, Any]) -> str:
    names = {f.name for f in field.related_model._meta.concrete_fields}
    return next((n for n in ("name", "title") if n in names), "pk")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_resources: dict[str, Resource] = {}


def register(*resources: Resource) -> None:
    """Make record types known; a slug or a model registered twice is a mistake."""
    for resource in resources:
        if resource.slug in _resources:
            raise ValueError(f"The resource {resource.slug!r} is registered twice.")
        _resources[resource.slug] = resource
        resource.model.resource = resource


def resources() -> Iterator[Resource]:
    yield from _resources.values()


def resource(slug: str) -> Resource:
    """Return the resource of this slug; KeyError for none."""
    return _resources[slug]


def of_kind(kind: str) -> Resource | None:
    """Return the resource of this kind ("assets.asset"), or None."""
    return next((r for r in _resources.values() if r.kind == kind), None)

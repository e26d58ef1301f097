"""A resource's records as one request asked for them: found, filtered, sorted, paged: for pages, API and exports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

import django_filters
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django_filters.widgets import RangeWidget

from remit.kernel.access.standing import within
from remit.kernel.ordering import indexed, order
from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.search import matching

PAGE = 50
COUNTED = 5_000
"""Counting stops here unless asked to go on: a million rows are not counted to show fifty."""
SORTED = 10_000
"""The most records that are sorted for a page where no index has the order."""


class Tags(django_filters.CharFilter):
    """Records whose array column holds this word."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__contains": [value]}) if value else qs


def reachable(field: models.ForeignKey[Any, Any]) -> Any:
    """The records a relation may name, asked anew for each request: what the actor reaches."""
    return lambda _request: field.related_model._default_manager.all()


def filter_for(field: models.Field[Any, Any], name: str) -> django_filters.Filter:
    """Choose the filter of one field by its type."""
    if isinstance(field, models.ForeignKey):
        return django_filters.ModelChoiceFilter(field_name=name, queryset=reachable(field))
    if isinstance(field, models.BooleanField):
        return django_filters.TypedChoiceFilter(
            field_name=name, choices=(("true", "Yes"), ("false", "No")), coerce=lambda v: v == "true"
        )
    if field.choices:
        if isinstance(field, models.IntegerField):
            return django_filters.TypedMultipleChoiceFilter(field_name=name, choices=field.choices, coerce=int)
        return django_filters.MultipleChoiceFilter(field_name=name, choices=field.choices)
    if isinstance(field, models.DateTimeField):
        return django_filters.DateFromToRangeFilter(field_name=name, widget=RangeWidget)
    if isinstance(field, models.DateField):
        return django_filters.DateFromToRangeFilter(field_name=name, widget=RangeWidget)
    if isinstance(field, models.IntegerField | models.FloatField | models.DecimalField):
        return django_filters.RangeFilter(field_name=name)
    if isinstance(field, ArrayField):
        return Tags(field_name=name)
    # Exact where an index answers: upper() is not leakproof, so under row-level security no index would serve it.
    return django_filters.CharFilter(field_name=name, lookup_expr="exact" if indexed(field.model, name) else "iexact")


@cache
def filterset(resource: Resource) -> type[django_filters.FilterSet]:
    """Make the filter of a resource, once."""
    filters: dict[str, Any] = {}
    for name in resource.filters:
        field = resource.field(name)
        if field is None:
            continue
        made = filter_for(field, name)
        made.label = resource.label(name)
        filters[name] = made
    meta = type("Meta", (), {"model": resource.model, "fields": []})
    return type(f"{resource.model.__name__}Filter", (django_filters.FilterSet,), {**filters, "Meta": meta})


BESIDE_FILTERS = frozenset({"q", "sort", "columns", "page", "limit", "offset"})
"""Parameters of a list that no filter reads."""


def in_units(model: type[Record], units: list[int]) -> Q:
    """Return the condition that a record belongs to these units; one seen through others, that one of those does."""
    through = getattr(model, "seen_through", "")
    if not through:
        return Q(unit__in=units)
    table, _, column = through.partition(".")
    others: Any = model._meta.related_objects
    relation = next(r for r in others if (r.related_model._meta.db_table, r.field.column) == (table, column))
    those = relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")}, unit__in=units)
    return Q(Exists(those.order_by()))


class Listing:
    """What one query string means for one resource.

    `scope` limits it to these units (None: all within reach), `only` to these records (the rows behind a figure), or to
    those of which a condition holds.
    """

    def __init__(
        self,
        resource: Resource,
        query: QueryDict,
        scope: list[int] | None = None,
        only: QuerySet[Record] | Q | None = None,
    ) -> None:
        self.resource, self.query, self.scope, self.only = resource, query, scope, only
        self.filter = filterset(resource)(query, queryset=resource.model._default_manager.all())

    @property
    def errors(self) -> Mapping[str, list[str]]:
        """What is wrong with the filters asked for, by parameter; a wrong one shows nothing, not everything."""
        if self._unfiltered or self.filter.form.is_valid():
            return {}
        return {name: list(map(str, e)) for name, e in self.filter.form.errors.items()}

    @property
    def _unfiltered(self) -> bool:
        """Whether nothing is asked of the filters, whose form takes longer to make than most lists to read."""
        return self.query.keys() <= BESIDE_FILTERS

    @property
    def words(self) -> str:
        return self.query.get("q", "").replace("\x00", "").strip()[:200]

    @property
    def sort(self) -> str:
        asked = self.query.get("sort", "")
        return asked if asked.removeprefix("-") in self.resource.sort_fields() else ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns asked for, in the resource's order of columns and facts; the usual ones where none are."""
        known = dict.fromkeys((*self.resource.columns, *self.resource.fact_names))
        asked = tuple(name for name in self.query.get("columns", "").split(",") if name in known)
        return asked or self.resource.columns

    @property
    def records(self) -> QuerySet[Record]:
        """Every record asked for, in order, without relations."""
        if not self.sort:
            return self._found
        return self._found.order_by(*order(self.resource.model, self._path, down=self.sort.startswith("-")))

    @cached_property
    def _found(self) -> QuerySet[Record]:
        """Every record asked for, in the usual order."""
        model = self.resource.model
        if self.errors:
            return model._default_manager.none()
        every = model._default_manager.all() if self._unfiltered else self.filter.qs
        records: QuerySet[Record] = every.filter(within(model))
        if isinstance(self.only, Q):
            records = records.filter(self.only)
        elif self.only is not None:
            records = records.filter(pk__in=self.only.order_by().values("pk"))
        if self.scope is not None:
            records = records.filter(in_units(model, self.scope))
        if self.words:
            records = records.filter(matching(model, self.resource.search, self.words))
        return records

    @property
    def _path(self) -> str:
        return self.resource.sort_fields()[self.sort.removeprefix("-")]

    @cached_property
    def unsorted(self) -> bool:
        """Whether pages cannot be sorted as asked: no index has that order, and more than SORTED would be sorted."""
        if not self.sort or indexed(self.resource.model, self._path, down=self.sort.startswith("-")):
            return False
        return self._found.order_by()[: SORTED + 1].count() > SORTED

    @cached_property
    def _counted(self) -> int:
        return COUNTED + 1 if self.unsorted else self._found.order_by()[: COUNTED + 1].count()

    def count(self, exact: bool = False) -> tuple[int, bool]:
        """Count the records, at most COUNTED unless `exact`; the second value says whether there are more."""
        if exact:
            return self._found.order_by().count(), False
        return min(self._counted, COUNTED), self._counted > COUNTED

    def page(self, number: int, size: int = PAGE) -> tuple[list[Record], bool]:
        """Return one page (from 1) and whether another follows: its keys first, so deep ones read no rows before."""
        first = (max(1, number) - 1) * size
        records = self._found if self.unsorted else self.records
        keys = list(records.values_list("pk", flat=True)[first : first + size + 1])
        found = self.resource.queryset(self.columns).in_bulk(keys[:size])
        return [found[key] for key in keys[:size] if key in found], len(keys) > size


def plain(value: Any) -> Any:
    """Reduce a value to what JSON and spreadsheets hold."""
    if isinstance(value, Record):
        return value.ref
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value

"""A resource's records as one request asked for them: found, filtered, sorted, paged. Pages, API and exports share it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import django_filters
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters.widgets import RangeWidget

from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.search import matching

PAGE = 50
COUNTED = 10_000
"""Counting stops here unless asked to go on: a million rows are not counted to show fifty."""


class Tags(django_filters.CharFilter):
    """Records whose array column holds this word."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__contains": [value]}) if value else qs


def filter_for(field: models.Field[Any, Any], name: str) -> django_filters.Filter:
    """Choose the filter of one field by its type."""
    if isinstance(field, models.ForeignKey):
        return django_filters.ModelChoiceFilter(field_name=name, queryset=lambda _: field.related_model._default_manager.all())
    if isinstance(field, models.BooleanField):
        return django_filters.TypedChoiceFilter(field_name=name, choices=(("true", "Yes"), ("false", "No")), coerce=lambda v: v == "true")
    if field.choices:
        if isinstance(field, models.IntegerField):
            return django_filters.TypedMultipleChoiceFilter(field_name=name, choices=field.choices, coerce=int)
        return django_filters.MultipleChoiceFilter(field_name=name, choices=field.choices)
    if isinstance(field, models.DateTimeField):
        return django_filters.DateFromToRangeFilter(field_name=name, widget=RangeWidget)
    if isinstance(field, models.DateField):
        return django_filters.DateFromToRangeFilter(field_name=name, widget=RangeWidget)
    if isinstance(field, models.IntegerField | models.FloatField):
        return django_filters.RangeFilter(field_name=name)
    if isinstance(field, ArrayField):
        return Tags(field_name=name)
    return django_filters.CharFilter(field_name=name, lookup_expr="iexact")


@lru_cache(maxsize=None)
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


class Listing:
    """What one query string means for one resource.

    `scope` limits it to these units (None: all within reach), `only` to these records (the rows behind a figure).
    """

    def __init__(
        self, resource: Resource, query: QueryDict, scope: list[int] | None = None, only: QuerySet[Record] | None = None
    ) -> None:
        self.resource, self.query, self.scope, self.only = resource, query, scope, only
        self.filter = filterset(resource)(query, queryset=resource.model._default_manager.all())

    @property
    def errors(self) -> Mapping[str, list[str]]:
        """What is wrong with the filters asked for, by parameter; a wrong filter shows nothing rather than everything."""
        return {} if self.filter.form.is_valid() else {name: list(map(str, e)) for name, e in self.filter.form.errors.items()}

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
        if self.errors:
            return self.resource.model._default_manager.none()
        records: QuerySet[Record] = self.filter.qs
        if self.only is not None:
            records = records.filter(pk__in=self.only.order_by().values("pk"))
        if self.scope is not None:
            records = records.filter(unit__in=self.scope)
        if self.words:
            records = records.filter(matching(self.resource.model, self.resource.search, self.words))
        if self.sort:
            name = self.resource.sort_fields()[self.sort.removeprefix("-")]
            down = self.sort.startswith("-")
            order = models.F(name).desc(nulls_last=True) if down else models.F(name).asc(nulls_last=True)
            records = records.order_by(order, "-pk")
        return records

    def count(self, exact: bool = False) -> tuple[int, bool]:
        """Count the records, at most COUNTED unless `exact`; the second value says whether there are more."""
        records = self.records.order_by()
        if exact:
            return records.count(), False
        found = records[: COUNTED + 1].count()
        return min(found, COUNTED), found > COUNTED

    def page(self, number: int, size: int = PAGE) -> tuple[list[Record], bool]:
        """Return one page (from 1) and whether another follows: its keys first, so that deep pages read no rows before them."""
        first = (max(1, number) - 1) * size
        keys = list(self.records.values_list("pk", flat=True)[first : first + size + 1])
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

"""Figures are declared by the areas: a name, a unit, a target, and a function that returns a value and its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from inspect import getdoc
from typing import Any, Literal, TypeVar

from django.db.models import Model, Q, QuerySet

from remit.kernel.access.standing import within
from remit.kernel.records import Record
from remit.kernel.resources import of_kind

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Scope:
    """What a figure is read over: the units of these ids (None: everything within the actor's reach), on a day."""

    today: date
    unit_ids: frozenset[int] | None = None
    restricted: bool = True
    """Whether restricted records count; in stored readings they do not, since those are read by more people."""

    def of(self, model: type[M]) -> QuerySet[M]:
        """Return the records of this type that count."""
        rows: QuerySet[M] = model._default_manager.filter(within(model) if issubclass(model, Record) else Q())
        if not self.restricted:
            rows = rows.filter(restricted=False)
        return rows if self.unit_ids is None else rows.filter(unit_id__in=self.unit_ids)


@dataclass(frozen=True)
class Value:
    """What a figure says: a number (None: nothing to measure), the rows behind it, and a sentence beside it.

    `list_query` is the query string of the list that shows exactly these rows ("level=3&state=open").
    """

    value: float | None
    rows: QuerySet[Any] | None = None
    note: str = ""
    list_query: str = ""


@dataclass(frozen=True)
class Figure:
    """A declared figure; `formula` is the docstring of its function, shown to whoever asks what the number means.

    `counts` says that the value is the number of rows: then the function returns Value(None, rows) and readings of all
    units cost one query. `kinds` are the record types it reads, so the rows are open to who sees these.
    """

    name: str
    title: str
    function: Callable[[Scope], Value]
    unit: str = ""
    better: Literal["lower", "higher", ""] = ""
    target: float | None = None
    kinds: tuple[str, ...] = ()
    group: str = ""
    counts: bool = False

    def __call__(self, scope: Scope) -> Value:
        return self.function(scope)

    @property
    def formula(self) -> str:
        return getdoc(self.function) or ""

    def met_by(self, value: float | None) -> bool | None:
        """Whether a value is on target; None where there is no target, or nothing was measured."""
        if value is None or self.target is None or not self.better:
            return None
        return value <= self.target if self.better == "lower" else value >= self.target

    def list_url(self, value: Value) -> str:
        """Return the address of the list behind a value, or "" where there is none."""
        resource = of_kind(self.kinds[0]) if self.kinds and value.list_query else None
        return f"/{resource.slug}/?{value.list_query}" if resource else ""


_figures: dict[str, Figure] = {}


def figure(
    name: str,
    title: str,
    *,
    unit: str = "",
    better: Literal["lower", "higher", ""] = "",
    target: float | None = None,
    kinds: tuple[str, ...] = (),
    group: str = "",
    counts: bool = False,
) -> Callable[[Callable[[Scope], Value]], Figure]:
    """Declare a figure over the decorated function, whose docstring is its formula.

    `group` is the CSF function or theme under which the catalogue lists it. ValueError without a docstring, or for a
    name that another function has.
    """

    def declare(function: Callable[[Scope], Value]) -> Figure:
        if not getdoc(function):
            raise ValueError(f"The figure {name!r} needs a docstring: its formula.")
        known = _figures.get(name)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"The figure {name!r} is declared twice.")
        _figures[name] = Figure(name, title, function, unit, better, target, kinds, group, counts)
        return _figures[name]

    return declare


def read(asked: Figure, scope: Scope) -> Value:
    """Read a figure now, with the actor's eyes."""
    value = asked(scope)
    if asked.counts and value.value is None and value.rows is not None:
        return replace(value, value=float(value.rows.count()))
    return value


def catalogue() -> tuple[Figure, ...]:
    """Return every figure, by group and title."""
    return tuple(sorted(_figures.values(), key=lambda f: (f.group, f.title)))


def find(name: str) -> Figure:
    """Return the figure of this name; KeyError for none."""
    return _figures[name]

"""How a list is ordered by one of its columns so that an index gives the order, and whether one does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models.expressions import OrderBy

Order = tuple[str | OrderBy, ...]


@lru_cache(maxsize=512)
def order(model: type[models.Model], path: str, *, down: bool) -> Order:
    """Return the order by `path` ("due_on", "asset__name"): the unknown last, ties as the column's index has them.

    A column that is never null is ordered plainly: "nulls last" matches only an index that says so too.
    """
    if optional(model, path):
        named = models.F(path)
        return (named.desc(nulls_last=True), "-pk") if down else (named.asc(nulls_last=True), "pk")
    wanted = f"-{path}" if down else path
    index = next((i for i in _indexes(model) if i[0].removeprefix("-") == path), None)
    if index is None:
        return (wanted,) if path in {"pk", "id"} else (wanted, "-pk")
    found = index if index[0] == wanted else tuple(map(_reverse, index))
    return found if found[-1].removeprefix("-") in {"pk", "id"} else (*found, "-pk")


@lru_cache(maxsize=512)
def indexed(model: type[models.Model], path: str, *, down: bool = False) -> bool:
    """Say whether the first rows in this order can be had without reading all."""
    first, _, rest = path.partition("__")
    if rest:
        field: Any = model._meta.get_field(first)
        return not field.null and indexed(field.related_model, rest, down=down)
    if path in {"pk", "id"} or path in {i[0].removeprefix("-") for i in _indexes(model)}:
        return True
    return order(model, path, down=down)[0] in [
        expressions[0] for i in model._meta.indexes if (expressions := i.expressions)
    ]


def optional(model: type[models.Model], path: str) -> bool:
    """Say whether the column at the end of `path`, or a relation on the way, may be null."""
    first, _, rest = path.partition("__")
    field: Any = model._meta.pk if first == "pk" else model._meta.get_field(first)
    return bool(field.null) or (bool(rest) and optional(field.related_model, rest))


def _indexes(model: type[models.Model]) -> list[tuple[str, ...]]:
    """The columns of each whole B-tree index."""
    return [
        tuple(i.fields) for i in model._meta.indexes if type(i) is models.Index and i.fields and i.condition is None
    ]


def _reverse(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"

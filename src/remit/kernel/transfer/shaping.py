"""A record as plain values, in the one shape that the API answers and JSON exports hold.

Every relation is {"id", "ref", "name"}, or null where there is none or where it is out of the reader's reach: then not
even its id is told. Binary and secret columns are never part of a shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast

from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.sight import in_sight

Named = Mapping[tuple[str, int], dict[str, Any]]
"""What relations are called, by (model label, key)."""


@dataclass(frozen=True)
class Relation:
    """A foreign key: its name, its column ("owner_id") and the model it leads to."""

    name: str
    attname: str
    target: type[models.Model]

    @property
    def label(self) -> str:
        return self.target._meta.label_lower


@dataclass(frozen=True)
class Shape:
    """Which values a record of one resource shows: columns of its own, relations, computed properties."""

    columns: tuple[str, ...]
    relations: tuple[Relation, ...]
    computed: tuple[str, ...]
    needs: tuple[str, ...]
    """The relations that the computed properties read."""


@cache
def shape(resource: Resource, names: tuple[str, ...] | None = None) -> Shape:
    """Return the shape of a resource's records: all they may show, or only these names of columns and facts."""
    fields = [f for f in resource.model._meta.concrete_fields if _shown(f, resource.model)]
    if names is not None:
        fields = [f for f in fields if f.name in names]
    asked = names if names is not None else (*resource.columns, *resource.fact_names)
    computed = tuple(n for n in dict.fromkeys(asked) if n != "ref" and resource.field(n) is None)
    return Shape(
        columns=tuple(f.name for f in fields if not f.is_relation and f.name not in {"id", "version"}),
        relations=tuple(
            Relation(f.name, f.attname, f.related_model) for f in fields if isinstance(f, models.ForeignKey)
        ),
        computed=computed,
        needs=needed(resource, computed),
    )


def needed(resource: Resource, computed: Iterable[str]) -> tuple[str, ...]:
    """Return the relations that these computed properties read."""
    found = (getattr(getattr(getattr(resource.model, name), "fget", None), "needs", ()) for name in computed)
    return tuple(dict.fromkeys(relation for each in found for relation in each))


def _shown(field: models.Field[Any, Any], model: type[Record]) -> bool:
    return (
        not isinstance(field, models.BinaryField)
        and field.name not in model.secret
        and field.attname not in model.secret
    )


def shaped(resource: Resource, records: Sequence[Record], names: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """Return the records as plain values, in two queries at most however many records and relations there are.

    Structures that speak of others are told as the reader sees those, by one query more for each type they name.
    """
    wanted = shape(resource, names)
    if wanted.needs:
        models.prefetch_related_objects(list(records), *wanted.needs)
    loaded = [relation for relation in wanted.relations if relation.name in wanted.needs]
    asked = [relation for relation in wanted.relations if relation.name not in wanted.needs]
    called = {**named(asked, records), **called_already(loaded, records)}
    found = [row(record, wanted, called) for record in records]
    for name in set(resource.model.speaks_of).intersection(wanted.columns):
        for each, told in zip(found, in_sight([each[name] for each in found]), strict=True):
            each[name] = told
    return found


def row(record: Record, wanted: Shape, called: Named) -> dict[str, Any]:
    """Return one record as plain values; `called` names its relations."""
    held = record.__dict__
    found: dict[str, Any] = {"id": record.pk, "ref": record.ref, "version": held["version"]}
    for name in wanted.columns:
        found[name] = held[name]
    for relation in wanted.relations:
        found[relation.name] = called.get((relation.label, held[relation.attname]))
    for name in wanted.computed:
        found[name] = computed(record, name)
    return found


def computed(record: Record, name: str) -> Any:
    """Return a computed property, or None where it reads something out of reach."""
    try:
        value = getattr(record, name)
    except ObjectDoesNotExist:
        return None
    return str(value) if isinstance(value, models.Model | str) else value


def named(relations: Iterable[Relation], records: Sequence[Record]) -> Named:
    """Ask in one query what the relations of these records are called; those out of reach are missing."""
    keys: dict[type[models.Model], set[int]] = {}
    for relation in relations:
        keys.setdefault(relation.target, set()).update(
            key for record in records if (key := record.__dict__[relation.attname]) is not None
        )
    return names_by_key(keys)


def names_by_key(keys: Mapping[type[models.Model], set[int]]) -> Named:
    """Ask in one query what the records with these keys are called; those out of reach are missing."""
    parts = [
        target._default_manager.order_by().filter(pk__in=ids)
        .values_list(Value(target._meta.label_lower), "pk", name_expression(target), ref_expression(target))
        for target, ids in keys.items() if ids
    ]  # fmt: skip
    if not parts:
        return {}
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    prefixes = {target._meta.label_lower: getattr(target, "prefix", "") for target in keys}
    return {
        (label, key): {"id": key, "ref": f"{prefixes[label]}-{ref}" if prefixes[label] else ref, "name": name}
        for label, key, name, ref in found
    }


def called_already(relations: Iterable[Relation], records: Sequence[Record]) -> Named:
    """Say what relations that were loaded with the records are called; those out of reach are missing."""
    found = {
        (relation.label, other.pk): other
        for relation in relations
        for record in records
        if (other := record._state.fields_cache.get(relation.name)) is not None
    }
    return {
        (label, key): {"id": key, "ref": _ref_of(other), "name": str(getattr(other, name_field(type(other))))}
        for (label, key), other in found.items()
    }


def _ref_of(other: models.Model) -> str:
    prefix, ref = getattr(other, "prefix", ""), str(getattr(other, ref_field(type(other))))
    return f"{prefix}-{ref}" if prefix else ref


def lists(resource: Resource, record: Record) -> dict[str, list[Any]]:
    """Return a record's lists as they are; a form would write them in one line and part them at every comma."""
    fields = [resource.field(name) for name in resource.form_fields]
    return {f.name: list(getattr(record, f.name) or ()) for f in fields if isinstance(f, ArrayField)}


def name_field(model: type[models.Model]) -> str:
    """Return the column that names a record of this model to people; its key where there is none."""
    names = {f.name for f in model._meta.concrete_fields}
    return next((name for name in ("name", "title") if name in names), "pk")


def ref_field(model: type[models.Model]) -> str:
    """Return the column by which files and programs name it: a unit's code, a person's address, else the key."""
    return {"kernel.unit": "code", "kernel.user": "email"}.get(model._meta.label_lower, "pk")


def name_expression(model: type[models.Model]) -> Any:
    return Cast(name_field(model), models.TextField())


def ref_expression(model: type[models.Model]) -> Any:
    return Cast(ref_field(model), models.TextField())

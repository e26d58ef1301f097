"""The schemas of the API, made from the fields of the models: types, limits, choices, help texts, examples.

Relations are ids on the way in (`owner_id`) and {"id", "ref", "name"} on the way out (`owner`).
"""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal

import pydantic
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from ninja import Schema
from pydantic import ConfigDict, Field

from remit.kernel.listing import filterset
from remit.kernel.resources import Resource
from remit.kernel.transfer.shaping import shape


class Strict(Schema):
    """What comes in: a field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", title=None)


class Relation(Schema):
    """A record, unit or person that a record points to."""

    id: int = Field(examples=[12])
    ref: str = Field(description="A record's reference, a unit's code, a person's mail address.", examples=["AST-12"])
    name: str = Field(examples=["web-01"])


class Error(Schema):
    """Why a request was refused, and what is wrong field by field."""

    detail: str = Field(examples=["Some values are not valid; nothing was saved."])
    fields: dict[str, list[str]] = Field(examples=[{"name": ["This field is required."]}])


def type_of(field: models.Field[Any, Any], *, limits: bool = True) -> Any:
    """Return the Python type of a field's values; `limits` are checked on the way in only."""
    if field.choices:
        return Literal[tuple(value for value, _ in field.flatchoices)]
    if isinstance(field, ArrayField):
        return list[type_of(field.base_field, limits=limits)]  # type: ignore[misc]
    for kind, made in (
        (models.BooleanField, bool),
        (models.DateTimeField, datetime),
        (models.DateField, date),
        (models.FloatField, float),
    ):
        if isinstance(field, kind):
            return made
    if isinstance(field, models.DecimalField):
        return _exact(field) if limits else Decimal
    if isinstance(field, models.IntegerField):
        return _whole(field) if limits else int
    if isinstance(field, models.JSONField):
        return Any
    longest = getattr(field, "max_length", None)
    return Annotated[str, Field(max_length=longest)] if limits and longest else str


def _exact(field: models.DecimalField[Any, Any]) -> Any:
    """A decimal goes in as a number or as text, and comes out as text, so that no digit is lost on the way."""
    return Annotated[Decimal, Field(max_digits=field.max_digits, decimal_places=field.decimal_places)]


def _whole(field: models.Field[Any, Any]) -> Any:
    def limit(kind: type) -> Any:
        found = [getattr(v, "limit_value", None) for v in field.validators if isinstance(v, kind)]
        return found[0] if found else None

    return Annotated[int, Field(ge=limit(MinValueValidator), le=limit(MaxValueValidator))]


def described(field: models.Field[Any, Any]) -> str:
    """Return what a field means: its help text, and what its choices stand for where the values do not say."""
    said = str(field.help_text) or f"{str(field.verbose_name).capitalize()}."
    if field.choices and isinstance(field, models.IntegerField):
        said += " " + "; ".join(f"{value}: {label}" for value, label in field.flatchoices) + "."
    return said


def example(field: models.Field[Any, Any]) -> Any:
    """Return a value as it might be."""
    if field.choices:
        return field.flatchoices[0][0]
    if isinstance(field, models.ForeignKey):
        return 12
    if isinstance(field, ArrayField):
        return [example(field.base_field)]
    known: tuple[tuple[type, Any], ...] = (
        (models.BooleanField, True), (models.DateTimeField, "2026-03-31T14:00:00Z"), (models.DateField, "2026-03-31"),
        (models.FloatField, 7.5), (models.DecimalField, "1250.00"), (models.IntegerField, 3), (models.JSONField, {}),
    )  # fmt: skip
    found = next((value for kind, value in known if isinstance(field, kind)), None)
    return found if found is not None else f"Some {field.verbose_name}"[: getattr(field, "max_length", None) or 60]


def _model(name: str, base: type[Schema], doc: str, fields: dict[str, Any]) -> Any:
    return pydantic.create_model(name, __base__=base, __doc__=doc, **fields)


def input_name(field: models.Field[Any, Any]) -> str:
    """Return what a field is called on the way in: "owner_id" for the relation "owner"."""
    return f"{field.name}_id" if isinstance(field, models.ForeignKey) else field.name


@cache
def body(resource: Resource, *, partial: bool) -> Any:
    """Return the schema of a new record, or (`partial`) of the changes to one, with the version they were made from."""
    fields: dict[str, Any] = {}
    for name in resource.form_fields:
        field: Any = resource.field(name)
        kind = int if isinstance(field, models.ForeignKey) else type_of(field)
        empty = field.null
        needed = not (
            partial
            or field.blank
            or field.has_default()
            or field.has_db_default()
            or isinstance(field, models.BooleanField)
        )
        extra: dict[str, Any] = {"description": described(field), "examples": [example(field)]}
        default: Any = ... if needed else None
        fields[input_name(field)] = (kind | None if empty else kind, Field(default, **extra))
    if partial:
        fields["version"] = (
            int,
            Field(..., ge=1, description="The version you read; an older one is a conflict.", examples=[1]),
        )
    what = (
        f"Changes to one of the {resource.title.lower()}; what is left out stays."
        if partial
        else f"A new {resource.singular}."
    )
    return _model(f"{resource.model.__name__}{'Change' if partial else 'New'}", Strict, what, fields)


@cache
def record(resource: Resource) -> Any:
    """Return the schema of one record as it is answered."""
    wanted = shape(resource)
    ref = f"{resource.model.prefix}-12"
    fields: dict[str, Any] = {
        "id": (int, Field(examples=[12])),
        "ref": (str, Field(description="The record's name everywhere, for good.", examples=[ref])),
        "version": (int, Field(description="Counts the changes; send it back with yours.", examples=[1])),
    }
    for name in wanted.columns:
        field: Any = resource.model._meta.get_field(name)
        kind = type_of(field, limits=False)
        fields[name] = (
            kind | None if field.null else kind,
            Field(description=described(field), examples=[example(field)]),
        )
    for relation in wanted.relations:
        description = described(resource.model._meta.get_field(relation.name))  # type: ignore[arg-type]
        fields[relation.name] = (Relation | None, Field(description=description))
    for name in wanted.computed:
        fields[name] = (Any, Field(description=f"{resource.label(name)}, computed."))
    return _model(resource.model.__name__, Schema, f"One of the {resource.title.lower()}.", fields)


@cache
def page(resource: Resource) -> Any:
    """Return the schema of a part of a list."""
    return _model(
        f"{resource.model.__name__}Page", Schema, f"Some of the {resource.title.lower()} within your reach.",
        {
            "items": (list[record(resource)], ...),  # type: ignore[misc]
            "count": (int, Field(description="How many match in all, counted up to 10,000.", examples=[1])),
            "more": (bool, Field(description="Whether more than `count` match.", examples=[False])),
        },
    )  # fmt: skip


@cache
def query(resource: Resource) -> Any:
    """Return the schema of a list's parameters: paging, words, order, and the resource's filters."""
    orders = [f"{sign}{name}" for name in resource.sort_fields() for sign in ("", "-")]
    fields: dict[str, Any] = {
        "limit": (int, Field(50, ge=1, le=200, description="How many records.")),
        "offset": (int, Field(0, ge=0, le=10_000_000, description="How many to pass over.")),
        "q": (
            str,
            Field(
                "", max_length=200, description="Words that the record holds, by their beginnings; or its reference."
            ),
        ),
        "sort": (Literal[("", *orders)], Field("", description="A column; with “-” in front, downwards.")),
    }
    for name, made in filterset(resource).base_filters.items():
        fields |= _parameters(resource, name, type(made).__name__)
    return _model(f"{resource.model.__name__}Query", Schema, "", fields)


def _parameters(resource: Resource, name: str, kind: str) -> dict[str, Any]:
    field: Any = resource.field(name)
    label = resource.label(name)
    if kind.endswith("MultipleChoiceFilter"):
        values = [value for value, _ in field.flatchoices]
        each: Any = Annotated[type(values[0]), Field(json_schema_extra={"enum": values})]  # the filter checks them
        return {name: (list[each] | None, Field(None, description=f"{label}: any of these. {described(field)}"))}
    if kind == "DateFromToRangeFilter":
        return {f"{name}_{end}": (date | None, Field(None, description=f"{label}: {word} this day."))
                for end, word in (("min", "from"), ("max", "until"))}  # fmt: skip
    if kind == "RangeFilter":
        return {f"{name}_{end}": (float | None, Field(None, description=f"{label}: at {word}."))
                for end, word in (("min", "least"), ("max", "most"))}  # fmt: skip
    if kind == "BooleanFilter":
        return {name: (bool | None, Field(None, description=f"{label}."))}
    if kind == "ModelChoiceFilter":
        return {name: (int | None, Field(None, description=f"{label}, by id."))}
    return {name: (str | None, Field(None, max_length=500, description=f"{label}: exactly this, in any case."))}


@cache
def move_body(resource: Resource, name: str) -> Any:
    """Return the schema of what a move asks for, and the version it is taken from (any, where it is left out)."""
    fields: dict[str, Any] = {
        "version": (int | None, Field(None, ge=1, description="The version you read, if it matters.", examples=[1]))
    }
    for asked in resource.model.moves()[name].asks:
        field: Any = resource.model._meta.get_field(asked)
        fields[asked] = (type_of(field) | None, Field(None, description=described(field), examples=[example(field)]))
    title = "".join(part.capitalize() for part in name.split("_"))
    return _model(
        f"{resource.model.__name__}{title}", Strict, f"What “{resource.model.moves()[name].label}” asks for.", fields
    )

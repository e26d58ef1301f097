"""The attempt to save one row of an imported table: an Edit whose relations are already looked up.

A form asks the database once for each relation it is given. For ten thousand rows the relations are looked up together,
and the form takes the records themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from django.db import models
from django.forms import ModelForm

from remit.kernel.access.standing import Standing
from remit.kernel.editing import Edit, form_class
from remit.kernel.records import Record
from remit.kernel.resources import Resource


class Found(forms.Field):
    """A relation given as the record itself."""

    def clean(self, value: Any) -> Any:
        if value is None and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return value


@cache
def row_form(resource: Resource, names: frozenset[str]) -> type[ModelForm[Record]]:
    """Return the resource's form for these fields only, its relations given as records."""
    base: Any = form_class(resource)
    fields: dict[str, Any] = {}
    for name, made in base.base_fields.items():
        if name in names:
            fields[name] = Found(required=made.required) if isinstance(made, forms.ModelChoiceField) else made
    relations = {n for n, f in fields.items() if isinstance(f, Found)}

    def exclusions(form: Any) -> set[str]:
        return {*ModelForm._get_validation_exclusions(form), *relations}  # type: ignore[attr-defined]

    made_form = type(f"{base.__name__}OfRow", (base,), {"_get_validation_exclusions": exclusions})
    made_form.base_fields = fields  # type: ignore[attr-defined]
    return made_form


class RowEdit(Edit):
    """An Edit of the fields that a row speaks of; a new record takes its defaults for the others."""

    def __init__(
        self, resource: Resource, standing: Standing, values: Mapping[str, Any], *, record: Record | None = None
    ) -> None:
        self.resource, self.standing, self.record = resource, standing, record
        self.version = None if record is None else record.version
        names = frozenset(values) if record is not None else frozenset(values) | _needed(resource)
        self.form = row_form(resource, names)(dict(values), instance=record)
        self.before = {}


@cache
def _needed(resource: Resource) -> frozenset[str]:
    """Return the fields that a new record cannot do without."""
    fields: list[Any] = [resource.model._meta.get_field(name) for name in resource.form_fields]
    return frozenset(
        f.name for f in fields if not f.blank and not f.has_default() and not isinstance(f, models.BooleanField)
    )

"""The form screen of any record type, from its Django form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.db import models

from remit.kernel.editing import Edit
from remit.kernel.resources import Resource
from remit.kernel.screens import Choice, FormField, FormScreen, Link
from remit.kernel.web.lists import crumbs, lookup_url

FEW = 40
"""A relation to nothing but units, with no more than this many, is a select; everything else is a typeahead."""


def form_screen(edit: Edit, *, cancel_url: str, conflict: str = "") -> FormScreen:
    """Lay out a form, bound or not, with its errors beside the fields."""
    resource, record = edit.resource, edit.record
    title = f"Edit {record.ref}" if record else f"New {resource.singular}"
    trail = (*crumbs(resource), Link(record.ref, record.get_absolute_url())) if record else crumbs(resource)
    return FormScreen(
        title=title,
        crumbs=(*trail, Link("Edit" if record else "New", "")),
        fields=tuple(field_of(edit, name) for name in edit.form.fields),
        errors=tuple(map(str, edit.form.non_field_errors())) if edit.form.is_bound else (),
        conflict=conflict,
        submit="Save" if record else f"Add {resource.singular}",
        cancel_url=cancel_url,
        version=record.version if record else None,
    )


def field_of(edit: Edit, name: str) -> FormField:
    bound: Any = edit.form[name]
    made = bound.field
    model_field: Any = edit.resource.model._meta.get_field(name)
    value = bound.value()
    errors = tuple(map(str, bound.errors)) if edit.form.is_bound else ()
    common: dict[str, Any] = {
        "name": name,
        "label": edit.resource.label(name),
        "help": str(made.help_text),
        "required": made.required,
        "errors": errors,
    }
    if isinstance(made, forms.ModelChoiceField):
        if model_field.related_model._meta.label_lower == "kernel.unit":
            return FormField(kind="choice", choices=unit_choices(edit, value, made.required), **common)
        return FormField(
            kind="relation",
            value=str(value or ""),
            text=related_name(made, value),
            lookup_url=lookup_url(model_field),
            **common,
        )
    if isinstance(made, SimpleArrayField):
        text = value if isinstance(value, str) else ", ".join(map(str, value or ()))
        return FormField(
            kind="tags", value=text, **{**common, "help": f"{made.help_text} Separate several by commas.".strip()}
        )
    if isinstance(made, forms.BooleanField):
        return FormField(
            kind="bool", value="true" if value in {True, "true", "on", "True"} else "", **{**common, "required": False}
        )
    if isinstance(made, forms.ChoiceField):
        offered: Any = made.choices
        return FormField(
            kind="choice",
            choices=tuple(
                Choice(str(v), str(t), str(v) == str(value)) for v, t in offered if v != "" or not made.required
            ),
            **common,
        )
    if isinstance(made, forms.DateField):
        return FormField(kind="date", value=str(value or ""), **common)
    if isinstance(made, forms.IntegerField | forms.FloatField):
        limits = tuple((n, str(v)) for n, v in (("min", made.min_value), ("max", made.max_value)) if v is not None)
        return FormField(kind="number", value="" if value is None else str(value), attributes=limits, **common)
    if isinstance(model_field, models.TextField):
        return FormField(kind="long", value=str(value or ""), **common)
    limit = getattr(made, "max_length", None)
    return FormField(
        kind="text", value=str(value or ""), attributes=(("maxlength", str(limit)),) if limit else (), **common
    )


def unit_choices(edit: Edit, value: Any, required: bool) -> tuple[Choice, ...]:
    """Offer the units in which this person may do this."""
    verb = "add" if edit.record is None else "change"
    allowed = [u for u in edit.standing.units if edit.standing.may(verb, edit.resource.kind, u.id)]
    if value in {None, ""} and len(allowed) == 1:
        value = allowed[0].id
    empty = () if required and value not in {None, ""} else (Choice("", "Choose a unit", value in {None, ""}),)
    return (*empty, *(Choice(str(u.id), f"{'– ' * u.depth}{u.name}", str(u.id) == str(value)) for u in allowed))


def related_name(made: Any, value: Any) -> str:
    if value in {None, ""}:
        return ""
    try:
        found = made.queryset.filter(pk=value).first()
    except (ValueError, TypeError):
        return ""
    return str(found) if found else ""


def asked_field(resource: Resource, name: str, place: str) -> FormField:
    """Lay out one field that a move asks for, by the type of the record's field."""
    field: Any = resource.field(name)
    common: dict[str, Any] = {
        "name": name, "label": resource.label(name), "help": str(field.help_text), "required": True, "place": place,
    }  # fmt: skip
    if isinstance(field, models.ForeignKey):
        return FormField(kind="relation", lookup_url=lookup_url(field), **common)
    if field.choices:
        return FormField(kind="choice", choices=tuple(Choice(str(v), str(t)) for v, t in field.flatchoices), **common)
    if isinstance(field, models.TextField):
        return FormField(kind="long", **common)
    if isinstance(field, models.DateField):
        return FormField(kind="date", **common)
    numeric = isinstance(field, models.IntegerField | models.FloatField | models.DecimalField)
    return FormField(kind="number" if numeric else "text", **common)

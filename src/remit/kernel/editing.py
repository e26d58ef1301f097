"""The one way a person's values become a record: screens, API, imports and bulk edits all come through here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.forms import ModelForm, modelform_factory

from remit.kernel.access.models import NeedToKnow
from remit.kernel.access.standing import Standing
from remit.kernel.lifecycle import Move
from remit.kernel.records import Record, StaleRecordError
from remit.kernel.resources import Resource

RESTRICTING = "Restricting a record and lifting that are deeds of their own, with a reason: do it on the record's page."


def _differs(record: Record, restricted: Any) -> bool:
    return (str(restricted).strip().lower() in {"true", "on", "1", "yes"}) != record.restricted


def _form_field(field: models.Field[Any, Any], **options: Any) -> forms.Field | None:
    made: forms.Field | None = field.formfield(**options)
    if isinstance(made, forms.CharField):
        made.strip = True
    return made


@cache
def form_class(resource: Resource) -> type[ModelForm[Record]]:
    """Make the form of a resource, once; only declared fields can ever be set through it."""
    return modelform_factory(resource.model, fields=list(resource.form_fields), formfield_callback=_form_field)


class Edit:
    """An attempt to create a record (`record` None) or to change one, on behalf of a person with this standing.

    `values` are as a form sends them. `version`, where given, is the one the person saw: an older one is a conflict.
    """

    def __init__(
        self,
        resource: Resource,
        standing: Standing,
        values: Any = None,
        *,
        record: Record | None = None,
        version: int | None = None,
    ) -> None:
        self.resource, self.standing, self.record, self.version = resource, standing, record, version
        self.form = form_class(resource)(values, instance=record)
        if record is not None:
            self.form.fields.pop("restricted", None)  # RESTRICTING says why
        self.before = {} if record is None else dict(self.form.initial)

    def is_valid(self) -> bool:
        if not self.form.is_valid():
            return False
        self._check_unit()
        self._check_sight()
        return not self.form.errors

    def _check_unit(self) -> None:
        """Say in the form what the database would refuse: a unit in which this person may not do this."""
        record = self.form.instance
        if self.resource.follows and self.record is None:
            followed = getattr(record, self.resource.follows, None)
            if followed is not None:
                record.unit_id = followed.unit_id
        verb = "add" if self.record is None else "change"
        if record.unit_id is not None and not self.standing.may_do(verb, record):
            field = "unit" if "unit" in self.form.fields else None
            self.form.add_error(
                field, "You may not keep records of this type in that unit, or not without owning them."
            )

    def _check_sight(self) -> None:
        """Say in the form what the database would refuse: to put a record out of one's own sight."""
        record, person = self.form.instance, self.standing.user_id
        if self.record is not None and "restricted" in self.form.changed_data:
            self.form.add_error("restricted", RESTRICTING)
        if not record.restricted or record.owner_id == person:
            return
        known = NeedToKnow.objects.filter(kind=record.kind(), record_id=record.pk or 0, user_id=person)
        if not known.exists():
            field = "restricted" if "restricted" in self.form.fields else None
            self.form.add_error(field, "You would no longer see it: own it, or be named as needing to know first.")

    def save(self) -> Record:
        """Save, or raise StaleRecordError where somebody else was faster."""
        record = self.form.instance
        if self.record is not None and self.version is not None and self.version != record.version:
            raise StaleRecordError(record)
        with transaction.atomic():
            record.save()
        return record

    @property
    def changed(self) -> list[str]:
        return list(self.form.changed_data)


def current_values(resource: Resource, record: Record) -> dict[str, Any]:
    """Return a record's editable values as a form would send them, to lay changes over."""
    form = form_class(resource)(instance=record)
    return {name: form[name].value() for name in form.fields}


def edit_some(
    resource: Resource, standing: Standing, record: Record, changes: Mapping[str, Any], *, version: int | None = None
) -> Edit:
    """Prepare a change of some fields only, the others staying as they are."""
    unknown = set(changes) - set(resource.form_fields)
    if unknown:
        raise ValidationError(dict.fromkeys(sorted(unknown), "There is no such field, or it cannot be changed."))
    changes = {name: value for name, value in changes.items() if name != "restricted" or _differs(record, value)}
    if "restricted" in changes:
        raise ValidationError({"restricted": RESTRICTING})
    return Edit(
        resource, standing, {**_sendable(current_values(resource, record)), **changes}, record=record, version=version
    )


def _sendable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value is not False}


def asked_values(resource: Resource, move: Move, data: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a move asks for from what was sent; ValidationError naming each field that is missing or wrong."""
    fields: dict[str, Any] = {}
    for name in move.asks:
        field: Any = resource.field(name)
        fields[name] = field.formfield(required=True)
    form: forms.Form = type("Asked", (forms.Form,), fields)(data)
    if not form.is_valid():
        raise ValidationError({name: list(errors) for name, errors in form.errors.items()})
    return dict(form.cleaned_data)

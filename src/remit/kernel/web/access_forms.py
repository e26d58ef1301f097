"""The forms of people, grants and units; they offer only what the person before them may give, and where."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.timezone import localdate

from remit.kernel.access import managing
from remit.kernel.access.models import Unit
from remit.kernel.access.roles import ROLES
from remit.kernel.access.standing import Standing
from remit.kernel.screens import Choice, FormField, FormScreen, Link


def is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def unit_choices(standing: Standing) -> list[tuple[int, str]]:
    return [(unit.id, f"{'– ' * unit.depth}{unit.name}") for unit in managing.administered(standing)]


def offer(form: forms.Form, name: str, choices: list[Any]) -> None:
    field: Any = form.fields[name]
    field.choices = choices


class GrantForm(forms.Form):
    """A role in a unit, for good or until a day."""

    role = forms.ChoiceField()
    unit_id = forms.TypedChoiceField(
        label="Unit", coerce=int, help_text="The role holds there and in every unit below."
    )
    expires_on = forms.DateField(label="Last day", required=False, help_text="Empty: until it is taken back.")

    def __init__(self, *args: Any, standing: Standing, **values: Any) -> None:
        super().__init__(*args, **values)
        units = managing.administered(standing)
        given = {role for unit in units for role in managing.may_give(standing, unit.id)}
        roles = [(r.name, f"{r.title}: {r.purpose.lower()}") for r in ROLES.values() if r.name in given]
        offer(self, "role", [("", "Choose a role"), *roles])
        offer(self, "unit_id", unit_choices(standing))

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day is not None and day < localdate():
            raise forms.ValidationError("This day is past. Choose today or later; to end a role now, take it back.")
        return day


class InviteForm(GrantForm):
    """A person with their first role."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    name = forms.CharField(max_length=120, help_text="As others see it.")
    title = forms.CharField(label="Job title", max_length=120, required=False)
    field_order = ("email", "name", "title", "role", "unit_id", "expires_on")


class UnitForm(forms.Form):
    """A unit: where it stands and its code are said once, its name and kind can change."""

    name = forms.CharField(max_length=120)
    code = forms.SlugField(max_length=50, help_text="Short and stable, such as “hal-it”: imports name the unit by it.")
    kind = forms.ChoiceField(choices=Unit.Kind.choices)
    parent_id = forms.TypedChoiceField(label="Under", coerce=int)

    def __init__(self, *args: Any, standing: Standing, unit: Unit | None = None, **values: Any) -> None:
        if unit is not None:
            values["initial"] = {"name": unit.name, "kind": unit.kind}
        super().__init__(*args, **values)
        if unit is not None:
            del self.fields["code"], self.fields["parent_id"]
            return
        offer(self, "parent_id", unit_choices(standing))

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).lower()
        if Unit.objects.filter(code=code).exists():
            raise forms.ValidationError("Another unit has this code. Choose a different one.")
        return code


def fields_of(form: forms.Form) -> tuple[FormField, ...]:
    """Lay out a Django form as the fields our templates draw."""
    return tuple(field_of(form, name) for name in form.fields)


def field_of(form: forms.Form, name: str) -> FormField:
    bound = form[name]
    made, value = bound.field, bound.value()
    errors = tuple(map(str, bound.errors))
    common: dict[str, Any] = {
        "name": name, "label": bound.label, "help": str(made.help_text), "required": made.required, "errors": errors,
    }  # fmt: skip
    if isinstance(made, forms.ChoiceField):
        offered: Any = made.choices
        return FormField(
            kind="choice", choices=tuple(Choice(str(v), str(t), str(v) == str(value)) for v, t in offered), **common
        )
    limit = getattr(made, "max_length", None)
    kind: Any = (
        "long" if isinstance(made.widget, forms.Textarea) else "date" if isinstance(made, forms.DateField) else "text"
    )
    return FormField(
        kind=kind, value=str(value or ""), attributes=(("maxlength", str(limit)),) if limit else (), **common
    )


def screen(form: forms.Form, title: str, crumbs: tuple[Link, ...], submit: str, cancel_url: str) -> FormScreen:
    errors = tuple(map(str, form.non_field_errors())) if form.is_bound else ()
    return FormScreen(title, crumbs, fields_of(form), errors, "", submit, cancel_url)

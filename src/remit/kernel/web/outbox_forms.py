"""The forms of webhooks and notifications; they offer only what the person before them may choose."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms

from remit.kernel.access.models import User
from remit.kernel.access.standing import Standing
from remit.kernel.outbound import client
from remit.kernel.outbox import webhooks
from remit.kernel.outbox.models import Preference, Webhook
from remit.kernel.outbox.rules import PARTS
from remit.kernel.outbox.webhooks import Said
from remit.kernel.screens import Choice, FormField, FormScreen, Link
from remit.kernel.web import access_forms
from remit.kernel.web.access_forms import offer, unit_choices

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class WebhookForm(forms.Form):
    """What is told, and to which address."""

    name = forms.CharField(max_length=80, help_text="Says what it is for, such as “Ticket system”.")
    url = forms.CharField(label="Address", max_length=2000, help_text="Begins with https://. It is kept sealed.")
    unit_id = forms.TypedChoiceField(label="Unit", coerce=int, help_text="Records there and in every unit below.")
    kinds = forms.MultipleChoiceField(label="Records", help_text="It tells only of those that you see yourself.")
    verbs = forms.MultipleChoiceField(label="Events")

    def __init__(self, *args: Any, standing: Standing, webhook: Webhook | None = None, **values: Any) -> None:
        if webhook is not None:
            values["initial"] = {name: getattr(webhook, name) for name in ("name", "unit_id", "kinds", "verbs")}
        super().__init__(*args, **values)
        offer(self, "unit_id", unit_choices(standing))
        offer(self, "kinds", webhooks.kinds_for(standing))
        offer(self, "verbs", webhooks.verbs())
        if webhook is not None:
            self.fields["url"].required = False
            self.fields["url"].help_text = f"Empty: it stays the one at {webhook.host}."

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if url and (why := client.url_refusal(url)):
            raise forms.ValidationError(why)
        return url

    def said(self) -> Said:
        """Return what was said, once the form is valid."""
        held = self.cleaned_data
        return Said(held["name"], held["url"], held["unit_id"], tuple(held["kinds"]), tuple(held["verbs"]))


HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class PreferenceForm(forms.Form):
    """What somebody wants to be told by mail, and when."""

    digest = forms.ChoiceField(label="Digest", choices=Preference.Frequency.choices)
    weekday = forms.TypedChoiceField(
        label="Day", coerce=int, choices=list(enumerate(DAYS)), help_text="Of a digest once a week."
    )
    hour = forms.TypedChoiceField(
        label="Hour",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        help_text="In your time zone.",
    )
    time_zone = forms.ChoiceField(label="Time zone")
    parts = forms.MultipleChoiceField(label="In it", required=False, choices=list(PARTS.items()))
    decisions_at_once = forms.BooleanField(label="Tell me at once when a decision is asked of me", required=False)

    def __init__(self, *args: Any, person: User, preference: Preference, **values: Any) -> None:
        names = ("digest", "weekday", "hour", "parts", "decisions_at_once")
        values["initial"] = {name: getattr(preference, name) for name in names} | {"time_zone": person.time_zone}
        super().__init__(*args, **values)
        offer(self, "time_zone", [(name, name.replace("_", " ")) for name in zones()])


@cache
def zones() -> tuple[str, ...]:
    """Return the names of time zones, those of places first."""
    names = {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}
    return ("UTC", *sorted(names))


def fields_of(form: forms.Form) -> tuple[FormField, ...]:
    """Lay out a Django form as the fields our templates draw."""
    return tuple(field_of(form, name) for name in form.fields)


def field_of(form: forms.Form, name: str) -> FormField:
    bound = form[name]
    made, value = bound.field, bound.value()
    common: dict[str, Any] = {
        "name": name, "label": bound.label, "help": str(made.help_text), "required": made.required,
        "errors": tuple(map(str, bound.errors)),
    }  # fmt: skip
    if isinstance(made, forms.MultipleChoiceField):
        chosen, offered = {str(each) for each in value or ()}, list[Any](made.choices)  # type: ignore[arg-type]
        choices = tuple(Choice(str(v), str(t), str(v) in chosen) for v, t in offered)
        return FormField(kind="choices", choices=choices, **common)
    if isinstance(made, forms.BooleanField):
        return FormField(kind="bool", value="true" if value in {True, "true"} else "", **common)
    return access_forms.field_of(form, name)


def screen(form: forms.Form, title: str, crumbs: tuple[Link, ...], submit: str, cancel_url: str) -> FormScreen:
    errors = tuple(map(str, form.non_field_errors())) if form.is_bound else ()
    return FormScreen(title, crumbs, fields_of(form), errors, "", submit, cancel_url)

"""The forms of engagements, groups and access reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate

from remit.kernel.access import managing, rules
from remit.kernel.access.models import Engagement
from remit.kernel.access.standing import Standing
from remit.kernel.granting import engagements as audits
from remit.kernel.granting import facts
from remit.kernel.web.access_forms import offer, unit_choices


class EngagementForm(forms.Form):
    """An audit: where it reads is said once; what it reads and until when can change."""

    title = forms.CharField(max_length=120, help_text="Such as “ISO 27001 surveillance audit 2027”.")
    firm = forms.CharField(label="Firm or team", max_length=120)
    contact = forms.CharField(max_length=200, required=False, help_text="Whom to ask about it, on their side.")
    unit_id = forms.TypedChoiceField(
        label="Unit", coerce=int, help_text="Its auditors read there and in every unit below, and nowhere else."
    )
    starts_on = forms.DateField(label="First day")
    ends_on = forms.DateField(label="Last day", help_text="Its auditors read nothing after it.")
    kinds = forms.MultipleChoiceField(
        label="Record types in scope",
        required=False,
        help_text="None chosen: all that auditors read. What a type cannot be read without is added to it.",
    )

    def __init__(self, *args: Any, standing: Standing, engagement: Engagement | None = None, **values: Any) -> None:
        if engagement is not None:
            names = ("firm", "contact", "ends_on", "kinds")
            values["initial"] = {name: getattr(engagement, name) for name in names}
        super().__init__(*args, **values)
        offer(self, "kinds", [(kind.kind, kind.title) for kind in facts.kinds()])
        if engagement is not None:
            del self.fields["title"], self.fields["unit_id"], self.fields["starts_on"]
            return
        units = {unit.id for unit in managing.administered(standing) if not audits.refusal(standing, unit.id)}
        offer(self, "unit_id", [choice for choice in unit_choices(standing) if choice[0] in units])
        self.initial.setdefault("starts_on", localdate())


class GroupForm(forms.Form):
    """A group: its unit is said once, its name can change."""

    name = forms.CharField(max_length=120)
    unit_id = forms.TypedChoiceField(
        label="Unit", coerce=int, help_text="Who administers it manages the group; what it may do its roles say."
    )

    def __init__(self, *args: Any, standing: Standing, renaming: bool = False, **values: Any) -> None:
        super().__init__(*args, **values)
        if renaming:
            del self.fields["unit_id"]
        else:
            offer(self, "unit_id", unit_choices(standing))


class MembersForm(forms.Form):
    """People to put into a group, by their addresses."""

    emails = forms.CharField(
        label="Mail addresses", widget=forms.Textarea, max_length=20_000, help_text="One a line, or with commas."
    )

    def clean_emails(self) -> list[str]:
        return str(self.cleaned_data["emails"]).replace(",", " ").replace(";", " ").split()


class ReviewForm(forms.Form):
    """An access review: of which unit, until when."""

    unit_id = forms.TypedChoiceField(
        label="Unit", coerce=int, help_text="Every role given in it and in the units below is looked at."
    )
    due_on = forms.DateField(label="Due", help_text="What is undecided after this day is brought to the heads.")

    def __init__(self, *args: Any, standing: Standing, **values: Any) -> None:
        super().__init__(*args, **values)
        offer(self, "unit_id", unit_choices(standing))
        self.initial.setdefault("due_on", localdate() + 2 * rules.WARNING)

    def clean_due_on(self) -> Any:
        day = self.cleaned_data["due_on"]
        if not localdate() <= day <= localdate() + timedelta(days=366):
            raise forms.ValidationError("Choose a day from today on, within a year.")
        return day

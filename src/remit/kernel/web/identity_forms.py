"""The forms of tokens and service accounts; they offer only what the person before them may give."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from remit.kernel.access import managing
from remit.kernel.access.models import User
from remit.kernel.access.roles import ROLES
from remit.kernel.access.standing import Standing
from remit.kernel.identity.tokens import MOST_DAYS, USUAL_DAYS
from remit.kernel.resources import resources
from remit.kernel.web.access_forms import offer, unit_choices


class TokenForm(forms.Form):
    """A token: what it is for, what it may do, and for how long."""

    name = forms.CharField(max_length=80, help_text="What it is for, such as “nightly scan upload”.")
    writes = forms.TypedChoiceField(
        label="It may",
        coerce=lambda said: said == "write",
        choices=[("read", "Read only"), ("write", "Read and write")],
    )
    kinds = forms.MultipleChoiceField(
        label="Records", required=False, help_text="None chosen: every type that the account reaches."
    )
    unit_id = forms.TypedChoiceField(
        label="Unit", required=False, coerce=int, empty_value=None, help_text="With the units below it."
    )
    days = forms.IntegerField(
        label="Days it lives", min_value=1, max_value=MOST_DAYS, initial=USUAL_DAYS, help_text=f"At most {MOST_DAYS}."
    )

    def __init__(self, *args: Any, units: list[tuple[int, str]], **values: Any) -> None:
        super().__init__(*args, **values)
        offer(self, "kinds", [(each.kind, each.title) for each in resources()])
        offer(self, "unit_id", [("", "Wherever the account reaches"), *units])


class ServiceForm(forms.Form):
    """A service account with its first role."""

    name = forms.CharField(max_length=120, help_text="What the program is, such as “Nessus upload”.")
    purpose = forms.CharField(max_length=200, help_text="Why it needs a way in; reviewers will read this.")
    owner_id = forms.TypedChoiceField(label="Owner", coerce=int, help_text="The person who answers for it.")
    role = forms.ChoiceField()
    unit_id = forms.TypedChoiceField(
        label="Unit", coerce=int, help_text="The role holds there and in every unit below."
    )

    def __init__(self, *args: Any, standing: Standing, **values: Any) -> None:
        super().__init__(*args, **values)
        given = {role for unit in managing.administered(standing) for role in managing.may_give(standing, unit.id)}
        roles = [(r.name, r.title) for r in ROLES.values() if r.name in given - {"auditor"} and not r.administers]
        offer(self, "role", [("", "Choose a role"), *roles])
        offer(self, "unit_id", unit_choices(standing))
        offer(self, "owner_id", [("", "Choose a person"), *owner_choices(standing)])


class OwnerForm(forms.Form):
    """Another owner of a service account."""

    owner_id = forms.TypedChoiceField(label="New owner", coerce=int)

    def __init__(self, *args: Any, standing: Standing, **values: Any) -> None:
        super().__init__(*args, **values)
        offer(self, "owner_id", [("", "Choose a person"), *owner_choices(standing)])


def owner_choices(standing: Standing) -> list[tuple[int, str]]:
    """Return the people who may own a service account: whoever the person manages, and the person themselves."""
    people: QuerySet[User] = managing.people(standing).filter(is_active=True, is_service=False) | User.objects.filter(
        pk=standing.user_id
    )
    return [(person.pk, f"{person.name} ({person.email})") for person in people.order_by("name")[:500]]

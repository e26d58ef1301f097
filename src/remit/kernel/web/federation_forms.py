"""The forms of identity providers and SCIM connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms

from remit.kernel.access.models import Group
from remit.kernel.federation.managing import FederationRefusedError, people_named
from remit.kernel.federation.rules import domains_in
from remit.kernel.screens import FormField, FormScreen, Link
from remit.kernel.web.access_forms import field_of, offer


class DomainsForm(forms.Form):
    """A name, and the mail domains that something is for."""

    name = forms.CharField(max_length=40)
    domains = forms.CharField(
        label="Mail domains", max_length=1000, help_text="Whose people these are, such as example.com, example.org."
    )

    def clean_domains(self) -> list[str]:
        return said_plainly(lambda: domains_in(self.cleaned_data["domains"]))


class ProviderForm(DomainsForm):
    """An OpenID provider; its secret is never shown again."""

    issuer = forms.CharField(max_length=300, help_text="As its discovery document says, to the letter.")
    client_id = forms.CharField(label="Client ID", max_length=190)
    secret = forms.CharField(label="Client secret", max_length=500, required=False)
    vouches_for_mail = forms.BooleanField(
        label="Its addresses count as verified",
        required=False,
        help_text="For providers that give only their own people's addresses and do not say email_verified (Entra ID).",
    )
    is_second_factor = forms.BooleanField(
        label="Its second factor counts here",
        required=False,
        help_text="Where it says that one was used (amr, acr), Remit asks for none of its own.",
    )
    factors = forms.CharField(
        label="Words for a second factor",
        max_length=200,
        required=False,
        help_text="Values of amr or acr. Empty: the standard's, such as mfa.",
    )
    is_required = forms.BooleanField(
        label="People of its domains must sign in by it", required=False, help_text="Passwords are refused to them."
    )
    exceptions = forms.CharField(
        label="But for", max_length=2000, required=False, help_text="Addresses of people kept for an emergency."
    )
    field_order = (
        "name", "issuer", "client_id", "secret", "domains", "vouches_for_mail", "is_second_factor", "factors",
        "is_required", "exceptions",
    )  # fmt: skip

    def clean_exceptions(self) -> list[Any]:
        return said_plainly(lambda: people_named(self.cleaned_data["exceptions"]))

    def clean_factors(self) -> list[str]:
        return [word for word in self.cleaned_data["factors"].replace(",", " ").split() if word]


class SamlForm(ProviderForm):
    """A SAML provider, by the metadata that it publishes."""

    issuer = client_id = secret = vouches_for_mail = None  # type: ignore[assignment]
    metadata_url = forms.CharField(label="Address of its metadata", max_length=500)
    mail = forms.CharField(
        label="Attribute with the mail address", max_length=200, required=False, help_text="Empty: email."
    )
    factors = forms.CharField(
        label="Contexts with a second factor",
        max_length=500,
        required=False,
        help_text="Values of AuthnContextClassRef that say that one was used.",
    )
    field_order = (  # type: ignore[assignment]
        "name", "metadata_url", "domains", "mail", "is_second_factor", "factors", "is_required", "exceptions",
    )  # fmt: skip


class GroupForm(forms.Form):
    """A group that a connection is to manage."""

    group = forms.TypedChoiceField(coerce=int)
    may_hold_privilege = forms.BooleanField(
        label="Also while it holds a privileged role",
        required=False,
        help_text="Whoever the provider puts into it then has that role.",
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        offer(self, "group", list(Group.objects.values_list("pk", "name")))


def said_plainly(read: Callable[[], list[Any]]) -> list[Any]:
    try:
        return read()
    except (ValueError, FederationRefusedError) as error:
        raise forms.ValidationError(str(error)) from None


def fields_of(form: forms.Form) -> tuple[FormField, ...]:
    """Lay out a form; a secret that was typed is not repeated."""
    fields = []
    for name, made in form.fields.items():
        shown = field_of(form, name)
        if isinstance(made, forms.BooleanField):
            shown = replace(shown, kind="bool", value="true" if form[name].value() else "", attributes=())
        fields.append(replace(shown, value="") if name == "secret" else shown)
    return tuple(fields)


def screen(form: forms.Form, title: str, crumbs: tuple[Link, ...], submit: str, cancel_url: str) -> FormScreen:
    errors = tuple(map(str, form.non_field_errors())) if form.is_bound else ()
    return FormScreen(title, crumbs, fields_of(form), errors, "", submit, cancel_url)

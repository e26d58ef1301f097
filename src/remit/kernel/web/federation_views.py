"""Sign-in and provisioning: identity providers and SCIM connections, for who administers the topmost unit."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access.models import Group
from remit.kernel.federation import managing
from remit.kernel.federation.managing import FederationRefusedError
from remit.kernel.federation.models import IdentityProvider, ScimConnection, ScimGroup
from remit.kernel.federation.scim.credentials import new_token, revoke
from remit.kernel.screens import Link
from remit.kernel.web import federation_forms as forms
from remit.kernel.web.access_views import TOP, View, administering
from remit.kernel.web.views import standing_of

HERE = Link("Sign-in and provisioning", "/access/sign-in/")


def over_everything(view: View) -> View:
    """Let in who administers the topmost unit; only its heads of security change anything but test."""
    guarded = administering(view)

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        standing = standing_of(request)
        looks = view is every or values.get("name") == "test"
        if not (managing.may_look(standing) if looks else managing.may_manage(standing)):
            raise PermissionDenied
        return guarded(request, *args, **values)

    return checked


def every(request: HttpRequest) -> HttpResponse:
    """Show the providers and the connections."""
    context = {
        "crumbs": (TOP, Link(HERE.text, "")),
        "providers": IdentityProvider.objects.all(),
        "connections": ScimConnection.objects.select_related("use"),
        "now": timezone.now(),
        "may_manage": managing.may_manage(standing_of(request)),
    }
    return render(request, "kernel/federation.html", context)


index = require_safe(over_everything(every))


@require_http_methods(["GET", "POST"])
@never_cache
@over_everything
def provider(request: HttpRequest, pk: int | None = None, kind: str = "oidc") -> HttpResponse:
    """Add a provider, or change one."""
    row = None if pk is None else found(IdentityProvider, pk)
    is_saml = (row.kind if row else kind) == IdentityProvider.Kind.SAML
    form = (forms.SamlForm if is_saml else forms.ProviderForm)(
        request.POST or None, initial=managing.said(row) if row else None
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = (managing.save_saml if is_saml else managing.save_provider)(row, **form.cleaned_data)
        except FederationRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{row.name} saved. Test it before people need it.")
            return redirect(HERE.url)
    title = f"Change {row.name}" if row else "Add an identity provider"
    screen = forms.screen(form, title, (TOP, HERE), "Save", HERE.url)
    if row is not None and not is_saml:
        form.fields["secret"].help_text = "Empty: stays as it is."
        screen = forms.screen(form, title, (TOP, HERE), "Save", HERE.url)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_POST
@never_cache
@over_everything
def act_on_provider(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Test a provider, or let it sign people in or no longer."""
    row = found(IdentityProvider, pk)
    if name == "test":
        fine, what = managing.tested(row)
        (messages.success if fine else messages.error)(request, what)
    elif name in {"enable", "disable"}:
        managing.switch_provider(row, name == "enable")
        messages.success(request, f"{row.name} signs people in {'again' if row.is_active else 'no longer'}.")
    else:
        raise Http404
    return redirect(HERE.url)


@require_http_methods(["GET", "POST"])
@never_cache
@over_everything
def connection(request: HttpRequest) -> HttpResponse:
    """Add a SCIM connection; its token is shown on the answer, once."""
    form = forms.DomainsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = managing.add_connection(**form.cleaned_data)
        except FederationRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            return token_page(request, row)
    screen = forms.screen(form, "Add a SCIM connection", (TOP, HERE), "Add and make a token", HERE.url)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@never_cache
@over_everything
def groups(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a connection a group to manage."""
    row = found(ScimConnection, pk)
    form = forms.GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        group = Group.objects.get(pk=form.cleaned_data["group"])
        try:
            managing.give_group(row, group, form.cleaned_data["may_hold_privilege"])
        except FederationRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{group} is managed by {row} now.")
            return redirect(HERE.url)
    held = ", ".join(str(kept.group) for kept in ScimGroup.objects.filter(connection=row, is_gone=False)[:20])
    screen = forms.screen(form, f"Groups of {row}", (TOP, HERE), "Let SCIM manage it", HERE.url)
    if held:
        form.fields["group"].help_text = f"Managed already: {held}."
        screen = forms.screen(form, f"Groups of {row}", (TOP, HERE), "Let SCIM manage it", HERE.url)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_POST
@never_cache
@over_everything
def act_on_connection(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Make a new token, which ends the former, or end it."""
    row = found(ScimConnection, pk)
    deeds: dict[str, Callable[[], HttpResponse]] = {
        "token": lambda: token_page(request, row),
        "revoke": lambda: revoked(request, row),
    }
    if name not in deeds:
        raise Http404
    return deeds[name]()


def token_page(request: HttpRequest, row: ScimConnection) -> HttpResponse:
    context = {
        "connection": row,
        "token": new_token(row),
        "address": request.build_absolute_uri("/scim/v2"),
        "crumbs": (TOP, HERE),
        "back": reverse("federation"),
    }
    return render(request, "kernel/scim_token.html", context)


def revoked(request: HttpRequest, row: ScimConnection) -> HttpResponse:
    revoke(row)
    messages.success(request, f"{row} may call no longer. People and groups stay as they are.")
    return redirect(HERE.url)


def found(model: Any, pk: int) -> Any:
    row = model.objects.filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row

"""A person's sessions and tokens, and the service accounts they own or manage.

What is somebody else's answers like what does not exist. What opens a way in asks for the password again when it was
not given within the last minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views as allauth_views
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access import managing
from remit.kernel.access.managing import AccessRefusedError
from remit.kernel.access.models import Unit, User
from remit.kernel.access.standing import Standing, standing
from remit.kernel.identity import services, sessions, tokens
from remit.kernel.identity.models import ApiToken, ServiceAccount
from remit.kernel.screens import Link
from remit.kernel.web import access_forms
from remit.kernel.web import identity_forms as forms
from remit.kernel.web.access_views import TOP, administering, found_person
from remit.kernel.web.identity_screens import session_line, token_line
from remit.kernel.web.views import standing_of

View = Callable[..., HttpResponse]
PROFILE = Link("Profile and sign-in", "/account/")
SERVICES = Link("Service accounts", "/access/services/")
confirmed: Callable[[View], View] = reauthentication_required(allow_get=False)


def me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def my_sessions(request: HttpRequest) -> HttpResponse:
    """List where one is signed in; end one session, or every other one."""
    if request.method == "POST":
        _end_sessions(request)
        return redirect("/account/sessions/")
    lines = [session_line(each, this=sessions.is_this(request, each)) for each in sessions.going_on(me(request))]
    lines.sort(key=lambda line: not line.this)
    context = {"lines": lines, "crumbs": (PROFILE, Link("Sessions", ""))}
    return render(request, "kernel/sessions.html", context)


def _end_sessions(request: HttpRequest) -> None:
    wanted = request.POST.get("session", "")
    if wanted == "others":
        gone = sessions.end_others(me(request), request.session.get(sessions.MARK))
        messages.success(request, f"Ended {gone} other session{'' if gone == 1 else 's'}.")
    elif access_forms.is_key(wanted) and sessions.end(me(request), int(wanted)):
        messages.success(request, "The session has ended.")
    else:
        messages.info(request, "That session was over already.")


@require_POST
@never_cache
@administering
def end_sessions_of(request: HttpRequest, pk: int) -> HttpResponse:
    """End every session of somebody whose account one manages."""
    person = found_person(request, pk)
    if refusal := managing.account_refusal(standing_of(request), person):
        messages.error(request, refusal)
    else:
        gone = sessions.end_all(person)
        messages.success(request, f"{person.name} is signed out everywhere ({gone}).")
    return redirect(f"/access/people/{pk}/")


@require_safe
@never_cache
def my_tokens(request: HttpRequest) -> HttpResponse:
    """List one's own tokens."""
    now = timezone.now()
    context = {
        "lines": [token_line(token, now) for token in tokens.listed(me(request))],
        "crumbs": (PROFILE, Link("API tokens", "")),
    }
    return render(request, "kernel/tokens.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@confirmed
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token of one's own; its secret is on the answer, once."""
    crumbs = (PROFILE, Link("API tokens", "/account/tokens/"), Link("New", ""))
    return _token_page(request, me(request), crumbs, "/account/tokens/")


@require_POST
@never_cache
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token of one's own."""
    _revoke(request, ApiToken.objects.filter(user=me(request), pk=pk) if pk < 2**63 else None)
    return redirect("/account/tokens/")


@require_safe
@never_cache
def service_list(request: HttpRequest) -> HttpResponse:
    """List the service accounts that one owns or manages."""
    manages = standing_of(request).administers
    context = {
        "lines": services.listed(timezone.now()),
        "manages": manages,
        "crumbs": (TOP if manages else PROFILE, Link(SERVICES.text, "")),
    }
    return render(request, "kernel/services.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@administering
def new_service(request: HttpRequest) -> HttpResponse:
    """Make a service account with its first role."""
    held = standing_of(request)
    form = forms.ServiceForm(request.POST or None, standing=held)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        try:
            account = services.add_by(held, owner=User.objects.get(pk=said.pop("owner_id")), **said)
        except AccessRefusedError as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, f"{account} is there. Make a token for it now.")
            return redirect(f"/access/services/{account.pk}/")
    screen = access_forms.screen(form, "Add a service account", (SERVICES, Link("New", "")), "Add", SERVICES.url)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_safe
@never_cache
def service(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a service account: its owner, roles and tokens."""
    account, held, now = found_service(pk), standing_of(request), timezone.now()
    manages = not managing.account_refusal(held, account.user) if held.administers else False
    context = {
        "account": account,
        "grants": account.user.grants.select_related("unit").order_by("unit__name", "role"),
        "lines": [token_line(token, now) for token in tokens.listed(account.user)],
        "refusal": services.token_refusal(held, account),
        "token_base": f"/access/services/{pk}/tokens/",
        "manages": manages,
        "fields": access_forms.fields_of(forms.OwnerForm(standing=held)) if manages else (),
        "crumbs": (SERVICES, Link(account.user.name, "")),
    }
    return render(request, "kernel/service.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def new_service_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a token for a service account; its secret is on the answer, once."""
    account = found_service(pk)
    _allow_tokens(standing_of(request), account)
    where = f"/access/services/{pk}/"
    crumbs = (SERVICES, Link(account.user.name, where), Link("New token", ""))
    return confirmed(_token_page)(request, account.user, crumbs, where)


@require_POST
@never_cache
def revoke_service_token(request: HttpRequest, pk: int, token_pk: int) -> HttpResponse:
    """Revoke a token of a service account."""
    account = found_service(pk)
    _allow_tokens(standing_of(request), account)
    _revoke(request, ApiToken.objects.filter(user=account.user, pk=token_pk) if token_pk < 2**63 else None)
    return redirect(f"/access/services/{pk}/")


@require_POST
@never_cache
@administering
def hand_service_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Name another owner of a service account."""
    account, held = found_service(pk), standing_of(request)
    form = forms.OwnerForm(request.POST, standing=held)
    if form.is_valid():
        try:
            services.hand_over(held, account, User.objects.get(pk=form.cleaned_data["owner_id"]))
            messages.success(request, f"{account.owner.name} owns {account} now.")
        except AccessRefusedError as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, "Choose who owns it from now on.")
    return redirect(f"/access/services/{pk}/")


@never_cache
def remove_key(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a security key, unless it is the last factor of somebody whose role needs one."""
    key = Authenticator.objects.filter(user=me(request), pk=pk, type=Authenticator.Type.WEBAUTHN)
    held = key.first() if pk < 2**63 else None
    if held is None:
        raise Http404
    if not get_adapter().can_delete_authenticator(held):
        messages.error(request, get_adapter().error_messages["cannot_delete_authenticator"])
        return redirect("mfa_index")
    answer: HttpResponse = allauth_views.remove_webauthn(request, pk=pk)
    return answer


def found_service(pk: int) -> ServiceAccount:
    account = services.accounts().filter(pk=pk).first() if pk < 2**63 else None
    if account is None:
        raise Http404
    return account


def _allow_tokens(held: Standing, account: ServiceAccount) -> None:
    if services.token_refusal(held, account):
        raise PermissionDenied


def _revoke(request: HttpRequest, found: Any) -> None:
    token = found.first() if found is not None else None
    if token is None:
        raise Http404
    tokens.revoke(token)
    messages.success(request, f"“{token.name}” is refused from now on.")


def _token_page(request: HttpRequest, user: User, crumbs: tuple[Link, ...], back: str) -> HttpResponse:
    """Ask what the token is for, or answer with its secret."""
    reached = [unit for unit in standing(user.pk).units if unit.roles]
    form = forms.TokenForm(request.POST or None, units=[(u.id, f"{'– ' * u.depth}{u.name}") for u in reached])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        unit = Unit.objects.filter(pk=said["unit_id"]).first() if said["unit_id"] else None
        try:
            token, secret = tokens.make(
                user, name=said["name"], writes=said["writes"], kinds=said["kinds"], unit=unit, days=said["days"]
            )
        except tokens.TokenRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            context = {"token": token, "secret": secret, "crumbs": crumbs, "back": back}
            return render(request, "kernel/token_made.html", context)
    title = "New API token" if not user.is_service else f"New token for {user.name}"
    screen = access_forms.screen(form, title, crumbs, "Make the token", back)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)

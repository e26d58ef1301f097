"""People and access: who may do what; inviting, granting, revoking, disabling and naming units by who administers.

Whom and what one does not administer answers like what does not exist. Every change asks for the password again when it
was not given within the last minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access import managing, viewing
from remit.kernel.access.managing import AccessRefusedError
from remit.kernel.access.models import Unit, User
from remit.kernel.access.services import LINK_HOURS
from remit.kernel.access.standing import ReachedUnit
from remit.kernel.federation.adapter import sign_in_again_url
from remit.kernel.granting import facts, reviews
from remit.kernel.identity.ways_in import ways_in
from remit.kernel.screens import Link
from remit.kernel.web import access_forms as forms
from remit.kernel.web.once import once
from remit.kernel.web.views import standing_of

View = Callable[..., HttpResponse]
MANY = 200
"""People listed at once; beyond it one searches."""
ADMINISTRATION = Link("Administration", "/administration/")
TOP = Link("People and access", "/access/")


def administering(view: View) -> View:
    """Let in only those who administer a unit; what changes something asks for the password again."""
    confirmed: View = reauthentication_required(allow_get=True)(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        if not standing_of(request).administers:
            raise PermissionDenied
        if request.method != "HEAD" and (elsewhere := sign_in_again_url(request)):
            return redirect(elsewhere)
        return (view if request.method == "HEAD" else confirmed)(request, *args, **values)

    return guarded


@require_safe
@administering
def index(request: HttpRequest) -> HttpResponse:
    """Show the people and the roles they hold, what ends soon, and what waits for a review."""
    standing, today = standing_of(request), localdate()
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = managing.people(standing).filter(Q(name__icontains=words) | Q(email__icontains=words), is_service=False)
    people = list(found[:MANY])
    held = managing.held_by(standing, people)
    context = {
        "people": [(person, held.get(person.pk, [])) for person in people],
        "count": found.count(),
        "query": words,
        "ending": managing.ending(standing, today)[:MANY],
        "due": reviews.due_units(standing, today),
        "today": today,
        "crumbs": (ADMINISTRATION, Link(TOP.text, "")),
    }
    return render(request, "kernel/access.html", context)


@require_safe
@administering
def units(request: HttpRequest) -> HttpResponse:
    """Show the tree of units that one administers."""
    standing = standing_of(request)
    shown = [
        (unit, not managing.unit_refusal(standing, Unit(pk=unit.id, parent_id=unit.parent_id)))
        for unit in managing.administered(standing)
    ]
    return render(request, "kernel/access_units.html", {"units": shown, "crumbs": (TOP, Link("Units", ""))})


@require_http_methods(["GET", "POST"])
@never_cache
@administering
@once
def invite(request: HttpRequest) -> HttpResponse:
    """Invite a person with their first role; their one-time link is shown on the answer, once."""
    standing = standing_of(request)
    form = forms.InviteForm(request.POST or None, standing=standing)
    if request.method == "POST" and form.is_valid():
        try:
            person, is_new = managing.invite(standing, **form.cleaned_data)
        except AccessRefusedError as refusal:
            form.add_error("role", str(refusal))
        else:
            if not is_new:
                messages.success(request, f"{person.name} was known here already and has the role now.")
                return redirect(f"/access/people/{person.pk}/")
            return link_page(request, person, managing.new_link(standing, person))
    screen = forms.screen(form, "Invite a person", (TOP, Link("Invite", "")), "Invite", "/access/")
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_safe
@administering
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person: the roles they hold here, and what can be done about them."""
    return person_page(request, found_person(request, pk))


@require_POST
@never_cache
@administering
@once
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do one thing to a person: grant, revoke, link, disable, enable."""
    target, deed = found_person(request, pk), DEEDS.get(name)
    if deed is None:
        raise Http404
    try:
        return deed(request, target) or redirect(f"/access/people/{pk}/")
    except AccessRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(f"/access/people/{pk}/")


@require_http_methods(["GET", "POST"])
@administering
@once
def unit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a unit under one that is administered, or give one another name."""
    standing = standing_of(request)
    known = None if pk is None else Unit.objects.get(pk=found_unit(request, pk).id)
    form = forms.UnitForm(
        request.POST or None, standing=standing, unit=known, initial={"parent_id": request.GET.get("under", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            if known is None:
                managing.add_unit(standing, **form.cleaned_data)
            else:
                managing.change_unit(standing, known, **form.cleaned_data)
        except AccessRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{form.cleaned_data['name']} saved.")
            return redirect("/access/units/")
    title = f"Edit {known}" if known else "Add a unit"
    screen = forms.screen(
        form, title, (TOP, Link("Units", "/access/units/")), "Save" if known else "Add the unit", "/access/units/"
    )
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


def grant_role(request: HttpRequest, target: User) -> HttpResponse | None:
    form = forms.GrantForm(request.POST, standing=standing_of(request))
    if not form.is_valid():
        return person_page(request, target, form)
    given = managing.give(standing_of(request), target, **form.cleaned_data)
    messages.success(request, f"{target.name} is now {given.get_role_display().lower()} of {given.unit}.")
    return None


def revoke_role(request: HttpRequest, target: User) -> HttpResponse | None:
    key = request.POST.get("grant", "")
    held = (
        managing.grants(standing_of(request), target)
        .filter(user=target, pk=int(key) if forms.is_key(key) else 0)
        .first()
    )
    if held is None:
        raise Http404
    managing.revoke(standing_of(request), held)
    messages.success(request, f"{target.name} is no longer {held.get_role_display().lower()} of {held.unit}.")
    return None if managing.people(standing_of(request)).filter(pk=target.pk).exists() else redirect("/access/")


def make_link(request: HttpRequest, target: User) -> HttpResponse | None:
    return link_page(request, target, managing.new_link(standing_of(request), target))


def disable(request: HttpRequest, target: User) -> HttpResponse | None:
    managing.disable(standing_of(request), target)
    messages.success(
        request, f"{target.name} may no longer sign in; their sessions, API tokens and calendar link have ended."
    )
    return None


def enable(request: HttpRequest, target: User) -> HttpResponse | None:
    managing.enable(standing_of(request), target)
    messages.success(request, f"{target.name} may sign in again.")
    return None


DEEDS: dict[str, Callable[[HttpRequest, User], HttpResponse | None]] = {
    "grant": grant_role, "revoke": revoke_role, "link": make_link, "disable": disable, "enable": enable,
}  # fmt: skip


def person_page(request: HttpRequest, target: User, form: forms.GrantForm | None = None) -> HttpResponse:
    standing = standing_of(request)
    refusal = managing.account_refusal(standing, target)
    held = [
        (g, managing.grant_refusal(standing, target, g.role, g.unit_id) or ("By a group." if g.group else ""))
        for g in managing.grants(standing, target)
    ]
    context = {
        "person": target,
        "grants": held,
        "refusal": refusal,
        "ways_in": None if refusal or not target.is_active else ways_in(target, timezone.now()),
        "today": localdate(),
        "explained": facts.explanation(standing, target),
        "crumbs": (TOP, Link(target.name, "")),
        "view_refusal": viewing.refusal(standing, target),
        "fields": forms.fields_of(form or forms.GrantForm(standing=standing)) if target.pk != standing.user_id else (),
    }
    return render(request, "kernel/person.html", context, status=422 if form else 200)


def link_page(request: HttpRequest, target: User, path: str) -> HttpResponse:
    context = {
        "person": target,
        "link": request.build_absolute_uri(path),
        "hours": LINK_HOURS,
        "crumbs": (TOP, Link(target.name, f"/access/people/{target.pk}/")),
    }
    return render(request, "kernel/sign_in_link.html", context)


def found_person(request: HttpRequest, pk: int) -> User:
    target = managing.people(standing_of(request)).filter(pk=pk).first() if pk < 2**63 else None
    if target is None:
        raise Http404
    return target


def found_unit(request: HttpRequest, pk: int) -> ReachedUnit:
    found = next((unit for unit in managing.administered(standing_of(request)) if unit.id == pk), None)
    if found is None:
        raise Http404
    return found

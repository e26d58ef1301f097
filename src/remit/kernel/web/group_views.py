"""Pages of groups: made, renamed, filled, emptied, and given roles."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access import managing
from remit.kernel.access.managing import AccessRefusedError
from remit.kernel.access.models import Group
from remit.kernel.granting import groups
from remit.kernel.screens import Link
from remit.kernel.web import access_forms as forms
from remit.kernel.web.access_more_forms import GroupForm, MembersForm
from remit.kernel.web.access_views import TOP, administering
from remit.kernel.web.views import standing_of

LIST = Link("Groups", "/access/groups/")


@require_safe
@administering
def index(request: HttpRequest) -> HttpResponse:
    """List the groups of the units one administers."""
    context = {"groups": groups.groups(standing_of(request)), "crumbs": (TOP, Link(LIST.text, ""))}
    return render(request, "kernel/access_groups.html", context)


@require_http_methods(["GET", "POST"])
@administering
def new(request: HttpRequest) -> HttpResponse:
    """Make an empty group."""
    form = GroupForm(request.POST or None, standing=standing_of(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = groups.make(standing_of(request), **form.cleaned_data)
        except AccessRefusedError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{made} saved. Put people into it, and give it roles.")
            return redirect(f"/access/groups/{made.pk}/")
    screen = forms.screen(form, "New group", (TOP, LIST), "Make the group", LIST.url)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_safe
@administering
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a group: who is in it and what it may do."""
    return page(request, found(request, pk))


@require_POST
@administering
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do one thing to a group: rename, fill, take out, empty, grant, revoke."""
    group, deed = found(request, pk), DEEDS.get(name)
    if deed is None:
        raise Http404
    try:
        return deed(request, group) or redirect(f"/access/groups/{pk}/")
    except AccessRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(f"/access/groups/{pk}/")


def rename(request: HttpRequest, group: Group) -> HttpResponse | None:
    form = GroupForm(request.POST, standing=standing_of(request), renaming=True)
    if not form.is_valid():
        return page(request, group, renamed=form)
    groups.rename(standing_of(request), group, **form.cleaned_data)
    return None


def fill(request: HttpRequest, group: Group) -> HttpResponse | None:
    form = MembersForm(request.POST)
    if not form.is_valid():
        return page(request, group, filled=form)
    added = groups.fill(standing_of(request), group, form.cleaned_data["emails"])
    messages.success(request, f"{', '.join(map(str, added))} put into {group}.")
    return None


def take_out(request: HttpRequest, group: Group) -> HttpResponse | None:
    key = request.POST.get("person", "")
    person = group.members.filter(pk=int(key) if forms.is_key(key) else 0).first()
    if person is None:
        raise Http404
    groups.take_out(standing_of(request), group, person)
    messages.success(request, f"{person} is no longer in {group}.")
    return None


def empty(request: HttpRequest, group: Group) -> HttpResponse | None:
    groups.empty(standing_of(request), group)
    messages.success(request, f"Nobody is in {group} any more.")
    return None


def grant_role(request: HttpRequest, group: Group) -> HttpResponse | None:
    form = forms.GrantForm(request.POST, standing=standing_of(request))
    if not form.is_valid():
        return page(request, group, given=form)
    given = managing.give(standing_of(request), group, **form.cleaned_data)
    messages.success(request, f"Everybody in {group} is now {given.get_role_display().lower()} of {given.unit}.")
    return None


def revoke_role(request: HttpRequest, group: Group) -> HttpResponse | None:
    key = request.POST.get("grant", "")
    held = managing.grants(standing_of(request)).filter(group=group, pk=int(key) if forms.is_key(key) else 0).first()
    if held is None:
        raise Http404
    managing.revoke(standing_of(request), held)
    messages.success(request, f"{group} is no longer {held.get_role_display().lower()} of {held.unit}.")
    return None


DEEDS: dict[str, Callable[[HttpRequest, Group], HttpResponse | None]] = {
    "rename": rename, "fill": fill, "take-out": take_out, "empty": empty, "grant": grant_role, "revoke": revoke_role,
}  # fmt: skip


def page(
    request: HttpRequest,
    group: Group,
    *,
    renamed: GroupForm | None = None,
    filled: MembersForm | None = None,
    given: forms.GrantForm | None = None,
) -> HttpResponse:
    standing = standing_of(request)
    shown = managing.grants(standing).filter(group=group)
    rename_form = renamed or GroupForm(standing=standing, renaming=True, initial={"name": group.name})
    context = {
        "group": group,
        "people": group.members.order_by("name"),
        "grants": [(each, managing.grant_refusal(standing, None, each.role, each.unit_id)) for each in shown],
        "elsewhere": group.grants.count() - len(shown),
        "today": localdate(),
        "refusal": managing.group_refusal(standing, group),
        "rename_fields": forms.fields_of(rename_form),
        "fill_fields": forms.fields_of(filled or MembersForm()),
        "grant_fields": forms.fields_of(given or forms.GrantForm(standing=standing)),
        "open": {"rename": renamed is not None, "fill": filled is not None, "grant": given is not None},
        "crumbs": (TOP, LIST),
    }
    return render(request, "kernel/group.html", context, status=422 if renamed or filled or given else 200)


def found(request: HttpRequest, pk: int) -> Group:
    group = groups.groups(standing_of(request)).filter(pk=pk).first() if pk < 2**63 else None
    if group is None:
        raise Http404
    return group

"""The page "Fix first": which few actions remove most risk this week, on what, by whom, and why."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from remit.identify.vulnerabilities.answers import Answer, action_called, fix_first
from remit.identify.vulnerabilities.fixfirst import Action
from remit.identify.vulnerabilities.models import Occurrence, PriorityLevel
from remit.identify.vulnerabilities.screens import ActionLine, FixFirstScreen, OverdueCard
from remit.kernel.access.models import Unit, User
from remit.kernel.access.standing import Standing
from remit.kernel.resources import resource
from remit.kernel.screens import Choice, FilterField, Link
from remit.kernel.web.cells import LEVEL_TONES, due_cell
from remit.kernel.web.lists import list_screen
from remit.kernel.web.shell import add_place, scope

FEW, MANY = 8, 40
NAMED = 4
"""Assets named on an action before the rest are counted."""

add_place("Fix first", "/fix-first/", "list-ordered", Occurrence.kind())


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    standing: Standing = request.standing  # type: ignore[attr-defined]
    if not standing.sees("vulnerabilities.occurrence"):
        raise PermissionDenied
    owner, level = chosen(request.GET.get("owner")), chosen(request.GET.get("level"))
    limit = MANY if request.GET.get("all") else FEW
    answer = fix_first(
        scope(request),
        today=localdate(),
        limit=limit,
        owner=owner,
        level=level if level in PriorityLevel.values else None,
    )
    screen = fix_first_screen(answer, owner, level, limit)
    return render(request, "vulnerabilities/fixfirst.html", {"screen": screen})


@require_safe
def action(request: HttpRequest) -> HttpResponse:
    """The findings that one action closes, as their list shows them."""
    key, unit, owner = (request.GET.get(name, "") for name in ("action", "in", "by"))
    if not request.standing.sees("vulnerabilities.occurrence"):  # type: ignore[attr-defined]
        raise PermissionDenied
    found = action_called(key, unit, owner, scope(request), today=localdate())
    if found is None:
        raise Http404
    rows = list_screen(
        request, resource("findings"), base="/fix-first/action/", only=Occurrence.objects.filter(pk__in=found.findings)
    )
    line = action_line(1, found)
    crumbs = (Link("Fix first", "/fix-first/"), Link("Action", ""))
    return render(request, "vulnerabilities/action.html", {"action": line, "rows_screen": rows, "crumbs": crumbs})


def chosen(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def fix_first_screen(answer: Answer, owner: int | None, level: int | None, limit: int) -> FixFirstScreen:
    """Lay out the answer as a page whose headline is the answer."""
    plan = answer.plan
    most = max((a.share for a in plan.actions), default=1.0)
    lines = tuple(action_line(number, a, most) for number, a in enumerate(plan.actions, 1))
    left = plan.candidates - len(lines)
    note = f"Of {answer.weighed:,} open findings, grouped by what one does about them and who does it."
    if answer.left_out:
        note += f" {answer.left_out:,} less pressing findings were not weighed."
    return FixFirstScreen(
        headline=headline(answer),
        note=note,
        crumbs=(Link("Identify", "/"), Link("Fix first", "")),
        filters=filters(owner, level),
        base_url="/fix-first/",
        exports=(),
        actions=lines,
        more=f"and {left:,} smaller actions" if left > 0 else "",
        more_url=f"/fix-first/?{urlencode({k: v for k, v in (('owner', owner), ('level', level), ('all', 1)) if v})}"
        if left > 0 and limit == FEW
        else "",
        overdue=overdue_card(answer),
    )


def headline(answer: Answer) -> str:
    count = len(answer.plan.actions)
    if not count:
        return "Nothing to fix first"
    noun = "One action removes" if count == 1 else f"These {count} actions remove"
    return f"{noun} {percent(answer.plan.share)} of the risk"


def action_line(number: int, a: Action, most: float = 100.0) -> ActionLine:
    """Print one action; its bar is drawn against the largest share, `most`."""
    url = f"/fix-first/action/?{urlencode({'action': a.key, 'in': a.unit, 'by': a.owner})}"
    pairs = list(zip(a.assets, a.asset_names, strict=True))
    more = len(pairs) - NAMED
    noun = "finding" if len(a.findings) == 1 else "findings"
    overdue = f", {a.overdue} overdue" if a.overdue else ""
    return ActionLine(
        number,
        a.headline,
        url,
        a.level.capitalize(),
        LEVEL_TONES.get(a.level, ""),
        percent(a.share),
        min(1.0, a.share / most) if most else 0.0,
        Link(f"{len(a.findings):,} {noun}{overdue}", url),
        tuple(Link(name, f"/assets/{pk}/") for pk, name in pairs[:NAMED]),
        Link(f"and {more:,} more", url) if more > 0 else None,
        a.owner or "Nobody yet",
        a.unit,
        hours(a.hours),
        due_cell(a.due, localdate()),
        a.reasons,
    )


def overdue_card(answer: Answer) -> OverdueCard | None:
    late = answer.overdue
    if not late.findings:
        return None
    base = "/figures/findings_overdue/"
    units = dict(Unit.objects.filter(name__in=[s.unit for s in late.owners[:8]]).values_list("name", "pk"))
    people = dict(User.objects.filter(name__in=[s.owner for s in late.owners[:8]]).values_list("name", "pk"))
    owners = tuple(
        Link(
            f"{share.owner or 'Nobody yet'}, {share.unit}",
            named(base, unit=units.get(share.unit), owner=people.get(share.owner)),
            count=share.findings,
            note=f"the oldest since {share.oldest.day} {share.oldest:%b %Y}",
        )
        for share in late.owners[:8]
    )
    noun = "finding is" if late.findings == 1 else "findings are"
    return OverdueCard(f"{late.findings:,} {noun} overdue on {late.assets:,} assets", base, owners)


def named(base: str, **said: int | None) -> str:
    """Return an address with those parameters that are known."""
    return f"{base}?{urlencode({name: value for name, value in said.items() if value})}"


def filters(owner: int | None, level: int | None) -> tuple[FilterField, ...]:
    person = User.objects.filter(pk=owner).first() if owner else None
    choices = (
        Choice("", "Any", level is None),
        *(Choice(str(v), str(t), v == level) for v, t in reversed(PriorityLevel.choices) if v),
    )
    return (
        FilterField("level", "Priority", "bool", choices),
        FilterField(
            "owner", "Owner", "relation", value=str(owner or ""), text=str(person or ""), lookup_url="/lookup/users/"
        ),
    )


def percent(share: float) -> str:
    return f"{share:.0f}\u00a0%" if share >= 9.95 else f"{share:.1f}\u00a0%"


def hours(amount: float) -> str:
    if amount < 8:
        return f"{amount:.0f} hours" if amount >= 1.5 else "1 hour"
    days = amount / 8
    return f"{days:.0f} days" if days >= 1.5 else "1 day"


urlpatterns: list[Any] = [
    path("fix-first/", index, name="fix_first"),
    path("fix-first/action/", action, name="fix_first_action"),
]

"""The frame around every page: navigation by CSF function, units, inbox, person."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.timezone import localdate

from remit.kernel.access.standing import Standing
from remit.kernel.access.viewing import Viewing
from remit.kernel.resources import resources
from remit.kernel.screens import Group, Link, Shell, UnitChoice
from remit.kernel.web import places

FUNCTIONS = ("govern", "identify", "protect", "detect", "respond", "recover")
PLACES: list[tuple[str, str, str, str]] = []
"""(text, url, icon, kind) of pages that areas add to the top of the rail, for those who see records of the kind."""


def add_place(text: str, url: str, icon: str, kind: str) -> None:
    if (text, url, icon, kind) not in PLACES:
        PLACES.append((text, url, icon, kind))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` for a signed-in person, nothing for others; made when a template first asks for it."""
    if getattr(request, "standing", None) is None or not request.user.is_authenticated:
        return {"shell": None}
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> Shell:
    standing: Standing = request.standing  # type: ignore[attr-defined]
    person: Any = request.user
    inbox = _inbox(person.pk)
    viewing: Viewing | None = getattr(request, "viewing", None)
    section, tabs = ("", ()) if viewing else places.tabs(request.path, standing)
    return Shell(
        navigation=navigation(request, inbox),
        units=tuple(UnitChoice(u.id, u.name, u.depth, u.id == chosen_unit(request)) for u in standing.units),
        unit=next((u.name for u in standing.units if u.id == chosen_unit(request)), "All units"),
        inbox=inbox,
        person=person.name,
        title=person.title,
        initials=person.initials,
        theme=theme if (theme := request.COOKIES.get("theme", "")) in {"light", "dark"} else "",
        foot="Every change is on the ledger",
        viewing=f"{timezone.localtime(viewing.until):%H:%M}" if viewing else "",
        section=section,
        tabs=tabs,
    )


def chosen_unit(request: HttpRequest) -> int | None:
    """Return the unit the person has chosen to look at, if it is within their reach."""
    chosen = request.session.get("unit")
    return chosen if any(u.id == chosen for u in request.standing.units) else None  # type: ignore[attr-defined]


def scope(request: HttpRequest) -> list[int] | None:
    """Return the ids of the chosen unit and those below, or None for everything within reach."""
    chosen = chosen_unit(request)
    return request.standing.below(chosen) if chosen else None  # type: ignore[attr-defined]


def navigation(request: HttpRequest, inbox: int) -> tuple[Group, ...]:
    standing = request.standing  # type: ignore[attr-defined]
    here = request.path
    first = [
        Link("Home", "/", "house", current=here == "/"),
        Link(
            "Inbox",
            "/inbox/",
            "inbox",
            count=inbox or None,
            tone="act" if inbox else "",
            current=here.startswith("/inbox/"),
        ),
    ]
    first += [
        Link(text, url, icon, current=here.startswith(url)) for text, url, icon, kind in PLACES if standing.sees(kind)
    ]
    groups = [Group("", tuple(first))]
    by_function: dict[str, list[Link]] = {}
    for resource in resources():
        if resource.menu and resource.function and standing.sees(resource.kind):
            url = f"/{resource.slug}/"
            by_function.setdefault(resource.function, []).append(
                Link(resource.title, url, resource.icon, current=here.startswith(url))
            )
    groups += [Group(f.capitalize(), tuple(by_function[f])) for f in FUNCTIONS if f in by_function]
    office = [
        Link(r.title, f"/{r.slug}/", r.icon, current=here.startswith(f"/{r.slug}/"))
        for r in resources()
        if r.menu and not r.function and standing.sees(r.kind)
    ]
    if standing.reads_figures:
        office.append(Link("Figures", "/figures/", "chart-line", current=here.startswith("/figures/")))
    office += places.entries(here, standing)
    return (*groups, Group("Office", tuple(office))) if office else tuple(groups)


def _inbox(user_id: int) -> int:
    from remit.kernel.work.models import Work  # noqa: PLC0415

    with transaction.atomic(savepoint=False):  # pages of sign-in run outside one, and nobody acts there
        return Work.objects.filter(owner_id=user_id, state="open").count()


def today_words() -> str:
    return f"{localdate():%A} {localdate().day} {localdate():%B %Y}"

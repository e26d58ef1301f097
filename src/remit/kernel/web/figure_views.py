"""The catalogue of figures, and one figure opened: its formula, its history and the rows behind it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from remit.kernel import charts, screens
from remit.kernel.figures.formatting import formatted
from remit.kernel.figures.registry import find
from remit.kernel.figures.services import Current, current, current_all, history
from remit.kernel.resources import of_kind
from remit.kernel.web.cells import date_cell
from remit.kernel.web.lists import list_screen
from remit.kernel.web.shell import chosen_unit
from remit.kernel.web.views import standing_of


def tile(now: Current) -> screens.Figure:
    """Lay out a figure as a tile that opens its page."""
    figure = now.figure
    parts = [now.value.note] if now.value.note else []
    tone = ""
    if now.change:
        arrow = "▼" if now.change < 0 else "▲"
        parts.append(f"{arrow} {formatted(abs(now.change), figure.unit)} since last week")
        if figure.better:
            better = (now.change < 0) == (figure.better == "lower")
            tone = "better" if better else "" if figure.met_by(now.value.value) else "worse"
    elif now.change == 0:
        parts.append("as last week")
    if figure.target is not None:
        parts.append(f"target {formatted(figure.target, figure.unit)}")
    return screens.Figure(figure.name, figure.title, now.text, " · ".join(parts), tone, now.url)  # type: ignore[arg-type]


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    standing = standing_of(request)
    if not standing.reads_figures:
        raise PermissionDenied
    groups: dict[str, list[screens.Figure]] = {}
    for now in current_all(standing, chosen_unit(request)):
        groups.setdefault(now.figure.group.capitalize() or "Office", []).append(tile(now))
    return render(request, "kernel/figures.html", {"groups": sorted(groups.items())})


@require_safe
def one(request: HttpRequest, name: str) -> HttpResponse:
    try:
        figure = find(name)
    except KeyError:
        raise Http404 from None
    standing, unit = standing_of(request), chosen_unit(request)
    now = current(standing, figure, unit)
    if now is None:
        raise Http404
    top = unit or next((u.id for u in standing.units if u.roles), None)
    today = localdate()
    points = [(p.on, p.value) for p in (history(figure, top) if top else []) if not now.live or p.on < today]
    if points and now.live:
        points.append((today, now.value.value))  # the day's reading was taken in the night, the headline is of now
    chart = None
    if len(points) > 1:
        chart = charts.line(figure.title, points, unit=figure.unit, target=figure.target)
    rows_screen = None
    resource = of_kind(figure.kinds[0]) if figure.kinds else None
    if resource is not None and now.live and now.value.rows is not None:
        rows_screen = list_screen(request, resource, base=f"/figures/{name}/", only=now.value.rows)
    screen = screens.FigureScreen(
        title=figure.title,
        value=now.text,
        tone=tile(now).tone,
        formula=figure.formula,
        target="" if figure.target is None else formatted(figure.target, figure.unit),
        unit=figure.unit,
        at=date_cell(now.on if now.on else localdate()).text,
        crumbs=(screens.Link("Figures", "/figures/"), screens.Link(figure.title, "")),
        history=chart,
        rows=None,
        extra={"note": tile(now).note, "rows_url": now.rows_url, "live": now.live},
    )
    return render(request, "kernel/figure.html", {"screen": screen, "rows_screen": rows_screen})

"""The pages that only the register has: the heat map, and the editor of a matrix."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from remit.identify.risks import heat_map, matrix_editor, portfolio_pages, scales
from remit.identify.risks.models import OPEN, Risk, RiskMatrix
from remit.identify.risks.rules import STAGES
from remit.identify.risks.services import set_scale
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.access.standing import Standing
from remit.kernel.records import StaleRecordError
from remit.kernel.resources import resource
from remit.kernel.screens import Link
from remit.kernel.web.lists import list_screen
from remit.kernel.web.once import once
from remit.kernel.web.places import Place, add_section
from remit.kernel.web.shell import scope
from remit.kernel.web.views import found, require_on

add_section(
    "Risks",
    Place("Register", "/risks/", kind=Risk.kind()),
    Place("Heat map", "/risks/heat-map/", kind=Risk.kind()),
    Place("Portfolio", "/risks/portfolio/", kind="risks.portfolio", covers=("/portfolios/", "/portfolio-runs/")),
    Place("Treatments", "/treatments/", kind="risks.treatment"),
    Place("Acceptances", "/risk-acceptances/", kind="risks.riskacceptance"),
    Place("Indicators", "/risk-indicators/", kind="risks.indicator", covers=("/indicator-readings/",)),
    Place("Limits", "/risk-appetites/", kind="risks.appetite"),
    Place("Authorities", "/acceptance-authorities/", kind="risks.acceptanceauthority"),
    Place("Matrices", "/risk-matrices/", kind="risks.riskmatrix"),
    Place("Categories", "/risk-categories/", kind="risks.riskcategory"),
)


def standing_of(request: HttpRequest) -> Standing:
    return cast("Standing", request.standing)  # type: ignore[attr-defined]


def sees_risks(request: HttpRequest) -> None:
    """Refuse whoever sees no risks anywhere."""
    if not standing_of(request).sees(Risk.kind()):
        raise PermissionDenied


def asked(request: HttpRequest) -> tuple[list[RiskMatrix], RiskMatrix | None, str]:
    """Return the matrices within reach, the one asked for (else the one most used), and the stage."""
    placed = Count("risks", filter=Q(risks__state__in=OPEN))
    matrices: list[RiskMatrix] = [*RiskMatrix.objects.alias(used=placed).order_by("-used", "name")[:20]]
    wanted = request.GET.get("matrix", "")
    chosen = next((m for m in matrices if str(m.pk) == wanted), matrices[0] if matrices else None)
    stage = request.GET.get("stage", "")
    return matrices, chosen, stage if stage in STAGES else "current"


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    sees_risks(request)
    matrices, chosen, stage = asked(request)
    may = chosen is not None and standing_of(request).may_do("change", chosen)
    screen = heat_map.screen(matrices, chosen, stage, heat_map.open_risks(scope(request)), may)
    return render(request, "risks/heat_map.html", {"screen": screen})


@require_safe
def unplaced(request: HttpRequest) -> HttpResponse:
    """List the risks that the map cannot show."""
    sees_risks(request)
    _, chosen, stage = asked(request)
    rows = list_screen(
        request,
        resource("risks"),
        base="/risks/heat-map/unplaced/",
        only=heat_map.unplaced(heat_map.open_risks(scope(request)), chosen, stage),
    )
    crumbs = (Link("Risks", "/risks/"), Link("Heat map", heat_map.BASE), Link("Not placed", ""))
    return render(request, "risks/unplaced.html", {"rows_screen": rows, "crumbs": crumbs, "hint": heat_map.NOTHING})


@once
def levels(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and change the levels, ratings and cells of a matrix."""
    matrix = cast("RiskMatrix", found(resource("risk-matrices"), pk))
    note_reads((matrix,))
    may = standing_of(request).may_do("change", matrix)
    if request.method != "POST":
        screen = matrix_editor.screen(matrix, matrix_editor.held(matrix), may=may)
        return render(request, "risks/matrix.html", {"screen": screen})
    require_on(request, "change", matrix)
    scale, error, status = matrix_editor.sent(request.POST), "", 422
    if "resize" in request.POST:
        scale, status = matrix_editor.resized(scale, request.POST), 200
    else:
        try:
            set_scale(matrix, scales.read(scale), version=request.POST.get("version", ""))
        except scales.ScaleError as wrong:
            error = str(wrong)
        except StaleRecordError as stale:
            error, status = f"{stale} Open the page again to see theirs.", 409
        else:
            messages.success(request, f"{matrix.ref} saved; its risks are rated anew.")
            return redirect(matrix)
    screen = matrix_editor.screen(matrix, scale, may=may, error=error)
    return render(request, "risks/matrix.html", {"screen": screen}, status=status)


urlpatterns: list[Any] = [
    path("risks/heat-map/", map_page, name="heat_map"),
    path("risks/heat-map/unplaced/", unplaced, name="heat_map_unplaced"),
    path("risk-matrices/<int:pk>/levels/", levels, name="matrix_levels"),
    *portfolio_pages.urlpatterns,
]

"""The pages that only the register has: the heat map, and the editor of a matrix."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST, require_safe

from remit.identify.risks import (
    calibration_pages,
    editor,
    form,
    heat_map,
    matrix_editor,
    portfolio_pages,
    risk_page,
    scales,
    services,
)
from remit.identify.risks.models import OPEN, Cause, Exercise, Risk, RiskMatrix
from remit.identify.risks.rules import STAGES
from remit.identify.risks.services import set_scale
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.jobs.starting import start
from remit.kernel.records import StaleRecordError
from remit.kernel.resources import resource
from remit.kernel.screens import Link
from remit.kernel.web.lists import list_screen
from remit.kernel.web.once import once
from remit.kernel.web.places import Place, add_section
from remit.kernel.web.record_page import record_screen
from remit.kernel.web.shell import scope
from remit.kernel.web.views import found, require_on, standing_of

add_section(
    "Risks",
    Place("Register", "/risks/", kind=Risk.kind()),
    Place("Heat map", "/risks/heat-map/", kind=Risk.kind()),
    Place("Portfolio", "/risks/portfolio/", kind="risks.portfolio", covers=("/portfolios/", "/portfolio-runs/")),
    Place("Treatments", "/treatments/", kind="risks.treatment"),
    Place("Acceptances", "/risk-acceptances/", kind="risks.riskacceptance"),
    Place("Indicators", "/risk-indicators/", kind="risks.indicator", covers=("/indicator-readings/",)),
    Place("Calibration", "/calibration/", kind=Exercise.kind(), covers=("/calibration-exercises/",)),
    Place("Limits", "/risk-appetites/", kind="risks.appetite"),
    Place("Authorities", "/acceptance-authorities/", kind="risks.acceptanceauthority"),
    Place("Matrices", "/risk-matrices/", kind="risks.riskmatrix"),
    Place("Categories", "/risk-categories/", kind="risks.riskcategory"),
)


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


def risk_called(request: HttpRequest, pk: int, verb: str = "") -> Risk:
    """Return a risk within reach on which this person has a verb; a hidden one is a missing one."""
    risk = cast("Risk", found(resource("risks"), pk))
    note_reads((risk,))
    if verb:
        require_on(request, verb, risk)
    return risk


@require_safe
def risk_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page of a risk: what every record's page has, and its numbers."""
    risk = risk_called(request, pk)
    context = {
        "screen": record_screen(request, resource("risks"), risk),
        "risk": risk_page.screen(risk, standing_of(request)),
        "record": risk,
        "resource": resource("risks"),
    }
    return render(request, "risks/risk_record.html", context)


@require_POST
@once
def recompute(request: HttpRequest, pk: int) -> HttpResponse:
    """Assess a risk with the facts of this moment."""
    risk = risk_called(request, pk, "change")
    try:
        made = services.assess(risk, Cause.FACTS)
    except ValueError as error:
        messages.error(request, str(error))
        return redirect(risk)
    if made is None:
        messages.info(request, "Fill in its scenario first: there is nothing to compute.")
    else:
        messages.success(request, f"{risk.ref} computed anew: {made.ref}.")
    return redirect(risk)


@require_POST
@once
def simulate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a worker simulate a million years of a risk; its progress is shown."""
    risk = risk_called(request, pk, "change")
    run = start("risks.simulate", user_id=standing_of(request).user_id, risk=risk.pk, ref=risk.ref)
    return redirect("job", run.pk)


@require_POST
@once
def reviewed(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a risk was looked at and stands as it is."""
    risk = risk_called(request, pk, "change")
    services.reviewed(risk, localdate())
    messages.success(request, f"{risk.ref} reviewed; next on {risk.next_review:%-d %B %Y}.")
    return redirect(risk)


@once
def scenario(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the editor, or keep what it says and assess the risk by it."""
    risk = risk_called(request, pk, "change" if request.method == "POST" else "")
    may = standing_of(request).may_do("change", risk)
    data = request.POST.dict() if request.method == "POST" else form.fields(risk.scenario)
    said = form.scenario(data)
    outcome = editor.outcome(risk, said)
    problem, status = "", 200
    if request.method == "POST" and "show" not in request.POST:
        version = int(text) if (text := data.get("version", "")).isascii() and text.isdigit() else -1
        status = 422
        if not outcome.error:
            try:
                services.set_scenario(risk, said, reason=data.get("reason", "").strip(), version=version)
            except StaleRecordError as stale:
                problem, status = f"{stale} Open the page again to see theirs.", 409
            else:
                messages.success(request, f"The scenario of {risk.ref} is kept, and the risk assessed by it.")
                return redirect(risk)
    context = {
        "screen": editor.screen(risk, data, outcome, may=may, problem=problem),
        "outcome": outcome,
        "risk": risk,
    }
    return render(request, "risks/scenario.html", context, status=status)


@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer what a year would cost by the form as it stands; nothing is kept."""
    risk = risk_called(request, pk)
    data = request.POST.dict()
    outcome = editor.outcome(risk, form.scenario(data))
    if data.get("part") != "form":
        return render(request, "risks/_outcome.html", {"outcome": outcome})
    screen = editor.screen(risk, data, outcome, may=standing_of(request).may_do("change", risk))
    return render(request, "risks/_editor.html", {"screen": screen, "outcome": outcome, "risk": risk})


urlpatterns: list[Any] = [
    *calibration_pages.urlpatterns,
    path("risks/<int:pk>/scenario/", scenario, name="risk_scenario"),
    path("risks/<int:pk>/scenario/preview/", preview, name="risk_preview"),
    path("risks/<int:pk>/", risk_record, name="risk"),
    path("risks/<int:pk>/recompute/", recompute, name="risk_recompute"),
    path("risks/<int:pk>/simulate/", simulate, name="risk_simulate"),
    path("risks/<int:pk>/reviewed/", reviewed, name="risk_reviewed"),
    path("risks/heat-map/", map_page, name="heat_map"),
    path("risks/heat-map/unplaced/", unplaced, name="heat_map_unplaced"),
    path("risk-matrices/<int:pk>/levels/", levels, name="matrix_levels"),
    *portfolio_pages.urlpatterns,
]

"""The pages of calibration: one's own scores, an exercise, how it went; and a risk's estimates side by side."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from remit.identify.risks import calibration_views, estimates_views, estimating, exercises
from remit.identify.risks.inputs import inputs
from remit.identify.risks.models import Exercise, Risk
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.records import StaleRecordError
from remit.kernel.resources import resource
from remit.kernel.web.once import once
from remit.kernel.web.views import found, require_on, standing_of


def own(request: HttpRequest, pk: int) -> Exercise:
    """Return an exercise of the person's own; another's is answered as one that there is not."""
    exercise = cast("Exercise", found(resource("calibration-exercises"), pk))
    if exercise.owner_id != request.user.pk:
        raise Http404
    note_reads((exercise,))
    return exercise


def takes_exercises(request: HttpRequest) -> None:
    """Refuse whoever has no role under which exercises are taken."""
    if not standing_of(request).sees(Exercise.kind()):
        raise PermissionDenied


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    takes_exercises(request)
    return render(request, "risks/calibration.html", {"screen": calibration_views.start_page(standing_of(request))})


@require_POST
@once
def start(request: HttpRequest) -> HttpResponse:
    takes_exercises(request)
    return redirect(f"/calibration/{exercises.start(standing_of(request)).pk}/")


@once
def exercise(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the next part of an exercise and take its answers; once all are given, show how it went."""
    one = own(request, pk)
    part = exercises.next_part(one, exercises.given(one))
    if request.method == "POST" and part:
        if request.POST.get("part") != part:
            messages.info(request, "That part is answered already; the first answers count.")
            return redirect(f"/calibration/{one.pk}/")
        try:
            exercises.answer(one, part, request.POST)
        except exercises.AnswersError as error:
            screen = calibration_views.question_page(one, part, request.POST, error.wrong)
            return render(request, "risks/exercise.html", {"screen": screen}, status=422)
        return redirect(f"/calibration/{one.pk}/")
    if part:
        return render(request, "risks/exercise.html", {"screen": calibration_views.question_page(one, part, {}, {})})
    return render(request, "risks/exercise_result.html", {"screen": calibration_views.result_page(one)})


def risk_of(pk: int) -> Risk:
    risk = cast("Risk", found(resource("risks"), pk))
    note_reads((risk,))
    return risk


def asked(data: Any) -> tuple[str, str]:
    """Return how to pool and how to weigh, as asked for, else in a line with weights as given."""
    method, weighting = data.get("method", ""), data.get("weights", "")
    return (
        method if method in estimating.METHODS else "linear",
        weighting if weighting in estimating.WEIGHTINGS else "given",
    )


def estimates_screen(request: HttpRequest, risk: Risk, data: Any, error: str = "", status: int = 200) -> HttpResponse:
    method, weighting = asked(data)
    may = standing_of(request).may_do("change", risk)
    screen = estimates_views.estimates_page(risk, method, weighting, may=may, error=error)
    return render(request, "risks/estimates.html", {"screen": screen}, status=status)


@require_safe
def estimates(request: HttpRequest, pk: int) -> HttpResponse:
    return estimates_screen(request, risk_of(pk), request.GET)


@require_POST
@once
def use_pooled(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the pooled estimate of an input into the scenario."""
    risk = risk_of(pk)
    require_on(request, "change", risk)
    method, weighting = asked(request.POST)
    try:
        made = estimating.use_pooled(
            risk,
            request.POST.get("path", ""),
            method="logarithmic" if method == "logarithmic" else "linear",
            weighting=weighting,
            reason=request.POST.get("reason", ""),
            version=_whole(request.POST.get("version", "")),
        )
    except StaleRecordError as stale:
        return estimates_screen(request, risk_of(pk), request.POST, f"{stale} Look again before you use it.", 409)
    except ValueError as error:
        return estimates_screen(request, risk_of(pk), request.POST, str(error), 422)
    messages.success(
        request, f"The scenario of {risk.ref} uses the pooled estimate{', and was assessed' if made else ''}."
    )
    return redirect(f"{risk.get_absolute_url()}estimates/")


@require_POST
@once
def outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what came of an input."""
    risk = risk_of(pk)
    require_on(request, "change", risk)
    data = request.POST
    on, since = _day(data.get("on", "")), _day(data.get("since", ""))
    value = _number(data.get("value", ""))
    problem = (
        "Choose the input that this came of."
        if data.get("path") not in inputs(risk.scenario)
        else "Say what came as a number, such as 3 or 125000."
        if value is None
        else "Give the day, or the last day of the period, as 2026-03-31."
        if on is None
        else "The day from which it was counted is no day; write it as 2026-01-01."
        if data.get("since") and since is None
        else ""
    )
    if not problem and value is not None and on is not None:
        try:
            estimating.note_outcome(risk, data["path"], value, since=since, on=on, note=data.get("note", "")[:2000])
        except ValidationError as error:
            problem = " ".join(error.messages)
    if problem:
        return estimates_screen(request, risk, data, problem, 422)
    messages.success(request, "Kept; estimates from before are scored by it.")
    return redirect(f"{risk.get_absolute_url()}estimates/")


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _number(text: str) -> float | None:
    try:
        value = float("".join(text.split()).replace(",", ""))
    except ValueError:
        return None
    return value if 0 <= value < 1e15 else None


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


urlpatterns: list[Any] = [
    path("calibration/", index, name="calibration"),
    path("calibration/start/", start, name="calibration_start"),
    path("calibration/<int:pk>/", exercise, name="calibration_exercise"),
    path("risks/<int:pk>/estimates/", estimates, name="risk_estimates"),
    path("risks/<int:pk>/estimates/use/", use_pooled, name="risk_use_pooled"),
    path("risks/<int:pk>/outcomes/", outcome, name="risk_outcome"),
]

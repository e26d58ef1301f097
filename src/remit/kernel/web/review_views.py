"""Pages of access reviews: begun for a unit, decided grant by grant or many at once, finished with evidence."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access import review_rules
from remit.kernel.access.managing import AccessRefusedError, may_give
from remit.kernel.access.review_models import AccessReview, ReviewedGrant
from remit.kernel.access.review_rules import HEADS, UNUSED
from remit.kernel.access.roles import ROLES
from remit.kernel.granting import reviews
from remit.kernel.ledger.reading import note
from remit.kernel.screens import Choice, Link
from remit.kernel.web import access_forms as forms
from remit.kernel.web.access_explained import csv_file
from remit.kernel.web.access_more_forms import ReviewForm
from remit.kernel.web.access_views import TOP, administering
from remit.kernel.web.views import standing_of

ROWS = 100
LIST = Link("Reviews", "/access/reviews/")
SHOWN: dict[str, tuple[str, Q]] = {
    "waiting": ("Not decided", Q(decision="")),
    "privileged": ("Privileged roles", Q(privileged=True)),
    "unused": (f"Unused for {UNUSED} days", Q(unused_days__gte=UNUSED) | Q(unused_days=None)),
    "group": ("By a group", ~Q(group_name="")),
    "revoked": ("Revoked", Q(decision="revoke")),
}


@require_safe
@administering
def index(request: HttpRequest) -> HttpResponse:
    """List the reviews of the units one administers."""
    standing, today = standing_of(request), localdate()
    context = {
        "reviews": reviews.reviews(standing),
        "due": reviews.due_units(standing, today),
        "today": today,
        "crumbs": (TOP, LIST),
    }
    return render(request, "kernel/access_reviews.html", context)


@require_http_methods(["GET", "POST"])
@administering
def new(request: HttpRequest) -> HttpResponse:
    """Begin a review."""
    form = ReviewForm(request.POST or None, standing=standing_of(request))
    if request.method == "POST" and form.is_valid():
        try:
            begun = reviews.start(standing_of(request), **form.cleaned_data)
        except AccessRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(f"/access/reviews/{begun.pk}/")
    screen = forms.screen(form, "Begin an access review", (TOP, LIST), "Begin", "/access/reviews/")
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_safe
@administering
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a review: each grant as it stood, what was decided, and what one may decide."""
    standing, review = standing_of(request), found(request, pk)
    asked = {"show": request.GET.get("show", ""), "role": request.GET.get("role", "")}
    page = Paginator(narrowed(review, asked), ROWS).get_page(request.GET.get("page"))
    lines = [(line, not review.finished_at and reviews.refusal(standing, line)) for line in page]
    context = {
        "review": review,
        "summary": review_rules.summary(reviews.decided(review)),
        "lines": lines,
        "page": page,
        "overdue": review.finished_at is None and review.due_on < localdate(),
        "may_decide": any(not line.decision and refusal == "" for line, refusal in lines),
        "may_finish": review.finished_at is None and may_give(standing, review.unit_id) == frozenset(ROLES),
        "filters": filters(asked),
        "filtered": any(asked.values()),
        "query": "&".join(f"{name}={value}" for name, value in asked.items() if value.replace("_", "").isalpha()),
        "crumbs": (TOP, LIST),
    }
    return render(request, "kernel/access_review.html", context)


def narrowed(review: AccessReview, asked: dict[str, str]) -> QuerySet[ReviewedGrant]:
    lines = review.lines.select_related("person")
    if asked["show"] in SHOWN:
        lines = lines.filter(SHOWN[asked["show"]][1])
    return lines.filter(role=asked["role"]) if asked["role"] in ROLES else lines


def filters(asked: dict[str, str]) -> list[tuple[str, str, list[Choice]]]:
    shown = [Choice(name, text, name == asked["show"]) for name, (text, _) in SHOWN.items()]
    held = [Choice(role.name, role.title, role.name == asked["role"]) for role in ROLES.values()]
    return [("show", "Show", [Choice("", "All"), *shown]), ("role", "Role", [Choice("", "All"), *held])]


@require_POST
@administering
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep or revoke the chosen grants."""
    review = found(request, pk)
    ids = [int(key) for key in request.POST.getlist("ids") if forms.is_key(key)]
    decision, reason = request.POST.get("decision", ""), request.POST.get("reason", "").replace("\x00", "")
    try:
        count = reviews.decide(standing_of(request), review, ids, decision, reason)
    except AccessRefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{count} {'kept' if decision == 'keep' else 'revoked'}.")
    return redirect(f"/access/reviews/{pk}/{'?show=waiting' if request.POST.get('show') == 'waiting' else ''}")


@require_POST
@administering
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a review."""
    try:
        summary = reviews.finish(standing_of(request), found(request, pk))
    except AccessRefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The review is finished. {summary.text}")
    return redirect(f"/access/reviews/{pk}/")


@require_safe
@administering
def evidence(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """Give a review as CSV or as plain text."""
    review = found(request, pk)
    if format not in {"csv", "txt"}:
        raise Http404
    note("export", "kernel.accessreview", [review.pk], f"Evidence as {format}")
    if format == "csv":
        return csv_file(f"{review.ref}.csv", HEADS, [line.cells() for line in reviews.decided(review)])
    reply = HttpResponse(reviews.evidence(review), content_type="text/plain; charset=utf-8")
    reply["Content-Disposition"] = f'attachment; filename="{review.ref}.txt"'
    reply["Cache-Control"] = "no-store"
    return reply


def found(request: HttpRequest, pk: int) -> Any:
    review = reviews.reviews(standing_of(request)).filter(pk=pk).first() if pk < 2**63 else None
    if review is None:
        raise Http404
    return review

"""Pages of audit engagements: making one, changing what it reads and until when, ending it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access.managing import AccessRefusedError, administered
from remit.kernel.access.models import Engagement
from remit.kernel.granting import engagements as audits
from remit.kernel.granting import facts
from remit.kernel.screens import Link
from remit.kernel.web import access_forms as forms
from remit.kernel.web.access_more_forms import EngagementForm
from remit.kernel.web.access_views import TOP, administering
from remit.kernel.web.views import standing_of

LIST = Link("Engagements", "/access/engagements/")


@require_safe
@administering
def index(request: HttpRequest) -> HttpResponse:
    """List the engagements of the units one administers, those that run first."""
    standing, today = standing_of(request), localdate()
    context = {
        "engagements": [(audit, audit.is_over(today)) for audit in audits.engagements(standing)],
        "may_engage": any(not audits.refusal(standing, unit.id) for unit in administered(standing)),
        "today": today,
        "crumbs": (TOP, Link(LIST.text, "")),
    }
    return render(request, "kernel/access_engagements.html", context)


@require_http_methods(["GET", "POST"])
@administering
def new(request: HttpRequest) -> HttpResponse:
    """Make an engagement in a unit whose auditors one may name."""
    standing = standing_of(request)
    form = EngagementForm(request.POST or None, standing=standing)
    if request.method == "POST" and form.is_valid():
        try:
            made = audits.make(standing, **form.cleaned_data)
        except AccessRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made} saved. Give its people the role of auditor in it.")
            return redirect(f"/access/engagements/{made.pk}/")
    screen = forms.screen(form, "New engagement", (TOP, LIST), "Save", LIST.url)
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@administering
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an engagement with its auditors; change it where it is one's own to change."""
    standing, audit = standing_of(request), found(request, pk)
    form = EngagementForm(request.POST or None, standing=standing, engagement=audit)
    if request.method == "POST" and form.is_valid():
        try:
            audits.change(standing, audit, **form.cleaned_data)
        except AccessRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{audit} now runs until {audit.ends_on:%-d %B %Y}.")
            return redirect(f"/access/engagements/{pk}/")
    titles = {kind.kind: kind.title for kind in facts.kinds()}
    context = {
        "audit": audit,
        "over": audit.is_over(localdate()),
        "ahead": audit.starts_on > localdate(),
        "scope": [titles.get(kind, kind) for kind in audit.kinds],
        "grants": audit.grants.select_related("user", "group").order_by("pk"),
        "refusal": audits.refusal(standing, audit.unit_id, audit),
        "fields": forms.fields_of(form),
        "errors": form.non_field_errors() if form.is_bound else (),
        "open": bool(form.errors),
        "crumbs": (TOP, LIST),
    }
    return render(request, "kernel/engagement.html", context, status=422 if form.errors else 200)


@require_POST
@administering
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an engagement now."""
    audit = found(request, pk)
    try:
        audits.end(standing_of(request), audit)
    except AccessRefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{audit} has ended; its auditors read nothing by it any more.")
    return redirect(f"/access/engagements/{pk}/")


def found(request: HttpRequest, pk: int) -> Engagement:
    audit = audits.engagements(standing_of(request)).filter(pk=pk).first() if pk < 2**63 else None
    if audit is None:
        raise Http404
    return audit

"""Restricting a record and lifting that, naming who needs to know it, and breaking the glass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.access import break_glass as glass
from remit.kernel.access import need_to_know
from remit.kernel.access.break_glass import GlassRefusedError
from remit.kernel.access.need_to_know import NeedToKnowRefusedError
from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.screens import FormField, FormScreen, Link
from remit.kernel.web.views import found, standing_of

MATCHES = 20


def _kept(request: HttpRequest, resource: Resource, pk: int) -> Record:
    """Return a record that this person may restrict and name people for; a hidden one is as a missing one."""
    record = found(resource, pk, ())
    if not need_to_know.keeps(standing_of(request), record):
        raise PermissionDenied
    return record


def _done(request: HttpRequest, record: Record, deed: Callable[[], str]) -> HttpResponse:
    """Do it and say what was done, or why not, on the record's page; or on the list, where it is out of sight now."""
    try:
        messages.success(request, deed())
    except NeedToKnowRefusedError as refusal:
        messages.error(request, str(refusal))
    seen = type(record)._default_manager.filter(pk=record.pk).exists()
    return redirect(f"{record.get_absolute_url()}#knowing" if seen else f"/{record.resource.slug}/")


@require_POST
def restrict(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Let only the owner and those who need to know see this record."""
    record = _kept(request, resource, pk)

    def deed() -> str:
        need_to_know.restrict(standing_of(request), record, request.POST.get("reason", ""))
        return f"{record.ref} is restricted: only its owner and those named here see it."

    return _done(request, record, deed)


@require_POST
def release(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Let everybody who reaches the unit see this record again."""
    record = _kept(request, resource, pk)

    def deed() -> str:
        need_to_know.release(standing_of(request), record, request.POST.get("reason", ""))
        return f"{record.ref} is restricted no longer."

    return _done(request, record, deed)


@require_POST
def let_know(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Name somebody who needs to know this record."""
    record, sent = _kept(request, resource, pk), request.POST
    person = sent.get("person", "")

    def deed() -> str:
        given = need_to_know.let_know(
            standing_of(request),
            record,
            int(person) if person.isascii() and person.isdigit() and len(person) < 19 else 0,
            sent.get("reason", ""),
            moment_of(sent.get("until", "")),
        )
        return f"{given.user.name} sees {record.ref} now."

    return _done(request, record, deed)


@require_POST
def take_back(request: HttpRequest, resource: Resource, pk: int, leave_pk: int) -> HttpResponse:
    """Take the leave to see this record back from somebody."""
    record = _kept(request, resource, pk)

    def deed() -> str:
        name = need_to_know.take_back(standing_of(request), record, leave_pk) if leave_pk < 2**63 else ""
        if not name:
            raise Http404
        return f"{name} needs to know {record.ref} no longer."

    return _done(request, record, deed)


@require_safe
def nameable(request: HttpRequest, resource: Resource, pk: int) -> JsonResponse:
    """Answer the typeahead: who would see this record but for its restriction."""
    record = _kept(request, resource, pk)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    people = need_to_know.nameable(record).filter(Q(name__icontains=words) | Q(email__istartswith=words))[:MATCHES]
    return JsonResponse([{"id": str(p.pk), "text": p.name, "note": p.title or p.email} for p in people], safe=False)


def moment_of(text: str) -> datetime | None:
    """Read a moment as its field sends it, in the reader's zone; NeedToKnowRefusedError for what is none."""
    if not text.strip():
        return None
    try:
        return timezone.make_aware(datetime.fromisoformat(text.strip()[:16]))
    except ValueError as error:
        raise NeedToKnowRefusedError("Give the last moment as a day and a time, or leave it empty.") from error


@require_http_methods(["GET", "POST"])
@never_cache
def break_glass(request: HttpRequest) -> HttpResponse:
    """Open a restricted record for some hours, by its reference and with a reason."""
    if not glass.may_break(standing_of(request)):
        raise PermissionDenied
    reference, reason = (request.POST.get(name, "").replace("\x00", "").strip() for name in ("reference", "reason"))
    errors, status, of_reason = "", 200, ""
    if request.method == "POST":
        of_reason, status = glass.reason_problem(reason), 422
        if not of_reason:
            try:
                opened = glass.break_glass(standing_of(request), reference, reason)
            except GlassRefusedError as refusal:
                errors, status = str(refusal), 429 if refusal.too_often else 422
            else:
                messages.success(request, "Its owner and the other heads of security were told.")
                return redirect(opened.record)
    screen = FormScreen(
        title="Break the glass",
        crumbs=(Link("People and access", "/access/"), Link("Break the glass", "")),
        fields=_glass_fields(reference, reason, of_reason),
        errors=(errors,) if errors else (),
        conflict="",
        submit="Break the glass",
        cancel_url="/",
    )
    return render(request, "kernel/break_glass.html", {"screen": screen, "hours": glass.HOURS}, status=status)


def _glass_fields(reference: str, reason: str, problem: str) -> tuple[FormField, ...]:
    common: dict[str, Any] = {"required": True}
    return (
        FormField("reference", "Reference", "text", reference[:40], help="Such as INC-12.", **common),
        FormField(
            "reason", "Reason", "long", reason[:1000],
            help=f"At least {glass.LEAST_REASON} characters; the owner and the other heads read it.",
            errors=(problem,) if problem else (), **common,
        ),
    )  # fmt: skip

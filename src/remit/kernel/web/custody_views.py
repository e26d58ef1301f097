"""The custody of evidence: its page, its text, verifying it; legal holds; and for how long evidence is kept.

Whoever sees the record of a piece of evidence sees its custody; a hidden one is answered as a missing one.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel.attachments import custody as custodies
from remit.kernel.attachments import holds
from remit.kernel.attachments import retention as rules
from remit.kernel.attachments.models import Evidence, LegalHold
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.records import Record
from remit.kernel.resources import Resource, of_kind, resources
from remit.kernel.screens import Cell, Fact, HistoryLine, Link
from remit.kernel.web.access_views import ADMINISTRATION
from remit.kernel.web.evidence_lines import evidence_mark, hold_moves, moment, size_words
from remit.kernel.web.views import found, require_on, standing_of


@require_safe
def custody(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what happened to a piece of evidence, and whether it is held, sealed, removed."""
    item, record = _evidence(pk)
    after = request.GET.get("after", "")
    steps = custodies.steps(item, after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0)
    held = tuple(holds.holds_of(record))
    mark = next((m for m in (evidence_mark(item, held), _held_with(held)) if m), None)
    base = f"/evidence/{item.pk}/"
    may_hold = standing_of(request).may_do("hold", record)
    context = {
        "item": item,
        "mark": mark,
        "crumbs": (Link(record.ref, f"{record.get_absolute_url()}#evidence"), Link("Custody", f"{base}custody/")),
        "facts": _facts(item, record),
        "lines": [_line(step) for step in steps],
        "newer_url": f"?after={steps[-1].entry}" if len(steps) == custodies.MOST else "",
        "moves": hold_moves(base, item.name, any(h.evidence_id == item.pk for h in held)) if may_hold else (),
    }
    return render(request, "kernel/custody.html", context)


@require_safe
def custody_text(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the custody as a text; the ledger notes that it went out."""
    item, record = _evidence(pk)
    by = getattr(request.user, "name", "")
    text = custodies.report(item, ref=f"{record.ref} {record}", by=by, now=timezone.now())
    name = f"custody-{record.ref}-{item.pk}.txt"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=disposition)


@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file and compare it with what was attached."""
    item, _ = _evidence(pk)
    if wrong := custodies.verify(item):
        messages.error(request, f"{item.name} is not as it was attached. {wrong}")
    else:
        messages.success(request, f"{item.name} is what was attached: its SHA-256 is the same.")
    return redirect(f"/evidence/{item.pk}/custody/")


@require_POST
def hold_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    item, record = _evidence(pk)
    require_on(request, "hold", record)
    _hold(request, record, item)
    return redirect(f"/evidence/{item.pk}/custody/")


@require_POST
def lift_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    item, record = _evidence(pk)
    require_on(request, "hold", record)
    _lift(request, record, item)
    return redirect(f"/evidence/{item.pk}/custody/")


@require_POST
def hold(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Put a record and every file about it under legal hold."""
    record = found(resource, pk, ())
    require_on(request, "hold", record)
    _hold(request, record, None)
    return redirect(record)


@require_POST
def lift(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    record = found(resource, pk, ())
    require_on(request, "hold", record)
    _lift(request, record, None)
    return redirect(record)


@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """Show for how long evidence is kept; the head of security of the topmost unit says so."""
    if "head_of_security" not in standing_of(request).roles:
        raise PermissionDenied
    may_change, problem = rules.may_change(), ""
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        kind, days = request.POST.get("kind", ""), request.POST.get("days", "").strip()
        try:
            rules.change(kind, None if not days else int(days) if days.isascii() and days.isdigit() else -1)
        except AttachmentRefusedError as refused:
            problem = refused.hint
        else:
            messages.success(request, "Saved. It holds from tonight on.")
            return redirect("/retention/")
    there = rules.rules()
    kinds = sorted(((r.title, r.kind, there.get(r.kind)) for r in resources()), key=lambda each: each[0])
    context = {"kinds": kinds, "may_change": may_change, "problem": problem, "least": rules.LEAST, "most": rules.MOST,
               "crumbs": (ADMINISTRATION, Link("Retention", ""))}  # fmt: skip
    return render(request, "kernel/retention.html", context, status=422 if problem else 200)


def _evidence(pk: int) -> tuple[Evidence, Record]:
    """Return a piece of evidence within reach, and its record."""
    item = Evidence.objects.select_related("by", "stored").filter(pk=pk).first() if pk < 2**63 else None
    resource = of_kind(item.kind) if item else None
    if item is None or resource is None:
        raise Http404
    return item, found(resource, item.record_id, ())


def _hold(request: HttpRequest, record: Record, item: Evidence | None) -> None:
    try:
        holds.hold(record, request.POST.get("reason", ""), item)
    except AttachmentRefusedError as refused:
        messages.error(request, refused.hint)
    else:
        messages.success(request, f"{item.name if item else record.ref} is under legal hold.")


def _lift(request: HttpRequest, record: Record, item: Evidence | None) -> None:
    held = holds.holds_of(record).filter(evidence=item).first()
    if held is None:
        messages.error(request, "There is no legal hold to lift.")
        return
    holds.lift(held)
    messages.success(request, f"The legal hold on {item.name if item else record.ref} is lifted.")


def _held_with(held: tuple[LegalHold, ...]) -> Cell | None:
    """Return the mark of evidence whose whole record is held."""
    whole = next((each for each in held if each.evidence_id is None), None)
    return Cell("state", "Legal hold on its record", tone="attend", title=whole.reason) if whole else None


def _facts(item: Evidence, record: Record) -> tuple[Fact, ...]:
    removed = f"removed {moment(item.removed_at)}: {item.removed_by}" if item.removed_at else "kept, sealed at rest"
    return (
        Fact("About", Cell("link", f"{record.ref} {record}", record.get_absolute_url())),
        Fact("Attached", Cell("text", f"{moment(item.at)} by {item.by.name if item.by else 'Remit'}")),
        Fact("Size", Cell("text", size_words(item.size), title=f"{item.size:,} bytes")),
        Fact("Type", Cell("text", item.content_type)),
        Fact("Source", Cell("text", item.source or "a person")),
        Fact("Content", Cell("text", removed)),
        Fact("SHA-256", Cell("ref", item.digest), wide=True),
    )


def _line(step: custodies.Step) -> HistoryLine:
    said = f"{step.deed}: {step.note}" if step.note else step.deed
    return HistoryLine(moment(step.at), step.at.isoformat(timespec="seconds"), step.by, said, step.entry, ())

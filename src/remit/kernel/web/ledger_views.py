"""The ledger's own page: how its seal does, what anchors it outside, and the proof of one record.

The page is for who oversees the ledger, which the database decides; anchors are set by who administers a topmost unit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel import actor
from remit.kernel.access.roles import ROLES
from remit.kernel.access.standing import Standing
from remit.kernel.histories import telling
from remit.kernel.ledger import anchors
from remit.kernel.ledger.anchoring.refused import AnchorRefusedError
from remit.kernel.ledger.models import Anchor, Anchoring, Checkpoint, LedgerCheck
from remit.kernel.ledger.overview import AnchorLine, Overview, overview
from remit.kernel.ledger.proving import NothingSealedError, prove
from remit.kernel.ledger.reading import note
from remit.kernel.resources import Resource
from remit.kernel.screens import AnchorRow, CheckpointRow, Fact, LedgerScreen, Link
from remit.kernel.screens import Cell as Shown
from remit.kernel.web import access_forms
from remit.kernel.web.access_views import ADMINISTRATION
from remit.kernel.web.evidence_lines import moment
from remit.kernel.web.views import found, standing_of

View = Callable[..., HttpResponse]
TOP = Link("Ledger", "/ledger/")


def keeps_house(standing: Standing) -> bool:
    """Say whether this person administers a unit that is under no other."""
    return any(
        unit.parent_id is None and any(ROLES[role].administers for role in unit.roles) for unit in standing.units
    )


def keeping_house(view: View) -> View:
    """Let in only those who set what concerns the whole installation, and ask for the password again."""
    confirmed: View = reauthentication_required(allow_get=True)(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        if not keeps_house(standing_of(request)):
            raise PermissionDenied
        return (view if request.method == "HEAD" else confirmed)(request, *args, **values)

    return guarded


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the newest checkpoint, what waits, the anchors, the last checks, and how to verify."""
    seen = overview()
    if seen is None:
        raise PermissionDenied
    standing = standing_of(request)
    context = {
        "screen": ledger_screen(seen, may_set=keeps_house(standing)),
        "crumbs": (ADMINISTRATION, Link(TOP.text, "")) if standing.administers else (),
    }
    return render(request, "kernel/ledger.html", context)


@require_safe
def checkpoint(request: HttpRequest, size: int) -> HttpResponse:
    """Hand out one checkpoint as it was signed."""
    kept = Checkpoint.objects.filter(size=size).first() if size < 2**63 else None
    if kept is None:
        raise Http404
    return download(kept.note.encode(), f"checkpoint-{size}.txt", "text/plain; charset=utf-8")


@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the newest timestamp of an anchor (DER, as the authority answered)."""
    of_anchor = (
        Anchoring.objects.filter(anchor_id=pk, receipt__isnull=False) if pk < 2**63 else Anchoring.objects.none()
    )
    kept = of_anchor.order_by("-size").first()
    if kept is None or kept.receipt is None:
        raise Http404
    return download(bytes(kept.receipt), f"checkpoint-{kept.size}.tsr", "application/timestamp-reply")


@require_safe
def proof(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Hand out the proof of a record the person sees, of those entries that tell of nothing they do not see."""
    actor.refuse_to_viewers()
    record = found(resource, pk, ())
    try:
        made = prove(record, telling)
    except NothingSealedError as refusal:
        messages.info(request, str(refusal))
        return redirect(record)
    note("prove", record.kind(), [record.pk])
    return download(made.text().encode(), f"{record.ref}.proof.json", "application/json")


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


class AnchorForm(forms.Form):
    """A new anchor."""

    name = forms.CharField(max_length=80, help_text="What people call it, such as “Log host of the group”.")
    kind = forms.ChoiceField(choices=Anchor.Kind.choices)
    target = forms.CharField(
        max_length=300,
        label="Where",
        help_text="A log host: tcp://log.example.org:514. A folder: /mnt/worm/remit. A mailbox: auditor@example.org. "
        "A timestamp authority: https://tsa.example.org/.",
    )
    certificate = forms.CharField(
        widget=forms.Textarea,
        required=False,
        max_length=50_000,
        label="Certificates",
        help_text="For a timestamp authority: the root its answers lead to, and what lies between, as PEM.",
    )


@require_http_methods(["GET", "POST"])
@keeping_house
def add_anchor(request: HttpRequest) -> HttpResponse:
    """Add a place outside that gets checkpoints."""
    form = AnchorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = anchors.add(said["name"], said["kind"], said["target"].strip(), certificate=said["certificate"])
        except AnchorRefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.name} gets the next checkpoint.")
            return redirect("/ledger/")
    screen = access_forms.screen(form, "Add an anchor", (TOP, Link("Add an anchor", "")), "Add the anchor", "/ledger/")
    return render(request, "kernel/form.html", {"screen": screen}, status=422 if form.errors else 200)


@require_POST
@keeping_house
def remove_anchor(request: HttpRequest, pk: int) -> HttpResponse:
    """Send nothing more to an anchor."""
    held = Anchor.objects.filter(pk=pk).first() if pk < 2**63 else None
    if held is None:
        raise Http404
    anchors.remove(held)
    messages.success(request, f"{held.name} gets no more checkpoints. What it has, it keeps.")
    return redirect("/ledger/")


def ledger_screen(seen: Overview, *, may_set: bool) -> LedgerScreen:
    """Say in words what the page shows."""
    newest = seen.checkpoints[0] if seen.checkpoints else None
    return LedgerScreen(
        alarm=seen.alarm,
        summary=summary(seen),
        facts=tuple(facts(seen)),
        note=newest.note if newest else "",
        key=seen.keys[-1] if seen.keys else "",
        anchors=tuple(anchor_row(line) for line in seen.anchors),
        checkpoints=tuple(
            CheckpointRow(
                f"{each.size:,}", moment(each.at), bytes(each.root).hex(), f"/ledger/checkpoints/{each.size}/"
            )
            for each in seen.checkpoints
        ),
        add_url="/ledger/anchors/new/" if may_set else "",
        may_set=may_set,
    )


def summary(seen: Overview) -> str:
    if not seen.checkpoints:
        return "Nothing is signed yet."
    return f"{seen.size:,} entries are sealed; {seen.checkpoints[0].size:,} of them are under a signed checkpoint."


def facts(seen: Overview) -> list[Fact]:
    newest = seen.checkpoints[0] if seen.checkpoints else None
    waiting = f"{'more than ' if seen.more_pending else ''}{seen.pending:,}" if seen.pending else "none"
    told = [
        ("Newest checkpoint", f"{newest.size:,} entries, {moment(newest.at)}" if newest else "none yet"),
        ("Root", bytes(newest.root).hex() if newest else "–"),
        ("Waiting to be sealed", f"{waiting}, the oldest for {waited(seen.oldest)}" if seen.oldest else waiting),
        *[(f"Last check, of {'the newest' if c.first else 'all'} entries", checked(c)) for c in seen.checks[:1]],
    ]
    return [Fact(label, Shown("ref" if label == "Root" else "text", text)) for label, text in told]


def waited(since: datetime) -> str:
    seconds = int((timezone.now() - since).total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def checked(found: LedgerCheck) -> str:
    if not found.fault and not found.size:
        return f"nothing was sealed yet, {moment(found.at)}"
    fit = f"{found.size - found.first:,} fit"
    return f"{found.fault or fit}, {moment(found.at)}"


def anchor_row(line: AnchorLine) -> AnchorRow:
    held = line.anchor
    if line.error:
        state = Shown("state", "Fails", tone="act")
    elif line.done_at is None:
        state = Shown("state", "Waits", tone="attend")
    else:
        state = Shown("state", "Anchored", tone="good")
    return AnchorRow(
        id=held.pk,
        name=held.name,
        kind=held.get_kind_display(),
        target=held.target,
        state=state,
        newest=f"{line.size:,} entries, {moment(line.done_at)}"
        if line.done_at and line.size is not None
        else "none yet",
        error=f"{line.error} Tried {line.tries} times; tried again by itself." if line.error else "",
        receipt_url=f"/ledger/anchors/{held.pk}/receipt/" if line.receipt else "",
        remove_url=f"/ledger/anchors/{held.pk}/remove/",
    )

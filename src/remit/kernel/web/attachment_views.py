"""What is hung on a record from its page: comments, evidence, links, work."""

from __future__ import annotations

from datetime import date
from typing import BinaryIO, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from remit.kernel.access.models import User
from remit.kernel.attachments import services
from remit.kernel.attachments.models import Evidence, RecordLink
from remit.kernel.resources import Resource
from remit.kernel.resources import resource as resource_called
from remit.kernel.web.views import found, require_on
from remit.kernel.work import services as work


@require_POST
def comment(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    record = found(resource, pk, ())
    require_on(request, "comment", record)
    text = request.POST.get("text", "").replace("\x00", "").strip()
    if text:
        services.comment(record, text[:10_000])
    else:
        messages.error(request, "Write something before you send it.")
    return redirect(f"{record.get_absolute_url()}#comments")


@require_POST
def attach(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    record = found(resource, pk, ())
    require_on(request, "attach", record)
    for file in request.FILES.getlist("file"):
        try:
            services.attach(record, file.name or "file", cast(BinaryIO, file), file.content_type or "")
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
    if not request.FILES:
        messages.error(request, "Choose a file first.")
    return redirect(f"{record.get_absolute_url()}#evidence")


@require_safe
def evidence(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out a file to whoever sees its record: to be saved, never to be rendered."""
    item = Evidence.objects.filter(pk=pk).first()
    if item is None:
        raise Http404
    try:
        file = services.open_evidence(item)
    except services.AttachmentRefusedError as gone:
        status = 410 if gone.code == "removed" else 500
        said = {"title": "This file cannot be read", "what": "Nothing of it was sent.", "remedy": gone.hint}
        return render(request, "kernel/error.html", {**said, "status": status}, status=status)
    response = FileResponse(file, as_attachment=True, filename=item.name, content_type="application/octet-stream")
    response["Content-Length"] = str(item.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_POST
def link(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Tie this record to another, named as the typeahead does ("findings:12")."""
    record = found(resource, pk, ())
    require_on(request, "link", record)
    slug, _, number = request.POST.get("other", "").partition(":")
    try:
        other = found(resource_called(slug), int(number), ())
    except (KeyError, ValueError, Http404):
        messages.error(request, "Choose the other record from the list; that one could not be found.")
    else:
        kind = request.POST.get("kind", RecordLink.Kind.RELATES_TO)
        try:
            services.link(record, other, kind if kind in RecordLink.Kind.values else RecordLink.Kind.RELATES_TO)
        except services.AttachmentRefusedError as refusal:
            messages.error(request, refusal.hint)
    return redirect(f"{record.get_absolute_url()}#links")


@require_POST
def unlink(request: HttpRequest, resource: Resource, pk: int, link_pk: int) -> HttpResponse:
    record = found(resource, pk, ())
    require_on(request, "link", record)
    services.unlink(record, link_pk)
    return redirect(f"{record.get_absolute_url()}#links")


@require_POST
def ask(request: HttpRequest, resource: Resource, pk: int) -> HttpResponse:
    """Give somebody a task about this record."""
    record = found(resource, pk, ())
    require_on(request, "work", record)
    title = request.POST.get("title", "").replace("\x00", "").strip()[:200]
    owner = request.POST.get("owner", "")
    person = (
        User.objects.filter(pk=int(owner), is_active=True).first()
        if owner.isascii() and owner.isdigit() and len(owner) < 10
        else None
    )
    if not title or person is None:
        messages.error(request, "Say what is to be done, and choose who does it.")
    else:
        work.ask(title, owner_id=person.pk, due_on=day(request.POST.get("due_on", "")), record=record)
        messages.success(request, f"{person.name} finds it in their inbox.")
    return redirect(f"{record.get_absolute_url()}#work")


def day(text: str) -> date | None:
    """Read a day as a date field sends it; anything else is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

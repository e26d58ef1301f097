"""Starting and stopping to view as somebody else."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from remit.kernel.access import viewing
from remit.kernel.access.services import HEAD
from remit.kernel.access.viewing import ViewRefusedError
from remit.kernel.web.access_views import found_person
from remit.kernel.web.looking import SESSION
from remit.kernel.web.views import standing_of


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at the pages as this person sees them, for some minutes and a stated reason."""
    if HEAD not in standing_of(request).roles:
        raise PermissionDenied
    person = found_person(request, pk)
    try:
        request.session[SESSION] = viewing.begin(standing_of(request), person, request.POST.get("reason", ""))
    except ViewRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(f"/access/people/{pk}/")
    return redirect("/")


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Be oneself again."""
    held = request.session.pop(SESSION, None)
    if held is None:
        return redirect("/")
    with transaction.atomic():
        viewing.note_end(held)
    return redirect(f"/access/people/{held['person']}/")

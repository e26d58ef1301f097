"""Requests while somebody views as another: served as that person, read-only, each page on the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject

from remit.kernel import actor
from remit.kernel.access import viewing
from remit.kernel.access.standing import standing
from remit.kernel.access.viewing import Viewing

Answer = Callable[[HttpRequest], HttpResponse]

SESSION: Final = "viewing"
STOP: Final = "/access/view-as/stop/"
AS_ONESELF: Final = (STOP, "/account/logout/")
CLOSED: Final = ("/account/", "/access/", "/api/", "/evidence/", "/welcome/")


def serve(request: HttpRequest, get_response: Answer) -> HttpResponse:
    """Answer a request of who views as another; stop where the time is over or a rule forbids it by now."""
    if request.path in AS_ONESELF:
        return get_response(request)
    held = viewing.current(request.standing, request.session[SESSION])  # type: ignore[attr-defined]
    if held is None:
        del request.session[SESSION]
        messages.info(request, "You no longer view as somebody else. This is what you see yourself.")
        return redirect("/")
    viewer: Any = request.user
    own = request.standing  # type: ignore[attr-defined]
    try:
        with actor.viewing(held.person.pk, viewer.pk):
            request.user = held.person
            request.viewing = held  # type: ignore[attr-defined]
            request.standing = SimpleLazyObject(lambda: standing(held.person.pk))  # type: ignore[attr-defined]
            response = _closed(request, held) if _is_closed(request) else get_response(request)
    finally:
        request.user, request.standing = viewer, own  # type: ignore[attr-defined]
    viewing.note_look(held, request.path)
    return response


def _is_closed(request: HttpRequest) -> bool:
    return request.method not in {"GET", "HEAD"} or request.path.startswith(CLOSED) or "/export." in request.path


def _closed(request: HttpRequest, held: Viewing) -> HttpResponse:
    context = {
        "title": "Not while viewing as somebody else",
        "what": f"You see what {held.person.name} sees, and do nothing in their name: nothing is changed, no file and "
        "no account page is opened.",
        "remedy": "Stop viewing first, then do it as yourself.",
        "status": 403,
    }
    return render(request, "kernel/error.html", context, status=403)

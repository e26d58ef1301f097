"""What is said when an answer failed: a fault of ours, or a database that is away, or one whose disk is full."""

from __future__ import annotations

import sys

from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_SECONDS = "5"
AWAY = (
    "The database is not there at the moment",
    "What you sent was not stored; nothing was half done.",
    "Remit comes back by itself, mostly within seconds. Go back and try again.",
)
FULL = (
    "The disk of the database is full",
    "What you sent was not stored; nothing was half done. Reading goes on.",
    "Tell the platform administrator to make room, then send it again.",
)
# SQLSTATE classes: connection exception, insufficient resources, operator intervention.
_AWAY_CLASSES = ("08", "53", "57P")
_DISK_FULL = ("53100", "58030")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: 503 where the database is to blame and trying again helps, else 500."""
    said = outage(sys.exc_info()[1])
    if said is None:
        return HttpResponse(render_to_string("500.html"), status=500)
    title, what, remedy = said
    page = render_to_string("500.html", {"title": title, "what": what, "remedy": remedy})
    return HttpResponse(page, status=503, headers={"Retry-After": RETRY_SECONDS, "X-Remit-Outage": title})


def outage(error: BaseException | None) -> tuple[str, str, str] | None:
    """Return what to say of an error of the database that is nobody's mistake: title, what happened, what to do."""
    if not isinstance(error, Error):
        return None
    state = str(getattr(error.__cause__, "sqlstate", None) or "")
    if state in _DISK_FULL:
        return FULL
    if state.startswith(_AWAY_CLASSES) or (not state and isinstance(error, OperationalError | InterfaceError)):
        return AWAY
    return None

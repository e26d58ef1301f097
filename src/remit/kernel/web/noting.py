"""Entries for what was refused: after the answer, in a transaction of their own, since the request's is undone.

A hidden record and a missing one are answered alike, and noted alike: nothing is looked up to tell them apart, so the
entry costs neither more nor less. It names the record by its key in words and stands in no record's history, where a
reader would see it. One person fills the ledger with neither: of equal refusals within a minute the first
is noted, then the tenth, the hundredth and so on, each with the count.
"""

from __future__ import annotations

import time
from typing import Final

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from remit.kernel.ledger.reading import note
from remit.kernel.resources import Resource
from remit.kernel.resources import resource as resource_called

NOTED: Final = (403, 404)
MINUTE: Final = 60
STEP_UP: Final = "step_up"
"""Marks an answer that asks to confirm who one is, which refuses nothing."""


def note_refusal(request: HttpRequest, response: HttpResponse) -> None:
    """Put on the ledger that the actor was refused: 403 anywhere, 404 for one record or file."""
    if response.status_code not in NOTED or getattr(response, STEP_UP, False):
        return
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return
    resource, key = _asked(request, match)
    if response.status_code == 404 and key is None:
        return
    route = match.view_name or match.route
    times = _times(f"refused:{request.user.pk}:{request.method}:{route}:{response.status_code}")
    if str(times).strip("0") != "1":
        return
    often = f", {times:,} times within a minute" if times > 1 else ""
    with transaction.atomic():
        note(
            "refuse",
            resource.kind if resource else f"page.{route}"[:80],
            (),
            f"{request.method} {route}{'' if key is None else f' no. {key}'}: {response.status_code}{often}",
        )


def _asked(request: HttpRequest, match: ResolverMatch) -> tuple[Resource | None, int | None]:
    """Return the record type and the key that an address names."""
    found = match.kwargs.get("resource")
    if found is None and request.path_info.startswith("/api/"):
        try:
            found = resource_called(request.path_info.split("/")[2])
        except (KeyError, IndexError):
            found = None
    key = match.kwargs.get("pk")
    return found, key if isinstance(key, int) and key < 2**63 else None


def _times(what: str) -> int:
    """Count this, in this process, within the present minute."""
    key = f"{what}:{int(time.time()) // MINUTE}"
    cache.add(key, 0, 2 * MINUTE)
    return int(cache.incr(key))

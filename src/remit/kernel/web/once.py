"""The same form sent twice (a double click, a reload, a proxy that tries again) does its work once."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from remit.kernel import submissions

View = Callable[..., HttpResponse]
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  (the name of a field)
"""The hidden field of every form. Its value is masked anew each time a page is made, so that it also tells one form
from the next."""


def once(view: View) -> View:
    """Let a form that has led somewhere lead there again, without doing anything, when the same form comes again.

    Twenty at once wait for the first. A form that was refused may be sent again; so may one with other values.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user_id = request.user.pk
        if request.method != "POST" or TOKEN not in request.POST or user_id is None:
            return view(request, *args, **kwargs)
        sent = digest(request)
        if not submissions.claim(user_id, sent):
            messages.info(request, "This form came twice; the first time counts.")
            return redirect(submissions.location(user_id, sent))
        response = view(request, *args, **kwargs)
        submissions.conclude(user_id, sent, response.get("Location", "") if response.status_code == 302 else "")
        return response

    return guarded


def digest(request: HttpRequest) -> str:
    """Stand for a form as it was sent: address, values with the token among them, names and sizes of files."""
    files = [(name, file.name, file.size) for name, sent in request.FILES.lists() for file in sent]
    said = [request.path, sorted(request.POST.lists()), sorted(files)]
    return sha256(json.dumps(said).encode()).hexdigest()

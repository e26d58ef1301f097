"""What stands before every page: nobody without a session, nobody after theirs has run out, everybody as themselves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from remit.kernel import actor
from remit.kernel.access.standing import standing
from remit.kernel.keys.wrapping import KeyRefusedError
from remit.kernel.lifecycle import MoveRefusedError
from remit.kernel.records import StaleRecordError

Answer = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("remit.web")

OPEN_PATHS = (
    "/account/login/",
    "/account/logout/",
    "/account/2fa/authenticate/",
    "/account/reauthenticate/",
    "/welcome/",
    "/health/",
    "/static/",
)
CLOSED_PATHS = (
    "/account/signup/",
    "/account/password/reset/",
    "/account/email/",
    "/account/confirm-email/",
    "/account/inactive/",
    "/account/login/code/",
    "/account/password/set/",
    "/account/2fa/recovery-codes/download/",
)
ENROLMENT_PATHS = ("/account/", "/welcome/", "/static/")
TOUCH_SECONDS = 60


class Gate:
    """Deny by default: a path not listed as open needs a signed-in person, as whom the rest of the request acts."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(CLOSED_PATHS):
            raise Http404
        user = request.user
        if user.is_authenticated and not self._in_time(request):
            logout(request)
            messages.info(request, "You were signed out because the session had run out.")
            user = request.user
        if not user.is_authenticated:
            if request.path.startswith(OPEN_PATHS):
                return self.get_response(request)
            return self._turned_away(request)
        timezone.activate(user.time_zone or "UTC")
        try:
            with actor.acting(user.pk):
                request.standing = SimpleLazyObject(lambda: standing(user.pk))  # type: ignore[attr-defined]
                if not request.path.startswith(ENROLMENT_PATHS) and self._must_enrol(request):
                    if request.path.startswith("/api/"):
                        return JsonResponse({"detail": "Set up a second factor first.", "fields": {}}, status=403)
                    messages.warning(request, "Your role needs a second factor. Set it up to go on.")
                    return redirect("/account/2fa/totp/activate/")
                return self.get_response(request)
        finally:
            timezone.deactivate()

    @staticmethod
    def _turned_away(request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": "Sign in first.", "fields": {}}, status=401)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": settings.LOGIN_URL})
        back = f"?{urlencode({'next': request.path})}" if request.method == "GET" else ""
        return redirect(f"{settings.LOGIN_URL}{back}")

    @staticmethod
    def _in_time(request: HttpRequest) -> bool:
        """End a session 12 hours after it began; keep it while it is used at least every 30 minutes."""
        now = int(time.time())
        session = request.session
        if "began" not in session:
            session["began"] = session["touched"] = now
        if (
            now - session["began"] > settings.SESSION_LONGEST
            or now - session.get("touched", 0) > settings.SESSION_COOKIE_AGE
        ):
            return False
        if now - session["touched"] > TOUCH_SECONDS:
            session["touched"] = now
        return True

    @staticmethod
    def _must_enrol(request: HttpRequest) -> bool:
        """Privileged roles need a second factor: at once where others reach the site, else after a day."""
        session = request.session
        if session.get("factor"):
            return False
        from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415

        if not request.standing.privileged:  # type: ignore[attr-defined]
            return False  # asked again each time: a role may be granted while the session lasts
        if is_mfa_enabled(request.user):
            session["factor"] = "enrolled"
            return False
        grace = 0 if settings.BEHIND_TLS else 24 * 3600
        return (timezone.now() - request.user.joined_at).total_seconds() > grace  # type: ignore[union-attr]


class CalmErrors:
    """Turn what the kernel refuses into a page (or JSON) that says what happened and what to do."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, MoveRefusedError):
            return self._say(
                request,
                409,
                "This move is not possible now",
                str(error),
                "Go back, look at the record again, and choose another move.",
            )
        if isinstance(error, StaleRecordError):
            return self._say(
                request, 409, "Somebody was faster", str(error), "Open the record again; your change was not saved."
            )
        if isinstance(error, KeyRefusedError):
            log.error("%s: %s", request.path, error)
            return self._say(
                request,
                503,
                "This is sealed, and its key is not at hand",
                "Nothing is lost, and everything else works.",
                "Tell whoever runs Remit: “remit check” says what is missing.",
            )
        if isinstance(error, SuspiciousOperation):
            return self._say(request, 400, "The request could not be understood", str(error), "Go back and try again.")
        return None

    @staticmethod
    def _say(request: HttpRequest, status: int, title: str, what: str, remedy: str) -> HttpResponse:
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": what, "fields": {}}, status=status)
        context: dict[str, Any] = {"title": title, "what": what, "remedy": remedy, "status": status}
        return render(request, "kernel/error.html", context, status=status)

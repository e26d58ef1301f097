"""What stands before every page: nobody without a session, nobody after theirs has run out, everybody as themselves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from remit.kernel import actor, step_up
from remit.kernel.access.factors import has_factor, in_grace
from remit.kernel.access.standing import Standing, remembered
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.federation.adapter import sign_in_again_url
from remit.kernel.identity import sessions
from remit.kernel.keys.wrapping import KeyRefusedError
from remit.kernel.lifecycle import MoveRefusedError
from remit.kernel.records import StaleRecordError
from remit.kernel.rejected import ImportRejected
from remit.kernel.web import looking, token_gate
from remit.kernel.web.noting import note_refusal

Answer = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("remit.web")

OPEN_PATHS = (
    "/account/login/",
    "/account/logout/",
    "/account/2fa/authenticate/",
    "/account/2fa/webauthn/login/",
    "/account/reauthenticate/",
    "/account/sign-in/",
    "/scim/v2/",
    "/welcome/",
    "/health/",
    "/static/",
    "/calendar/",
    "/unsubscribe/",
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
FACTOR_PATHS = ("/account/notifications/", "/account/tokens/")
"""Of those, what nevertheless asks for the second factor that a role owes."""
TOUCH_SECONDS = 60


class Gate:
    """Deny by default: a path not listed as open needs a signed-in person, as whom the rest of the request acts."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(CLOSED_PATHS):
            raise Http404
        if token_gate.is_meant(request):
            return token_gate.passed(request, self.get_response)
        response = self._by_session(request)
        sessions.carry_mark(request, response)
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Hold every operation called by token to the token's scope."""
        return token_gate.out_of_scope(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Send who signs in elsewhere only back there to confirm that it is them; allauth would not know how."""
        if not isinstance(error, step_up.StepUpRequiredError) or request.path.startswith("/api/"):
            return None
        if elsewhere := sign_in_again_url(request):
            messages.info(request, "Confirm who you are where you sign in, then do it again.")
            return redirect(elsewhere)
        return None

    def _by_session(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        held = self._arrived(request) if user.is_authenticated else None
        if user.is_authenticated and held is None:
            logout(request)
            messages.info(request, "You were signed out because the session had run out.")
            user = request.user
        if held is None:
            if request.path.startswith(OPEN_PATHS):
                return self.get_response(request)
            return self._turned_away(request)
        timezone.activate(user.time_zone or "UTC")
        try:
            with actor.acting(user.pk), step_up.asked(lambda: confirmed(request)):
                request.standing = remembered(held)  # type: ignore[attr-defined]
                free = request.path.startswith(ENROLMENT_PATHS) and not request.path.startswith(FACTOR_PATHS)
                if not free and self._must_enrol(request):
                    if request.path.startswith("/api/"):
                        return JsonResponse({"detail": "Set up a second factor first.", "fields": {}}, status=403)
                    messages.warning(request, "Your role needs a second factor. Set it up to go on.")
                    return redirect("/account/2fa/totp/activate/")
                if looking.SESSION in request.session:
                    return looking.serve(request, self.get_response)
                response = self.get_response(request)
                note_refusal(request, response)
                return response
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
    def _arrived(request: HttpRequest) -> Standing | None:
        """End a session 12 hours after it began or when it was ended; keep it while it is used every 30 minutes."""
        now = int(time.time())
        session = request.session
        if "began" not in session:
            session["began"] = session["touched"] = now
        if (
            session["began"] > now + TOUCH_SECONDS  # the clock went back; nobody knows when this began
            or now - session["began"] > settings.SESSION_LONGEST
            or now - session.get("touched", 0) > settings.SESSION_COOKIE_AGE
        ):
            return None
        touched = now - session["touched"] > TOUCH_SECONDS
        if touched:
            session["touched"] = now
        return sessions.arrive(request.user, session.get(sessions.MARK), touched=touched)  # type: ignore[arg-type]

    @staticmethod
    def _must_enrol(request: HttpRequest) -> bool:
        """Privileged roles need a second factor: at once where others reach the site, else after a day."""
        session = request.session
        if session.get("factor"):
            return False
        if not request.standing.privileged:  # type: ignore[attr-defined]
            return False  # asked again each time: a role may be granted while the session lasts
        if in_grace(request.user):  # type: ignore[arg-type]
            return False
        if has_factor(request.user):  # type: ignore[arg-type]
            session["factor"] = "enrolled"
            return False
        return True


@reauthentication_required  # type: ignore[untyped-decorator]
def _of_late(_: HttpRequest) -> bool:
    return True


def confirmed(request: HttpRequest) -> bool:
    """Say whether the person of this browser session confirmed who they are within the last minutes."""
    try:
        return not sign_in_again_url(request) and bool(_of_late(request))
    except ReauthenticationRequired:
        return False


SAID = {
    400: "The request could not be understood; it may be too large.",
    403: "This is not allowed, or the token of the page was not sent along.",
    404: "There is no such address.",
    405: "This address does not take that method.",
    415: "The body of the request is packed (Content-Encoding); it is never unpacked here.",
    503: "The database is not there at the moment; nothing was stored. Try again in some seconds.",
}
"""What the API says where Django, not Remit, has refused."""


HEADERS = {
    "Cache-Control": "no-store",  # what one person sees stays in no cache: neither a proxy's nor the browser's
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Sent with every answer that does not say otherwise, beside those that Django sends."""


class CalmErrors:
    """Turn what the kernel refuses into a page (or JSON) that says what happened and what to do."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; under /api/ every refusal is JSON of one shape, whoever refused."""
        if request.headers.get("Content-Encoding", "identity") != "identity":
            return self._say(request, 415, "Packed requests are not read", SAID[415], "Send it unpacked.")
        response = self._in_one_shape(request, self.get_response(request))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @staticmethod
    def _in_one_shape(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        kind = response.get("Content-Type", "")
        if response.status_code < 400 or kind.startswith("application/json") or not request.path.startswith("/api/"):
            return response
        detail = SAID.get(response.status_code, "It failed by a fault of Remit, which has been logged.")
        said = JsonResponse(
            {"detail": response.get("X-Remit-Outage", detail), "fields": {}}, status=response.status_code
        )
        for name in ("Allow", "Retry-After"):
            if name in response:
                said[name] = response[name]
        return said

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
        if isinstance(error, ImportRejected | AttachmentRefusedError):
            status = 503 if error.code == "not-stored" else 422
            return self._say(request, status, "The file was not taken", error.hint, "Nothing was stored of it.")
        if isinstance(error, SuspiciousOperation):
            return self._say(request, 400, "The request could not be understood", str(error), "Go back and try again.")
        return None

    @staticmethod
    def _say(request: HttpRequest, status: int, title: str, what: str, remedy: str) -> HttpResponse:
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": what, "fields": {}}, status=status)
        context: dict[str, Any] = {"title": title, "what": what, "remedy": remedy, "status": status}
        return render(request, "kernel/error.html", context, status=status)

"""The Gate for programs: a call to the API with an `Authorization` header acts as its token's account or not at all."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from remit.kernel import actor, step_up
from remit.kernel.access.factors import has_factor, in_grace
from remit.kernel.access.standing import standing
from remit.kernel.identity.bearer import WRONG_SECONDS, TooManyWrongError, called_by
from remit.kernel.identity.lowered import lowered
from remit.kernel.identity.secrets import PREFIX
from remit.kernel.identity.tokens import Presented
from remit.kernel.resources import resource
from remit.kernel.web.noting import note_refusal

Answer = Callable[[HttpRequest], HttpResponse]
API = "/api/"


class NoSession(SessionBase):
    """The session of a caller who has none: what is put into it is forgotten."""

    def load(self) -> dict[str, object]:
        return {}

    def save(self, must_create: bool = False) -> None:
        """Keep nothing."""

    def exists(self, session_key: str) -> bool:
        return False

    def create(self) -> None:
        """Make nothing."""

    def delete(self, session_key: str | None = None) -> None:
        """There is nothing to delete."""


def is_meant(request: HttpRequest) -> bool:
    """Say whether a request is a program's call: only the API is called by token."""
    return request.path.startswith(API) and ("Authorization" in request.headers or PREFIX in _query(request))


def passed(request: HttpRequest, get_response: Answer) -> HttpResponse:
    """Answer a program's call as its account, within its scope; cookies count for nothing, so CSRF is no danger."""
    if PREFIX in _query(request):
        return refusal(400, "A token belongs in the Authorization header. This one stood in an address: revoke it.")
    try:
        presented = called_by(request)
    except TooManyWrongError:
        answer = refusal(429, "Too many wrong tokens from your address. Try again in a minute.")
        answer["Retry-After"] = str(WRONG_SECONDS)
        return answer
    if presented is None:
        return refusal(401, "Sign in first.")
    return _answered(request, presented, get_response)


def _answered(request: HttpRequest, presented: Presented, get_response: Answer) -> HttpResponse:
    user, scope, kept = presented.user, presented.scope, request.session
    request.user = user
    request.session = NoSession()
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    request.presented = presented  # type: ignore[attr-defined]
    timezone.activate(user.time_zone or "UTC")
    try:
        with actor.acting(user.pk, scope=scope.setting()), step_up.asked(lambda: False):
            request.standing = SimpleLazyObject(lambda: lowered(standing(user.pk), scope))  # type: ignore[attr-defined]
            if _owes_a_factor(request):
                return refusal(403, "Set up a second factor first.")
            response = get_response(request)
            note_refusal(request, response)
            return response
    finally:
        request.session = kept  # as it came: the answer neither ends nor renews whatever session the cookie names
        timezone.deactivate()


def out_of_scope(request: HttpRequest) -> HttpResponse | None:
    """Refuse an operation that the token's scope does not hold, whatever the operation is."""
    presented: Presented | None = getattr(request, "presented", None)
    if presented is None:
        return None
    match = request.resolver_match
    operation = (match.route if match else "").removeprefix(API.lstrip("/")).partition("/")[0]
    try:
        kind = resource(operation).kind
    except KeyError:
        kind = None
    said = presented.scope.refusal(request.method or "", operation, kind)
    return refusal(403, said) if said else None


def refusal(status: int, detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail, "fields": {}}, status=status)


def _query(request: HttpRequest) -> str:
    return str(request.META.get("QUERY_STRING", ""))


def _owes_a_factor(request: HttpRequest) -> bool:
    """A person's token opens no more than their session would; a program has no factor to show."""
    user = request.user
    if user.is_service or not request.standing.privileged:  # type: ignore[union-attr, attr-defined]
        return False
    return not (in_grace(user) or has_factor(user))  # type: ignore[arg-type]

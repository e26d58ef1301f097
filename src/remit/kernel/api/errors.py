"""How the API says no: always {"detail", "fields"}, in words a person can act on.

401 nobody is signed in · 403 the verb is lacking, or (with "code": "step-up") the person must confirm who they are
first · 404 there is none, or it is out of reach: the same bytes · 409 the record's state or version is not what the
caller believes · 422 the values are wrong, named field by field.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from remit.kernel.access.need_to_know import NeedToKnowRefusedError
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.lifecycle import MoveRefusedError
from remit.kernel.records import StaleRecordError
from remit.kernel.rejected import ImportRejected
from remit.kernel.step_up import StepUpRequiredError

Fields = Mapping[str, Sequence[str]]
_FORBIDDEN = "Your role does not allow this."
_MISSING = "There is no such record."


class Refused(Exception):  # noqa: N818  (an answer, not a fault)
    """An answer other than success, with what is wrong by field."""

    def __init__(self, status: int, detail: str, fields: Fields | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.fields = status, detail, fields or {}


def answer(value: Any, status: int = 200) -> HttpResponse:
    """Return a value as JSON; times are written in RFC 3339."""
    return HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")


def refusal(status: int, detail: str, fields: Fields | None = None) -> HttpResponse:
    return answer({"detail": detail, "fields": {name: list(said) for name, said in (fields or {}).items()}}, status)


def step_up() -> HttpResponse:
    """Ask a browser's person to confirm who they are; `code` tells a program what to do."""
    said = "Confirm who you are first, at /account/reauthenticate/ in this browser session; then send it again."
    asked = answer({"detail": said, "fields": {}, "code": "step-up"}, 403)
    asked.step_up = True  # type: ignore[attr-defined]
    return asked


def install(api: NinjaAPI) -> None:
    """Teach an API the one shape of errors."""
    handlers: dict[type[Exception], Any] = {
        Refused: lambda _, error: refusal(error.status, error.detail, error.fields),
        AuthenticationError: lambda *_: refusal(401, "Sign in first."),
        PermissionDenied: lambda *_: refusal(403, _FORBIDDEN),
        Http404: lambda *_: refusal(404, _MISSING),
        HttpError: lambda _, error: refusal(error.status_code, str(error)),
        ValidationError: _invalid,
        ModelError: _not_valid,
        SuspiciousOperation: lambda *_: refusal(400, "The request could not be understood; it may be too large."),
        StepUpRequiredError: lambda *_: step_up(),
        NeedToKnowRefusedError: lambda _, error: refusal(409, str(error)),
        MoveRefusedError: lambda _, error: refusal(409, str(error)),
        StaleRecordError: lambda _, error: refusal(409, f"{error} Read it again; nothing was saved."),
        AttachmentRefusedError: lambda _, error: refusal(422, error.hint, {error.where: [error.hint]}),
        ImportRejected: lambda _, error: refusal(422, error.hint, {error.where: [f"{error.hint} ({error.code})"]}),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name each wrong value by its field, not by where the framework found it."""
    fields: dict[str, list[str]] = {}
    for each in error.errors:
        place = [str(part) for part in each["loc"] if str(part) not in {"body", "query", "path", "payload", "filters"}]
        said = "There is no such field." if each["type"] == "extra_forbidden" else str(each["msg"])
        fields.setdefault(place[0] if place else "body", []).append(said)
    return refusal(422, "Some values are not valid; nothing was saved.", fields)


def _not_valid(_: HttpRequest, error: ModelError) -> HttpResponse:
    found = error.message_dict if hasattr(error, "error_dict") else {"record": error.messages}
    return refusal(422, "Some values are not valid; nothing was saved.", found)

"""Answers in SCIM's form: resources with their version, lists, and errors (RFC 7644 sections 3.4, 3.12 and 3.14)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
import scim2_models as scim
from django.http import HttpRequest, HttpResponse
from pydantic import ValidationError

MEDIA_TYPE = "application/scim+json"
Resource = scim.Resource[Any]


def resource(
    found: Resource,
    context: scim.Context,
    wanted: scim.ResponseParameters[Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Answer with one resource and its version."""
    version = versioned(found)
    answer = body(found.model_dump(scim_ctx=context, response_parameters=wanted), status)
    answer["ETag"] = version
    if found.meta is not None and found.meta.location:
        answer["Location" if status == 201 else "Content-Location"] = str(found.meta.location)
    return answer


def listed(
    found: Sequence[Resource],
    total: int,
    start: int,
    wanted: scim.ResponseParameters[Any] | None = None,
    *,
    context: scim.Context = scim.Context.RESOURCE_QUERY_RESPONSE,
    whole: bool = True,
) -> HttpResponse:
    """Answer with a page of resources out of `total`; `start` counts from 1. Only what was read whole has a version."""
    for each in found if whole else ():
        versioned(each)
    return body(
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": total,
            "startIndex": start,
            "itemsPerPage": len(found),
            "Resources": [each.model_dump(scim_ctx=context, response_parameters=wanted) for each in found],
        }
    )


def versioned(found: Resource) -> str:
    """Give a resource its version, a digest of what it says, and return it as a weak entity tag (RFC 9110, 8.8)."""
    if found.meta is None:
        found.meta = scim.Meta()
    if not found.meta.version:
        said = found.model_dump(exclude={"meta"})
        digest = sha256(msgspec.json.encode(said, order="sorted")).hexdigest()
        found.meta.version = f'W/"{digest[:32]}"'
    return str(found.meta.version)


def holds(header: str | None, version: str) -> bool:
    """Say whether an If-Match or If-None-Match header names this version; strong and weak tags count alike."""
    if header is None:
        return False
    plain = version.removeprefix("W/")
    return any(tag.strip().removeprefix("W/") in {plain, "*"} for tag in header.split(","))


def error(problem: Exception) -> HttpResponse:
    """Answer with what is wrong, without repeating what was sent beyond the name of an attribute."""
    if isinstance(problem, scim.SCIMException):
        said = problem.to_error()
    elif isinstance(problem, ValidationError):
        said = scim.Error.from_validation_errors(problem.errors(include_url=False, include_input=False))[0]
    else:
        said = scim.Error(status=500, detail="Something went wrong here. Nothing was changed.")
    status = int(said.status or 400)
    answer = body(said.model_dump(), status)
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="Remit SCIM"'
    return answer


def body(content: Any, status: int = 200) -> HttpResponse:
    """Answer with JSON in SCIM's media type."""
    answer = HttpResponse(msgspec.json.encode(content), content_type=MEDIA_TYPE, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def received(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request. InvalidSyntaxException for anything else, and for characters no text has."""
    try:
        content = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise scim.InvalidSyntaxException(detail="The request holds no JSON.") from None
    if not isinstance(content, dict):
        raise scim.InvalidSyntaxException(detail="The request holds no JSON object.")
    if _unstorable(content):
        raise scim.InvalidValueException(detail="A text holds characters that no attribute has.")
    return content


def _unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, dict):
        return any(_unstorable(key) or _unstorable(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_unstorable, value))

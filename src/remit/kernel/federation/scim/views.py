"""The SCIM server's one address, `/scim/v2/…`: who calls is told from the bearer token, and from nothing else.

Everything is done as the system for "SCIM <connection>", in one transaction that a refusal undoes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scim2_models as scim
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError
from scim2_models import Context

from remit.kernel import actor
from remit.kernel.federation.models import ScimConnection
from remit.kernel.federation.scim import answers
from remit.kernel.federation.scim.credentials import presented
from remit.kernel.federation.scim.endpoints import ENDPOINTS, Endpoint, search
from remit.kernel.federation.scim.schemas import CONFIG, PROVIDER
from remit.kernel.ledger.reading import note

BASE = "/scim/v2"


@csrf_exempt
def serve(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer one request of a provider; what is wrong with it is said in SCIM's form."""
    try:
        connection = presented(request.headers.get("Authorization", ""))
        if connection is None:
            raise scim.UnauthorizedException(detail="The token is missing, revoked, or past its time.")
        with PROVIDER, actor.system(f"SCIM {connection.name}"):
            return _answered(request, connection, rest.strip("/").split("/"))
    except RequestDataTooBig:
        return answers.error(scim.PayloadTooLargeException(detail="The request is too large."))
    except IntegrityError:
        return answers.error(scim.UniquenessException(detail="Somebody took this name at the same moment. Try again."))
    except (scim.SCIMException, ValidationError) as problem:
        return answers.error(problem)


def _answered(request: HttpRequest, connection: ScimConnection, path: list[str]) -> HttpResponse:
    """Answer in one transaction; what was forbidden is undone and noted on the ledger."""
    try:
        with transaction.atomic():
            return _routed(request, connection, path)
    except scim.ForbiddenException as refusal:
        with transaction.atomic():
            note("refuse", "kernel.scimconnection", [connection.pk], f"{request.method} {'/'.join(path)}: {refusal}")
        raise


def _routed(request: HttpRequest, connection: ScimConnection, path: list[str]) -> HttpResponse:
    base = request.build_absolute_uri(BASE)
    match path:
        case ["ServiceProviderConfig" | "ResourceTypes" | "Schemas", *_]:
            return _described(request, base, path)
        case [".search" | "Bulk" | "Me"]:
            raise scim.NotImplementedException(detail=f"{path[0]} is not offered. Ask /Users or /Groups.")
        case [name] if name in ENDPOINTS:
            return _collection(request, connection, ENDPOINTS[name](connection, base))
        case [name, ".search"] if name in ENDPOINTS and request.method == "POST":
            endpoint = ENDPOINTS[name](connection, base)
            wanted = endpoint.searches.model_validate(answers.received(request), scim_ctx=Context.SEARCH_REQUEST)
            return search(endpoint, wanted, Context.SEARCH_RESPONSE)
        case [name, key] if name in ENDPOINTS:
            return _one(request, ENDPOINTS[name](connection, base), key)
    raise scim.NotFoundException(detail="There is nothing at this address.")


def _described(request: HttpRequest, base: str, path: list[str]) -> HttpResponse:
    """Answer what the server offers (RFC 7644 section 4); nothing is filtered there."""
    if request.method not in {"GET", "HEAD"}:
        return _not_allowed("GET")
    if "filter" in request.GET:
        raise scim.ForbiddenException(detail="Nothing is filtered here.")
    if path == ["ServiceProviderConfig"]:
        config = CONFIG.model_copy(deep=True)
        config.meta = scim.Meta(resource_type="ServiceProviderConfig", location=f"{base}/ServiceProviderConfig")
        return answers.resource(config, Context.RESOURCE_QUERY_RESPONSE)
    offered: tuple[Any, ...] = PROVIDER.resource_types if path[0] == "ResourceTypes" else PROVIDER.schemas
    found = []
    for each in offered:
        copy = each.model_copy(deep=True)
        copy.meta = scim.Meta(resource_type=path[0].removesuffix("s"), location=f"{base}/{path[0]}/{each.id}")
        found.append(copy)
    if path in (["ResourceTypes"], ["Schemas"]):
        return answers.listed(found, len(found), 1)
    chosen = next((each for each in found if path[1:] == [str(each.id)]), None)
    if chosen is None:
        raise scim.NotFoundException(detail="There is nothing at this address.")
    return answers.resource(chosen, Context.RESOURCE_QUERY_RESPONSE)


def _collection(request: HttpRequest, connection: ScimConnection, endpoint: Endpoint) -> HttpResponse:
    if request.method in {"GET", "HEAD"}:
        asked = endpoint.searches.model_validate(request.GET.dict(), scim_ctx=Context.RESOURCE_QUERY_REQUEST)
        return search(endpoint, asked, Context.RESOURCE_QUERY_RESPONSE)
    if request.method != "POST":
        return _not_allowed("GET, POST")
    wanted = endpoint.read(answers.received(request), None, Context.RESOURCE_CREATION_REQUEST)
    row = endpoint.create(wanted)
    return answers.resource(
        endpoint.shown([row])[0], Context.RESOURCE_CREATION_RESPONSE, _parameters(request, endpoint), status=201
    )


def _one(request: HttpRequest, endpoint: Endpoint, key: str) -> HttpResponse:
    """Read, replace, change or delete one resource, if it is still the version that the caller knows."""
    acts: dict[str, Callable[[HttpRequest, Endpoint, Any, Any], HttpResponse]] = {
        "GET": _read, "HEAD": _read, "PUT": _replace, "PATCH": _patch, "DELETE": _delete,
    }  # fmt: skip
    act = acts.get(request.method or "")
    if act is None:
        return _not_allowed("GET, PUT, PATCH, DELETE")
    rows = endpoint.rows()
    row = (rows if act is _read else rows.select_for_update(of=("self",))).filter(key=key[:36]).first()
    if row is None or row.key != key:
        raise scim.NotFoundException(detail="There is no such resource.")
    now = endpoint.shown([row])[0]
    asked = request.headers.get("If-Match")
    if act is not _read and asked is not None and not answers.holds(asked, answers.versioned(now)):
        raise scim.PreconditionFailedException(detail="It was changed meanwhile. Read it again.")
    return act(request, endpoint, row, now)


def _read(request: HttpRequest, endpoint: Endpoint, row: Any, now: Any) -> HttpResponse:
    version = answers.versioned(now)
    if answers.holds(request.headers.get("If-None-Match"), version):
        return HttpResponse(status=304, headers={"ETag": version})
    return answers.resource(now, Context.RESOURCE_QUERY_RESPONSE, _parameters(request, endpoint))


def _replace(request: HttpRequest, endpoint: Endpoint, row: Any, now: Any) -> HttpResponse:
    wanted = endpoint.read(answers.received(request), now, Context.RESOURCE_REPLACEMENT_REQUEST)
    wanted.replace(now)
    endpoint.write(row, wanted)
    return answers.resource(
        endpoint.shown([row])[0], Context.RESOURCE_REPLACEMENT_RESPONSE, _parameters(request, endpoint)
    )


def _patch(request: HttpRequest, endpoint: Endpoint, row: Any, now: Any) -> HttpResponse:
    patch = endpoint.patches.model_validate(answers.received(request), scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    if patch.patch(now):
        endpoint.write(row, now)
    return answers.resource(endpoint.shown([row])[0], Context.RESOURCE_PATCH_RESPONSE, _parameters(request, endpoint))


def _delete(request: HttpRequest, endpoint: Endpoint, row: Any, now: Any) -> HttpResponse:
    endpoint.delete(row)
    return HttpResponse(status=204)


def _parameters(request: HttpRequest, endpoint: Endpoint) -> Any:
    named = {name: request.GET[name] for name in ("attributes", "excludedAttributes") if name in request.GET}
    return endpoint.parameters.model_validate(named) if named else None


def _not_allowed(methods: str) -> HttpResponse:
    answer = answers.body(scim.Error(status=405, detail=f"This address takes {methods}.").model_dump(), 405)
    answer["Allow"] = methods
    return answer

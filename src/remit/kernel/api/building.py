"""The API as a whole: built once, when the addresses of the product are first asked for."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import autodiscover_modules
from ninja import NinjaAPI, Router
from ninja.openapi.schema import OpenAPISchema

from remit.kernel.api import access, attached, errors, figures, hooks, person, records, restricted
from remit.kernel.api.auth import AUTHENTICATION
from remit.kernel.resources import resources

DESCRIPTION = """Every record type answers to the same operations. Sign in with a browser session and send its CSRF
token with every write (header X-CSRFToken), or send a token as Authorization: Bearer. What is
out of your reach is answered as if it were not there."""


GATE = {
    400: "The request could not be understood: it is no JSON, is too large, or has a token in its address.",
    401: "Nobody is signed in, or the token does not hold.",
    403: "Your role, or the scope of the token, does not allow this.",
    429: "Too many wrong tokens from your address; try again in a minute.",
}
"""What may be answered before an operation is reached, whichever it is."""


class Described(NinjaAPI):
    """An API whose description also says what may be answered before an operation is reached."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        described = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        for path in described["paths"].values():
            for operation in path.values():
                answers = operation["responses"]
                for status, words in GATE.items():
                    answers.setdefault(status, {"description": words, "content": content})
        return described


itself = Router()


@itself.get("/openapi.json", url_name="openapi-json", include_in_schema=False)
def describe(request: HttpRequest) -> HttpResponse:
    """Return the description of the API: written once, since that takes half a second and nothing in it changes."""
    return HttpResponse(_description(), content_type="application/json")


@lru_cache(maxsize=1)
def _description() -> bytes:
    return json.dumps(api().get_openapi_schema(), cls=DjangoJSONEncoder).encode()


@lru_cache(maxsize=1)
def api() -> NinjaAPI:
    """Build the API from the registry and from what areas have added; always the same one."""
    made = Described(
        title="Remit",
        version="1",
        description=DESCRIPTION,
        auth=AUTHENTICATION,
        openapi_url=None,
        docs_url=None,
        urls_namespace="api",
    )
    errors.install(made)
    made.add_router("", itself)
    made.add_router("", person.router)
    made.add_router("", figures.router)
    made.add_router("/access", access.router)
    autodiscover_modules("endpoints")  # where areas declare the operations only they have
    added = hooks.routers()
    for resource in resources():
        router = added.pop(resource.slug, None) or Router()
        router.tags = router.tags or [resource.title]
        records.add_operations(router, resource)
        attached.add_operations(router, resource)
        restricted.add_operations(router, resource)
        made.add_router(f"/{resource.slug}", router)
    for path, router in added.items():
        made.add_router(f"/{path}", router)
    return made

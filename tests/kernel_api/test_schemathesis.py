"""Whatever is sent to the API: no fault, and no answer that its description does not describe.

Schemathesis makes requests from the OpenAPI description, good and bad ones, on records there are and records there are
not. `REMIT_EXAMPLES` says how many for each operation (a few here, always the same; 200 is a good long run).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from remit.kernel.identity import tokens
from remit.kernel.resources import resources
from tests.conftest import Cast, being, signed_in
from tests.kernel_api.test_openapi import described
from tests.security.helpers import record_in, undone

EXAMPLES = int(os.environ.get("REMIT_EXAMPLES", "4"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(described())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
PARTS = sorted({label.split("/")[2] for label in OPERATIONS})


def by_token(person: Any) -> dict[str, str]:
    """Return what makes a request this person's program's."""
    with being(person):
        return {"Authorization": f"Bearer {tokens.make(person, name='any program', writes=True)[1]}"}


def by_session(person: Any) -> dict[str, str]:
    """Return what makes a request this person's own: the session's cookie and the CSRF token that goes with it."""
    client: Client = signed_in(person)
    token = "a" * 32
    cookies = {name: morsel.value for name, morsel in client.cookies.items()} | {"csrftoken": token}
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "X-CSRFToken": token}


@pytest.fixture
def keys(cast: Cast) -> dict[str, int]:
    """The key of one record of each type, which the caller may see and change."""
    return {r.slug: record_in(r.model, cast.company, cast.alice).pk for r in resources()}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Let requests leave the connection open, as Django's own test client does: the test is in its transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("part", PARTS)
def test_no_call_by_token_breaks_the_api_or_its_description(part: str, keys: dict[str, int], cast: Cast) -> None:
    hold(part, keys, by_token(cast.alice))


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("part", ["assets", "me"])
def test_no_call_by_session_does_either(part: str, keys: dict[str, int], cast: Cast) -> None:
    """Only who calls differs from the calls by token, so that two parts stand for all."""
    hold(part, keys, by_session(cast.alice))


def hold(part: str, keys: dict[str, int], headers: dict[str, str]) -> None:
    """Send whatever can be made up to one part of the API, and hold every answer against the description."""
    app = get_wsgi_application()

    def ask(case: Any, real: bool) -> None:
        if real and "pk" in (case.path_parameters or {}):
            case.path_parameters["pk"] = keys[part]
        if real and isinstance(case.body, dict) and "version" in case.body:
            case.body["version"] = 1
        with undone():
            reply = case.call(app=app, base_url="http://localhost", headers=headers)
        case.validate_response(reply, checks=CHECKS)

    for label, operation in OPERATIONS.items():
        if label.split("/")[2] != part:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = operation.as_strategy(generation_mode=mode)
            limits = settings(
                max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            limits(given(case=cases, real=st.booleans())(ask))()


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("get", "/api/nothing", "", "", 404),
        ("get", "/api/nothing/1/2", "", "", 404),
        ("get", "/api/", "", "", 404),
        ("get", "/api/assets/x", "", "", 404),
        ("get", f"/api/assets/{2**70}", "", "", 404),
        ("put", "/api/assets", "{}", "application/json", 405),
        ("delete", "/api/me", "", "", 405),
        ("post", "/api/assets", "{", "application/json", 400),
        ("post", "/api/assets", '{"a":1}', "application/json", 422),
        ("post", "/api/assets", "[" * 100_000, "application/json", 400),
        ("post", "/api/assets", '{"name": "\\u0000"}', "application/json", 422),
        ("post", "/api/assets", '{"name": "\\ud800"}', "application/json", 422),
        ("post", "/api/assets", "a=1", "application/x-www-form-urlencoded", 400),
        ("post", "/api/assets", " " * (5 << 20), "application/json", 400),
        ("get", "/api/assets?limit=%00&q=%ff", "", "", 422),
    ],
)
def test_every_refusal_is_json_of_one_shape(
    method: str, path: str, body: str, kind: str, status: int, cast: Cast
) -> None:
    reply = getattr(signed_in(cast.alice), method)(path, **({"data": body, "content_type": kind} if kind else {}))
    assert reply.headers["Content-Type"].startswith("application/json"), reply.content[:200]
    assert set(reply.json()) == {"detail", "fields"}
    assert reply.status_code in {status, 422 if status == 400 else status}


def test_a_fault_is_json_too_and_tells_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise RuntimeError("canary in the fault")

    monkeypatch.setattr("remit.kernel.listing.Listing.__init__", failing)
    client = signed_in(cast.alice)
    client.raise_request_exception = False
    reply = client.get("/api/assets")
    assert (reply.status_code, set(reply.json())) == (500, {"detail", "fields"})
    assert b"canary" not in reply.content

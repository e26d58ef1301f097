"""A SCIM connection, and somebody who calls by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from remit.kernel.federation.models import ScimConnection
from remit.kernel.federation.scim.credentials import new_token
from tests.conftest import Cast, being

DOMAIN = "harbour.example"


class Caller:
    """A provider that calls the SCIM server by its token."""

    def __init__(self, connection: ScimConnection, token: str) -> None:
        self.connection, self.token = connection, token
        self.client = Client(raise_request_exception=True)

    def __call__(self, method: str, path: str, content: Any = None, **headers: str) -> Any:
        data = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.client.generic(
            method,
            f"/scim/v2{path}",
            data,
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    def person(self, mail: str, **more: Any) -> dict[str, Any]:
        reply = self("POST", "/Users", {"schemas": [USER], "userName": mail, **more})
        assert reply.status_code == 201, reply.content
        return dict(reply.json())

    def group(self, name: str, *members: str) -> dict[str, Any]:
        reply = self(
            "POST",
            "/Groups",
            {"schemas": [GROUP], "displayName": name, "members": [{"value": key} for key in members]},
        )
        assert reply.status_code == 201, reply.content
        return dict(reply.json())

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Any:
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)


USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def connect(cast: Cast) -> Callable[..., Caller]:
    def connect(name: str = "Harbour directory", *domains: str) -> Caller:
        with being(None):
            connection = ScimConnection.objects.create(name=name, domains=list(domains) or [DOMAIN])
            return Caller(connection, new_token(connection))

    return connect


@pytest.fixture
def scim(connect: Callable[..., Caller]) -> Caller:
    return connect()

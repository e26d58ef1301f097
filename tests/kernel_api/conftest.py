"""What these tests share: two companies' assets, and a caller for each of the cast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from remit.identify.assets.models import Asset
from tests.conftest import Cast, being, signed_in


@dataclass(frozen=True)
class World:
    """Bob's company has `seen` and Carol's `owned`; Eve's has `hidden`."""

    cast: Cast
    seen: Asset
    owned: Asset
    hidden: Asset


@pytest.fixture
def world(cast: Cast) -> World:
    with being(None):
        seen = Asset.objects.create(name="web-01", unit=cast.company, criticality=4, data_classes=["personal", "a, b"])
        owned = Asset.objects.create(name="db-01", unit=cast.company, owner=cast.carol)
        hidden = Asset.objects.create(name="canary-zebra", unit=cast.sibling)
    return World(cast, seen, owned, hidden)


class Caller:
    """Calls the API as one person and gives back status and JSON."""

    def __init__(self, person: Any) -> None:
        self.client: Client = signed_in(person)

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        extra = {} if body is None else {"data": body, "content_type": "application/json"}
        response = getattr(self.client, method)(f"/api/{path}", **extra)
        return response.status_code, response.json() if response.content else None


@pytest.fixture
def call(cast: Cast) -> Callable[[str], Caller]:
    return lambda name: Caller(getattr(cast, name))

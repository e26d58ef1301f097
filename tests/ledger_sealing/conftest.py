"""A database whose transactions are really committed, with a ledger that can be sealed and an owner who can tamper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import transaction

from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.keys import ring
from remit.kernel.ledger import sealing
from tests.security.helpers import Stored, stored_database


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    from django.conf import settings

    was, settings.KEYS_DIR = settings.KEYS_DIR, tmp_path_factory.mktemp("ring") / "keys"
    ring.provider.cache_clear()
    with django_db_blocker.unblock(), stored_database() as found:
        found.run(ring.signing_key)  # its making is an entry of its own
        yield found
    settings.KEYS_DIR = was
    ring.provider.cache_clear()


@pytest.fixture
def write(stored: Stored) -> Callable[[int], None]:
    """Return a function that makes so many entries, one statement each; all there were before are sealed."""

    def work(count: int) -> None:
        with actor.system("test"), transaction.atomic():
            unit, _ = Unit.objects.get_or_create(code="unit", defaults={"name": "Unit"})
            for number in range(count):
                Asset.objects.create(unit=unit, name=f"asset {number}")

    stored.run(lambda: work(0))
    stored.run(sealing.seal)
    return lambda count: stored.run(lambda: work(count)) and None


@pytest.fixture
def owner(stored: Stored) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stored.owner_uri, autocommit=True) as connection:
        yield connection

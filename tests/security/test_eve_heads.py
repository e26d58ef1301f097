"""Heads of security who go at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from remit.kernel import actor
from remit.kernel.access import managing
from remit.kernel.access.managing import AccessRefusedError
from remit.kernel.access.models import Unit
from remit.kernel.access.services import invite
from remit.kernel.access.standing import standing
from tests.conftest import being
from tests.security.helpers import Stored, stored_database


@pytest.fixture
def stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stored]:
    with django_db_blocker.unblock(), stored_database() as found:
        yield found


def test_two_heads_who_disable_each_other_at_once_do_not_both_go(stored: Stored) -> None:
    def heads() -> list[Any]:
        with being(None):
            top = Unit.objects.create(code="top", name="Top")
            return [invite(email=f"{n}@remit.example", name=n, role="head_of_security", unit=top) for n in ("a", "b")]

    first, second = stored.run(heads)[0]
    meet = Barrier(2)

    def disabling(who: Any, whom: Any) -> str:
        with actor.acting(who.pk):
            held = standing(who.pk)
            meet.wait()
            try:
                with transaction.atomic():
                    managing.disable(held, whom)
                    with connection.cursor() as cursor:
                        cursor.execute("select pg_sleep(0.3)")
            except AccessRefusedError as refusal:
                return str(refusal)[:16]
        return "done"

    said = stored.run(lambda: disabling(first, second), lambda: disabling(second, first))
    assert sorted(said) == ["This is the last", "done"]

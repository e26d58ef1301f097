"""What the ledger keeps of SCIM: who called, what changed, what was refused, and never the token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from remit.kernel import actor
from remit.kernel.access.models import Grant, Group
from remit.kernel.access.services import first_unit
from remit.kernel.federation.models import ScimConnection
from remit.kernel.federation.scim.credentials import digest_of, new_token
from tests.federation.conftest import Caller
from tests.security.helpers import Stored, stored_database


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stored]:
    with django_db_blocker.unblock(), stored_database() as found:
        yield found


def test_the_ledger_says_who_called_what_changed_and_what_was_refused(stored: Stored) -> None:
    tokens: list[str] = []

    def called() -> None:
        with actor.system("test"), transaction.atomic():
            connection = ScimConnection.objects.create(name="Docks", domains=["docks.example"])
            tokens.append(new_token(connection))
        caller = Caller(connection, tokens[0])
        made = caller.person("led@docks.example")
        group = caller.group("Led", made["id"])
        with actor.system("test"), transaction.atomic():
            Grant.objects.create(group=Group.objects.get(name="Led"), role="administrator", unit=first_unit())
        assert caller.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"}).status_code == 403

    stored.run(called)
    found = stored.as_owner(
        "select kind, verb, changes, note from ledger_entry where system = 'SCIM Docks' order by id"
    )
    assert [(kind, verb) for kind, verb, *_ in found] == [
        ("kernel.user", "create"),
        ("kernel.scimperson", "create"),
        ("kernel.group", "create"),
        ("kernel.group_members", "create"),
        ("kernel.scimgroup", "create"),
        ("kernel.scimconnection", "refuse"),
    ]
    everything = str(stored.as_owner("select * from ledger_entry"))
    assert tokens[0] not in everything
    assert digest_of(tokens[0]).hex() not in everything

"""A database of the outbox's own, in which everything is committed: only then are the ledger's entries certain."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from remit.kernel import postgres
from remit.kernel.access.models import Unit, User
from remit.kernel.access.services import invite
from remit.kernel.access.standing import standing
from remit.kernel.outbox import events, webhooks
from remit.kernel.outbox.models import Delivery, Mail, Preference, Webhook
from remit.kernel.outbox.webhooks import Said
from remit.kernel.work.models import Work
from tests.conftest import DATA, Cast, being, create_migrated, engaged

URL = "https://hooks.example.com/in/T0KEN"


@pytest.fixture(scope="session")
def outbox_uri(django_db_setup: None) -> Iterator[str]:
    if postgres.external_uri("app"):
        pytest.skip("makes a database of its own, which only the embedded server allows")
    name = f"remit_outbox_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with postgres.running(DATA, settings={"fsync": "off", "full_page_writes": "off"}) as server:
        create_migrated(server, name)
        yield server.uri("app", database=name)
        server.drop_database(name)


@pytest.fixture(scope="module")
def house(outbox_uri: str, django_db_blocker: Any) -> Iterator[Cast]:
    """The cast, in this database, to which everything here is connected."""
    was = connections.settings["default"]["NAME"]
    with django_db_blocker.unblock():
        connections.close_all()
        connections.settings["default"]["NAME"] = outbox_uri.rpartition("/")[2].partition("?")[0]
        try:
            yield people()
        finally:
            connections.close_all()
            connections.settings["default"]["NAME"] = was


def people() -> Cast:
    with being(None):
        if found := Unit.objects.filter(code="grp").first():
            units = [found, *(Unit.objects.get(code=code) for code in ("com", "team", "sib"))]
        else:
            group = Unit.objects.create(code="grp", name="Northern Group", kind="group")
            company = Unit.objects.create(code="com", name="Harbour Company", parent=group)
            team = Unit.objects.create(code="team", name="Harbour Platform", kind="business_unit", parent=company)
            units = [group, company, team, Unit.objects.create(code="sib", name="Meadow Company", parent=group)]
        roles = (
            ("Alice", "head_of_security", 0), ("Bob", "analyst", 1), ("Carol", "owner", 1), ("Dan", "auditor", 1),
            ("Eve", "employee", 3),
        )  # fmt: skip
        return Cast(*units, *(_person(name, role, units[at]) for name, role, at in roles))


def _person(name: str, role: str, unit: Unit) -> User:
    email = f"{name.lower()}@remit.example"
    if role == "auditor" and not User.objects.filter(email=email).exists():
        return invite(email=email, name=f"{name} Test", role=role, unit=unit, engagement=engaged(unit))
    return invite(email=email, name=f"{name} Test", role="" if role == "auditor" else role, unit=unit)


@pytest.fixture(autouse=True)
def swept(request: pytest.FixtureRequest) -> None:
    """Begin with an empty outbox and nothing unread, where the test has the house."""
    if "house" not in request.fixturenames:
        return
    request.getfixturevalue("house")
    with being(None):
        for model in (Webhook, Delivery, Mail, Preference, Work):
            model._default_manager.all().delete()  # type: ignore[attr-defined]
        User.objects.update(is_active=True, time_zone="UTC")
    while events.route():
        pass


@pytest.fixture
def hook(house: Cast) -> Callable[..., Webhook]:
    """Make a webhook of Alice's, or of whoever is given."""

    def make(owner: Any = None, **said: Any) -> Webhook:
        owner = owner or house.alice
        values: dict[str, Any] = {"name": "Chat", "url": URL, "unit_id": house.group.pk}
        values |= {"kinds": ("kernel.work",), "verbs": ("create", "change", "moves"), **said}
        with being(owner):
            made, secret = webhooks.add(standing(owner.pk), Said(**values))
        made.shown = secret  # type: ignore[attr-defined]
        return made

    return make


def told() -> list[tuple[str, int | None]]:
    """What was stored for webhooks, as (verb, record)."""
    with being(None):
        return list(Delivery.objects.order_by("id").values_list("verb", "record_id"))

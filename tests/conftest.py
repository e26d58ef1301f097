"""The database of a test run, the fixed cast, and the one factory that every test shares.

The cast, in every test: Alice (head of security of the group), Bob (analyst of one company), Carol (owner of what is
hers there), Dan (auditor of that company), Eve (a stranger: an employee of the other company).
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connections, models, transaction
from django.test import Client
from django.utils import timezone

from remit.kernel import actor, postgres

DATA = Path(os.environ["REMIT_DATA"])


@pytest.fixture(scope="module")
def many_requests() -> Iterator[None]:
    """Spare thousands of requests what no test of theirs looks at.

    Garbage in cycles is looked for less often, refusals are not logged, and templates keep no copies of contexts.
    """
    log, thresholds = logging.getLogger("django.request"), gc.get_threshold()
    level = log.level
    log.setLevel(logging.ERROR)
    gc.set_threshold(200_000, 50, 1000)
    with patch("django.test.client.store_rendered_templates", new=lambda *_, **__: None):
        yield
    gc.set_threshold(*thresholds)
    log.setLevel(level)


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Migrate a database of this worker's own as the owner, and connect everything else as the application."""
    from psycopg.conninfo import conninfo_to_dict

    if app := postgres.external_uri("app"):
        migrate(postgres.external_uri("owner") or app)
        connect(conninfo_to_dict(app))
        yield app
        connections.close_all()
        return
    name = f"remit_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with postgres.running(DATA, settings={"fsync": "off", "full_page_writes": "off"}) as server:
        create_migrated(server, name)
        uri = server.uri("app", database=name)
        connect(conninfo_to_dict(uri))
        yield uri
        connections.close_all()


def create_migrated(server: postgres.Server, name: str) -> None:
    """Make a migrated database: a copy of one that each process of a test run migrates once, which takes long."""
    pattern = f"remit_pattern_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    if server.place.data not in _with_pattern:
        server.create_database(pattern)
        migrate(server.uri("owner", database=pattern))
        _with_pattern.add(server.place.data)
    server.create_database(name, like=pattern)


_with_pattern: set[Path] = set()


def migrate(uri: str) -> None:
    environment = {**os.environ, "REMIT_DATABASE_URI": uri, "DJANGO_SETTINGS_MODULE": "remit.settings"}
    command = [sys.executable, "-W", "ignore", "-m", "django", "migrate", "-v0", "--skip-checks"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def connect(said: dict[str, Any]) -> None:
    connections.settings["default"].update(
        NAME=said["dbname"],
        USER=said["user"],
        PASSWORD=said.get("password", ""),
        HOST=said["host"],
        PORT=str(said.get("port", "")),
    )


@pytest.fixture(scope="session")
def django_db_setup(database: str, django_db_blocker: Any) -> None:
    """Stand in for pytest-django's own: the database is made by its owner, above."""


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and DATA.name.startswith("remit-test-"):
        shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    really = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        really(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    yield
    socket.socket.connect = really  # type: ignore[method-assign]


@dataclass(frozen=True)
class Cast:
    """The people of a test and the units they work in."""

    group: Any
    company: Any
    team: Any
    sibling: Any
    alice: Any
    bob: Any
    carol: Any
    dan: Any
    eve: Any


@pytest.fixture
def cast(db: None) -> Cast:
    from remit.kernel.access.models import Unit
    from remit.kernel.access.services import invite

    with actor.system("test"), transaction.atomic():
        group = Unit.objects.create(code="grp", name="Northern Group", kind="group")
        company = Unit.objects.create(code="com", name="Harbour Company", parent=group)
        team = Unit.objects.create(code="team", name="Harbour Platform", kind="business_unit", parent=company)
        sibling = Unit.objects.create(code="sib", name="Meadow Company", parent=group)

        def person(name: str, role: str, unit: Unit) -> Any:
            audit = engaged(unit) if role == "auditor" else None
            email = f"{name.lower()}@remit.example"
            return invite(email=email, name=f"{name} Test", role=role, unit=unit, engagement=audit)

        return Cast(
            group,
            company,
            team,
            sibling,
            person("Alice", "head_of_security", group),
            person("Bob", "analyst", company),
            person("Carol", "owner", company),
            person("Dan", "auditor", company),
            person("Eve", "employee", sibling),
        )


def engaged(unit: Any, **values: Any) -> Any:
    """Make an audit engagement in a unit: running, for a year, over every record type unless told otherwise."""
    from remit.kernel.access.models import Engagement

    today = timezone.localdate()
    said = {
        "title": f"Audit {Engagement.objects.count() + 1}",
        "firm": "Larch Assurance",
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=365),
    }
    return Engagement.objects.create(unit=unit, **{**said, **values})


@pytest.fixture
def alice(cast: Cast) -> Any:
    return cast.alice


@pytest.fixture
def browser(cast: Cast) -> Client:
    """A signed-in Alice."""
    return signed_in(cast.alice)


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def with_password(person: Any, password: str = "a long enough password") -> Any:
    """Give a person a password to confirm who they are with; who has nothing to confirm with is not asked."""
    with being(None):
        person.set_password(password)
        person.save()
    return person


def confirmed(client: Client) -> Client:
    """Let the person of this browser have just confirmed who they are."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


@contextmanager
def being(person: Any) -> Iterator[None]:
    """Act as this person, or (None) as the system, in a transaction of its own."""
    who = actor.acting(person.pk) if person is not None else actor.system("test")
    with who, transaction.atomic():
        yield


def the_grant(**which: Any) -> Any:
    """Return one grant, which the database shows to those whom it concerns only."""
    from remit.kernel.access.models import Grant

    with being(None):
        return Grant.objects.get(**which)


def example(model: type[models.Model], **values: Any) -> dict[str, Any]:
    """Return a valid value for every field that `model` needs, by the kind of field."""
    number = model._default_manager.count() + 1
    once = {
        name for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint) for name in rule.fields
    }
    for field in model._meta.concrete_fields:
        if (
            field.name in values
            or field.attname in values
            or field.has_default()
            or field.has_db_default()
            or field.null
            or field.primary_key
        ):
            continue
        if isinstance(field, models.ForeignKey):
            values[field.name] = made(field.related_model, **({"unit": values["unit"]} if "unit" in values else {}))
        elif isinstance(field, models.DateTimeField):
            values[field.name] = timezone.now()
        elif isinstance(field, models.DateField):
            days = 30 + number if field.name in once else 30
            values[field.name] = timezone.localdate() + timedelta(days=days)
        elif isinstance(field, ArrayField):
            values[field.name] = []
        elif isinstance(field, models.BinaryField):
            values[field.name] = os.urandom(32)
        elif isinstance(field, models.CharField | models.TextField):
            values[field.name] = f"Some {field.name} {number}" if not field.choices else field.choices[0][0]
        elif isinstance(field, models.IntegerField | models.FloatField):
            values[field.name] = 1
    return values


def made(model: type[models.Model], **values: Any) -> Any:
    if model._meta.label_lower == "kernel.unit":
        return model._default_manager.order_by("pk").first() or model._default_manager.create(code="made", name="Made")
    return model._default_manager.create(**example(model, **values))


def make(model: type[models.Model], **values: Any) -> Any:
    """Make a record as the system, whatever else it needs included."""
    with being(None):
        return made(model, **values)

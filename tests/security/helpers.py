"""What the security tests share: records anywhere, requests that leave no trace, answers compared byte for byte."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.db import connections, models, transaction
from django.http import HttpResponseBase
from django.test import Client

from remit.kernel import postgres
from remit.kernel.lifecycle import StateField
from remit.kernel.records import Record
from remit.kernel.resources import Resource
from tests.conftest import DATA, being, create_migrated, example

MISSING = 999_999_999
"""The key of no record."""

_FRESH = (
    re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+'),
    re.compile(rb'(nonce=")[^"]+'),
    re.compile(rb"(X-CSRFToken[^a-zA-Z0-9]+)[a-zA-Z0-9]{64}"),
)


def record_in(model: type[Record], unit: Any, owner: Any = None, **values: Any) -> Any:
    """Make a record in a unit; what it points to is there too, with the same owner, and as restricted."""
    for field in model._meta.concrete_fields:
        target = field.related_model
        if (
            isinstance(field, models.ForeignKey)
            and issubclass(target, Record)
            and not field.null
            and field.name not in values
        ):
            values[field.name] = record_in(target, unit, owner, restricted=values.get("restricted", False))
    with being(None):
        return model._default_manager.create(**example(model, unit=unit, owner=owner, **values))


def texts_of(model: type[models.Model], payload: str) -> dict[str, Any]:
    """Return the payload for every field of words that the model has, as long as it may be."""
    found: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, StateField) or field.choices or field.primary_key:
            continue
        if isinstance(field, ArrayField) and isinstance(field.base_field, models.CharField):
            found[field.name] = [payload[: field.base_field.max_length]]
        elif isinstance(field, models.TextField):
            found[field.name] = payload
        elif (
            isinstance(field, models.CharField)
            and (field.max_length or 0) >= 40
            and field.name not in {"about_kind", "about_move", "refuse_move", "digest"}
        ):
            found[field.name] = payload[: field.max_length]
    return found


def form_values(resource: Resource, record: Record) -> dict[str, Any]:
    """Return what a form of this resource would send to make a record like this one."""
    values: dict[str, Any] = {}
    for name in resource.form_fields:
        field: Any = resource.model._meta.get_field(name)
        value = field.value_from_object(record)
        if value is not None and value is not False and value != "":  # 0 is a value
            values[name] = ",".join(map(str, value)) if isinstance(value, list) else value
    return values


def json_values(resource: Resource, record: Record) -> dict[str, Any]:
    """Return what the API takes to make a record like this one."""
    values: dict[str, Any] = {}
    for name in resource.form_fields:
        field: Any = resource.model._meta.get_field(name)
        value = field.value_from_object(record)
        if value is not None:
            plain = value.isoformat() if hasattr(value, "isoformat") else value
            values[field.attname] = str(plain) if isinstance(plain, Decimal) else plain
    return values


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def body(response: HttpResponseBase) -> bytes:
    """Return what was answered, without what is fresh in every answer."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    for pattern in _FRESH:
        raw = pattern.sub(rb"\1", raw)
    return bytes(raw)


def without(raw: bytes, key: int) -> bytes:
    """Return an answer without the key that was asked for, wherever an address of the page holds it."""
    return raw.replace(f"/{key}/".encode(), b"/KEY/")


def sign_in(client: Client, email: str, password: str, **more: Any) -> Any:
    """Send the sign-in form as a person does."""
    return client.post("/account/login/", {"login": email, "password": password, **more})


def forget_rates() -> None:
    """Start the counts of tries anew; the cache outlives a test's transaction."""
    cache.clear()


@dataclass(frozen=True)
class Stored:
    """A database in which transactions are really committed, so that several may meet and the owner may look."""

    owner_uri: str

    def run(self, *tasks: Callable[[], Any]) -> list[Any]:
        """Run the tasks at once, each in a thread with a connection of its own; the first error is raised."""

        def task(work: Callable[[], Any]) -> Any:
            try:
                return work()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(tasks)) as pool:
            return [done.result() for done in [pool.submit(task, each) for each in tasks]]

    def as_owner(self, query: str) -> list[Any]:
        """Read what the application may not."""
        with psycopg.connect(self.owner_uri) as connection:
            return (
                connection.execute("select set_config('remit.system', 'test', true)")
                and connection.execute(query).fetchall()
            )  # type: ignore[call-overload]


@contextmanager
def stored_database() -> Iterator[Stored]:
    """Make a migrated database of its own beside the tests' own; new threads connect to it."""
    if postgres.external_uri("app"):
        pytest.skip("a database of its own is made on the embedded server only")
    name = f"remit_stored_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    was = dict(connections.settings["default"])
    with postgres.running(DATA, settings={"fsync": "off", "full_page_writes": "off"}) as server:
        create_migrated(server, name)
        connections.settings["default"]["NAME"] = name
        try:
            yield Stored(server.uri("owner", database=name))
        finally:
            connections.settings["default"].update(was)
            server.drop_database(name)

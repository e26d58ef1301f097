"""What every record type must do; a new type is tested here from the day it is registered."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from remit.kernel.ledger.reading import history
from remit.kernel.records import StaleRecordError
from remit.kernel.resources import Resource, resources
from tests.conftest import Cast, being, made, make, signed_in

QUERIES = 12
"""Queries a list page may cost, whatever its rows."""

every = pytest.mark.parametrize("resource", list(resources()), ids=str)
editable = pytest.mark.parametrize("resource", [r for r in resources() if r.fields and r.by_hand], ids=str)


def sendable(resource: Resource, cast: Cast) -> dict[str, Any]:
    """Return what a person fills into the form of a new record: an example's values, its relations made."""
    with being(None):
        record = made(resource.model, unit=cast.company)
        values: dict[str, Any] = {}
        for name in resource.form_fields:
            field: Any = resource.model._meta.get_field(name)
            value = field.value_from_object(record)
            if isinstance(field, models.ForeignKey):
                values[name] = value
            elif isinstance(value, list):
                values[name] = ",".join(map(str, value))
            elif value is not None and value is not False:
                values[name] = value
        record.delete()
    return {name: value for name, value in values.items() if value is not None}


@every
def test_its_list_shows_a_record(resource: Resource, cast: Cast, browser: Client) -> None:
    record = make(resource.model, unit=cast.company)
    reply = browser.get(f"/{resource.slug}/")
    assert reply.status_code == 200
    assert record.ref in reply.content.decode()


@every
def test_more_records_cost_no_more_queries(resource: Resource, cast: Cast, browser: Client) -> None:
    browser.get("/inbox/")  # the first page of a session also settles whether a second factor is due
    costs = []
    for more in (1, 4):
        for _ in range(more):
            make(resource.model, unit=cast.company, owner=cast.bob)
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/{resource.slug}/")
        asked = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]  # a test runs inside a transaction already
        costs.append(len(asked))
    assert costs[0] == costs[1] <= QUERIES, [sql[:150] for sql in asked]


@every
def test_its_page_shows_the_record_and_its_history(resource: Resource, cast: Cast, browser: Client) -> None:
    record = make(resource.model, unit=cast.company)
    reply = browser.get(record.get_absolute_url())
    page = reply.content.decode()
    assert reply.status_code == 200
    assert record.ref in page
    with being(cast.alice):
        assert [entry.verb for entry in history(resource.kind, record.pk)] == ["create"]


@editable
def test_its_form_creates_and_changes_a_record(resource: Resource, cast: Cast, browser: Client) -> None:
    values = sendable(resource, cast)
    assert browser.get(f"/{resource.slug}/new/").status_code == 200
    reply = browser.post(f"/{resource.slug}/new/", values)
    assert reply.status_code == 302, reply.context["screen"].fields
    with being(cast.alice):
        record = resource.model._default_manager.get()
        assert history(resource.kind, record.pk)[0].actor_id == cast.alice.pk
    reply = browser.post(
        f"{record.get_absolute_url()}edit/", {**values, "owner": cast.bob.pk, "version": record.version}
    )
    assert reply.status_code == 302
    with being(cast.alice):
        changed = resource.model._default_manager.get()
        assert (changed.owner, changed.version) == (cast.bob, 2)
        assert history(resource.kind, record.pk)[0].verb == "change"


@editable
def test_its_form_says_what_is_wrong_beside_the_field(resource: Resource, browser: Client) -> None:
    reply = browser.post(f"/{resource.slug}/new/", {"unit": "999999"})
    assert reply.status_code == 422
    assert any(field.errors for field in reply.context["screen"].fields)


@every
def test_a_stale_version_is_refused(resource: Resource, cast: Cast, browser: Client) -> None:
    record = make(resource.model, unit=cast.company)
    with being(cast.alice):
        one, other = (resource.model._default_manager.get(pk=record.pk) for _ in range(2))
        one.owner = cast.bob
        one.save()
        other.owner = cast.carol
        with pytest.raises(StaleRecordError):
            other.save()
        assert resource.model._default_manager.get(pk=record.pk).owner == cast.bob
    if resource.fields and resource.by_hand:
        reply = browser.post(f"{record.get_absolute_url()}edit/", {**sendable(resource, cast), "version": 1})
        assert reply.status_code == 409
        assert reply.context["screen"].conflict


@every
def test_nobody_without_a_session_sees_anything(resource: Resource, cast: Cast) -> None:
    record = make(resource.model, unit=cast.company)
    stranger = Client()
    for url in (f"/{resource.slug}/", record.get_absolute_url(), f"/{resource.slug}/export.csv"):
        reply = stranger.get(url)
        assert (reply.status_code, reply["Location"].partition("?")[0]) == (302, "/account/login/")
    assert stranger.get(f"/api/{resource.slug}").status_code == 401


@every
def test_a_hidden_record_is_a_missing_record(resource: Resource, cast: Cast) -> None:
    hidden = make(resource.model, unit=cast.sibling)
    bob = signed_in(cast.bob)
    for suffix in ("", "edit/", "delete/", "history/"):
        there, nowhere = (bob.get(f"/{resource.slug}/{pk}/{suffix}") for pk in (hidden.pk, 999_999_999))
        assert there.status_code == nowhere.status_code == 404
    assert hidden.ref not in bob.get(f"/{resource.slug}/").content.decode()


@every
def test_it_is_exported_in_every_format(resource: Resource, cast: Cast, browser: Client) -> None:
    record = make(resource.model, unit=cast.company)
    text = content(browser.get(f"/{resource.slug}/export.csv")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert record.ref in rows[1]
    found = json.loads(content(browser.get(f"/{resource.slug}/export.json")))
    assert record.ref in json.dumps(found)
    assert content(browser.get(f"/{resource.slug}/export.xlsx"))[:2] == b"PK"


def content(reply: Any) -> bytes:
    assert reply.status_code == 200
    return b"".join(reply.streaming_content) if reply.streaming else reply.content


@every
def test_a_filter_that_means_nothing_shows_nothing(resource: Resource, cast: Cast, browser: Client) -> None:
    make(resource.model, unit=cast.company)
    for name in resource.filters:
        reply = browser.get(f"/{resource.slug}/", {name: "no such thing", f"{name}_min": "no such thing"})
        assert reply.status_code == 200
        assert not reply.context["screen"].rows, name


@every
def test_it_can_be_sorted_by_every_column_that_offers_it(resource: Resource, cast: Cast, browser: Client) -> None:
    make(resource.model, unit=cast.company)
    for name in resource.sort_fields():
        for sort in (name, f"-{name}"):
            reply = browser.get(f"/{resource.slug}/", {"sort": sort, "columns": ",".join(resource.sort_fields())})
            assert len(reply.context["screen"].rows) == 1, sort


@every
def test_it_is_found_by_its_reference(resource: Resource, cast: Cast, browser: Client) -> None:
    record = make(resource.model, unit=cast.company)
    make(resource.model, unit=cast.company)
    reply = browser.get(f"/{resource.slug}/", {"q": record.ref.lower()})
    assert record.pk in [row.id for row in reply.context["screen"].rows]


@every
def test_every_state_can_be_reached(resource: Resource) -> None:
    moves = resource.model.moves().values()
    if not moves:
        pytest.skip("has no lifecycle")
    reachable = {resource.model._meta.get_field("state").default} | {move.target for move in moves}
    starts = {"planned", "discovered"}  # where imports and forms may put an asset
    assert {source for move in moves for source in move.sources} <= reachable | starts

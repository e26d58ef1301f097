"""The ledger writes itself: one entry a statement, by whom and in the same transaction, and never a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.access.models import Unit, User
from remit.kernel.ledger.reading import history, note
from remit.kernel.lifecycle import MoveRefusedError
from tests.conftest import Cast, being
from tests.security.helpers import Stored, record_in, stored_database


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stored]:
    with django_db_blocker.unblock(), stored_database() as found:
        yield found


def entries_of(record: Any, person: Any = None) -> list[Any]:
    with being(person):
        return history(record.kind(), record.pk)


def newest() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_sequence_last_value('ledger_entry_id_seq')")
        return int(cursor.fetchone()[0])


def test_each_statement_writes_one_entry_with_who_did_it(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, name="before")
    before = newest()
    with being(cast.bob):
        held = Asset.objects.get(pk=asset.pk)
        held.name = "after"
        held.save()
    assert newest() == before + 1
    changed, created = entries_of(asset)
    assert (changed.verb, changed.actor_id, changed.system) == ("change", cast.bob.pk, "")
    assert changed.change == {"id": asset.pk, "before": {"name": "before"}, "after": {"name": "after"}}
    assert (created.verb, created.actor_id, created.system) == ("create", None, "test")
    assert created.change["after"]["name"] == "before"


def test_the_system_says_why_it_acts(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with actor.system("nightly tidying"), transaction.atomic():
        Asset.objects.filter(pk=asset.pk).update(description="tidy")
    assert entries_of(asset)[0].system == "nightly tidying"
    with pytest.raises(ValueError, match="stated reason"), actor.system(""):
        pass


def test_raw_and_bulk_writes_are_on_it_too(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with being(cast.bob), connection.cursor() as cursor:
        cursor.execute("update assets_asset set description = 'by hand' where id = %s", (asset.pk,))
    assert entries_of(asset)[0].change["after"] == {"description": "by hand"}


def test_a_move_is_told_by_its_name_and_what_follows_is_not(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with being(cast.bob):
        held = Asset.objects.get(pk=asset.pk)
        held.move("confirm")
        held.description = "later"
        held.save()
    assert [entry.verb for entry in entries_of(asset)] == ["change", "confirm", "create"]


def test_what_is_undone_leaves_no_entry(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)

    def twice() -> None:
        with transaction.atomic():
            held = Asset.objects.get(pk=asset.pk)
            held.move("confirm")
            held.move("confirm")

    with being(cast.bob), pytest.raises(MoveRefusedError):
        twice()
    assert [entry.verb for entry in entries_of(asset)] == ["create"]


def test_a_deletion_is_an_entry_too(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, name="gone for good")
    key = asset.pk
    before = newest()
    with being(cast.alice):
        Asset.objects.get(pk=key).delete()
    assert newest() > before
    with being(cast.alice):
        assert history("assets.asset", key) == [], (
            "nobody sees a record that is no more, so nobody reads its history here"
        )


def test_more_than_a_hundred_rows_are_one_entry_with_count_and_digest(cast: Cast) -> None:
    with being(None):
        Asset.objects.bulk_create([Asset(unit=cast.company, name=f"a{n}") for n in range(101)])
        some = Asset.objects.first()
    assert some is not None
    assert [(e.verb, e.change, e.note) for e in entries_of(some)] == [("create", None, "with 100 others")]
    with being(cast.bob):
        Asset.objects.filter(pk__in=list(Asset.objects.values_list("pk", flat=True)[:100])).update(
            description="few enough"
        )
        assert history("assets.asset", Asset.objects.first().pk)[0].change["after"] == {"description": "few enough"}  # type: ignore[union-attr]


def test_an_update_that_changes_nothing_says_nothing(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, name="same")
    before = newest()
    with being(cast.bob):
        Asset.objects.filter(pk=asset.pk).update(name="same")
    assert newest() == before


def test_secrets_of_people_never_enter_it(stored: Stored) -> None:
    def changed() -> None:
        with actor.system("test"), transaction.atomic():
            person = User.objects.create_user(
                "canary@remit.example", "Canary", "a canary of a password", session_salt="canary-salt"
            )
            person.title = "Analyst"
            person.set_password("another canary")
            person.save()

    stored.run(changed)
    found = stored.as_owner(
        "select verb, changes from ledger_entry where kind = 'kernel.user' order by id desc limit 2"
    )
    assert [verb for verb, _ in found] == ["change", "create"]
    assert found[0][1][0]["after"] == {"title": "Analyst"}
    for word in ("argon2", "a canary", "password", "salt", "last_login"):
        assert word not in str(found), word


def test_a_deletion_keeps_what_was_deleted(stored: Stored) -> None:
    def deleted() -> None:
        with actor.system("test"), transaction.atomic():
            unit = Unit.objects.create(code="gone", name="Gone")
            Asset.objects.create(unit=unit, name="gone for good").delete()

    stored.run(deleted)
    ((verb, count, records, changes),) = stored.as_owner(
        "select verb, count, records, changes from ledger_entry where kind = 'assets.asset' and verb = 'delete'"
    )
    assert (verb, count, records) == ("delete", 1, [changes[0]["id"]])
    assert changes[0]["before"]["name"] == "gone for good"


def test_a_transaction_that_fails_leaves_no_entry(stored: Stored) -> None:
    def failing() -> None:
        with actor.system("test"), transaction.atomic():
            Unit.objects.create(code="never", name="Never was")
            raise LookupError

    before = stored.as_owner("select count(*) from ledger_entry")
    with pytest.raises(LookupError):
        stored.run(failing)
    assert stored.as_owner("select count(*) from ledger_entry") == before


@pytest.mark.parametrize("name", ["bob", "eve"])
def test_the_history_of_a_hidden_record_is_not_told(name: str, cast: Cast) -> None:
    hidden = record_in(Asset, cast.group, name="canary")
    assert entries_of(hidden, cast.alice)
    assert entries_of(hidden, getattr(cast, name)) == []
    with actor.acting(None), transaction.atomic():
        assert history("assets.asset", hidden.pk) == []
    assert entries_of(hidden, cast.alice)[0].verb == "create"


def test_reads_and_refusals_are_noted(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with being(cast.bob):
        note("export", "assets.asset", [asset.pk], "12 rows as CSV")
        found = history("assets.asset", asset.pk)[0]
    assert (found.verb, found.note, found.actor_id, found.change) == ("export", "12 rows as CSV", cast.bob.pk, None)


def test_kinds_are_data_and_never_statements(cast: Cast) -> None:
    with being(cast.bob):
        assert history("assets.asset'; select 1; --", 1) == []

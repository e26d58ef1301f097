"""No update is lost: a record that changed after it was read is not saved over, however close the two come."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.records import StaleRecordError
from tests.conftest import Cast, being, signed_in
from tests.security.helpers import Stored, form_values, record_in, stored_database


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stored]:
    with django_db_blocker.unblock(), stored_database() as found:
        yield found


def make_asset() -> Any:
    with actor.system("test"), transaction.atomic():
        unit, _ = Unit.objects.get_or_create(code="root", defaults={"name": "Root"})
        return Asset.objects.create(unit=unit, name="counted", criticality=1, serial="0")


def test_the_version_counts_the_saves(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with being(cast.bob):
        held = Asset.objects.get(pk=asset.pk)
        for expected in (2, 3):
            held.save()
            assert (held.version, Asset.objects.get(pk=asset.pk).version) == (expected, expected)


def test_a_save_of_some_fields_is_versioned_too(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with being(cast.bob):
        one, other = Asset.objects.get(pk=asset.pk), Asset.objects.get(pk=asset.pk)
        one.name = "mine"
        one.save(update_fields=["name"])
        other.serial = "theirs"
        with pytest.raises(StaleRecordError, match=f"{asset.ref} was changed by somebody else"):
            other.save(update_fields=["serial"])
        assert other.version == 1, "the refused record still says what it was read as"
        assert Asset.objects.get(pk=asset.pk).serial == ""


def test_a_record_that_is_gone_is_stale(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    with being(cast.alice):
        held = Asset.objects.get(pk=asset.pk)
        Asset.objects.get(pk=asset.pk).delete()
        with pytest.raises(StaleRecordError):
            held.save()


def test_the_second_of_two_people_is_told_and_may_lay_theirs_over(cast: Cast) -> None:
    asset = record_in(Asset, cast.company, name="before")
    alice, bob, url = signed_in(cast.alice), signed_in(cast.bob), f"/assets/{asset.pk}/edit/"
    seen = {**form_values(Asset.resource, asset), "version": 1}
    assert alice.post(url, {**seen, "name": "Alice's"}).status_code == 302
    refused = bob.post(url, {**seen, "name": "Bob's"})
    assert refused.status_code == 409
    assert "was changed by somebody else" in refused.content.decode()
    with being(cast.bob):
        assert Asset.objects.get(pk=asset.pk).name == "Alice's"
    assert bob.post(url, {**seen, "name": "Bob's", "version": refused.context["screen"].version}).status_code == 302
    with being(cast.bob):
        assert Asset.objects.get(pk=asset.pk).name == "Bob's"


def test_of_transactions_that_meet_exactly_one_is_kept(stored: Stored) -> None:
    """All read the same version, then all save: one wins, the others are told."""
    (asset,) = stored.run(make_asset)
    together = threading.Barrier(4)

    def saving() -> bool:
        with actor.system("test"), transaction.atomic():
            held = Asset.objects.get(pk=asset.pk)
            together.wait(20)
            held.criticality += 1
            try:
                held.save()
            except StaleRecordError:
                return False
            return True

    assert sorted(stored.run(*[saving] * 4)) == [False, False, False, True]
    assert stored.as_owner(f"select version, criticality from assets_asset where id = {asset.pk}") == [(2, 2)]


def test_no_count_is_lost_by_those_who_try_again(stored: Stored) -> None:
    (asset,) = stored.run(make_asset)

    def count() -> None:
        for _ in range(5):
            while True:
                try:
                    with actor.system("test"), transaction.atomic():
                        held = Asset.objects.get(pk=asset.pk)
                        held.serial = str(int(held.serial) + 1)
                        held.save()
                    break
                except StaleRecordError:
                    continue

    stored.run(*[count] * 3)
    assert stored.as_owner(f"select version, serial from assets_asset where id = {asset.pk}") == [(16, "15")]


def test_the_same_move_at_once_happens_once(stored: Stored) -> None:
    (asset,) = stored.run(make_asset)
    together = threading.Barrier(3)

    def confirming() -> bool:
        with actor.system("test"), transaction.atomic():
            held = Asset.objects.get(pk=asset.pk)
            together.wait(20)
            try:
                held.move("confirm")
            except StaleRecordError:
                return False
            return True

    assert sorted(stored.run(*[confirming] * 3)) == [False, False, True]
    verbs = stored.as_owner(
        f"""select verb from ledger_entry
            where kind = 'assets.asset' and records @> array[{asset.pk}::bigint] order by id"""
    )
    assert verbs == [("create",), ("confirm",)]

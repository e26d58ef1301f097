"""A record's entries are proven to whoever sees the record, and nothing of another record with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from remit.identify.assets.models import Asset
from remit.identify.risks.models import Risk
from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.access.services import invite
from remit.kernel.histories import telling
from remit.kernel.ledger import sealing
from remit.kernel.ledger.proofs import Proof, verify_proof
from remit.kernel.ledger.proving import NothingSealedError, prove
from tests.conftest import Cast, signed_in
from tests.security.helpers import Stored, record_in


@contextmanager
def acting(person: Any = None) -> Iterator[None]:
    with actor.system("test") if person is None else actor.acting(person), transaction.atomic():
        yield


def proof_of(key: int, person: Any = None) -> Proof:
    with acting(person):
        return prove(Asset.objects.get(pk=key), telling)


def made(count: int, **values: Any) -> list[int]:
    with acting():
        unit, _ = Unit.objects.get_or_create(code="unit", defaults={"name": "Unit"})
        return [
            a.pk for a in Asset.objects.bulk_create([Asset(unit=unit, name=f"row {n}", **values) for n in range(count)])
        ]


def changed(key: int, **values: Any) -> None:
    with acting():
        record = Asset.objects.get(pk=key)
        for name, value in values.items():
            setattr(record, name, value)
        record.save()


def test_a_record_is_proven_from_its_first_entry_to_its_last(stored: Stored) -> None:
    def work() -> Proof:
        (key,) = made(1)
        changed(key, description="first")
        changed(key, description="second")
        with pytest.raises(NothingSealedError):
            proof_of(key)
        sealing.seal(checkpoint=True)
        return proof_of(key)

    (proof,) = stored.run(work)
    report = verify_proof(Proof.parse(proof.text().encode()), stored.run(sealing.verifiers)[0])
    assert report.fits, report.faults
    assert [json.loads(entry.data)["verb"] for entry in proof.entries] == ["create", "change", "change"]


def test_one_row_of_many_is_proven_with_its_data_as_they_were(stored: Stored) -> None:
    def work() -> Proof:
        keys = made(150)
        changed(keys[70], description="later", name="another")
        changed(keys[70], description="later still")
        sealing.seal(checkpoint=True)
        return proof_of(keys[70])

    (proof,) = stored.run(work)
    report = verify_proof(proof)
    assert report.fits, report.faults
    row = proof.entries[0].row
    assert row is not None
    assert row.data is not None
    assert (row.index, row.count, json.loads(row.data)["name"]) == (70, 150, "row 70")


def test_a_row_whose_former_state_is_lost_is_proven_by_its_hash(stored: Stored) -> None:
    def work() -> Proof:
        keys = made(150)
        with acting():
            Asset.objects.filter(pk__in=keys).update(description="all at once")
        sealing.seal(checkpoint=True)
        return proof_of(keys[3])

    (proof,) = stored.run(work)
    assert verify_proof(proof).fits
    assert [entry.row is not None and entry.row.data is not None for entry in proof.entries] == [False, True]


def test_an_entry_that_tells_of_hidden_records_is_left_out(stored: Stored) -> None:
    def work() -> tuple[list[str], list[str]]:
        with acting():
            top, _ = Unit.objects.get_or_create(code="unit", defaults={"name": "Unit"})
            mine = Unit.objects.create(code="mine", name="Mine", parent=top)
            person = invite(email="analyst@remit.example", name="Analyst", role="analyst", unit=mine)
        with acting():
            seen, hidden = Asset.objects.bulk_create([Asset(unit=mine, name="seen"), Asset(unit=top, name="canary")])
        changed(seen.pk, description="alone")
        sealing.seal(checkpoint=True)
        with acting(person.pk), pytest.raises(NothingSealedError):
            prove(hidden, telling)
        return [e.data for e in proof_of(seen.pk, person.pk).entries], [e.data for e in proof_of(seen.pk).entries]

    ((theirs, all_),) = stored.run(work)
    assert (len(theirs), len(all_)) == (1, 2)
    assert "canary" not in "".join(theirs)


def test_an_entry_that_names_a_hidden_record_is_left_out(stored: Stored) -> None:
    """Its bytes hold the key; one that names a record that is gone tells of nothing that is hidden."""

    def work() -> list[tuple[list[str], list[str]]]:
        with acting():
            top, _ = Unit.objects.get_or_create(code="unit", defaults={"name": "Unit"})
            below = Unit.objects.create(code="below", name="Below", parent=top)
            person = invite(email="below@remit.example", name="Analyst", role="analyst", unit=below)
        with acting():
            hidden, gone = Asset.objects.bulk_create([Asset(unit=top, name="hidden"), Asset(unit=top, name="gone")])
            alone, of_gone = (Risk.objects.create(unit=below, title="x", asset=each) for each in (hidden, gone))
            many = Risk.objects.bulk_create([Risk(unit=below, title=f"{n}", asset=hidden) for n in range(150)])[70]
        for risk in (alone, of_gone, many):
            with acting():
                risk.description = "alone"
                risk.save(update_fields=["description"])
        with acting():
            Risk.objects.filter(pk=of_gone.pk).update(asset=None)
            gone.delete()
        sealing.seal(checkpoint=True)

        def told(risk: Risk, reader: int | None) -> list[str]:
            with acting(reader) if reader else acting():
                proof = prove(Risk.objects.get(pk=risk.pk), telling)
            assert verify_proof(proof).fits
            return [
                f"{json.loads(e.data)['verb']}{' and its row' if e.row and e.row.data else ''}" for e in proof.entries
            ]

        return [(told(risk, person.pk), told(risk, None)) for risk in (alone, of_gone, many)]

    ((alone, of_gone, many),) = stored.run(work)
    assert alone == (["change"], ["create", "change"])
    assert of_gone == (["create", "change", "change"], ["create", "change", "change"])
    assert many == (["create", "change"], ["create and its row", "change"])


def test_the_page_of_a_proof_is_for_who_sees_the_record(cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    url = f"/assets/{asset.pk}/proof/"
    answer = signed_in(cast.bob).get(url)
    assert (answer.status_code, answer["Location"]) == (302, f"/assets/{asset.pk}/"), "nothing is sealed yet"
    assert signed_in(cast.eve).get(url).status_code == 404

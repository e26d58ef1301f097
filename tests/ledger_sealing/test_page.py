"""The ledger's page: for who oversees it, with nothing of any record; anchors are set at the top."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.utils import timezone

from remit.kernel.access.models import Unit
from remit.kernel.access.services import invite
from remit.kernel.ledger import anchors, sealing
from remit.kernel.ledger.checking import check
from remit.kernel.ledger.models import Anchor, Anchoring
from remit.kernel.ledger.overview import overview
from tests.conftest import Cast, being, engaged, signed_in
from tests.ledger_sealing.test_tampering import LOOSE
from tests.security.helpers import Stored


def confirmed(person: Any) -> Client:
    client = signed_in(person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    return client


def test_who_oversees_sees_how_it_does(cast: Cast) -> None:
    with being(None):
        helper = invite(email="helper@remit.example", name="Helper", role="administrator", unit=cast.company)
    sealing.seal(checkpoint=True)
    for person in (cast.alice, cast.dan, helper):
        page = signed_in(person).get("/ledger/")
        assert page.status_code == 200
        assert "Anchors" in page.content.decode()
    for person in (cast.bob, cast.carol, cast.eve):
        assert signed_in(person).get("/ledger/").status_code == 403


def test_only_who_administers_the_topmost_unit_sets_anchors(cast: Cast, tmp_path: Path) -> None:
    said = {"name": "Share", "kind": "folder", "target": str(tmp_path), "certificate": ""}
    with being(None):
        lesser = invite(email="lesser@remit.example", name="Lesser", role="head_of_security", unit=cast.company)
    for person in (lesser, cast.dan, cast.eve):
        assert confirmed(person).post("/ledger/anchors/new/", said).status_code == 403
    with being(None):
        cast.alice.set_password("a sentence to keep")
        cast.alice.save()
    alice = signed_in(cast.alice)
    asked = alice.post("/ledger/anchors/new/", said)
    assert asked["Location"].startswith("/account/reauthenticate/")
    alice.post(asked["Location"], {"password": "a sentence to keep"})
    assert alice.post("/ledger/anchors/new/", {**said, "target": "nowhere"}).status_code == 422
    assert alice.post("/ledger/anchors/new/", said).status_code == 422, "it is made already, so the name is taken"
    page = alice.get("/ledger/").content.decode()
    assert str(tmp_path) in page
    with being(None):
        made = Anchor.objects.get()
    assert confirmed(lesser).post(f"/ledger/anchors/{made.pk}/remove/").status_code == 403
    assert alice.post(f"/ledger/anchors/{made.pk + 1}/remove/").status_code == 404
    assert alice.post(f"/ledger/anchors/{made.pk}/remove/").status_code == 302
    with being(None):
        assert not Anchor.objects.exists()


def test_an_auditor_learns_that_there_are_anchors_and_not_where(cast: Cast, tmp_path: Path) -> None:
    with being(None):
        made = anchors.add("Vault of the group", "folder", str(tmp_path))
        Anchoring.objects.create(
            anchor=made, size=1, tries=3, next_try=timezone.now(), error=f"{tmp_path}: no such folder"
        )
    whole, outside = (signed_in(person).get("/ledger/").content.decode() for person in (cast.alice, cast.dan))
    assert f"{tmp_path}: no such folder" in whole
    assert str(tmp_path) not in outside
    assert "Vault of the group" in outside
    assert "Whoever administers the topmost unit sees why. Tried 3 times" in outside


def test_the_database_keeps_anchors_from_others_too(cast: Cast) -> None:
    with being(None):
        anchors.add("Mail", "mail", "auditor@example.org")
    with being(cast.bob):
        assert not Anchor.objects.exists()
    with being(cast.dan):
        assert not Anchor.objects.exists()
        assert Anchor.objects.update(target="eve@example.org") == 0
        assert Anchor.objects.all().delete()[0] == 0


def test_checkpoints_and_timestamps_are_handed_out_to_who_oversees(
    stored: Stored, write: Callable[[int], None]
) -> None:
    def people() -> tuple[Any, Any]:
        with being(None):
            unit = Unit.objects.get(code="unit")
            auditor = invite(
                email="auditor@remit.example", name="Auditor", role="auditor", unit=unit, engagement=engaged(unit)
            )
            return auditor, invite(email="stranger@remit.example", name="Stranger", role="employee", unit=unit)

    def work() -> None:
        auditor, stranger = people()
        size = sealing.seal(checkpoint=True).checkpoint
        with being(None):
            held = anchors.add("Mail", "mail", "auditor@example.org")
            times = {"next_try": held.created_at, "done_at": held.created_at}
            Anchoring.objects.create(anchor=held, size=size, state="done", receipt=b"a timestamp", **times)
        for url, start in (
            (f"/ledger/checkpoints/{size}/", b"remit/"),
            (f"/ledger/anchors/{held.pk}/receipt/", b"a time"),
        ):
            answer = signed_in(auditor).get(url)
            assert answer.content.startswith(start)
            assert answer["Content-Disposition"].startswith("attachment")
            assert signed_in(stranger).get(url).status_code == 404
        assert signed_in(auditor).get("/ledger/checkpoints/999999/").status_code == 404
        assert signed_in(auditor).get(f"/ledger/checkpoints/{10**30}/").status_code == 404

    write(1)
    stored.run(work)


def system(work: Callable[[], Any]) -> Callable[[], Any]:
    def acting() -> Any:
        with being(None):
            return work()

    return acting


def test_a_look_through_the_ledger_finds_what_was_done_by_hand(stored: Stored, write: Callable[[int], None]) -> None:
    write(600)
    stored.run(lambda: sealing.seal(checkpoint=True))
    (found,) = stored.run(system(lambda: check(whole=True)))
    assert (found.first, found.fault) == (0, "")
    assert found.size > 600
    assert stored.run(system(overview))[0].alarm == ""
    entry = "(select entry_id from ledger_leaf where position = 300)"
    for deed, said in (
        (f"update ledger_entry set note = 'x' where id = {entry}", "At position 300 (entry"),
        ("delete from ledger_leaf where position = 300", "At position 300 the leaf is missing."),
        ("update ledger_checkpoint set root = sha256(root)", "are not those of the checkpoint of that size"),
        ("update ledger_checkpoint set note = replace(note, 'time 2', 'time 3')", "cannot be trusted"),
    ):
        with psycopg.connect(stored.owner_uri) as owner:
            for table in ("ledger_entry", "ledger_leaf", "ledger_checkpoint"):
                owner.execute(f"drop table if exists was_{table}; create table was_{table} as table {table}")
            owner.execute(LOOSE + deed)
        (found,) = stored.run(system(lambda: check(whole=True)))
        with psycopg.connect(stored.owner_uri) as owner:
            for table in ("ledger_entry", "ledger_leaf", "ledger_checkpoint"):
                owner.execute(f"truncate {table}; insert into {table} overriding system value table was_{table}")
        assert said in found.fault
    (found,) = stored.run(system(lambda: check(whole=False)))
    assert found.fault == ""


def test_a_seal_that_stands_still_is_an_alarm(
    stored: Stored, write: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from remit.kernel.ledger import overview as module

    write(1)
    monkeypatch.setattr(module, "LATE", timedelta(0))
    assert "Sealing stands still" in stored.run(system(overview))[0].alarm
    stored.run(lambda: sealing.seal(checkpoint=True))
    assert stored.run(system(overview))[0].alarm == ""

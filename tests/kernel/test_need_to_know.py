"""Restricted records: who restricts and releases, who is named, and that everything that hangs on them follows."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Occurrence
from remit.kernel.access import need_to_know
from remit.kernel.access.models import NeedToKnow
from remit.kernel.access.need_to_know import NeedToKnowRefusedError
from remit.kernel.access.standing import standing
from remit.kernel.attachments.services import attach, comment, comments_of, evidence_of, link
from remit.kernel.ledger.reading import history
from remit.kernel.work.models import Work
from remit.kernel.work.services import about, ask
from tests.conftest import Cast, being, confirmed, signed_in, with_password
from tests.security.helpers import body, record_in

WHY = {"reason": "An inquiry into somebody who reads these."}


@pytest.fixture
def asset(cast: Cast) -> Asset:
    """Carol's asset, which Bob and Alice may decide on or not, by their roles."""
    return record_in(Asset, cast.company, cast.carol, name="quetzal")  # type: ignore[no-any-return]


def sees(person: Any, record: Any) -> bool:
    with being(person):
        return bool(type(record)._default_manager.filter(pk=record.pk).exists())


def restricted(record: Any, by: Any) -> Any:
    with being(by):
        held = type(record)._default_manager.get(pk=record.pk)
        need_to_know.restrict(standing(by.pk), held, "An inquiry")
    return held


def named(record: Any, person: Any, by: Any, **values: Any) -> NeedToKnow:
    with being(by):
        held = type(record)._default_manager.get(pk=record.pk)
        return need_to_know.let_know(standing(by.pk), held, person.pk, "Helps", **values)


@pytest.mark.parametrize(("name", "status", "becomes"), [
    ("carol", 302, True), ("alice", 302, True), ("bob", 403, False), ("dan", 403, False), ("eve", 404, False),
])  # fmt: skip
def test_the_owner_and_who_decides_restrict(name: str, status: int, becomes: bool, cast: Cast, asset: Asset) -> None:
    who = getattr(cast, name)
    assert signed_in(who).post(f"/assets/{asset.pk}/restrict/", WHY).status_code == status
    with being(None):
        assert Asset.objects.get(pk=asset.pk).restricted is becomes
    if becomes:
        assert sees(who, asset), "who restricts a record keeps seeing it"
        assert not sees(cast.bob, asset)


@pytest.mark.parametrize("reason", ["", "  \t", "x" * 201])
def test_a_restriction_needs_a_reason(reason: str, cast: Cast, asset: Asset) -> None:
    signed_in(cast.carol).post(f"/assets/{asset.pk}/restrict/", {"reason": reason})
    assert sees(cast.bob, asset)


def test_both_deeds_are_on_the_ledger_by_their_names_and_reasons(cast: Cast, asset: Asset) -> None:
    carol = confirmed(signed_in(cast.carol))
    carol.post(f"/assets/{asset.pk}/restrict/", WHY)
    carol.post(f"/assets/{asset.pk}/release/", {"reason": "It is over."})
    with being(cast.bob):
        released, limited = (e for e in history("assets.asset", asset.pk) if e.verb in {"restrict", "release"})
    assert (limited.note, limited.actor_id) == (WHY["reason"], cast.carol.pk)
    assert limited.change is not None
    assert limited.change["after"] == {"restricted": True}
    assert released.note == "It is over."


def test_a_release_asks_who_one_is_and_leaves_no_leave(cast: Cast, asset: Asset) -> None:
    restricted(asset, cast.alice)
    url = f"/assets/{asset.pk}/release/"
    reply = signed_in(with_password(cast.alice)).post(url, WHY)
    assert reply["Location"].startswith("/account/reauthenticate/")
    assert not sees(cast.bob, asset)
    assert confirmed(signed_in(cast.alice)).post(url, WHY).status_code == 302
    assert sees(cast.bob, asset)
    with being(None):
        assert not NeedToKnow.objects.exists()


def test_the_api_restricts_and_releases_too(cast: Cast, asset: Asset) -> None:
    def post(person: Any, name: str, client: Any = None) -> Any:
        caller = client or signed_in(person)
        return caller.post(f"/api/assets/{asset.pk}/{name}", WHY, content_type="application/json")

    assert post(cast.bob, "restrict").status_code == 403
    assert post(cast.carol, "restrict").status_code == 200
    assert post(cast.carol, "restrict").status_code == 409
    assert post(cast.bob, "release").status_code == 404
    asked = post(with_password(cast.carol), "release")
    assert (asked.status_code, asked.json()["code"]) == (403, "step-up")
    assert post(cast.carol, "release", confirmed(signed_in(cast.carol))).status_code == 200
    assert sees(cast.bob, asset)


def test_who_is_named_sees_it_until_their_last_moment(cast: Cast, asset: Asset) -> None:
    restricted(asset, cast.carol)
    leave = named(asset, cast.bob, cast.carol, until=timezone.now() + timedelta(hours=1))
    assert sees(cast.bob, asset)
    assert (leave.given_by_id, leave.reason) == (cast.carol.pk, "Helps")
    with being(None):
        NeedToKnow.objects.filter(pk=leave.pk).update(until=timezone.now() - timedelta(hours=1))
    assert not sees(cast.bob, asset)
    named(asset, cast.bob, cast.carol)
    assert sees(cast.bob, asset), "a leave that has ended is given anew"


def test_only_who_would_reach_it_is_offered_and_taken(cast: Cast, asset: Asset) -> None:
    restricted(asset, cast.carol)
    carol = signed_in(cast.carol)
    offered = {entry["text"] for entry in carol.get(f"/assets/{asset.pk}/need-to-know/people/?q=").json()}
    assert offered == {"Alice Test", "Bob Test", "Dan Test"}
    carol.post(f"/assets/{asset.pk}/need-to-know/", {"person": str(cast.eve.pk), "reason": "Helps"})
    assert not sees(cast.eve, asset)
    with being(None):
        assert not NeedToKnow.objects.exists()


@pytest.mark.parametrize("until", ["2001-01-01T10:00", "tomorrow", "2026-13-45T99:99"])
def test_a_last_moment_that_is_past_or_none_is_refused(until: str, cast: Cast, asset: Asset) -> None:
    restricted(asset, cast.carol)
    values = {"person": str(cast.bob.pk), "reason": "Helps", "until": until}
    assert signed_in(cast.carol).post(f"/assets/{asset.pk}/need-to-know/", values).status_code == 302
    assert not sees(cast.bob, asset)


def test_a_leave_is_taken_back(cast: Cast, asset: Asset) -> None:
    restricted(asset, cast.carol)
    leave = named(asset, cast.bob, cast.carol)
    url = f"/assets/{asset.pk}/need-to-know/{leave.pk}/take-back/"
    assert signed_in(cast.bob).post(url).status_code == 403, "who is named does not name others"
    assert signed_in(cast.carol).post(url).status_code == 302
    assert not sees(cast.bob, asset)
    assert signed_in(cast.bob).post(url).status_code == 404


def test_the_database_lets_nobody_name_themselves(cast: Cast, asset: Asset) -> None:
    restricted(asset, cast.carol)
    leave = {"kind": "assets.asset", "record_id": asset.pk, "user": cast.bob, "reason": "x"}
    later = timezone.now() + timedelta(hours=1)
    for values in ({}, {"given_by": cast.bob}, {"given_by": cast.bob, "broken_glass": True, "until": later}):
        with pytest.raises(ProgrammingError, match="row-level security"), being(cast.bob), transaction.atomic():
            NeedToKnow.objects.create(**leave, **values)
    with pytest.raises(ProgrammingError, match="row-level security"), being(cast.alice), transaction.atomic():
        NeedToKnow.objects.create(
            **{**leave, "user": cast.alice}, given_by=cast.alice, broken_glass=True,
            until=timezone.now() + timedelta(hours=5),
        )  # fmt: skip
    with being(cast.bob):
        assert not NeedToKnow.objects.exists(), "who needs to know a hidden record is hidden with it"


def test_everything_that_hangs_on_it_follows(cast: Cast, asset: Asset) -> None:
    other = record_in(Asset, cast.company, cast.carol, name="other")
    with being(cast.carol):
        comment(asset, "quetzal said")
        proof = attach(asset, "quetzal.txt", io.BytesIO(b"quetzal"))
        link(other, asset)
    with being(cast.bob):
        task = ask("quetzal to do", owner_id=cast.alice.pk, record=asset)
    restricted(asset, cast.carol)

    urls = (
        "/assets/",
        "/search/?q=quet",
        "/lookup/?q=quet",
        "/lookup/assets/?q=quet",
        "/palette/?q=quet",
        "/assets/export.csv",
        "/api/assets",
        f"/assets/{other.pk}/",
        f"/api/assets/{other.pk}/links",
        "/work/",
    )
    pages = (f"/assets/{asset.pk}/", f"/evidence/{proof.pk}/")

    def told(person: Any) -> list[str]:
        client = signed_in(person)
        found = [url for url in urls if b"quetzal" in body(client.get(url))]
        found += [url for url in pages if b"quetzal" in body(client.get(url))]
        with being(person):
            hung = {"comments": comments_of(asset), "evidence": evidence_of(asset), "work": about(asset)}
            return found + [name for name, rows in hung.items() if rows]

    assert told(cast.dan) == [] == told(cast.bob)
    named(asset, cast.bob, cast.carol)
    assert len(told(cast.bob)) == 15, told(cast.bob)
    with being(cast.alice):
        assert Work.objects.filter(pk=task.pk).exists(), "who owes something about it still owes it"


def test_who_knows_an_asset_knows_its_findings_and_the_work_about_them(cast: Cast, asset: Asset) -> None:
    finding = record_in(Occurrence, cast.company, cast.carol, asset=asset)
    with being(cast.alice):
        task = ask("Look at it", owner_id=cast.carol.pk, record=finding)
    restricted(asset, cast.carol)
    later = record_in(Occurrence, cast.company, cast.carol, asset=asset, restricted=True)
    assert not any(sees(cast.bob, record) for record in (finding, later, task))
    leave = named(asset, cast.bob, cast.carol)
    assert all(sees(cast.bob, record) for record in (finding, later, task))
    with being(cast.carol):
        need_to_know.take_back(standing(cast.carol.pk), asset, leave.pk)
        held = Asset.objects.get(pk=asset.pk)
        with pytest.raises(NeedToKnowRefusedError, match="belongs to"):
            need_to_know.release(standing(cast.carol.pk), Occurrence.objects.get(pk=finding.pk), "Why not")
        need_to_know.release(standing(cast.carol.pk), held, "Over")
    assert sees(cast.bob, finding)
    assert sees(cast.bob, task)


def test_a_restricted_record_is_read_on_the_ledger_once_in_a_while(
    cast: Cast, asset: Asset, django_capture_on_commit_callbacks: Any
) -> None:
    restricted(asset, cast.carol)
    client = signed_in(cast.carol)
    for url in (f"/assets/{asset.pk}/", f"/api/assets/{asset.pk}", f"/assets/{asset.pk}/edit/", "/assets/export.csv"):
        with django_capture_on_commit_callbacks(execute=True):
            client.get(url)

    def reads() -> list[tuple[int | None, str]]:
        with being(cast.carol):
            return [(e.actor_id, e.note) for e in history("assets.asset", asset.pk) if e.verb == "read"]

    assert reads() == [(cast.carol.pk, "")]
    leave = named(asset, cast.bob, cast.carol)
    with django_capture_on_commit_callbacks(execute=True):
        body(signed_in(cast.bob).get("/assets/export.json"))
    assert reads()[0] == (cast.bob.pk, "by an export")
    assert leave.pk


def test_the_page_says_who_needs_to_know(cast: Cast, asset: Asset) -> None:
    restricted(asset, cast.carol)
    named(asset, cast.bob, cast.carol)
    page = signed_in(cast.carol).get(f"/assets/{asset.pk}/").content.decode()
    assert all(word in page for word in ("Who needs to know", "Bob Test", "Helps · by Carol Test", "Take back"))
    assert "Take back" not in signed_in(cast.bob).get(f"/assets/{asset.pk}/").content.decode()

"""Four eyes and step-up: who may not take a move because of what they did, and who is asked who they are first."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Acceptance, Occurrence
from remit.kernel import actor
from remit.kernel.access.services import invite
from remit.kernel.access.standing import standing
from remit.kernel.lifecycle import Move, MoveRefusedError
from remit.kernel.resources import resource
from remit.kernel.transfer.bulk import plan_move
from remit.kernel.work.services import ask
from tests.conftest import Cast, being, confirmed, example, signed_in, with_password
from tests.security.helpers import record_in

PASSWORD = "a long enough password"


@pytest.fixture
def second(cast: Cast) -> Any:
    with being(None):
        return invite(email="hanna@remit.example", name="Hanna", role="head_of_security", unit=cast.group)


def asked_by(person: Any, cast: Cast, owner: Any = None) -> Acceptance:
    """An acceptance made by this person."""
    made = record_in(Acceptance, cast.company)
    with being(None):
        values = example(Acceptance, weakness=made.weakness, asset=made.asset, unit=cast.company, owner=owner)
    record_in(Occurrence, cast.company, weakness=made.weakness)
    with being(person):
        return Acceptance.objects.create(**values)


def test_who_made_it_does_not_grant_it(cast: Cast, second: Any) -> None:
    asked = asked_by(cast.alice, cast)
    with being(cast.alice), pytest.raises(MoveRefusedError, match=r"You made this record.*four eyes"):
        Acceptance.objects.get(pk=asked.pk).move("grant")
    page = signed_in(cast.alice).get(f"/acceptances/{asked.pk}/").content.decode()
    assert "You made this record; somebody else must take “grant” (four eyes)." in page
    url = f"/api/acceptances/{asked.pk}/moves/grant"
    assert signed_in(cast.alice).post(url, {}, content_type="application/json").status_code == 409
    with being(second):
        Acceptance.objects.get(pk=asked.pk).move("grant")


def test_who_owns_it_does_not_grant_it(cast: Cast) -> None:
    asked = asked_by(cast.bob, cast, owner=cast.alice)
    with being(cast.alice), pytest.raises(MoveRefusedError, match="You own this record"):
        Acceptance.objects.get(pk=asked.pk).move("grant")


def test_who_changed_it_last_does_not_grant_it(cast: Cast, second: Any) -> None:
    """Nobody writes somebody else's request anew and then grants what they wrote."""
    asked = asked_by(cast.bob, cast)
    with being(cast.alice):
        held = Acceptance.objects.get(pk=asked.pk)
        held.reason = "Something else"
        held.save()
        with pytest.raises(MoveRefusedError, match="You changed this record"):
            Acceptance.objects.get(pk=asked.pk).move("grant")
    with being(second):
        Acceptance.objects.get(pk=asked.pk).move("grant")


def test_approving_by_work_is_bound_by_it_too(cast: Cast, second: Any) -> None:
    asked = asked_by(second, cast)
    with being(cast.alice):
        work = ask("Accept it", owner_id=second.pk, record=asked, move="grant")
    with being(second), pytest.raises(MoveRefusedError, match="You made this record"):
        type(work)._default_manager.get(pk=work.pk).move("approve", reason="Fine")


def test_who_took_a_named_move_is_told_by_the_ledger(cast: Cast, second: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    moves = Asset.moves()
    monkeypatch.setitem(moves, "retire", Move("retire", ("active", "retiring"), "retired", four_eyes="confirm"))
    asset = record_in(Asset, cast.company)
    with being(cast.bob):
        held = Asset.objects.get(pk=asset.pk)
        held.move("confirm")
        with pytest.raises(MoveRefusedError, match="You took “confirm” here"):
            held.move("retire")
    with being(cast.alice):
        Asset.objects.get(pk=asset.pk).move("retire")


def test_the_last_time_counts_and_the_system_is_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        Asset.moves(), "retire", Move("retire", ("active", "retiring"), "retired", four_eyes=("confirm", "create"))
    )
    asset = record_in(Asset, cast.company)
    with being(None):
        Asset.objects.get(pk=asset.pk).move("confirm")
    with being(cast.bob):
        assert Asset.objects.get(pk=asset.pk).refusal("retire") == ""


def test_a_hidden_record_s_doers_are_not_told(cast: Cast) -> None:
    from django.db import connection

    asset = record_in(Asset, cast.sibling)
    with being(cast.bob), connection.cursor() as cursor:
        cursor.execute("select * from remit_last_actors('assets.asset', %s::bigint[], 'create')", ([asset.pk],))
        assert cursor.fetchall() == []


def test_many_are_asked_of_the_ledger_at_once(cast: Cast, django_assert_max_num_queries: Any) -> None:
    made = [asked_by(cast.alice, cast).pk for _ in range(6)]
    with being(cast.alice):
        standing_now = standing(cast.alice.pk)
        with django_assert_max_num_queries(4):
            plan = plan_move(resource("acceptances"), standing_now, made, "grant", {})
    assert len(plan.refused) == 6
    assert "four eyes" in plan.refused[0].reason


@pytest.fixture
def sensitive(monkeypatch: pytest.MonkeyPatch) -> None:
    was = Occurrence.moves()["accept"]
    monkeypatch.setitem(
        Occurrence.moves(), "accept", Move("accept", was.source, was.target, decision=True, asks=was.asks, step_up=True)
    )


@pytest.fixture
def alice_s(cast: Cast) -> Client:
    """Alice's browser, with a password she can type."""
    return signed_in(with_password(cast.alice, PASSWORD))


def state_of(record: Any) -> str:
    with being(None):
        return str(type(record)._default_manager.get(pk=record.pk).state)


def test_a_sensitive_move_asks_and_then_goes_on_with_what_was_typed(
    cast: Cast, sensitive: None, alice_s: Client
) -> None:
    finding = record_in(Occurrence, cast.company)
    asked = alice_s.post(f"/findings/{finding.pk}/move/accept/", {"reason": "We live with it."})
    assert asked["Location"].startswith("/account/reauthenticate/?next=")
    assert state_of(finding) == "open"
    assert alice_s.post(asked["Location"], {"password": "wrong"}).status_code == 200
    assert state_of(finding) == "open"
    alice_s.post(asked["Location"], {"password": PASSWORD})
    assert state_of(finding) == "accepted"
    with being(None):
        assert Occurrence.objects.get(pk=finding.pk).reason == "We live with it."


def test_the_api_says_step_up(cast: Cast, sensitive: None) -> None:
    finding = record_in(Occurrence, cast.company)
    url, sent = f"/api/findings/{finding.pk}/moves/accept", {"reason": "We live with it."}
    reply = signed_in(with_password(cast.alice)).post(url, sent, content_type="application/json")
    assert (reply.status_code, reply.json()["code"]) == (403, "step-up")
    assert "/account/reauthenticate/" in reply.json()["detail"]
    assert confirmed(signed_in(cast.alice)).post(url, sent, content_type="application/json").status_code == 200


def test_work_and_jobs_take_no_way_round_it(cast: Cast, sensitive: None) -> None:
    """Approving asks, since it takes the move; a job acts for who asked, and nobody is there to be asked again."""
    finding = record_in(Occurrence, cast.company)
    with being(cast.bob):
        work = ask("Accept it", owner_id=cast.alice.pk, record=finding, move="accept")
    reply = signed_in(with_password(cast.alice)).post(f"/work/{work.pk}/move/approve/", {"reason": "Fine"})
    assert reply["Location"].startswith("/account/reauthenticate/")
    assert (state_of(finding), state_of(work)) == ("open", "open")
    with actor.acting(cast.alice.pk):
        Occurrence.objects.get(pk=finding.pk).move("accept", reason="Asked of a job")
    assert state_of(finding) == "accepted"


def test_deciding_on_many_at_once_and_deleting_ask(cast: Cast, alice_s: Client) -> None:
    findings = [record_in(Occurrence, cast.company) for _ in range(2)]
    ids = [finding.pk for finding in findings]
    page = alice_s.post("/findings/bulk/", {"ids": ids, "move": "accept"})
    action = page.context["action"]
    sent = {"ids": ids, "action": action, "confirmed": "1", "reason": "All of them"}
    asked = alice_s.post("/findings/bulk/", sent)
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert [state_of(finding) for finding in findings] == ["open", "open"]
    alice_s.post(asked["Location"], {"password": PASSWORD})
    assert [state_of(finding) for finding in findings] == ["accepted", "accepted"]
    asset = record_in(Asset, cast.company)
    fresh = signed_in(cast.alice)
    assert fresh.post(f"/assets/{asset.pk}/delete/")["Location"].startswith("/account/reauthenticate/")
    assert fresh.delete(f"/api/assets/{asset.pk}").json()["code"] == "step-up"
    assert confirmed(fresh).delete(f"/api/assets/{asset.pk}").status_code == 204


def test_moving_many_without_deciding_asks_nothing(cast: Cast) -> None:
    finding = record_in(Occurrence, cast.company)
    bob = signed_in(cast.bob)
    page = bob.post("/findings/bulk/", {"ids": [finding.pk], "move": "start"})
    bob.post("/findings/bulk/", {"ids": [finding.pk], "action": page.context["action"], "confirmed": "1"})
    assert state_of(finding) == "in_progress"

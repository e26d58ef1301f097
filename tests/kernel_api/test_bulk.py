"""Changing many records at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import QueryDict

from remit.identify.assets.models import Asset
from remit.kernel.access.standing import standing
from remit.kernel.ledger.reading import history
from remit.kernel.listing import Listing
from remit.kernel.resources import resource
from remit.kernel.transfer.bulk import BulkRefusedError, apply, plan_change, plan_move, select
from tests.conftest import being, signed_in

ASSETS = "assets"


def test_a_change_counts_versions_and_is_on_the_ledger(world: Any) -> None:
    bob = world.cast.bob
    with being(bob):
        keys = select(Listing(resource(ASSETS), QueryDict("")))
        plan = plan_change(resource(ASSETS), standing(bob.pk), [*keys, world.hidden.pk, 99999999], {"criticality": "5"})
        assert len(plan.records) == 2
        assert "3 · medium (1)" in plan.undo
        done = apply(plan, versions=plan.versions)
        assert (done.changed, done.refused) == (2, 0)
        assert {a.version for a in Asset.objects.all()} == {2}
        assert history("assets.asset", world.seen.pk)[0].change["after"]["criticality"] == 5  # type: ignore[index]
        again = plan_change(resource(ASSETS), standing(bob.pk), keys, {"criticality": "5"})
        assert (len(again.records), again.unchanged) == (0, 2)


def test_a_stale_plan_undoes_everything(world: Any) -> None:
    bob = world.cast.bob
    with being(bob):
        plan = plan_change(
            resource(ASSETS), standing(bob.pk), [world.seen.pk, world.owned.pk], {"exposure": "internet"}
        )
        other = Asset.objects.get(pk=world.owned.pk)
        other.save()
        with pytest.raises(BulkRefusedError):
            apply(plan)
        assert Asset.objects.get(pk=world.seen.pk).exposure == "internal"


def test_what_one_may_not_keep_is_refused_with_its_reason(world: Any) -> None:
    bob = world.cast.bob
    with being(bob):
        with pytest.raises(ValidationError):
            plan_change(resource(ASSETS), standing(bob.pk), [world.seen.pk], {"unit": str(world.cast.sibling.pk)})
        plan = plan_change(resource(ASSETS), standing(bob.pk), [world.seen.pk], {"unit": str(world.cast.group.pk)})
        assert (len(plan.records), len(plan.refused)) == (0, 1)
        with pytest.raises(BulkRefusedError):
            apply(plan)
        with pytest.raises(ValidationError):
            plan_change(resource(ASSETS), standing(bob.pk), [world.seen.pk], {"name": "x"})
    with being(world.cast.carol), pytest.raises(PermissionDenied):
        plan_change(resource(ASSETS), standing(world.cast.carol.pk), [world.owned.pk], {"criticality": "1"})


def test_a_move_for_many(world: Any) -> None:
    bob = world.cast.bob
    with being(bob):
        plan = plan_move(resource(ASSETS), standing(bob.pk), [world.seen.pk, world.owned.pk], "confirm", {})
        assert apply(plan).changed == 2
        plan = plan_move(resource(ASSETS), standing(bob.pk), [world.seen.pk], "confirm", {})
        assert "cannot be moved" in plan.refused[0].reason
        with pytest.raises(ValidationError):
            plan_move(resource(ASSETS), standing(bob.pk), [world.seen.pk], "confirm", {"reason": "x"})


def test_the_screen_confirms_then_changes(world: Any) -> None:
    client = signed_in(world.cast.bob)
    ids = [world.seen.pk, world.owned.pk]
    page = client.post("/assets/bulk/", {"ids": ids, "field": "criticality", "action": "ask"})
    assert page.status_code == 200
    assert page.context["count"] == 2
    action = page.context["action"]
    wrong = client.post("/assets/bulk/", {"ids": ids, "action": action, "confirmed": "1", "criticality": "77"})
    assert wrong.status_code == 422
    assert (
        client.post("/assets/bulk/", {"ids": ids, "action": action, "confirmed": "1", "criticality": "5"}).status_code
        == 302
    )
    with being(world.cast.bob):
        assert {a.criticality for a in Asset.objects.all()} == {5}
    client.post(
        "/assets/bulk/", {"ids": ids, "action": action, "confirmed": "1", "criticality": "1"}
    )  # shown before the change
    with being(world.cast.bob):
        assert {a.criticality for a in Asset.objects.all()} == {5}
    move = client.post("/assets/bulk/", {"all": "1", "query": "criticality=5", "move": "confirm"})
    assert move.context["count"] == 2
    client.post("/assets/bulk/", {"ids": ids, "action": move.context["action"], "confirmed": "1"})
    with being(world.cast.bob):
        assert {a.state for a in Asset.objects.all()} == {"active"}
    assert signed_in(world.cast.dan).post("/assets/bulk/", {"ids": ids, "field": "criticality"}).status_code == 403
    assert client.post("/assets/bulk/", {"field": "criticality"}).status_code == 302

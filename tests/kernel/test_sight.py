"""What a record says of others is told only as far as the reader reaches them: in structures and in histories."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from remit.identify.assets.models import Asset
from remit.identify.risks.models import Risk
from remit.kernel.access.need_to_know import restrict
from remit.kernel.access.standing import standing
from remit.kernel.ledger.reading import history
from remit.kernel.resources import resources
from remit.kernel.sight import in_sight, references, without
from tests.conftest import Cast, being, make, signed_in

SAID = {
    "set": ["INV-2", "INV-7"],
    "effects": {"RSK-1": 0.5, "RSK-9": 0.1},
    "rows": [{"id": 9, "ref": "RSK-9", "mean": 9}, {"id": 1, "ref": "RSK-1", "mean": 1}],
    "why": "“INV-7” requires “INV-2”, which RSK-9 needs; CVE-2024-3094 is no reference of ours.",
}


def test_references_are_found_wherever_they_stand() -> None:
    assert set(references(SAID)) == {"INV-2", "INV-7", "RSK-1", "RSK-9", "CVE-2024"}
    assert list(references([1, 2.5, None, True, "rsk-1", "XRSK1-2", "-3"])) == []


def test_what_is_hidden_has_one_number_wherever_it_stands() -> None:
    assert without(SAID, {"INV-7", "RSK-9"}) == {
        "set": ["INV-2", "out of sight 1"],
        "effects": {"RSK-1": 0.5, "out of sight 2": 0.1},
        "rows": [{"id": None, "ref": "out of sight 2", "mean": 9}, {"id": 1, "ref": "RSK-1", "mean": 1}],
        "why": "“out of sight 1” requires “INV-2”, which out of sight 2 needs; CVE-2024-3094 is no reference of ours.",
    }
    assert without(SAID, set()) == SAID


def test_a_hidden_record_is_told_as_a_missing_one_and_a_restricted_one_is_noted(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    seen, secret = (make(Risk, title=title, unit=cast.company, owner=cast.alice) for title in ("Open", "Secret"))
    make(Asset, name="Far", unit=cast.sibling)
    values = [{seen.ref: 1, secret.ref: 2, "RSK-99999999": 3, "RSK-999999999999999999": 4, "AST-1": 5, "ZZ-1": 6}]
    with being(cast.alice):
        restrict(standing(cast.alice.pk), Risk.objects.get(pk=secret.pk), "An inquiry")
    with being(cast.bob), django_assert_num_queries(2):
        assert in_sight(values * 20) == [
            {seen.ref: 1, **{f"out of sight {n}": n + 1 for n in (1, 2, 3, 4)}, "ZZ-1": 6}
        ] * 20  # fmt: skip
    with being(cast.alice):
        (told,) = in_sight(values)
        assert {seen.ref, secret.ref} <= told.keys()
    with being(None):
        assert [e.actor_id for e in history("risks.risk", secret.pk) if e.verb == "read"] == [cast.alice.pk]


@pytest.fixture
def moved(cast: Cast) -> tuple[Risk, Asset, Asset]:
    """A risk that was on a hidden asset, then on another hidden one, then on one that everybody sees."""
    far, farther = (make(Asset, name=f"canary-{n}", unit=cast.sibling) for n in (1, 2))
    near = make(Asset, name="web-01", unit=cast.company)
    risk = make(Risk, title="Outage", unit=cast.company, owner=cast.alice, asset=far)
    with being(None):
        for asset in (farther, near):
            risk.asset = asset
            risk.save()
    return risk, far, near


def test_a_history_tells_no_key_of_what_is_out_of_reach(
    moved: tuple[Risk, Asset, Asset], cast: Cast, browser: Client
) -> None:
    risk, far, near = moved
    bob = signed_in(cast.bob)
    last, hidden, made = bob.get(f"/api/risks/{risk.pk}/history").json()["items"]
    assert last["changes"]["asset_id"] == {"before": None, "after": near.pk}
    assert "asset_id" not in hidden["changes"]
    assert "asset_id" not in made["changes"]
    assert made["changes"]["owner_id"] == {"before": None, "after": cast.alice.pk}
    page = bob.get(f"/risks/{risk.pk}/history/").content.decode()
    assert "web-01" in page
    assert not [text for text in ("canary", far.ref) if text in page]
    whole = browser.get(f"/risks/{risk.pk}/history/").content.decode()
    assert "canary-1" in whole
    assert "canary-2" in whole
    everything = browser.get(f"/api/risks/{risk.pk}/history").json()["items"]
    assert everything[-1]["changes"]["asset_id"]["after"] == far.pk


def test_structures_that_speak_of_others_are_in_no_list_or_form() -> None:
    """There they would be shown as they are kept."""
    for each in resources():
        shown = {*each.columns, *each.facts, *each.fields, *each.filters, *each.search, *each.bulk, *each.key}
        assert not shown & set(each.model.speaks_of), each.slug

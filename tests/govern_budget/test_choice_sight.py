"""Who reads a choice: every number, and the names of only those investments and risks that the reader sees now."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from remit.govern.budget import weighing
from remit.govern.budget.choosing import keep
from remit.govern.budget.models import Choice
from remit.govern.budget.names import Names
from remit.identify.risks.models import Risk
from remit.kernel.access.need_to_know import restrict
from remit.kernel.access.standing import standing
from remit.kernel.ledger.reading import history
from tests.conftest import Cast, being, confirmed, make, signed_in
from tests.documents import told_at
from tests.govern_budget.test_choices import PROBLEM, asked, investment

CANARIES = ("Plan of the northern quay", "Quarrel over the harbour lease", "Guards at the crane")


@pytest.fixture
def quay(cast: Cast) -> list[Any]:
    """An investment that is chosen, a risk that it touches, and an investment of the plan that is left out."""
    chosen, left_out = (investment(cast, title, 60, owner=cast.alice) for title in (CANARIES[0], CANARIES[2]))
    return [chosen, make(Risk, title=CANARIES[1], unit=cast.company, owner=cast.alice), left_out]


def kept_of(cast: Cast, quay: list[Any]) -> Choice:
    chosen, risk, left_out = quay
    stated = {
        **PROBLEM,
        "scenarios": [{"id": risk.ref, "annual_loss": 1000.0}, {"id": "RSK-999999", "annual_loss": 500.0}],
        "candidates": [
            {"id": chosen.ref, "cost": 60.0, "effects": {risk.ref: 0.5}},
            {"id": left_out.ref, "cost": 50.0, "effects": {risk.ref: 0.1}, "requires": [chosen.ref]},
            {"id": "INV-999999", "cost": 90.0, "effects": {}},
        ],
        "plan": [left_out.ref],
    }
    with being(cast.alice):
        return keep(asked(cast), stated, weighing.answer(stated))


def everything(client: Client, kept: Choice) -> dict[str, str]:
    """Return all that tells of a choice, as text by address."""
    base = f"/choices/{kept.pk}/"
    pages = [base + last for last in ("", "history/", "result/", "result/report.pdf", "result/report.xlsx")]
    return told_at(client, [*pages, *in_programs(kept), "/choices/export.json"])


def in_programs(kept: Choice) -> tuple[str, ...]:
    return ("/api/choices", f"/api/choices/{kept.pk}", f"/api/choices/{kept.pk}/history")


def test_a_result_names_what_its_reader_sees_now(cast: Cast, quay: list[Any]) -> None:
    kept = kept_of(cast, quay)
    bob, result = confirmed(signed_in(cast.bob)), f"/choices/{kept.pk}/result/"
    before = everything(bob, kept)
    for last in ("", "report.pdf", "report.xlsx"):
        assert all(name in before[result + last] for name in CANARIES)
    for held in quay:
        with being(cast.alice):
            restrict(standing(cast.alice.pk), type(held).objects.get(pk=held.pk), "An inquiry")
    after = everything(bob, kept)
    for address, text in after.items():
        assert not [name for name in CANARIES if name in text], address
    for last in ("", "report.pdf", "report.xlsx"):
        text = after[result + last]
        assert "a risk out of your sight" in text
        assert "an investment out of your sight" in text.lower()
        assert not re.search(r"\b(INV|RSK)-[0-9]+|/(investments|risks)/[0-9]+/", text)
    assert "1,000" in after[result]
    for address in in_programs(kept):
        assert all(held.ref in before[address] for held in quay)
        assert not re.search(r"\b(INV|RSK)-[0-9]", after[address])
        assert "out of sight 1" in after[address]


def test_the_effects_of_an_investment_tell_of_no_risk_out_of_sight(cast: Cast, quay: list[Any]) -> None:
    chosen, risk, _ = quay
    with being(cast.alice):
        chosen.effects = {risk.ref: {"frequency": 0.4}}
        chosen.save()
        restrict(standing(cast.alice.pk), Risk.objects.get(pk=risk.pk), "An inquiry")
    bob, alice = signed_in(cast.bob), signed_in(cast.alice)
    for last in ("", "/history"):
        assert risk.ref in alice.get(f"/api/investments/{chosen.pk}{last}").content.decode()
        told = bob.get(f"/api/investments/{chosen.pk}{last}").content.decode()
        assert risk.ref not in told
        assert "out of sight 1" in told


def test_who_needs_to_know_reads_names_and_that_is_noted(cast: Cast, quay: list[Any], browser: Client) -> None:
    kept = kept_of(cast, quay)
    with being(cast.alice):
        restrict(standing(cast.alice.pk), Risk.objects.get(pk=quay[1].pk), "An inquiry")
    assert CANARIES[1] in browser.get(f"/choices/{kept.pk}/result/").content.decode()
    with being(None):
        read = [each.actor_id for each in history("risks.risk", quay[1].pk) if each.verb == "read"]
    assert read == [cast.alice.pk]


def test_names_out_of_sight_are_counted_not_listed() -> None:
    names = Names({"INV-1": "Keys", "RSK-1": "Fraud"})
    assert names.listed(["INV-2", "INV-1", "INV-3"]) == "Keys, 2 investments out of your sight"
    assert (names.listed(["INV-2"]), names.listed([])) == ("an investment out of your sight", "nothing")
    assert names.said("“INV-2” requires “INV-1”.") == "An investment out of your sight requires “Keys”."
    assert (names.of("RSK-2").value, names.of("RSK-2").link) == ("a risk out of your sight", "")
    assert names.of("RSK-1").link == "/risks/1/"

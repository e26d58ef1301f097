"""Scenarios over the API: read, changed as the editor changes them, refused by place; and the set of a portfolio."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from remit.identify.risks import fair, services
from remit.identify.risks.models import Assessment, Estimate, Portfolio, Risk, Treatment
from remit.kernel.access import need_to_know
from remit.kernel.access.standing import standing
from remit.kernel.identity import tokens
from remit.kernel.ledger.reading import history
from tests.conftest import Cast, being, make, signed_in

SCENARIO: dict[str, Any] = {
    "frequency": {"distribution": "poisson", "mean": 0.5},
    "magnitude": {"distribution": "lognormal", "p05": 100_000, "p95": 1_000_000},
    "controls": [{"id": "CTL-1", "effect": {"frequency": 0.5}}],
}
Call = Callable[..., tuple[int, Any]]


def caller(person: Any, **headers: Any) -> Call:
    client: Client = signed_in(person) if not headers else Client()

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        sent: dict[str, Any] = {} if body is None else {"data": body, "content_type": "application/json"}
        reply = getattr(client, method)(f"/api/{path}", **sent, **headers)
        return reply.status_code, reply.json()

    return call


def by_token(person: Any, **options: Any) -> Call:
    with being(person):
        secret = tokens.make(person, name="a program", **options)[1]
    return caller(person, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def risk(cast: Cast) -> Risk:
    held = make(Risk, unit=cast.company, owner=cast.carol, title="Ransomware")
    with being(cast.alice):
        services.set_scenario(Risk.objects.get(pk=held.pk), SCENARIO, reason="We think so.")
        return Risk.objects.get(pk=held.pk)


def changed(risk: Risk, **values: Any) -> dict[str, Any]:
    """Return what is sent to give a risk this scenario with other values."""
    return {"version": risk.version, "scenario": {**SCENARIO, **values}, "reason": "Counted again."}


def test_it_is_read_with_its_stages_and_numbers(cast: Cast, risk: Risk) -> None:
    with being(cast.alice):
        Treatment.objects.create(risk=risk, unit=cast.company, title="Diodes", frequency_effect=0.5)
    status, told = caller(cast.alice)("get", f"risks/{risk.pk}/scenario")
    assert status == 200
    assert (told["ref"], told["version"], told["currency"]) == (risk.ref, risk.version, "EUR")
    assert told["scenario"] == {"id": risk.ref, **SCENARIO}
    assert fair.read({"currency": told["currency"], "scenarios": [told["scenario"]]}).scenarios[0].id == risk.ref
    found = told["assessment"]
    assert "controls" not in found["inputs"]["inherent"]
    assert len(found["inputs"]["target"]["controls"]) == 2
    means = {stage: found["numbers"][stage]["mean"] for stage in ("inherent", "current", "target")}
    assert means["inherent"] == pytest.approx(2 * means["current"], rel=1e-3)
    assert means["target"] == pytest.approx(means["current"] / 2, rel=1e-3)
    with being(cast.alice):
        assert found["ref"] == Assessment.objects.filter(risk=risk).latest("pk").ref


def test_a_risk_in_words_has_no_numbers(cast: Cast) -> None:
    held = make(Risk, unit=cast.company)
    assert caller(cast.alice)("get", f"risks/{held.pk}/scenario")[1] | {"id": 0, "ref": ""} == {
        "id": 0, "ref": "", "version": 1, "currency": "EUR", "scenario": {}, "assessment": None,
    }  # fmt: skip


def test_a_change_leaves_what_the_editor_leaves(cast: Cast, risk: Risk) -> None:
    status, told = caller(cast.alice)(
        "put", f"risks/{risk.pk}/scenario", changed(risk, frequency={"distribution": "poisson", "mean": 2})
    )
    assert (status, told["version"] > risk.version) == (200, True)
    assert told["scenario"]["frequency"]["mean"] == 2
    with being(cast.alice):
        assert Risk.objects.get(pk=risk.pk).annual_loss == pytest.approx(4 * risk.annual_loss, rel=1e-3)
        newest = Estimate.objects.filter(risk=risk).latest("pk")
        assert (newest.path, newest.owner, newest.reason) == ("frequency.mean", cast.alice, "Counted again.")
        kept = Assessment.objects.filter(risk=risk).order_by("-pk")
        assert (kept[0].cause, kept.count(), kept[0].owner) == ("scenario", 2, cast.alice)
        assert kept[0].drivers[0]["path"] == "frequency.mean"
        entries = [entry for entry in history(Risk.kind(), risk.pk) if "scenario" in (entry.change or {})["after"]]
        assert entries[0].actor_id == cast.alice.pk
    assert caller(cast.alice)("get", f"risks/{risk.pk}/scenario")[1] == told


def test_what_was_read_can_be_sent_back(cast: Cast, risk: Risk) -> None:
    call = caller(cast.alice)
    before = call("get", f"risks/{risk.pk}/scenario")[1]
    body = {"version": before["version"], "scenario": {**before["scenario"], "title": "Its name is the risk's"}}
    status, after = call("put", f"risks/{risk.pk}/scenario", body)
    assert (status, after["scenario"]) == (200, before["scenario"])
    with being(cast.alice):
        assert Estimate.objects.filter(risk=risk).count() == 3


@pytest.mark.parametrize(
    ("values", "place", "says"),
    [
        ({"magnitude": {"distribution": "lognormal", "p05": 9, "p95": 1}}, "magnitude.p05", "Swap them"),
        ({"magnitude": {"distribution": "lognormall", "p05": 1, "p95": 9}}, "magnitude.distribution", "lognormal"),
        ({"frequency": {"distribution": "poisson", "mean": -1}}, "frequency.mean", "Give a number of 0 or more"),
        ({"insurance": {"limit": "much"}}, "insurance.limit", "Give a number"),
        ({"controls": [{"id": "A", "effect": {}}]}, "controls[0].effect", "at least one of"),
        ({"frequences": 1}, "frequences", "Did you mean “frequency”"),
        ({"magnitude": None}, "magnitude", "Give the loss of one event"),
        ({"id": "RSK-999"}, "id", "Leave the id out"),
        ({"magnitude": {"distribution": "empirical", "values": [1, "\x00"]}}, "magnitude.values[1]", "Give a number"),
    ],
)
def test_a_bad_value_is_named_by_its_place_and_nothing_is_kept(
    cast: Cast, risk: Risk, values: dict[str, Any], place: str, says: str
) -> None:
    status, told = caller(cast.alice)("put", f"risks/{risk.pk}/scenario", changed(risk, **values))
    assert status == 422
    assert list(told["fields"]) == [f"scenario.{place}"]
    assert says in told["fields"][f"scenario.{place}"][0]
    with being(cast.alice):
        assert Risk.objects.get(pk=risk.pk).version == risk.version
        assert Assessment.objects.filter(risk=risk).count() == 1


@pytest.mark.parametrize(
    "body", ['{"version": 2, "scenario": {"frequency": NaN, "magnitude": 1}}', '{"version": 2, "scenario": []}',
             '{"version": 2, "scenario": {"frequency": 1e999, "magnitude": 1}}', '{"scenario": {}}',
             '{"version": 2, "scenario": {"magnitude": ' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}}"],
    ids=["NaN", "list", "infinite", "no version", "deep"],
)  # fmt: skip
def test_odd_json_is_refused(cast: Cast, risk: Risk, body: str) -> None:
    reply = signed_in(cast.alice).put(f"/api/risks/{risk.pk}/scenario", body, content_type="application/json")
    assert reply.status_code in {400, 422}
    assert set(reply.json()) == {"detail", "fields"}


def test_the_second_of_two_is_told(cast: Cast, risk: Risk) -> None:
    first = changed(risk, magnitude={"distribution": "constant", "value": 5})
    assert caller(cast.alice)("put", f"risks/{risk.pk}/scenario", first)[0] == 200
    status, told = caller(cast.bob)("put", f"risks/{risk.pk}/scenario", changed(risk))
    assert status == 409
    assert "was changed by the system (following ASM-" in told["detail"]
    assert "version" in told["fields"]


def test_who_may_do_what(cast: Cast, risk: Risk) -> None:
    path = f"risks/{risk.pk}/scenario"
    assert caller(cast.dan)("get", path)[0] == 200
    assert caller(cast.dan)("put", path, changed(risk))[0] == 403
    assert caller(cast.carol)("put", path, changed(risk))[0] == 200
    for call in (caller(cast.eve),):
        assert call("get", path) == call("get", "risks/99999999/scenario")
        assert call("put", path, changed(risk)) == call("put", "risks/99999999/scenario", changed(risk))


def test_a_restricted_one_is_missing_and_reading_it_is_noted(cast: Cast, risk: Risk) -> None:
    path = f"risks/{risk.pk}/scenario"
    with being(cast.carol):
        need_to_know.restrict(standing(cast.carol.pk), Risk.objects.get(pk=risk.pk), "An inquiry")
    hidden = caller(cast.bob)
    assert hidden("get", path) == hidden("get", "risks/99999999/scenario")
    assert caller(cast.carol)("get", path)[0] == 200
    with being(cast.carol):
        assert "read" in {entry.verb for entry in history(Risk.kind(), risk.pk)}


def test_tokens_do_what_their_scope_holds(cast: Cast, risk: Risk) -> None:
    path = f"risks/{risk.pk}/scenario"
    reading = by_token(cast.alice, writes=False)
    assert reading("get", path)[1]["assessment"] is not None
    assert reading("put", path, changed(risk))[0] == 403
    other = by_token(cast.alice, writes=True, kinds=["assets.asset"])
    assert (other("get", path)[0], other("put", path, changed(risk))[0]) == (403, 403)
    narrow = by_token(cast.alice, writes=True, kinds=["risks.risk"])
    status, told = narrow("put", path, changed(risk))
    assert status == 403
    assert "estimates, risk assessments, treatments, bindings" in told["detail"]
    kinds = ["risks.risk", "risks.estimate", "risks.assessment", "risks.treatment", "risks.binding"]
    status, told = by_token(cast.alice, writes=True, kinds=kinds)("put", path, changed(risk, magnitude=7))
    assert (status, told["assessment"]["inputs"]["current"]["magnitude"]["value"]) == (200, 7)


def test_a_portfolio_hands_out_a_set_that_reads_back(cast: Cast, risk: Risk) -> None:
    portfolio: Portfolio = make(Portfolio, name="Harbour", unit=cast.company)
    call = caller(cast.alice)
    status, told = call("get", f"portfolios/{portfolio.pk}/scenarios")
    assert status == 200
    assert [each["id"] for each in told["scenarios"]] == [risk.ref]
    assert fair.write(fair.loads(json.dumps(told)))["scenarios"] == told["scenarios"]
    assert call("get", f"portfolios/{portfolio.pk}/scenarios?currency=USD")[1]["scenarios"] == []
    assert call("get", f"portfolios/{portfolio.pk}/scenarios?currency=ABC")[0] == 422
    assert call("get", f"portfolios/{portfolio.pk}/scenarios?currency=eur")[0] == 422
    body = {"version": risk.version, "scenario": told["scenarios"][0]}
    assert call("put", f"risks/{risk.pk}/scenario", body)[0] == 200
    eve = caller(cast.eve)
    assert eve("get", f"portfolios/{portfolio.pk}/scenarios") == eve("get", "portfolios/99999999/scenarios")
    assert caller(cast.carol)("get", f"portfolios/{portfolio.pk}/scenarios")[0] == 404

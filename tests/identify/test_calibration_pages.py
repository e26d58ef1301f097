"""Exercises, estimates side by side and what came, walked through as people do; whose scores are whose."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from remit.identify.risks import estimating, exercises, services
from remit.identify.risks.calibration import bank
from remit.identify.risks.models import Answer, Estimate, Exercise, Outcome, Risk
from remit.kernel.ledger.reading import history
from tests.conftest import Cast, being, make, signed_in

SCENARIO = {
    "frequency": {"distribution": "poisson", "mean": {"distribution": "gamma", "shape": 2, "scale": 1}},
    "magnitude": {"distribution": "lognormal", "p05": 10_000, "p95": 1_000_000},
}
OTHER = {"distribution": "lognormal", "p05": 50_000, "p95": 4_000_000}


def answers(exercise: Exercise, part: str, *, hits: int = 10, confidence: int = 80) -> dict[str, str]:
    """Answer a part so that the first `hits` are right."""
    sent = {"part": part}
    for number, question in enumerate(exercises.asked(exercise, part)):
        right = number < hits
        if isinstance(question, bank.Quantity):
            low, high = sorted((question.value * (0.5 if right else 2), question.value * (2 if right else 3)))
            sent |= {f"{question.id}_low": str(low), f"{question.id}_high": str(high)}
        else:
            truth = question.truth == right
            sent |= {f"{question.id}_truth": str(truth).lower(), f"{question.id}_confidence": str(confidence)}
    return sent


def around(page: str, one: Exercise) -> str:
    """Return a page without the wording of the questions, some of which name where their truth is written."""
    for part in exercises.PARTS:
        for question in exercises.asked(one, part):
            page = page.replace(escape(question.text), "")
    return page


def begun(client: Client, person: Any) -> Exercise:
    url = client.post("/calibration/start/")["Location"]
    with being(person):
        return Exercise.objects.get(pk=int(url.strip("/").rpartition("/")[2]))


def taken(client: Client, person: Any, **how: int) -> Exercise:
    one = begun(client, person)
    for part in exercises.PARTS:
        assert client.post(f"/calibration/{one.pk}/", answers(one, part, **how)).status_code == 302
    with being(person):
        return Exercise.objects.get(pk=one.pk)


@pytest.fixture
def risk(cast: Cast) -> Any:
    made = make(Risk, unit=cast.company, owner=cast.carol, currency="EUR")
    long_ago = datetime(2024, 1, 5, tzinfo=UTC)
    with being(cast.bob):
        services.set_scenario(made, SCENARIO, reason="First.", at=long_ago)
    with being(cast.alice):
        services.estimate(made, "magnitude", OTHER, reason="I have seen worse.", at=long_ago)
    return made


# Exercises


def test_a_person_takes_an_exercise_and_sees_how_it_went(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    assert b"Take an exercise" in bob.get("/calibration/").content
    one = begun(bob, cast.bob)
    assert begun(bob, cast.bob).pk == one.pk, "an exercise under way is gone on with"
    done = taken(bob, cast.bob, hits=7)
    assert (done.intervals, done.hits, done.statements, done.right) == (10, 7, 10, 7)
    assert done.brier == pytest.approx(0.7 * 0.04 + 0.3 * 0.64)
    assert done.score == pytest.approx(100 * (1 - (0.2 + 0.1) / 2))
    page = bob.get(f"/calibration/{one.pk}/").content.decode()
    assert "7 of 10 intervals held the truth" in page
    assert "Inside" in page
    assert "Outside" in page
    page = bob.get("/calibration/").content.decode()
    assert "70\u00a0%" in page
    assert f"/calibration/{one.pk}/" in page


def test_no_truth_leaves_the_server_before_it_is_answered(cast: Cast) -> None:
    """What the browser is sent says nothing of the answers: not the value, the truth or the source."""
    bob = signed_in(cast.bob)
    one = begun(bob, cast.bob)
    read = around(bob.get(f"/calibration/{one.pk}/").content.decode(), one)
    asked = exercises.asked(one, "intervals")
    for question in asked:
        assert isinstance(question, bank.Quantity)
        assert escape(question.source) not in read
        assert not any(f'value="{form}"' in read for form in (f"{question.value:g}", f"{question.value:,.10g}"))
    shown = bob.get(f"/api/calibration-exercises/{one.pk}").json()
    assert "answers" not in shown
    assert not any(question.source in str(shown) for question in asked)
    assert bob.post(f"/calibration/{one.pk}/", answers(one, "statements")).status_code == 302
    with being(cast.bob):
        assert not Answer.objects.exists(), "a part out of turn is not taken"
    bob.post(f"/calibration/{one.pk}/", answers(one, "intervals"))
    read = around(bob.get(f"/calibration/{one.pk}/").content.decode(), one)
    assert not any(escape(question.source) in read for question in exercises.asked(one, "statements"))


def test_what_is_wrong_is_said_beside_the_question_and_nothing_typed_is_lost(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    one = begun(bob, cast.bob)
    sent = answers(one, "intervals")
    broken = exercises.asked(one, "intervals")[3].id
    reply = bob.post(f"/calibration/{one.pk}/", {**sent, f"{broken}_low": "9e14", f"{broken}_high": "1"})
    page = reply.content.decode()
    assert reply.status_code == 422
    assert "swap them" in page
    assert 'value="9e14"' in page
    with being(cast.bob):
        assert not Answer.objects.exists()


def test_the_first_answers_count(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    one = taken(bob, cast.bob, hits=4)
    assert bob.post(f"/calibration/{one.pk}/", answers(one, "intervals", hits=10)).status_code == 200
    with being(cast.bob):
        exercises.answer(one, "intervals", answers(one, "intervals", hits=10))
        assert Exercise.objects.get(pk=one.pk).hits == 4


def test_the_next_exercise_asks_other_questions(cast: Cast) -> None:
    carol = signed_in(cast.carol)
    first, second = taken(carol, cast.carol), taken(carol, cast.carol)
    assert not set(first.questions) & set(second.questions)


# Whose they are


def test_scores_are_ones_own_and_the_head_of_securitys(cast: Cast) -> None:
    carol = signed_in(cast.carol)
    one = taken(carol, cast.carol)
    for person, seen in ((cast.alice, True), (cast.carol, True), (cast.bob, False), (cast.dan, False)):
        with being(person):
            assert Exercise.objects.filter(pk=one.pk).exists() == seen, person
        reply = signed_in(person).get(f"/calibration-exercises/{one.pk}/")
        assert reply.status_code == (200 if seen else 404), person
    assert signed_in(cast.eve).get("/calibration/").status_code == 403


def test_answers_are_nobody_elses(cast: Cast) -> None:
    one = taken(signed_in(cast.carol), cast.carol)
    for person, number in ((cast.carol, 20), (cast.alice, 0), (cast.bob, 0), (cast.eve, 0)):
        with being(person):
            assert Answer.objects.count() == number, person
    hidden, missing = (signed_in(cast.alice).get(f"/calibration/{pk}/") for pk in (one.pk, 999_999_999))
    assert (hidden.status_code, missing.status_code) == (404, 404)
    page = signed_in(cast.alice).get(f"/calibration-exercises/{one.pk}/").content.decode()
    assert "Scores only" in page
    assert not any(f"/calibration/{one.pk}/" in page for _ in (1,))


def test_nobody_answers_for_another_or_reads_as_another(cast: Cast) -> None:
    one = begun(signed_in(cast.carol), cast.carol)
    with being(cast.alice), pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.create(user=cast.carol, exercise=one, question="morris-worm", low=1, high=2)
    taken(signed_in(cast.carol), cast.carol)
    from remit.kernel import actor

    with actor.viewing(cast.carol.pk, cast.alice.pk), transaction.atomic():
        assert not Answer.objects.exists()


def test_answers_stay_off_the_ledger_and_scores_are_on_it(cast: Cast) -> None:
    one = taken(signed_in(cast.carol), cast.carol)
    with being(cast.alice):
        assert [entry.verb for entry in history("risks.exercise", one.pk)] == ["finish", "create"]
    with being(cast.carol):
        kept = list(Answer.objects.values_list("pk", flat=True))
        assert not any(history("risks.answer", pk) for pk in kept)


def test_own_scores_are_read_through_the_api(cast: Cast) -> None:
    carol = signed_in(cast.carol)
    one = taken(carol, cast.carol, hits=9, confidence=90)
    found = carol.get(f"/api/calibration-exercises/{one.pk}").json()
    assert (found["hits"], found["score"]) == (9, pytest.approx(100))
    assert signed_in(cast.bob).get(f"/api/calibration-exercises/{one.pk}").status_code == 404


# Estimates side by side


def test_estimates_stand_side_by_side_with_their_pool(cast: Cast, risk: Any) -> None:
    page = signed_in(cast.bob).get(f"/risks/{risk.pk}/estimates/").content.decode()
    assert "Bob Test" in page
    assert "Alice Test" in page
    assert "Pooled" in page
    assert "I have seen worse." in page
    for how in ("?method=logarithmic", "?weights=record", "?weights=equal&method=nonsense"):
        assert signed_in(cast.bob).get(f"/risks/{risk.pk}/estimates/{how}").status_code == 200
    hidden, missing = (signed_in(cast.eve).get(f"/risks/{pk}/estimates/") for pk in (risk.pk, 999_999_999))
    assert (hidden.status_code, missing.status_code) == (404, 404)


def test_more_estimates_cost_no_more_queries(cast: Cast, risk: Any) -> None:
    bob = signed_in(cast.bob)
    url = f"/risks/{risk.pk}/estimates/?weights=record"
    make(Outcome, unit=cast.company, risk=risk, path="magnitude", value=9e4, on=date(2025, 2, 1))
    bob.get(url)
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            bob.get(url)
        costs.append(len([q for q in asked if "SAVEPOINT" not in q["sql"]]))
        for person in (cast.carol, cast.dan):
            make(Estimate, unit=cast.company, risk=risk, owner=person, path="magnitude", distribution=OTHER)
        for day in (1, 2, 3):
            make(Outcome, unit=cast.company, risk=risk, path="magnitude", value=9e4, on=date(2025, 1, day))
    assert costs[0] == costs[1]


def test_the_pool_is_used_with_a_reason_and_is_nobodys_estimate(cast: Cast, risk: Any) -> None:
    bob = signed_in(cast.bob)
    with being(cast.bob):
        version = Risk.objects.get(pk=risk.pk).version
    sent = {"path": "magnitude", "method": "linear", "weights": "equal", "version": str(version)}
    reply = bob.post(f"/risks/{risk.pk}/estimates/use/", sent)
    assert reply.status_code == 422
    assert "Say why" in reply.content.decode()
    reply = bob.post(f"/risks/{risk.pk}/estimates/use/", {**sent, "reason": "Both know the trade."})
    assert reply.status_code == 302
    with being(cast.bob):
        changed = Risk.objects.get(pk=risk.pk)
        assert changed.scenario["magnitude"]["distribution"] == "lognormal"
        assert changed.scenario["magnitude"]["p95"] > 1_000_000
        assert changed.scenario["frequency"] == SCENARIO["frequency"]
        kept = Estimate.objects.filter(risk=risk, path="magnitude").order_by("-pk").first()
        assert kept is not None
        assert kept.weight == 0
        assert kept.reason == "Linear pool of 2, all alike: Both know the trade."
        assert {one.owner_id for one in estimating.newest(changed) if one.path == "magnitude"} == {
            cast.bob.pk,
            cast.alice.pk,
        }
        assert changed.assessments.count() == 2
    stale = bob.post(f"/risks/{risk.pk}/estimates/use/", {**sent, "reason": "Again."})
    assert stale.status_code == 409


def test_only_who_may_change_a_risk_uses_a_pool_or_says_what_came(cast: Cast, risk: Any) -> None:
    for person, told in ((cast.dan, 403), (cast.eve, 404)):
        client = signed_in(person)
        assert client.post(f"/risks/{risk.pk}/estimates/use/", {"path": "magnitude"}).status_code == told
        assert client.post(f"/risks/{risk.pk}/outcomes/", {"path": "magnitude"}).status_code == told


# What came


def test_what_came_scores_the_estimates_from_before(cast: Cast, risk: Any) -> None:
    bob = signed_in(cast.bob)
    sent = {"path": "magnitude", "value": "2,500,000", "on": "2025-03-01", "note": "Invoice of the insurer."}
    assert bob.post(f"/risks/{risk.pk}/outcomes/", sent).status_code == 302
    with being(cast.alice):
        services.estimate(risk, "magnitude", {**OTHER, "p95": 5e6}, reason="Afterwards one is wiser.")
        found = estimating.met_by([cast.alice.pk, cast.bob.pk])
        assert {(one.estimate.owner.name, one.judged.inside) for one in found if one.estimate.owner} == {
            ("Alice Test", True),
            ("Bob Test", False),
        }
        weights = estimating.weights_of({cast.alice.pk, cast.bob.pk})
        assert (weights[cast.alice.pk].inside, weights[cast.bob.pk].above) == (1, 1)
    assert "outside" in bob.get(f"/risks/{risk.pk}/estimates/").content.decode()
    assert "0 of 1 held what came" in bob.get("/calibration/").content.decode()


def test_events_of_a_period_score_a_rate(cast: Cast, risk: Any) -> None:
    with being(cast.bob):
        made = estimating.note_outcome(
            risk, "frequency.mean", 3, since=date(2025, 1, 1), on=date(2025, 12, 31), note="Register of incidents."
        )
        assert made.years == pytest.approx(1, abs=0.01)
        (found,) = estimating.met_by([cast.bob.pk])
        assert found.judged.inside
        assert found.judged.low == int(found.judged.low)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"path": "no.such"}, "Choose the input"),
        ({"value": "much"}, "as a number"),
        ({"value": "-3"}, "as a number"),
        ({"value": "nan"}, "as a number"),
        ({"on": "soon"}, "Give the day"),
        ({"on": "2025-02-31"}, "Give the day"),
        ({"since": "2025-13-01"}, "is no day"),
        ({"since": "2025-06-01"}, "swap the days"),
    ],
)
def test_what_cannot_have_come_is_refused_in_words(changed: dict[str, str], says: str, cast: Cast, risk: Any) -> None:
    sent = {"path": "magnitude", "value": "5", "on": "2025-03-01", **changed}
    reply = signed_in(cast.bob).post(f"/risks/{risk.pk}/outcomes/", sent)
    assert reply.status_code == 422
    assert says in reply.content.decode()
    with being(None):
        assert not Outcome.objects.exists()


def test_weights_by_record_need_a_record(cast: Cast, risk: Any) -> None:
    for person, hits in ((cast.alice, 9), (cast.bob, 3)):
        client = signed_in(person)
        for _ in range(2):
            taken(client, person, hits=hits)
    with being(cast.bob):
        (found,) = (q for q in estimating.questions(Risk.objects.get(pk=risk.pk), "linear", "record")
                    if q.input.path == "magnitude")  # fmt: skip
        assert found.pool is not None
        shares = {str(e.owner): w for e, w in zip(found.estimates, found.pool.weights, strict=True)}
        assert shares["Alice Test"] > 0.9

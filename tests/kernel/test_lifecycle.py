"""Lifecycles: whatever is tried in whatever order, a record is in a state its type declares, by a way it declares."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.identify.assets.models import Asset
from remit.identify.vulnerabilities.models import Occurrence
from remit.kernel import lifecycle
from remit.kernel.lifecycle import Move, MoveRefusedError, StateField, after
from remit.kernel.records import record_types
from remit.kernel.work.models import Work
from tests.conftest import Cast, being
from tests.security.helpers import record_in

WITH_STATES = [model for model in record_types() if model.moves()]
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Thing:
    """A record of the rules only: a state, and what a guard would look at."""

    def __init__(self, state: str) -> None:
        self.state = state


@pytest.mark.parametrize("model", WITH_STATES, ids=lambda model: model.kind())
@quick
@given(data=st.data())
def test_no_sequence_of_moves_leaves_the_declared_states(model: Any, data: st.DataObject) -> None:
    moves = model.moves()
    states = {state for move in moves.values() for state in (*move.sources, move.target)}
    thing = Thing(model._meta.get_field("state").default)
    for name in data.draw(st.lists(st.sampled_from(sorted(moves)), max_size=12)):
        move = Move(name, moves[name].source, moves[name].target, system=moves[name].system)
        before, user = thing.state, data.draw(st.sampled_from([None, 7]))
        if refusal := move.refusal(thing, user):
            assert before not in move.sources or (move.system and user is not None), refusal
        else:
            assert before in move.sources
            thing.state = move.target
        assert thing.state in states


@quick
@given(names=st.lists(st.sampled_from(["confirm", "activate", "retire", "plan_retirement", "reactivate"]), max_size=5))
def test_a_stored_record_is_where_its_accepted_moves_led(names: list[str], cast: Cast) -> None:
    asset = record_in(Asset, cast.company)
    expected = asset.state
    with being(cast.bob):
        for name in names:
            move = Asset.moves()[name]
            held = Asset.objects.get(pk=asset.pk)
            if expected in move.sources:
                held.move(name)
                expected = move.target
            else:
                with pytest.raises(MoveRefusedError, match="cannot be moved"):
                    held.move(name)
            assert Asset.objects.get(pk=asset.pk).state == expected


def test_the_guard_is_asked_with_the_record_and_who_moves_it() -> None:
    asked: list[Any] = []

    def guard(record: Any, user: Any) -> str:
        asked.append((record.state, user))
        return "Not on a Monday." if user == 7 else ""

    move = Move("go", "here", "there", guard=guard)
    assert (move.refusal(Thing("here"), 7), move.refusal(Thing("here"), 8)) == ("Not on a Monday.", "")
    assert move.refusal(Thing("away"), 7).startswith("A record that is away")
    assert asked == [("here", 7), ("here", 8)], "a move from another state is refused before its guard is asked"


def test_moves_of_the_system_are_not_for_people(cast: Cast) -> None:
    finding = record_in(Occurrence, cast.company, cast.bob)
    with being(cast.bob), pytest.raises(MoveRefusedError, match="by the system only"):
        Occurrence.objects.get(pk=finding.pk).move("verify")
    with being(None):
        held = Occurrence.objects.get(pk=finding.pk)
        held.move("verify")
    assert held.state == "verified"


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test subscribe effects that end with it."""
    kept = {key: list(found) for key, found in lifecycle._effects.items()}
    monkeypatch.setattr(lifecycle, "_effects", type(lifecycle._effects)(list, kept))


def test_an_effect_happens_with_its_move_or_not_at_all(cast: Cast, effects: None) -> None:
    asset = record_in(Asset, cast.company)
    wanted = True

    @after("assets.asset", "confirm")
    def describe(record: Any) -> None:
        Asset.objects.filter(pk=record.pk).update(description="confirmed")
        if not wanted:
            raise RuntimeError("the effect failed")

    wanted = False
    with being(cast.bob), pytest.raises(RuntimeError):
        Asset.objects.get(pk=asset.pk).move("confirm")
    with being(cast.bob):
        held = Asset.objects.get(pk=asset.pk)
        assert (held.state, held.description, held.version) == ("discovered", "", 1)
        wanted = True
        held.move("confirm")
        held.refresh_from_db()
        assert (held.state, held.description) == ("active", "confirmed")


def test_a_move_takes_what_it_asks_for_and_nothing_else(cast: Cast) -> None:
    finding = record_in(Occurrence, cast.company, cast.bob)
    with being(cast.bob):
        held = Occurrence.objects.get(pk=finding.pk)
        with pytest.raises(MoveRefusedError, match="does not take level"):
            held.move("accept", reason="We live with it.", level=0)
        assert Occurrence.objects.get(pk=finding.pk).state == "open"
        held.move("accept", reason="We live with it.")
        assert Occurrence.objects.get(pk=finding.pk).reason == "We live with it."


@pytest.mark.parametrize("given_", [{}, {"reason": ""}, {"reason": "   "}, {"reason": None}])
def test_a_move_that_asks_is_refused_without_an_answer(given_: dict[str, Any], cast: Cast) -> None:
    finding = record_in(Occurrence, cast.company, cast.bob)
    with being(cast.bob), pytest.raises(MoveRefusedError, match="needs to be told: reason"):
        Occurrence.objects.get(pk=finding.pk).move("accept", **given_)
    with being(cast.bob):
        assert Occurrence.objects.get(pk=finding.pk).state == "open"


def test_a_stamp_is_set_by_the_move(cast: Cast) -> None:
    work = record_in(Work, cast.company, cast.bob)
    with being(cast.bob):
        held = Work.objects.get(pk=work.pk)
        held.move("finish")
        assert held.answered_at is not None


def test_a_state_field_starts_where_its_first_move_does() -> None:
    field = StateField(Move("go", "here", "there"), Move("back", ("there", "away"), "here"))
    assert (field.default, [value for value, _ in field.choices]) == ("here", ["here", "there", "away"])
    assert not field.editable

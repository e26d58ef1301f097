"""Work: asked for, decided by a second pair of eyes, in the inbox, escalated once, in the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from remit.identify.assets.models import Asset
from remit.kernel import actor
from remit.kernel.ledger.reading import history
from remit.kernel.lifecycle import MoveRefusedError
from remit.kernel.work import resources, rules  # noqa: F401  (registers the resource)
from remit.kernel.work.calendar import Due, feed
from remit.kernel.work.models import Work
from remit.kernel.work.services import about, ask, calendar, escalate, inbox
from tests.conftest import Cast, being, make

TODAY = date(2026, 3, 9)


@pytest.fixture
def server(cast: Cast) -> Any:
    return make(Asset, unit=cast.company, name="gw-ams-03", state="active")


def test_a_task_about_a_record_is_in_its_owners_inbox(cast: Cast, server: Any) -> None:
    with being(cast.bob):
        work = ask("Name an owner", owner_id=cast.carol.pk, record=server, due_on=TODAY)
        assert list(about(server)) == [work]
    assert (work.unit_id, work.asked_by_id, work.type) == (cast.company.pk, cast.bob.pk, "task")
    with being(cast.carol):
        (group,) = inbox(cast.carol.pk, TODAY)
        (line,) = group.lines
        assert (group.title, line.work, line.record) == ("Due today", work, None)
    make_hers(server, cast)
    with being(cast.carol):
        assert inbox(cast.carol.pk, TODAY)[0].lines[0].record == server


def make_hers(server: Any, cast: Cast) -> None:
    with being(None):
        server.refresh_from_db()
        server.owner = cast.carol
        server.save()


def test_who_may_not_write_work_may_still_ask(cast: Cast, server: Any) -> None:
    make_hers(server, cast)
    with being(cast.carol):
        work = ask("Retire it", owner_id=cast.bob.pk, record=server, move="retire")
    assert (work.asked_by_id, work.type) == (cast.carol.pk, "approval")
    with being(None):
        (entry,) = history("kernel.work", work.pk)
    assert entry.system == f"asked by user {cast.carol.pk}"


def test_approving_takes_the_move_as_who_decides(cast: Cast, server: Any) -> None:
    with being(cast.bob):
        work = ask("Retire it", owner_id=cast.alice.pk, record=server, move="retire")
    with being(cast.alice):
        Work.objects.get(pk=work.pk).move("approve", reason="It is empty.")
    with being(cast.alice):
        server.refresh_from_db()
        entry = history("assets.asset", server.pk)[0]
    assert (server.state, entry.verb, entry.actor_id) == ("retired", "retire", cast.alice.pk)


def test_refusing_takes_the_other_move_or_none(cast: Cast, server: Any) -> None:
    with being(cast.bob):
        first = ask("Retire it", owner_id=cast.alice.pk, record=server, move="retire", refuse_move="plan_retirement")
        second = ask("Retire it now", owner_id=cast.alice.pk, record=server, move="retire")
    with being(cast.alice):
        Work.objects.get(pk=first.pk).move("refuse", reason="Later.")
        Work.objects.get(pk=second.pk).move("refuse", reason="No.")
        server.refresh_from_db()
    assert server.state == "retiring"


def test_who_asks_does_not_decide(cast: Cast, server: Any) -> None:
    with being(cast.bob):
        work = ask("Retire it", owner_id=cast.bob.pk, record=server, move="retire")
        with pytest.raises(MoveRefusedError, match="four eyes"):
            work.move("approve", reason="Me.")


def test_a_decision_needs_the_right_over_the_record_itself(cast: Cast, server: Any) -> None:
    with being(cast.bob):
        work = ask("Retire it", owner_id=cast.carol.pk, record=server, move="retire")
    with being(cast.carol), pytest.raises(MoveRefusedError, match="not open to you"):
        Work.objects.get(pk=work.pk).move("approve", reason="Yes.")
    with being(cast.carol):
        assert Work.objects.get(pk=work.pk).state == "open"


def test_nobody_asks_about_what_they_do_not_see(cast: Cast, server: Any) -> None:
    with being(cast.eve), pytest.raises(PermissionDenied):
        ask("Tell me", owner_id=cast.bob.pk, record=server)


def test_moves_that_do_not_exist_are_refused(cast: Cast, server: Any) -> None:
    with being(cast.bob), pytest.raises(ValueError, match="no move 'explode'"):
        ask("Boom", owner_id=cast.alice.pk, record=server, move="explode")
    with being(cast.bob), pytest.raises(ValueError, match="needs a unit"):
        ask("Whose?", owner_id=cast.alice.pk)


def test_inbox_has_parts_with_decisions_first_and_a_bounded_number_of_queries(
    cast: Cast, server: Any, django_assert_num_queries: Any
) -> None:
    with being(cast.bob):
        for title, days, move in (
            ("late", -2, ""),
            ("soon", 3, ""),
            ("choose", 5, "retire"),
            ("some day", None, ""),
            ("far", 90, ""),
        ):
            due = None if days is None else TODAY + timedelta(days=days)
            ask(title, owner_id=cast.alice.pk, record=server, due_on=due, move=move)
    with being(cast.alice), django_assert_num_queries(2):
        groups = inbox(cast.alice.pk, TODAY)
    assert [(g.name, [line.work.title for line in g.lines]) for g in groups] == [
        ("overdue", ["late"]), ("week", ["choose", "soon"]), ("later", ["far", "some day"]),
    ]  # fmt: skip


def test_long_overdue_work_is_told_to_the_head_once(cast: Cast, server: Any) -> None:
    with being(cast.bob):
        late = ask("Patch it", owner_id=cast.carol.pk, record=server, due_on=TODAY - timedelta(days=4))
        ask("Not so late", owner_id=cast.carol.pk, record=server, due_on=TODAY - timedelta(days=3))
    (raised,) = escalate(TODAY)
    assert (raised.owner_id, raised.title, raised.about_id) == (cast.alice.pk, "Overdue: Patch it", late.pk)
    assert escalate(TODAY) == []
    assert escalate(TODAY + timedelta(days=60))[0].title == "Overdue: Not so late"
    assert actor.actor() == actor.NOBODY


@pytest.mark.parametrize(
    ("due", "late"),
    [(None, False), (TODAY, False), (TODAY - timedelta(days=3), False), (TODAY - timedelta(days=4), True)],
)
def test_late_enough(due: date | None, late: bool) -> None:
    assert rules.late_enough(due, TODAY) is late


def test_the_nearest_head_above_is_told_but_never_who_is_late() -> None:
    parents, heads = {3: 2, 2: 1, 1: None}, {2: 20, 1: 10}
    assert [rules.head_for(3, parents, heads, late) for late in (None, 20)] == [20, 10]
    assert rules.head_for(1, parents, heads, 10) is None
    assert rules.head_for(1, {1: 1}, {}, None) is None


def test_calendar_is_folded_and_escaped_as_the_standard_wants() -> None:
    made = datetime(2026, 3, 9, 12, tzinfo=UTC)
    text = feed(
        [
            Due(
                "WRK-1@remit",
                "Pay; then, " + "é" * 80 + "\nnow",
                TODAY,
                made,
                3,
                "a\\b",
                "https://remit.example/work/1/",
            )
        ],
        name="Due",
    )
    assert text.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    unfolded = text.replace("\r\n ", "")
    assert f"SUMMARY:Pay\\; then\\, {'é' * 80}\\nnow\r\n" in unfolded
    for line in (
        "DTSTART;VALUE=DATE:20260309",
        "DTEND;VALUE=DATE:20260310",
        "DTSTAMP:20260309T120000Z",
        "SEQUENCE:3",
        "DESCRIPTION:a\\\\b",
    ):
        assert f"{line}\r\n" in unfolded


def test_calendar_of_a_person_has_their_open_work_with_a_day(cast: Cast) -> None:
    with being(cast.bob):
        ask("Mine", owner_id=cast.bob.pk, unit_id=cast.company.pk, due_on=TODAY)
        ask("No day", owner_id=cast.bob.pk, unit_id=cast.company.pk)
        ask("Hers", owner_id=cast.carol.pk, unit_id=cast.company.pk, due_on=TODAY)
        text = calendar(cast.bob.pk, base="https://remit.example:8000/")
    assert text.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:Mine" in text
    assert "@remit.example\r\n" in text

"""Figures: read with the reader's eyes, stored daily for every unit, and compared with a week ago."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Avg

from remit.kernel.access.services import invite
from remit.kernel.access.standing import standing
from remit.kernel.figures import registry
from remit.kernel.figures.formatting import formatted, number
from remit.kernel.figures.models import Reading
from remit.kernel.figures.registry import Figure, Scope, Value, figure, read
from remit.kernel.figures.services import (
    Point,
    current,
    current_all,
    current_figures,
    history,
    ledger_position,
    store_readings,
)
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, make

TODAY = date(2026, 3, 9)


@pytest.fixture(autouse=True)
def own_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_figures", {})


@pytest.fixture
def open_work() -> Figure:
    @figure(
        "open_work",
        "Open work",
        unit="tasks",
        better="lower",
        target=0,
        kinds=("kernel.work",),
        group="govern",
        counts=True,
    )
    def open_work(scope: Scope) -> Value:
        """The number of open tasks."""
        return Value(None, scope.of(Work).filter(state="open"), list_query="state=open")

    return open_work


@pytest.fixture
def mean_version() -> Figure:
    @figure("mean_version", "Mean version", unit="days", kinds=("kernel.work",), group="govern")
    def mean_version(scope: Scope) -> Value:
        """The mean version of all work."""
        rows = scope.of(Work)
        return Value(rows.aggregate(mean=Avg("version"))["mean"], rows)

    return mean_version


@pytest.fixture
def work(cast: Cast) -> None:
    for unit, count in ((cast.group, 1), (cast.company, 2), (cast.team, 3), (cast.sibling, 4)):
        for _ in range(count):
            make(Work, unit=unit, title="Do it")
    make(Work, unit=cast.team, title="Hers", owner=cast.carol)


def stored(unit: Any, on: date, value: float | None, name: str = "open_work") -> None:
    make(Reading, figure=name, unit=unit, on=on, value=value)


@pytest.mark.usefixtures("work")
def test_scope_is_a_subtree_within_reach(cast: Cast, open_work: Figure) -> None:
    with being(cast.bob):
        assert read(open_work, Scope(TODAY)).value == 6
        assert read(open_work, Scope(TODAY, frozenset({cast.team.pk}))).value == 4
        assert read(open_work, Scope(TODAY, frozenset({cast.sibling.pk}))).value == 0


@pytest.mark.usefixtures("work")
def test_readings_of_every_unit_are_stored_once_a_day(cast: Cast, open_work: Figure, mean_version: Figure) -> None:
    assert store_readings(TODAY) == 8
    assert store_readings(TODAY) == 8
    with being(None):
        rows = Reading.objects.filter(on=TODAY, figure="open_work")
        assert dict(rows.values_list("unit__code", "value")) == {"grp": 11, "com": 6, "team": 4, "sib": 4}
        assert set(Reading.objects.filter(figure="mean_version").values_list("value", flat=True)) == {1.0}
        assert Reading.objects.count() == 8
        assert 0 < rows.first().ledger_entry <= ledger_position()


def test_a_figure_that_fails_costs_no_other_its_history(
    cast: Cast, open_work: Figure, caplog: pytest.LogCaptureFixture
) -> None:
    @figure("broken", "Broken")
    def broken(scope: Scope) -> Value:
        """One by nothing."""
        return Value(1 / len(scope.unit_ids - scope.unit_ids))

    assert store_readings(TODAY) == 4
    assert "'broken' could not be read" in caplog.text


def test_a_counting_figure_costs_no_query_more_for_more_units(
    cast: Cast, open_work: Figure, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20):
        store_readings(TODAY)


@pytest.mark.usefixtures("work")
def test_who_sees_the_rows_reads_live_with_a_link(cast: Cast, open_work: Figure) -> None:
    stored(cast.company, TODAY - timedelta(days=8), 4)
    with being(cast.bob):
        found = current(standing(cast.bob.pk), open_work, today=TODAY)
    assert found is not None
    assert (found.value.value, found.live, found.change, found.text) == (6, True, 2, "6 tasks")
    assert (found.url, found.rows_url) == ("/figures/open_work/", "/work/?state=open")


@pytest.mark.usefixtures("work")
def test_who_reads_figures_only_gets_the_stored_reading_with_its_day(cast: Cast, open_work: Figure) -> None:
    with being(None):
        erin = invite(email="erin@remit.example", name="Erin", role="executive", unit=cast.company)
    stored(cast.company, TODAY - timedelta(days=1), 6)
    stored(cast.company, TODAY - timedelta(days=9), 9)
    stored(cast.sibling, TODAY, 99)
    with being(erin):
        found = current(standing(erin.pk), open_work, today=TODAY)
        assert history(open_work, cast.company.pk, until=TODAY) == [
            Point(date(2026, 2, 28), 9),
            Point(date(2026, 3, 8), 6),
        ]
        assert history(open_work, cast.sibling.pk, until=TODAY) == []
    assert found is not None
    assert (found.value.value, found.live, found.on, found.change, found.rows_url) == (
        6,
        False,
        date(2026, 3, 8),
        -3,
        "",
    )


@pytest.mark.usefixtures("work")
def test_an_owner_counts_their_own_and_a_stranger_nothing(cast: Cast, open_work: Figure) -> None:
    with being(cast.carol):
        found = current(standing(cast.carol.pk), open_work, today=TODAY)
        assert found is not None
        assert (found.value.value, found.change) == (1, None)
    with being(None):
        pat = invite(email="pat@remit.example", name="Pat", role="administrator", unit=cast.group)
        stranger = invite(email="sam@remit.example", name="Sam")
    with being(pat):
        assert {each.value.value for each in current_all(standing(pat.pk), today=TODAY)} == {0}, "the work they owe"
    with being(stranger):
        assert current_all(standing(stranger.pk), today=TODAY) == []


def test_several_units_add_up_for_counts_only(cast: Cast, open_work: Figure, mean_version: Figure) -> None:
    with being(None):
        erin = invite(email="erin@remit.example", name="Erin", role="executive", unit=cast.team)
        invite(email="erin@remit.example", name="Erin", role="executive", unit=cast.sibling)
    for unit in (cast.team, cast.sibling):
        stored(unit, TODAY, 3)
        stored(unit, TODAY, 3, "mean_version")
    with being(erin):
        whole, mean = current_all(standing(erin.pk), today=TODAY)[::-1]
        assert (whole.value.value, mean.value.value, mean.text) == (6, None, "\N{EN DASH}")
        one = current(standing(erin.pk), mean_version, cast.team.pk, today=TODAY)
    assert one is not None
    assert one.value.value == 3


@pytest.mark.usefixtures("work")
def test_terminal_reads_the_whole_organisation(open_work: Figure) -> None:
    (said,) = current_figures(TODAY)
    assert said == {
        "figure": "open_work",
        "title": "Open work",
        "value": 11.0,
        "unit": "tasks",
        "target": 0,
        "better": "lower",
        "on": "2026-03-09",
        "rows": "/work/?state=open",
        "note": "",
    }


def test_a_figure_needs_its_formula_and_a_name_of_its_own(open_work: Figure) -> None:
    assert open_work.formula == "The number of open tasks."
    with pytest.raises(ValueError, match="formula"):
        figure("bare", "Bare")(lambda scope: Value(1))
    with pytest.raises(ValueError, match="twice"):
        figure("open_work", "Another")(read)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3112, "findings", "3,112 findings"),
        (1, "findings", "1 finding"),
        (4.25, "days", "4.2 days"),
        (42.5, "%", "42.5%"),
        (None, "days", "\N{EN DASH}"),
        (0, "", "0"),
        (-0.04, "", "0"),
        (1.04, "days", "1 day"),
    ],
)
def test_values_in_print(value: float | None, unit: str, text: str) -> None:
    assert formatted(value, unit) == text


def test_numbers_in_print() -> None:
    assert number(1234567.89) == "1,234,567.9"

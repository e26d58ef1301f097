"""Readings of figures: stored daily for every unit, and read now for whoever asks."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.access.roles import Level
from remit.kernel.access.standing import ReachedUnit, Standing
from remit.kernel.figures.formatting import formatted
from remit.kernel.figures.models import Reading
from remit.kernel.figures.registry import Figure, Scope, Value, catalogue, read

log = logging.getLogger("remit.figures")

OLDEST_COMPARISON = timedelta(days=14)
"""A change "since a week" is measured against a reading seven to fourteen days old, or not at all."""


@dataclass(frozen=True)
class Point:
    on: date
    value: float | None


@dataclass(frozen=True)
class Current:
    """A figure as one person may see it: read live with its rows, or the last stored reading where rows are closed."""

    figure: Figure
    value: Value
    on: date
    live: bool
    change: float | None
    """Against the reading of a week ago."""

    @property
    def text(self) -> str:
        return formatted(self.value.value, self.figure.unit)

    @property
    def url(self) -> str:
        """The page of the figure: formula, history and the rows."""
        return f"/figures/{self.figure.name}/"

    @property
    def rows_url(self) -> str:
        """The list of the rows behind, or "" where this person may not open them."""
        return self.figure.list_url(self.value) if self.live else ""


def current(
    standing: Standing, figure: Figure, unit_id: int | None = None, today: date | None = None
) -> Current | None:
    """Return a figure over a unit and all below it (None: everything within reach), or None for who may not see it.

    Live for roles that see all the rows and for owners, who count their own; the last stored reading for roles that
    read figures only.
    """
    day = today or timezone.localdate()
    units = _units(standing, unit_id)
    levels = [max((unit.level(kind) for unit in units), default=Level.NONE) for kind in figure.kinds]
    whole = all(level >= Level.VIEW for level in levels)
    reads = any(unit.reads_figures for unit in units)
    sees = bool(levels) and all(levels)
    tops = _tops(standing, unit_id) if reads else []
    if not (reads or sees):
        return None
    if reads and not whole:
        return _stored(figure, tops, day)
    scope = Scope(day, None if unit_id is None else frozenset(standing.below(unit_id)))
    value = read(figure, scope)
    return Current(figure, value, day, live=True, change=_change(figure, value.value, tops, day) if whole else None)


def current_all(standing: Standing, unit_id: int | None = None, today: date | None = None) -> list[Current]:
    """Return every figure of the catalogue that this person may see."""
    return [found for figure in catalogue() if (found := current(standing, figure, unit_id, today)) is not None]


def history(figure: Figure, unit_id: int, *, days: int = 90, until: date | None = None) -> list[Point]:
    """Return the stored readings of a unit's subtree, oldest first; nothing for who may not read them."""
    last = until or timezone.localdate()
    rows = Reading.objects.filter(figure=figure.name, unit=unit_id, on__gt=last - timedelta(days=days), on__lte=last)
    return [Point(*row) for row in rows.order_by("on").values_list("on", "value")]


@transaction.atomic
def store_readings(on: date) -> int:
    """Read every figure for every unit and all below it, as the system; again on the same day replaces that day's.

    A figure that counts costs one query for all units, any other one query a unit. Returns the number of readings.
    """
    with actor.system("daily figures"):
        subtrees = _subtrees()
        position = ledger_position()
        readings = [
            Reading(figure=figure.name, unit_id=unit_id, on=on, value=value, at=timezone.now(), ledger_entry=position)
            for figure in catalogue()
            for unit_id, value in _readable(figure, subtrees, on)
        ]
        Reading.objects.bulk_create(
            readings,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=("figure", "unit", "on"),
            update_fields=("value", "at", "ledger_entry"),
        )
    return len(readings)


def current_figures(today: date | None = None) -> list[dict[str, Any]]:
    """Return every figure over the whole organisation as plain values, for `remit figures --json`."""
    day = today or timezone.localdate()
    with actor.system("figures asked for in the terminal"), transaction.atomic():
        return [
            {
                "figure": figure.name,
                "title": figure.title,
                "value": value.value,
                "unit": figure.unit,
                "target": figure.target,
                "better": figure.better,
                "on": day.isoformat(),
                "rows": figure.list_url(value),
                "note": value.note,
            }
            for figure in catalogue()
            for value in (read(figure, Scope(day)),)
        ]


def ledger_position() -> int:
    """Return the number of the newest ledger entry; its sequence tells it where the table itself may not be read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('ledger_entry', 'id')::regclass), 0)"
        )
        return int(cursor.fetchone()[0])


def quiet_position() -> int | None:
    """Return the ledger's position where nobody is writing just now, else None.

    What is read after asking holds for as long as the position stays: every change of a record moves it, and none that
    has moved it already is still to come.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_snapshot_xmin(s) = pg_snapshot_xmax(s) from pg_current_snapshot() s")
        quiet: bool = cursor.fetchone()[0]
    return ledger_position() if quiet else None


def _readable(figure: Figure, subtrees: dict[int, frozenset[int]], on: date) -> list[tuple[int, float | None]]:
    """Return a figure's values, or none where it fails: one that fails must not cost the others their history."""
    try:
        with transaction.atomic():
            return list(_values(figure, subtrees, on))
    except Exception:
        log.exception("The figure %r could not be read; its readings of %s are missing.", figure.name, on)
        return []


def _values(figure: Figure, subtrees: dict[int, frozenset[int]], on: date) -> Iterable[tuple[int, float | None]]:
    if figure.counts:
        rows = figure(Scope(on, restricted=False)).rows
        if rows is not None:
            counts = dict(rows.order_by().values("unit_id").annotate(rows=Count("pk")).values_list("unit_id", "rows"))
            for unit_id, below in subtrees.items():
                yield unit_id, float(sum(counts.get(each, 0) for each in below))
            return
    for unit_id, below in subtrees.items():
        yield unit_id, read(figure, Scope(on, below, restricted=False)).value


def _subtrees() -> dict[int, frozenset[int]]:
    """Return each unit's id with the ids of itself and all below it."""
    parents = dict(Unit.objects.values_list("pk", "parent_id"))
    below: dict[int, set[int]] = {unit_id: set() for unit_id in parents}
    for unit_id in parents:
        above: int | None = unit_id
        while above is not None and unit_id not in below[above]:
            below[above].add(unit_id)
            above = parents[above]
    return {unit_id: frozenset(ids) for unit_id, ids in below.items()}


def _units(standing: Standing, unit_id: int | None) -> list[ReachedUnit]:
    wanted = None if unit_id is None else set(standing.below(unit_id))
    return [unit for unit in standing.units if wanted is None or unit.id in wanted]


def _tops(standing: Standing, unit_id: int | None) -> list[int]:
    """Return the highest units, within the one asked for, whose figures this person reads."""
    reading = {unit.id: unit for unit in _units(standing, unit_id) if unit.reads_figures}
    return [u.id for u in reading.values() if u.parent_id not in reading]


def _stored(figure: Figure, tops: list[int], day: date) -> Current | None:
    """The newest reading: of the one highest unit, or for figures that count the sum of several."""
    if len(tops) > 1 and not figure.counts:
        return Current(figure, Value(None, note="Choose a unit to see this figure."), day, live=False, change=None)
    newest = (
        Reading.objects.filter(figure=figure.name, unit__in=tops, on__lte=day)
        .order_by("-on")
        .values_list("on", flat=True)
        .first()
    )
    if newest is None:
        return Current(
            figure, Value(None, note="Not read yet; figures are read once a day."), day, live=False, change=None
        )
    value = _sum(figure, tops, newest)
    return Current(figure, Value(value), newest, live=False, change=_change(figure, value, tops, newest))


def _change(figure: Figure, value: float | None, tops: list[int], day: date) -> float | None:
    if value is None or not tops or (len(tops) > 1 and not figure.counts):
        return None
    week_ago = day - timedelta(days=7)
    then = (
        Reading.objects.filter(figure=figure.name, unit__in=tops, on__lte=week_ago, on__gte=day - OLDEST_COMPARISON)
        .order_by("-on").values_list("on", flat=True).first()
    )  # fmt: skip
    before = _sum(figure, tops, then) if then else None
    return None if before is None else value - before


def _sum(figure: Figure, tops: list[int], on: date) -> float | None:
    values = [
        v
        for v in Reading.objects.filter(figure=figure.name, unit__in=tops, on=on).values_list("value", flat=True)
        if v is not None
    ]
    return sum(values) if values else None

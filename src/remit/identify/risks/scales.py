"""Qualitative scales: n levels of likelihood by m levels of impact, and the rating that each pair gets.

Plain values. As JSON a scale is {"likelihood": [LEVEL, …], "impact": [LEVEL, …], "ratings": [{"name", "tone"}, …],
"cells": [[rating number, …], …]}, where a LEVEL is {"name", "low", "high", "words"}, low before high: likelihood in
loss events per year, impact in money per loss event. `cells` has a row for each likelihood, lowest first, and in it for
each impact the number of its rating, from 0. A `high` of null is without end (ISO 31010:2019, B.10.3:
consequence/likelihood matrix).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

MOST_LEVELS: Final = 9
FEWEST_LEVELS: Final = 2
TONES: Final = ("good", "track", "attend", "act", "soft")


class ScaleError(ValueError):
    """A scale that cannot be used; `where` names the place, the text what to do."""

    def __init__(self, where: str, remedy: str) -> None:
        super().__init__(f"{where}: {remedy}")
        self.where, self.remedy = where, remedy


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a scale: its name, what it covers (from `low` on, before `high`), and how people say it."""

    name: str
    low: float
    high: float | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a cell is called, and the colour of that: one of TONES."""

    name: str
    tone: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A whole matrix; levels are numbered from 1, as people number them."""

    likelihood: tuple[Level, ...]
    impact: tuple[Level, ...]
    ratings: tuple[Rating, ...]
    cells: tuple[tuple[int, ...], ...]

    def rating(self, likelihood: int | None, impact: int | None) -> Rating | None:
        """Return the rating of a pair of levels; None where either is unknown or beyond the scale."""
        if not likelihood or not impact or likelihood > len(self.likelihood) or impact > len(self.impact):
            return None
        return self.ratings[self.cells[likelihood - 1][impact - 1]]

    def as_json(self) -> dict[str, Any]:
        return {
            "likelihood": [asdict(level) for level in self.likelihood],
            "impact": [asdict(level) for level in self.impact],
            "ratings": [asdict(rating) for rating in self.ratings],
            "cells": [list(row) for row in self.cells],
        }


def read(data: Mapping[str, Any]) -> Scale:
    """Read a scale; ScaleError names the place of what is wrong."""
    likelihood = _levels(data, "likelihood")
    impact = _levels(data, "impact")
    ratings = _ratings(data.get("ratings"))
    rows = data.get("cells")
    if not isinstance(rows, Sequence) or len(rows) != len(likelihood):
        raise ScaleError("cells", f"Give {len(likelihood)} rows, one for each level of likelihood.")
    cells = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Sequence) or len(row) != len(impact):
            raise ScaleError(f"cells, row {number}", f"Give {len(impact)} ratings, one for each level of impact.")
        if not all(isinstance(cell, int) and 0 <= cell < len(ratings) for cell in row):
            raise ScaleError(f"cells, row {number}", f"Name ratings by number, from 0 to {len(ratings) - 1}.")
        cells.append(tuple(row))
    return Scale(likelihood, impact, ratings, tuple(cells))


def _levels(data: Mapping[str, Any], axis: str) -> tuple[Level, ...]:
    rows = data.get(axis)
    if not isinstance(rows, Sequence) or not FEWEST_LEVELS <= len(rows) <= MOST_LEVELS:
        raise ScaleError(axis, f"Give {FEWEST_LEVELS} to {MOST_LEVELS} levels.")
    levels: list[Level] = []
    for number, row in enumerate(rows, 1):
        where = f"{axis}, level {number}"
        name = str(row.get("name") or "").strip()
        if not name:
            raise ScaleError(where, "Give it a name.")
        low, high = _bound(row.get("low"), f"{where}, from"), row.get("high")
        end = None if high is None else _bound(high, f"{where}, up to")
        last = number == len(rows)
        if end is None and not last:
            raise ScaleError(f"{where}, up to", "Only the highest level may be without an end.")
        if end is not None and end <= low:
            raise ScaleError(f"{where}, up to", f"Give more than where it begins ({low:g}).")
        if levels and levels[-1].high != low:
            raise ScaleError(f"{where}, from", f"Begin where the level below ends ({levels[-1].high:g}).")
        levels.append(Level(name, low, end, str(row.get("words") or "").strip()))
    return tuple(levels)


def _bound(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ScaleError(where, "Give a number that is not negative.")
    return float(value)


def _ratings(rows: Any) -> tuple[Rating, ...]:
    if not isinstance(rows, Sequence) or not FEWEST_LEVELS <= len(rows) <= MOST_LEVELS:
        raise ScaleError("ratings", f"Give {FEWEST_LEVELS} to {MOST_LEVELS} ratings.")
    found = []
    for number, row in enumerate(rows, 1):
        name, tone = str(row.get("name") or "").strip(), str(row.get("tone") or "")
        if not name:
            raise ScaleError(f"ratings, {number}", "Give it a name.")
        if tone not in TONES:
            raise ScaleError(f"ratings, {number}", f"Choose a colour: {', '.join(TONES)}.")
        found.append(Rating(name, tone))
    return tuple(found)


def placed(value: float | None, levels: Sequence[Level]) -> int | None:
    """Return the number of the level that covers a value; below the first it is 1, beyond the last that one's."""
    if value is None or not math.isfinite(value):
        return None
    covering = (number for number, level in enumerate(levels, 1) if level.high is None or value < level.high)
    return next(covering, len(levels))


def graded(rows: int, columns: int, ratings: int) -> list[list[int]]:
    """Return cells that rise evenly from the lowest corner to the highest: where people begin."""
    top = rows + columns - 2
    return [[min(ratings - 1, (i + j) * ratings // (top + 1)) for j in range(columns)] for i in range(rows)]


def _steps(names: Sequence[tuple[str, str]], bounds: Sequence[float]) -> list[dict[str, Any]]:
    ends: list[float | None] = [*bounds[1:], None]
    return [
        {"name": name, "low": low, "high": high, "words": words}
        for (name, words), low, high in zip(names, bounds, ends, strict=True)
    ]


RATINGS: Final = (("Low", "good"), ("Medium", "track"), ("High", "attend"), ("Critical", "act"))


def usual() -> dict[str, Any]:
    """Return the 5 × 5 scale that a new matrix begins with."""
    return {
        "likelihood": _steps(
            (
                ("Rare", "less than once in 50 years"),
                ("Unlikely", "once in 10 to 50 years"),
                ("Possible", "once in 2 to 10 years"),
                ("Likely", "once in half a year to two years"),
                ("Frequent", "more than twice a year"),
            ),
            (0.0, 0.02, 0.1, 0.5, 2.0),
        ),
        "impact": _steps(
            (
                ("Minor", "absorbed by the team"),
                ("Moderate", "felt in a quarter's numbers of one team"),
                ("Significant", "felt in a unit's year"),
                ("Major", "told to the board, customers leave"),
                ("Severe", "threatens the group's plans"),
            ),
            (0.0, 25_000.0, 100_000.0, 500_000.0, 5_000_000.0),
        ),
        "ratings": [{"name": name, "tone": tone} for name, tone in RATINGS],
        "cells": graded(5, 5, len(RATINGS)),
    }

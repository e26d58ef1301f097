"""The editor of a matrix: what its form shows, and what was sent as a scale."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from remit.identify.risks import scales
from remit.identify.risks.models import RiskMatrix
from remit.identify.risks.screens import CellChoice, LevelRow, MatrixScreen, RatingRow
from remit.kernel.screens import Choice, Link

TONES = {"good": "Green", "track": "Blue", "attend": "Amber", "act": "Red", "soft": "Grey"}
AXES = ("likelihood", "impact")


def sent(data: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a form into the JSON of a scale; numbers that are none stay text, which the scale then refuses."""
    scale: dict[str, Any] = {axis: _axis(data, axis) for axis in AXES}
    scale["ratings"] = [
        {"name": data.get(f"rating_{n}_name", ""), "tone": data.get(f"rating_{n}_tone", "")}
        for n in range(1, _size(data.get("ratings")) + 1)
    ]
    scale["cells"] = [
        [_whole(data.get(f"cell_{i}_{j}")) for j in range(1, len(scale["impact"]) + 1)]
        for i in range(1, len(scale["likelihood"]) + 1)
    ]
    return scale


def _axis(data: Mapping[str, Any], axis: str) -> list[dict[str, Any]]:
    levels = [
        {
            "name": data.get(f"{axis}_{n}_name", ""),
            "low": _number(data.get(f"{axis}_{n}_low")),
            "words": data.get(f"{axis}_{n}_words", ""),
            "high": None,
        }
        for n in range(1, _size(data.get(axis)) + 1)
    ]
    for level, following in pairwise(levels):
        level["high"] = following["low"]
    return levels


def resized(scale: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Give a scale as many levels and ratings as asked for; new ones are empty, cells are graded anew."""
    for axis in AXES:
        rows, wanted = scale[axis], _size(data.get(f"{axis}_wanted"))
        scale[axis] = rows[:wanted] + [{"name": "", "low": "", "high": None, "words": ""}] * (wanted - len(rows))
    ratings, wanted = scale["ratings"], _size(data.get("ratings_wanted"))
    scale["ratings"] = ratings[:wanted] + [{"name": "", "tone": "soft"}] * (wanted - len(ratings))
    scale["cells"] = scales.graded(len(scale["likelihood"]), len(scale["impact"]), len(scale["ratings"]))
    return scale


def held(matrix: RiskMatrix) -> dict[str, Any]:
    return {name: getattr(matrix, name) for name in (*AXES, "ratings", "cells")}


def screen(matrix: RiskMatrix, scale: Mapping[str, Any], *, may: bool, error: str = "") -> MatrixScreen:
    """Lay out the editor over a scale that may still be wrong."""
    names = [str(rating["name"] or f"Rating {n}") for n, rating in enumerate(scale["ratings"], 1)]
    heads = tuple(str(level["name"] or f"Impact {n}") for n, level in enumerate(scale["impact"], 1))
    cells = []
    for i, level in reversed(list(enumerate(scale["likelihood"], 1))):
        title = str(level["name"] or f"Likelihood {i}")
        row = tuple(
            CellChoice(
                f"cell_{i}_{j}",
                f"{title}, {heads[j - 1]}",
                tuple(Choice(str(n), name, n == chosen) for n, name in enumerate(names)),
            )
            for j, chosen in enumerate(scale["cells"][i - 1], 1)
        )
        cells.append((title, row))
    return MatrixScreen(
        title=f"Levels of {matrix.name}",
        crumbs=(
            Link("Identify", "/"),
            Link("Risk matrices", "/risk-matrices/"),
            Link(matrix.ref, matrix.get_absolute_url()),
            Link("Levels", ""),
        ),
        may=may,
        error=error,
        currency=matrix.currency,
        likelihood=_rows(scale["likelihood"]),
        impact=_rows(scale["impact"]),
        ratings=tuple(
            RatingRow(
                n,
                str(rating["name"]),
                tuple(Choice(tone, word, tone == rating["tone"]) for tone, word in TONES.items()),
            )
            for n, rating in enumerate(scale["ratings"], 1)
        ),
        heads=heads,
        cells=tuple(cells),
        version=matrix.version,
        cancel_url=matrix.get_absolute_url(),
    )


def _rows(levels: list[Mapping[str, Any]]) -> tuple[LevelRow, ...]:
    return tuple(
        LevelRow(n, str(level["name"]), _shown(level["low"]), str(level.get("words") or ""))
        for n, level in enumerate(levels, 1)
    )


def _shown(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, int | float) else str(value or "")


def _size(text: Any) -> int:
    """Read how many rows there are; anything out of bounds becomes the nearest bound."""
    number = _whole(text)
    return min(scales.MOST_LEVELS, max(scales.FEWEST_LEVELS, number)) if number >= 0 else scales.FEWEST_LEVELS


def _whole(text: Any) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 4 else -1


def _number(text: Any) -> float | str:
    try:
        return float(str(text).replace(",", "").replace("\u00a0", "").replace(" ", ""))
    except ValueError:
        return str(text or "")

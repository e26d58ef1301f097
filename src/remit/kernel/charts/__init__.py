"""Charts: numbers drawn as SVG whose marks are links, in the page's own colours, with the same numbers as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from remit.kernel.charts import specs
from remit.kernel.charts.drawing import drawn
from remit.kernel.charts.specs import Bar, Point, Series
from remit.kernel.figures.formatting import formatted
from remit.kernel.screens import Chart

__all__ = ("Bar", "Chart", "Point", "Series", "line", "stacked_bars")


def stacked_bars(
    title: str,
    bars: Sequence[Bar],
    *,
    series: Sequence[Series],
    unit: str = "",
    description: str = "",
    wide: bool = True,
) -> Chart:
    """Draw one bar for each of `bars`, stacked of the series' values, the first at the foot; each part opens its link.

    `description` says in a sentence what the chart shows; `wide` is for a whole page's width, else for half of it.
    ValueError for a bar with another number of values than there are series.
    """
    if wrong := [bar.label for bar in bars if len(bar.values) != len(series)]:
        raise ValueError(f"Each bar needs {len(series)} values; {wrong[0]!r} has others.")
    said = description or f"{title}: {len(bars)} bars of {', '.join(s.name for s in series)}."
    return Chart(
        title=title,
        svg=drawn(specs.stacked_bars(bars, series, unit, wide=wide), title, said) if bars else "",
        legend=tuple((s.name, s.tone) for s in series) if len(series) > 1 else (),
        description=said,
        table=(
            ("", *(s.name for s in series)),
            *((bar.label, *(formatted(value, unit) for value in bar.values)) for bar in bars),
        ),
    )


def line(
    title: str,
    points: Iterable[tuple[date | str, float | None] | Point],
    *,
    unit: str = "",
    tone: str = "",
    target: float | None = None,
    description: str = "",
    wide: bool = True,
) -> Chart:
    """Draw values over days (a date or its ISO text), with the target as a dashed line; each point opens its link.

    Days without a value are left out of the drawing and stand as a dash in the table.
    """
    days = [Point(*point) for point in points]
    known = [point for point in days if point.value is not None]
    said = description or _trend(title, known, unit)
    return Chart(
        title=title,
        svg=drawn(specs.line(known, tone, target, unit, wide=wide), title, said) if known else "",
        description=said,
        table=(("Day", title), *((specs.day(point), formatted(point.value, unit)) for point in days)),
    )


def _trend(title: str, known: Sequence[Point], unit: str) -> str:
    if not known:
        return f"{title}: no readings yet."
    first, last = (f"{formatted(point.value, unit)} on {specs.day(point)}" for point in (known[0], known[-1]))
    return f"{title}: {first}, {last}."

"""Vega-Lite specifications of the house's charts, as plain dicts: few ticks, hairlines, the page's own colours.

Vega-Lite 5 (https://vega.github.io/vega-lite/docs/). Colours are custom properties of the stylesheet, so one drawing
serves light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from remit.kernel.figures.formatting import formatted

Spec = dict[str, Any]

COLOURS = {
    "": "var(--accent)",
    "act": "var(--act)",
    "attend": "var(--attend)",
    "track": "var(--track)",
    "good": "var(--good)",
    "soft": "var(--ink-faint)",
}
HEIGHT = 170
WIDE, NARROW = 1040, 500


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour stands for; `tone` is one of those of the screens."""

    name: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a value for each series, and for each the address its part opens (within Remit, "/findings/?…")."""

    label: str
    values: tuple[float, ...]
    links: tuple[str, ...] = ()


class Point(NamedTuple):
    """One day's value; `on` is a date or its ISO text, `link` the address the point opens."""

    on: date | str
    value: float | None
    link: str = ""


def day(point: Point) -> str:
    """Write a point's day for people: "9 Mar 2026"."""
    on = _date(point)
    return f"{on.day} {on:%b %Y}"


def _date(point: Point) -> date:
    return point.on if isinstance(point.on, date) else date.fromisoformat(point.on)


def _label(value: float | None, unit: str) -> str:
    """Write a value where there is little room: with no unit but the percent sign."""
    return formatted(value, unit if unit == "%" else "")


def stacked_bars(bars: Sequence[Bar], series: Sequence[Series], unit: str, *, wide: bool) -> Spec:
    """Bars with their totals written above; parts of no height are left out, as nothing could open them."""
    totals = [{"bar": at, "value": sum(b.values), "words": _label(sum(b.values), unit)} for at, b in enumerate(bars)]
    across = _axis("bar", "ordinal", {"domain": list(range(len(bars)))}, _names([bar.label for bar in bars]))
    up = _upwards({})
    width = min(56, 0.62 * (WIDE if wide else NARROW) / max(1, len(bars)))
    colours = {"domain": [s.name for s in series], "range": [COLOURS.get(s.tone, COLOURS[""]) for s in series]}
    parts = {
        "data": {"values": [part for at, bar in enumerate(bars) for part in _parts(at, bar, series, unit)]},
        "mark": {"type": "bar", "stroke": "var(--card)", "strokeWidth": 1, "size": width},
        "encoding": {
            "x": across,
            "y": up | {"stack": "zero"},
            "order": {"field": "order"},
            "color": {"field": "series", "type": "nominal", "legend": None, "scale": colours},
            "href": {"field": "url"},
            "description": {"field": "words"},
        },
    }
    return _house(wide) | {"layer": [parts, _written(totals, {"x": across, "y": up}, dy=-8)]}


def _parts(at: int, bar: Bar, series: Sequence[Series], unit: str) -> Iterator[Spec]:
    links = (*bar.links, *[""] * len(series))
    for rank, (one, value, link) in enumerate(zip(series, bar.values, links, strict=False)):
        words = f"{bar.label}: {formatted(value, unit)} {one.name}"
        if value:
            yield {"bar": at, "series": one.name, "order": rank, "value": value, "url": link or None, "words": words}


def line(points: Sequence[Point], tone: str, target: float | None, unit: str, *, wide: bool) -> Spec:
    """A line from zero up with its points, the last of which is written beside it."""
    colour = COLOURS.get(tone, COLOURS[""])
    values = [_reading(point, unit) for point in points]
    days = {"format": "%-d %b", "grid": False, "tickCount": 8 if wide else 5, "labelOverlap": True}
    across = _axis("on", "temporal", {"type": "utc", "padding": 12}, days)
    up = _upwards({"zero": True} if any(point.value for point in points) else {"domain": [0, 1]})
    place = {"x": across, "y": up}
    drawn = {"type": "line", "color": colour, "strokeWidth": 2, "interpolate": "monotone", "aria": False}
    marks = {"type": "point", "filled": True, "size": 64, "color": colour, "opacity": 1}
    opened = {"href": {"field": "url"}, "description": {"field": "words"}}
    last = values[-1] | {"words": _label(points[-1].value, unit)}
    layers = [
        {"data": {"values": values}, "mark": drawn, "encoding": place},
        {"data": {"values": values}, "mark": marks, "encoding": place | opened},
        _written([last], place, dy=-12, align="right"),
    ]
    return _house(wide) | {"layer": layers if target is None else [*_target(target, unit, up), *layers]}


def _reading(point: Point, unit: str) -> Spec:
    words = f"{day(point)}: {formatted(point.value, unit)}"
    return {"on": _date(point).isoformat(), "value": point.value, "url": point.link or None, "words": words}


def _target(target: float, unit: str, up: Spec) -> list[Spec]:
    values = [{"value": target, "words": f"Target {formatted(target, unit)}"}]
    rule = {"type": "rule", "color": "var(--good)", "strokeDash": [4, 4], "aria": False}
    beside = {"y": up, "x": {"value": 0}}
    return [
        {"data": {"values": values}, "mark": rule, "encoding": {"y": up}},
        _written(values, beside, align="left", dx=2, dy=-6, fontSize=11, fontWeight=400, color="var(--good)"),
    ]


def _written(values: list[Spec], place: Spec, **look: Any) -> Spec:
    """Words on the drawing itself; they are not marks, so a screen reader skips them."""
    mark = {"type": "text", "fontSize": 12, "fontWeight": 600, "color": "var(--ink)", "aria": False, **look}
    return {"data": {"values": values}, "mark": mark, "encoding": place | {"text": {"field": "words"}}}


def _axis(field: str, type_: str, scale: Spec, axis: Spec) -> Spec:
    return {"field": field, "type": type_, "title": None, "scale": scale, "axis": axis}


def _upwards(scale: Spec) -> Spec:
    return _axis("value", "quantitative", scale, {"tickCount": 4, "format": ",~r"})


def _names(labels: Sequence[str]) -> Spec:
    """An axis that writes labels by position: two bars may have the same label, and a label is never a formula."""
    expression = f"{_quoted(labels)}[datum.value]"
    return {"labelExpr": expression, "labelAngle": 0, "labelLimit": 160, "labelOverlap": True, "grid": False}


def _quoted(labels: Sequence[str]) -> str:
    """Write texts as an array of the Vega expression language, every odd character as an escape."""
    return f"[{','.join(_literal(label) for label in labels)}]"


def _literal(text: str) -> str:
    return "'" + "".join(c if c.isascii() and (c.isalnum() or c in " .-") else _escape(c) for c in text) + "'"


def _escape(character: str) -> str:
    units = memoryview(character.encode("utf-16-le", "replace")).cast("H")
    return "".join(f"\\u{unit:04x}" for unit in units)


def _house(wide: bool) -> Spec:
    axis = {
        "labelColor": "var(--ink-soft)",
        "labelFontSize": 12,
        "labelPadding": 6,
        "gridColor": "var(--line)",
        "domain": False,
        "ticks": False,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDE if wide else NARROW,
        "height": HEIGHT,
        "background": None,
        "padding": {"left": 2, "right": 8, "top": 6, "bottom": 2},
        "config": {"view": {"stroke": None}, "axis": axis, "font": "sans-serif"},
    }

"""Figures in print: plain functions over plain values."""

from __future__ import annotations

SINGULAR = {
    "days": "day",
    "hours": "hour",
    "findings": "finding",
    "assets": "asset",
    "weaknesses": "weakness",
    "people": "person",
}
NOTHING = "–"


def number(value: float | None) -> str:
    """Write a number for people: 3112 as "3,112", 4.25 as "4.3", None as a dash."""
    if value is None:
        return NOTHING
    rounded = round(value, 1)
    text = f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,.1f}"
    return "0" if text == "-0" else text


def formatted(value: float | None, unit: str = "") -> str:
    """Write a value with its unit: "3,112 findings", "1 day", "42.5%", a dash for None."""
    if value is None:
        return NOTHING
    text = number(value)
    if unit == "%":
        return f"{text}%"
    word = SINGULAR.get(unit, unit.removesuffix("s")) if text in {"1", "-1"} else unit
    return f"{text} {word}".rstrip()

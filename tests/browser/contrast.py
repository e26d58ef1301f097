"""Contrast of the colours in tokens.css: OKLCH to sRGB (CSS Color 4, clause 10), WCAG 2.2 ratio (1.4.3, 1.4.11)."""

from __future__ import annotations

import math
import re
from pathlib import Path

TOKENS = Path(__file__).parents[2] / "src/remit/kernel/static/remit/css/tokens.css"
Colour = tuple[float, float, float]
"""Linear sRGB, 0 to 1."""

GROUNDS = ("paper", "card", "well")
TEXT_PAIRS = (
    *(
        (text, ground)
        for text in ("ink", "ink-soft", "ink-faint", "accent", "act", "attend-ink", "track", "good")
        for ground in GROUNDS
    ),
    ("accent", "accent-soft"),
    ("ink", "accent-soft"),
    ("ink-soft", "accent-soft"),
    ("on-accent", "accent"),
    ("on-act", "act"),
    ("act", "act-soft"),
    ("attend-ink", "attend-soft"),
    ("track", "track-soft"),
    ("good", "good-soft"),
)
"""What is written on what: 4.5 to 1 at least."""
SHAPE_PAIRS = tuple(
    (shape, ground) for shape in ("edge", "accent", "act", "attend", "track", "good") for ground in ("paper", "card")
)
"""Borders of controls and marks of charts: 3 to 1 at least."""


def linear(lightness: float, chroma: float, hue: float) -> Colour:
    """Return an OKLCH colour (hue in degrees) in linear sRGB, clipped to its gamut."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return min(1.0, max(0.0, red)), min(1.0, max(0.0, green)), min(1.0, max(0.0, blue))


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other))
    return (high + 0.05) / (low + 0.05)


def tokens(css: str) -> dict[str, tuple[Colour, Colour]]:
    """Return each light-dark() token as its light and its dark colour."""
    number = r"([\d.]+)"
    colour = rf"oklch\({number} {number} {number}\)"
    found = re.findall(rf"--([\w-]+): light-dark\({colour}, {colour}\)", css)
    return {name: (linear(*map(float, values[:3])), linear(*map(float, values[3:]))) for name, *values in found}


def failures(css: str) -> list[str]:
    """Return a line for each pair that is too faint in either theme."""
    known, lines = tokens(css), []
    for least, pairs in ((4.5, TEXT_PAIRS), (3.0, SHAPE_PAIRS)):
        for front, ground in pairs:
            for theme, word in enumerate(("light", "dark")):
                ratio = contrast(known[front][theme], known[ground][theme])
                if ratio < least:
                    lines.append(f"{word}: {front} on {ground} is {ratio:.2f}, needs {least}")
    return lines

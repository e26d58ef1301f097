"""The few tags and filters that templates need beside Django's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import lucide
from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as draw

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, extra: str = "") -> SafeString:
    """Draw a lucide icon, hidden from screen readers: a word always stands beside it. An unknown name gives a dot."""
    attributes: dict[str, Any] = {"class": f"icon {extra}".strip(), "aria-hidden": "true"}
    try:
        svg = draw(name or "dot", **attributes)
    except lucide.IconDoesNotExist:
        svg = draw("dot", **attributes)
    return mark_safe(svg)  # noqa: S308 - markup of the icon library; `extra` is written in templates only


@register.filter
def beside(items: Iterable[Any], others: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pair each item with the one at its place in `others` (a cell with its column)."""
    return list(zip(items, others, strict=False))


@register.filter
def thousands(number: int) -> str:
    """Print a whole number with its thousands apart."""
    return f"{number:,}"


@register.filter
def said(name: str) -> str:
    """Print the name of a field as a label: "expires_on" is "Expires on"."""
    return name.replace("_", " ").strip().capitalize()

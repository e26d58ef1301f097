"""The few tags and filters that templates need beside Django's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import Any

import lucide
from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as draw

from remit.kernel.access import roles
from remit.kernel.screens import Cell, Column, Row

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


@register.simple_tag
def show(cell: Cell) -> SafeString:
    """Draw one value of a record."""
    return mark_safe(drawn(cell))  # noqa: S308 - `drawn` escapes every text


@register.simple_tag
def cells(row: Row, columns: Sequence[Column]) -> SafeString:
    """Draw the cells of a row: a tag and not a template, since a list has hundreds of them."""
    parts = [
        f'<td class="of-{cell.kind}{" number" if column.number else ""}" data-label="{escape(column.label)}">'
        f"{drawn(cell)}</td>"
        for cell, column in zip(row.cells, columns, strict=False)
    ]
    return mark_safe("".join(parts))  # noqa: S308 - `drawn` escapes every text; kinds are ours


def drawn(cell: Cell) -> str:
    """Return one value as markup, each of its texts escaped."""
    text = escape(cell.text)
    title = f' title="{escape(cell.title)}"' if cell.title else ""
    if cell.kind == "state":
        return f'<span class="state {escape(cell.tone)}"{title}>{text}</span>'
    if cell.kind == "tags":
        return f'<span class="tags">{"".join(map(tag, cell.parts))}</span>'
    if cell.url:
        return f'<a class="{"ref" if cell.kind == "ref" else "text-link"}" href="{escape(cell.url)}"{title}>{text}</a>'
    if cell.kind == "ref":
        return f'<span class="ref">{text}</span>'
    if cell.tone or title:
        return f'<span class="tone-{escape(cell.tone or "plain")}"{title}>{text}</span>'
    return text


def tag(cell: Cell) -> str:
    """Return one of several short values, a link where it leads somewhere."""
    if cell.url:
        return f'<a class="tag" href="{escape(cell.url)}">{escape(cell.text)}</a>'
    return f'<span class="tag">{escape(cell.text)}</span>'


@register.filter
def beside(items: Iterable[Any], others: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pair each item with the one at its place in `others` (a cell with its column)."""
    return list(zip(items, others, strict=False))


@register.filter
def thousands(number: int) -> str:
    """Print a whole number with its thousands apart."""
    return f"{number:,}"


@register.filter
def in_words(verbs: Iterable[str]) -> str:
    """Print verbs as people read them."""
    return roles.in_words(verbs)


@register.filter
def said(name: str) -> str:
    """Print the name of a field as a label: "expires_on" is "Expires on"."""
    return name.replace("_", " ").strip().capitalize()


@register.filter
def as_json(value: Any) -> str:
    """Write a value as JSON for a data attribute, which escapes it like any text: scripts read it, none is in it."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag
def sign_in_providers() -> list[Any]:
    """Return the identity providers whose buttons the sign-in page shows."""
    from remit.kernel.federation.adapter import active_providers  # noqa: PLC0415 - needs the applications loaded

    return list(active_providers())

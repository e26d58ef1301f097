"""How one value of one record looks, by the type of its field."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from remit.kernel.access.models import User
from remit.kernel.lifecycle import StateField
from remit.kernel.money import MoneyField
from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.screens import Cell, Toned

LEVEL_TONES = {
    "act": "act",
    "attend": "attend",
    "track": "track",
    "note": "soft",
    "critical": "act",
    "high": "attend",
    "over tolerance": "act",
    "over appetite": "attend",
    "within appetite": "good",
    "red": "act",
    "amber": "attend",
    "green": "good",
}
"""Words of ordered choices that carry a colour wherever they stand."""
LINK_FIELDS = ("title", "name")
DUE_FIELDS = frozenset({"due_on", "expires_on", "next_review"})
"""Days by which something is owed: shown with how far off they are."""


def cell(record: Record, name: str, resource: Resource) -> Cell:
    """Return how `name` (a field, a property or "ref") of `record` is shown."""
    if name == "ref":
        return Cell("ref", record.ref, record.get_absolute_url())
    field = resource.field(name)
    value = getattr(record, name)
    if isinstance(field, StateField):
        return state_cell(record)
    if value is None or value in ("", [], ()):
        return Cell("text", "–", tone="soft", title="not known")
    if isinstance(value, Record):
        return Cell("link", str(value), value.get_absolute_url(), title=value.ref)
    if field is not None and field.choices:
        return choice_cell(record, name, value)
    if name in LINK_FIELDS:
        return Cell("link", str(value), record.get_absolute_url())
    return value_cell(value, field, resource, name)


def value_cell(value: Any, field: models.Field[Any, Any] | None, resource: Resource, name: str) -> Cell:
    if isinstance(value, Toned):
        return Cell("state", value, tone=value.tone)
    if isinstance(value, User):
        return Cell("person", value.name, title=value.email)
    if isinstance(value, bool):
        return Cell("bool", "Yes" if value else "No", tone="" if value else "soft")
    if isinstance(value, datetime):
        return time_cell(value)
    if isinstance(value, date):
        return date_cell(value)
    if isinstance(value, float):
        return Cell("number", number(value))
    if isinstance(value, Decimal):
        return Cell("number", f"{value:,.2f}" if isinstance(field, MoneyField) else f"{value.normalize():,f}")
    if isinstance(value, int):
        return Cell("number", f"{value:,}")
    if isinstance(field, ArrayField) or isinstance(value, list | tuple):
        return Cell("tags", ", ".join(map(str, value)), parts=tuple(tag(item, resource, name) for item in value[:12]))
    if isinstance(value, models.Model):
        return Cell("text", str(value))
    return Cell("long" if isinstance(field, models.TextField) else "text", str(value))


def tag(item: Any, resource: Resource, name: str) -> Cell:
    url = f"/{resource.slug}/?q={quote(str(item))}" if name in resource.search else ""
    if isinstance(item, str) and item.startswith(("https://", "http://")):
        return Cell("link", item, item)
    return Cell("text", str(item), url)


def state_cell(record: Record) -> Cell:
    lifecycle = record.lifecycle()
    tone = lifecycle.tones.get(record.state, "") if lifecycle else ""
    return Cell("state", record.get_state_display(), tone=tone)  # type: ignore[attr-defined]


def choice_cell(record: Record, name: str, value: Any) -> Cell:
    text = str(getattr(record, f"get_{name}_display")())
    tone = LEVEL_TONES.get(text.lower())
    return Cell("state" if tone else "text", text, tone=tone or "")


def time_cell(value: datetime) -> Cell:
    local = timezone.localtime(value)
    return Cell("time", f"{local.day} {local:%b %Y, %H:%M}", title=local.isoformat(timespec="seconds"))


def date_cell(value: date) -> Cell:
    """A day; past ones are not coloured here, since only some mean that something is overdue."""
    return Cell("date", f"{value.day} {value:%b %Y}", title=value.isoformat())


def due_cell(value: date | None, today: date, open_: bool = True) -> Cell:
    """A day by which something is owed, with how far off it is and a colour that says so."""
    if value is None:
        return Cell("text", "–", tone="soft", title="no due day")
    days = (value - today).days
    exact = f"{value.day} {value:%b %Y}"
    if not open_ or days > 30:
        return Cell("date", exact, title=value.isoformat())
    words = {0: "today", 1: "tomorrow", -1: "1 day overdue"}.get(days) or (
        f"{-days} days overdue" if days < 0 else f"in {days} days"
    )
    return Cell("date", words, title=exact, tone="act" if days < 0 else "attend" if days <= 7 else "")


def number(value: float) -> str:
    """Print a number as a person reads it: no trailing zeros, thousands apart."""
    if value == int(value) and abs(value) >= 100:
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.01 or value == 0 else f"{value:.4f}"

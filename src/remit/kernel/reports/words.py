"""How values of a report are written, the same on pages, on paper and in mails."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from remit.kernel.reports.model import Column, Entry, Kind, Labelled, Plain, Report, value_of

NOTHING = "–"
DIGITS: dict[Kind, int] = {"money": 0, "percent": 1}


def written(value: Plain, kind: Kind = "text", *, currency: str = "", digits: int | None = None) -> str:
    """Write a value: 1234567.5 as money in EUR is "EUR 1,234,568", 42.5 percent "42.5%", nothing a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    if isinstance(value, str):
        return value
    text = number(value, DIGITS.get(kind) if digits is None else digits)
    return f"{text}%" if kind == "percent" else f"{currency} {text}".strip()


def number(value: float | Decimal, digits: int | None = None) -> str:
    """Write a number with its thousands apart, halves rounded away from zero; `digits` None keeps two at most."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-(2 if digits is None else digits)), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if digits is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removeprefix("-") if not rounded else text.replace("-", "−")


def entry_text(entry: Entry, column: Column, *, total: bool = False) -> str:
    """Write an entry of a table; its currency stands in the heading. What has no total is left empty."""
    held = value_of(entry).value
    return "" if total and held is None else written(held, column.kind, digits=column.digits)


def labelled_text(item: Labelled) -> str:
    return written(item.value, item.kind, currency=item.currency, digits=item.digits)


def moment(at: datetime) -> str:
    """Write a time in UTC, as readers of a paper may be in any zone."""
    there = at.astimezone(UTC)
    return f"{there.day} {there:%b %Y, %H:%M} UTC"


def standing(report: Report) -> str:
    """Say of when the numbers are, and at which entry of the ledger."""
    said = f"As of {moment(report.as_of)}"
    return said if report.ledger_position is None else f"{said} · ledger entry {report.ledger_position:,}"

"""What money over a year means: plain functions over plain values; no Django, no clock, no input or output.

Amounts are Decimal in a currency of ISO 4217. A rate is the price of one unit of `base` in `quote`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Final

CENT: Final = Decimal("0.01")
VARIANCE_PERCENT: Final = Decimal(10)
VARIANCE_AMOUNT: Final = Decimal(5000)
"""A forecast off its plan by more than both asks for a reason; the amount is in the line's currency."""
HORIZON_MONTHS: Final = 18


class MissingRateError(ValueError):
    """No rate between two currencies is known on or before a day; the message says which to add."""

    def __init__(self, base: str, quote: str, on: date) -> None:
        super().__init__(
            f"No exchange rate from {base} to {quote} is known on {on:%Y-%m-%d}. Add one of that day or earlier."
        )
        self.base, self.quote, self.on = base, quote, on


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` costs `rate` units of `quote` from this day on."""

    base: str
    quote: str
    on: date
    rate: Decimal


def cents(amount: Decimal) -> Decimal:
    """Round to two places, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def rate_at(base: str, quote: str, on: date, rates: Iterable[Rate]) -> Decimal:
    """Return the last known rate on or before a day, of the pair or of its inverse; 1 for the same currency.

    Of two rates of one day the pair's own counts, then the one given later. MissingRateError where there is none.
    """
    if base == quote:
        return Decimal(1)
    known: list[tuple[date, bool, int, Decimal]] = []
    for place, each in enumerate(rates):
        if each.on <= on and {each.base, each.quote} == {base, quote}:
            own = each.base == base
            known.append((each.on, own, place, each.rate if own else 1 / each.rate))
    if not known:
        raise MissingRateError(base, quote, on)
    return max(known)[3]


def converted(amount: Decimal, base: str, quote: str, on: date, rates: Iterable[Rate]) -> Decimal:
    """Return an amount in another currency at the last known rate, to the cent."""
    return cents(amount * rate_at(base, quote, on, rates))


def variance(plan: Decimal, forecast: Decimal) -> Decimal:
    """Return how much more than planned is expected; negative where it is less."""
    return forecast - plan


def variance_percent(plan: Decimal, forecast: Decimal) -> Decimal | None:
    """Return the variance in hundredths of the plan, to one place; None where nothing was planned."""
    return (variance(plan, forecast) / plan * 100).quantize(Decimal("0.1"), ROUND_HALF_UP) if plan else None


def wants_reason(plan: Decimal, forecast: Decimal) -> bool:
    """Whether the variance is large enough to be explained: above VARIANCE_AMOUNT and above VARIANCE_PERCENT."""
    off = abs(variance(plan, forecast))
    return off > VARIANCE_AMOUNT and off * 100 > abs(plan) * VARIANCE_PERCENT


def months_of(starts: date, ends: date) -> list[date]:
    """Return the first days of the months that a year touches, in order."""
    first, found = starts.replace(day=1), []
    while first <= ends:
        found.append(first)
        first = next_month(first)
    return found


def next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return date(day.year, day.month, monthrange(day.year, day.month)[1])


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last one of a shorter month."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def phased(plan: Decimal, months: int, phasing: Sequence[Decimal] = ()) -> list[Decimal]:
    """Spread a plan over months: as phased, or evenly with the cents left over in the last month."""
    if phasing:
        return list(phasing)
    if months < 1:
        return []
    each = (plan / months).quantize(CENT, ROUND_HALF_UP)
    return [*[each] * (months - 1), plan - each * (months - 1)]


def phasing_problem(plan: Decimal, months: int, phasing: Sequence[Decimal]) -> str:
    """Say what is wrong with amounts by month, or return ""."""
    if not phasing:
        return ""
    if len(phasing) != months:
        return f"Give one amount for each of the {months} months, or none; these are {len(phasing)}."
    total = sum(phasing, Decimal(0))
    return "" if total == plan else f"The months add up to {total:,.2f}, the plan is {plan:,.2f}. Make them agree."


def burn(planned: Sequence[Decimal], spent: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    """Return plan and spending up to and with each month."""
    return list(zip(accumulate(planned), accumulate(spent), strict=True))


def totals(rows: Iterable[Mapping[str, Decimal]], names: Sequence[str]) -> dict[str, Decimal]:
    """Add up columns of rows."""
    held = list(rows)
    return {name: sum((row[name] for row in held), Decimal(0)) for name in names}

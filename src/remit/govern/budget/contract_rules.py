"""What a contract means, and what to know before talking to its supplier: plain functions over plain values.

Amounts are Decimal in the contract's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from remit.govern.budget.rules import cents, month_end, months_later


def notice_day(ends: date | None, notice_days: int) -> date | None:
    """Return the last day on which notice can be given; None for a contract without an end."""
    return ends - timedelta(days=notice_days) if ends else None


@dataclass(frozen=True, slots=True)
class Reading:
    """How much was used on a day, in the contract's unit of measure."""

    on: date
    used: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """What a year costs from a day on, for how many units."""

    since: date
    price: Decimal
    quantity: Decimal | None = None

    @property
    def each(self) -> Decimal | None:
        return cents(self.price / self.quantity) if self.quantity else None


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract as its brief needs it; `prices` oldest first, `usage` oldest first."""

    title: str
    supplier: str
    currency: str
    price: Decimal
    starts: date
    ends: date | None
    notice_days: int
    renews: bool
    entitlement: Decimal | None = None
    measure: str = ""
    prices: tuple[Price, ...] = ()
    usage: tuple[Reading, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day that gives one side leverage, and why."""

    on: date
    what: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Brief:
    """What to know before talking to a supplier; amounts in the contract's currency, shares 0 to 1."""

    unit_price: Decimal | None
    used: Decimal | None
    peak: Decimal | None
    unused: Decimal | None
    unused_share: Decimal | None
    unused_money: Decimal | None
    growth: Decimal | None
    """Price by unit, or by year where no units are known, over the first one known: 0.12 is 12 % more."""
    yearly_growth: Decimal | None
    deadlines: tuple[Deadline, ...]
    asks: tuple[str, ...]


RECENT: Final = timedelta(days=180)
"""What was in use so long before the newest reading is still needed."""


def peak(usage: Sequence[Reading]) -> Decimal | None:
    """Return the most that was in use in the half year up to the newest reading; None where nothing was read."""
    newest = max((reading.on for reading in usage), default=None)
    return max((r.used for r in usage if newest and r.on >= newest - RECENT), default=None)


def brief(terms: Terms, today: date, year_ends: date | None = None) -> Brief:
    """Work out what is paid, used and unused, when there is leverage, and what to ask for."""
    used = terms.usage[-1].used if terms.usage else None
    most = peak(terms.usage)
    each = cents(terms.price / terms.entitlement) if terms.entitlement else None
    unused = max(Decimal(0), terms.entitlement - most) if terms.entitlement and most is not None else None
    share = unused / terms.entitlement if unused is not None and terms.entitlement else None
    money = None if unused is None else unused_value(terms.entitlement, most, terms.price)
    growth, yearly = _growth(terms.prices)
    made = Brief(each, used, most, unused, share, money, growth, yearly, _deadlines(terms, today, year_ends), ())
    return replace(made, asks=tuple(_asks(terms, made, today)))


def _growth(prices: Sequence[Price]) -> tuple[Decimal | None, Decimal | None]:
    """Return how much dearer the newest price is than the first, in all and by year."""
    if len(prices) < 2:
        return None, None
    first, last = prices[0], prices[-1]
    by_unit = first.each is not None and last.each is not None
    before, after = (first.each, last.each) if by_unit else (first.price, last.price)
    if not before or after is None:
        return None, None
    growth = after / before - 1
    years = Decimal((last.since - first.since).days) / Decimal("365.25")
    yearly = (after / before) ** (1 / years) - 1 if years >= 1 and after > 0 else None
    return growth, yearly


def _deadlines(terms: Terms, today: date, year_ends: date | None) -> tuple[Deadline, ...]:
    found = []
    if notice := notice_day(terms.ends, terms.notice_days):
        what = "Last day to give notice; after it the contract renews by itself." if terms.renews else (
            "Last day on which the contract says you can still turn away without a gap."
        )  # fmt: skip
        found.append(Deadline(notice, what, notice < today))
    if terms.ends:
        found.append(
            Deadline(terms.ends, "The contract ends." if not terms.renews else "It renews.", terms.ends < today)
        )
    if year_ends and year_ends >= today:
        found.append(Deadline(year_ends, "Your fiscal year ends; what is committed later is next year's money.", False))
    quarter = _quarter_end(today)
    found.append(Deadline(quarter, "A calendar quarter ends, when most suppliers close their books.", False))
    return tuple(sorted(found, key=lambda each: each.on))


def _quarter_end(today: date) -> date:
    return month_end(date(today.year, (today.month - 1) // 3 * 3 + 3, 1))


def _asks(terms: Terms, found: Brief, today: date) -> Iterable[str]:
    """Yield what to ask for, the largest first where that can be told."""
    measure = terms.measure or "units"
    if terms.renews and terms.ends and notice_day(terms.ends, terms.notice_days) < today:  # type: ignore[operator]
        yield (
            f"The day of notice has passed, and it renews on {terms.ends:%-d %B %Y}. Ask in writing to be let out, "
            "or for the changes below instead: a supplier who wants to keep you can agree."
        )
    if found.unused and found.unused_money and found.unused_share and found.unused_share >= Decimal("0.05"):
        yield (
            f"Reduce the entitlement to {_whole(found.peak)} {measure}, the most used lately: "
            f"{_whole(found.unused)} are unused, {terms.currency} {found.unused_money:,.0f} a year at today's price."
        )
    if found.unused is not None and found.unused == 0 and found.peak and terms.entitlement:
        yield f"Ask for a fixed price for more {measure} now: all {_whole(terms.entitlement)} are in use."
    if found.yearly_growth is not None and found.yearly_growth > Decimal("0.03"):
        yield (f"Cap the yearly rise at 3 %: the price has risen by {found.yearly_growth * 100:.1f} % a year so far.")
    if terms.alternatives:
        named = ", ".join(terms.alternatives[:3])
        yield f"Ask {named} for an offer first, and say that you did."
    else:
        yield "Find one alternative, even a partial one: without it you ask, with it you choose."
    if terms.renews:
        yield "Replace the automatic renewal by one in writing, with notice of 30 days."
    elif terms.ends and months_later(today, 12) > terms.ends:
        yield "Ask what a longer term is worth to them, and take it only with the right to reduce."
    if terms.notice_days > 90:
        yield f"Shorten the notice of {terms.notice_days} days to 60 or less."


def _whole(number: Decimal | None) -> str:
    return "–" if number is None else f"{number.normalize():,f}"


def unused_value(entitlement: Decimal | None, used: Decimal | None, price: Decimal) -> Decimal:
    """Return what is paid for what nobody uses, a year; 0 where usage or entitlement is not known."""
    if not entitlement or used is None or used >= entitlement:
        return Decimal(0)
    return cents((entitlement - used) / entitlement * price)

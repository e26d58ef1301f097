"""What money over a year means: plain functions over plain values; no Django, no clock, no input or output.

Amounts are Decimal in a currency of ISO 4217. A rate is the price of one unit of `base` in `quote`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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


def totals(rows: Iterable[Mapping[str, Decimal]], names: Sequence[str]) -> dict[str, Decimal]:
    """Add up columns of rows."""
    held = list(rows)
    return {name: sum((row[name] for row in held), Decimal(0)) for name in names}

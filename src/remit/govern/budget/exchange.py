"""Conversion at the last known rate of a day.

Rates are everybody's: an amount in a unit far down must not fail since its rates are kept at the top. So they are read
as the system; out come converted amounts, and for who asks by `remit.kernel.money` the rate with its day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import Case, Q, When
from django.utils.timezone import localdate

from remit.govern.budget import rules
from remit.govern.budget.models import ExchangeRate, FiscalYear
from remit.kernel import actor
from remit.kernel.money import Quotation


def known_rates(base: str, quote: str, until: date) -> list[rules.Rate]:
    """Return the newest rate of a pair and of its inverse, on or before a day."""
    with actor.system("exchange rates"):
        found = []
        for one, other in ((base, quote), (quote, base)):
            pair = ExchangeRate.objects.filter(currency=one, quote=other, on__lte=until).order_by("-on", "-id")
            found += [rules.Rate(*row) for row in pair.values_list("currency", "quote", "on", "rate")[:1]]
    return found


def in_currency(amount: Decimal, base: str, quote: str, on: date) -> Decimal:
    """Convert an amount, to the cent; rules.MissingRateError names currency and day."""
    if base == quote:
        return amount
    return rules.converted(amount, base, quote, on, known_rates(base, quote, on))


def rate(base: str, quote: str, on: date) -> Decimal:
    """Return the rate of a day to eight places; rules.MissingRateError names currency and day."""
    if base == quote:
        return Decimal(1)
    return rules.rate_at(base, quote, on, known_rates(base, quote, on)).quantize(Decimal("0.00000001"))


def budget_rate(currency: str, year: FiscalYear) -> Decimal:
    """Return the rate at which a line counts in its year: the last known on its first day, or today."""
    return rate(currency, year.currency, min(year.starts, localdate()))


def quoted(base: str, quote: str, on: date) -> Quotation | None:
    """Return the last known rate of a day with the record that says it; restricted records say nothing here."""
    with actor.system("exchange rates"):
        pairs = Q(currency=base, quote=quote) | Q(currency=quote, quote=base)
        known = ExchangeRate.objects.filter(pairs, on__lte=on, restricted=False)
        own = Case(When(currency=base, then=1), default=0)
        found = known.order_by("-on", own.desc(), "-id").first()
    if found is None:
        return None
    price = found.rate if found.currency == base else 1 / found.rate
    return Quotation(base, quote, price, found.on, found.ref, found.get_absolute_url())

"""Money in records: exact amounts with two places after the point, in a currency of ISO 4217.

What one currency costs in another is known to the area that keeps rates: it declares so by `rates`, and whoever must
convert asks `quotation`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models

CURRENCIES: Final = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU
    UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG""".split()  # noqa: SIM905  (a list of quoted words is five times as long)
)
"""The codes of ISO 4217 (2025) that money is paid in."""


def check_currency(code: str) -> None:
    """ValidationError for a code that ISO 4217 does not have."""
    if code not in CURRENCIES:
        raise ValidationError(f"“{code[:10]}” is no currency of ISO 4217; write three capital letters, as in EUR.")


class MoneyField(models.DecimalField[Any, Any]):
    """An amount: thirteen digits before the point and two after it; never a float."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_digits": 15, "decimal_places": 2, **options})


class CurrencyField(models.CharField[Any, Any]):
    """The currency of the amounts beside it."""

    default_validators = [check_currency]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_length": 3, "default": "EUR", **options})


@dataclass(frozen=True, slots=True)
class Quotation:
    """One unit of `base` costs `rate` units of `quote`, as the record `ref` at `url` says from the day `on`."""

    base: str
    quote: str
    rate: Decimal
    on: date
    ref: str
    url: str


Finder = Callable[[str, str, date], Quotation | None]
_finders: dict[str, Finder] = {}


def rates(kind: str) -> Callable[[Finder], Finder]:
    """Declare the one function that finds the last rate known on a day, and the record type that holds them.

    ValueError where another type of record holds them already.
    """

    def declare(finder: Finder) -> Finder:
        if _finders.keys() - {kind}:
            raise ValueError(f"Exchange rates are kept by {', '.join(_finders)} already.")
        _finders[kind] = finder
        return finder

    return declare


def quotation(base: str, quote: str, on: date) -> Quotation | None:
    """Return what one unit of `base` costs in `quote` by the newest rate on or before a day; None where none is known.

    It is found whoever asks: rates are everybody's.
    """
    return next((found for finder in _finders.values() if (found := finder(base, quote, on))), None)


def kept_as() -> str:
    """Return the record type that holds exchange rates, or "" where no area keeps any."""
    return next(iter(_finders), "")

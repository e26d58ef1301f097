"""How often: counts and the left half of the FAIR tree, from plain objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from remit.identify.risks.fair.distributions import NAMES, Number, ends, read, read_fields
from remit.identify.risks.fair.errors import InputError, refuse_unknown
from remit.identify.risks.fair.fields import Fields, number
from remit.identify.risks.fair.model import (
    BernoulliFrequency,
    Contact,
    CountFrequency,
    Frequency,
    NegativeBinomialFrequency,
    PoissonFrequency,
    RoundedFrequency,
    Strength,
    ThreatFrequency,
)
from remit.identify.risks.fair.values import amount, probability, rate

LARGEST_ROUNDED: Final = 100_000
"""Rounded counts are tabulated; a larger one is refused."""


def read_frequency(value: object, where: str) -> Frequency:
    """Loss events a year: a count distribution, a rate, or threat events with a vulnerability."""
    if isinstance(value, int | float):
        return PoissonFrequency(rate(value, where))
    fields = Fields(value, where, "a frequency")
    if "distribution" in fields:
        return _count(fields)
    if "threat_event_frequency" not in fields and "vulnerability" not in fields:
        fields.rest(("distribution", "threat_event_frequency", "vulnerability"))
        fields.done()
        fields.need("distribution", "Give a count distribution, or “threat_event_frequency” and “vulnerability”.")
    found = ThreatFrequency(
        _threat_events(fields.need("threat_event_frequency"), fields.path("threat_event_frequency")),
        _vulnerability(fields.need("vulnerability"), fields.path("vulnerability")),
    )
    fields.done()
    return found


def _count(fields: Fields) -> CountFrequency:
    kind = fields.text("distribution")
    if kind not in _COUNTS and kind not in NAMES:
        refuse_unknown(kind, (*_COUNTS, *NAMES), fields.path("distribution"), "distribution")
    if kind in _COUNTS:
        found = _COUNTS[kind](fields)
    elif fields.flag("rounded"):
        found = _rounded(fields)
    else:
        # A continuous distribution of events a year is an uncertain rate.
        return PoissonFrequency(_checked_rate(fields))
    fields.done("parameter")
    return found


def _checked_rate(fields: Fields) -> Number:
    plain = {key: fields.get(key) for key in fields.names() if key != "rounded"}
    return rate(plain, fields.where)


def _poisson(fields: Fields) -> CountFrequency:
    return PoissonFrequency(rate(fields.need("mean"), fields.path("mean")))


def _negative_binomial(fields: Fields) -> CountFrequency:
    dispersion = read(fields.need("dispersion"), fields.path("dispersion"))
    low = ends(dispersion)[0]
    if low <= 0:
        remedy = "Give k above 0: the variance is mean + mean²/k."
        raise InputError(fields.path("dispersion"), f"{low:g} is not above 0", remedy)
    return NegativeBinomialFrequency(rate(fields.need("mean"), fields.path("mean")), dispersion)


def _bernoulli(fields: Fields) -> CountFrequency:
    return BernoulliFrequency(probability(fields.need("probability"), fields.path("probability")))


def _rounded(fields: Fields) -> CountFrequency:
    found = read_fields(fields)
    if found.uncertain:
        remedy = "Give numbers, or a poisson with an uncertain mean."
        raise InputError(fields.where, "a rounded count with uncertain parameters", remedy)
    low, high = ends(found)[0], float(found.quantile(1 - 1e-14))
    if low < 0:
        remedy = 'Give 0 or more, or add "truncate": {"low": 0}.'
        raise InputError(fields.where, f"a number of events that begins at {low:g}", remedy)
    if high > LARGEST_ROUNDED:
        remedy = 'Add "truncate": {"high": …}, or give a poisson or negative_binomial.'
        raise InputError(fields.where, f"a rounded count that reaches {high:,.0f}", remedy)
    return RoundedFrequency(found)


_COUNTS: Final[dict[str, Callable[[Fields], CountFrequency]]] = {
    "poisson": _poisson,
    "negative_binomial": _negative_binomial,
    "bernoulli": _bernoulli,
}


def _threat_events(value: object, where: str) -> CountFrequency | Contact:
    if isinstance(value, int | float):
        return PoissonFrequency(rate(number(value, where), where))
    fields = Fields(value, where, "a frequency")
    if "distribution" in fields:
        return _count(fields)
    if "contact_frequency" not in fields and "probability_of_action" not in fields:
        fields.rest(("distribution", "contact_frequency", "probability_of_action"))
        fields.done()
        fields.need("distribution", "Give a count, a rate, or “contact_frequency” and “probability_of_action”.")
    found = Contact(
        rate(fields.need("contact_frequency"), fields.path("contact_frequency")),
        probability(fields.need("probability_of_action"), fields.path("probability_of_action")),
    )
    fields.done()
    return found


def _vulnerability(value: object, where: str) -> Number | Strength:
    if isinstance(value, dict) and ("threat_capability" in value or "resistance_strength" in value):
        fields = Fields(value, where, "a vulnerability")
        parts = [
            amount(fields.need(key), fields.path(key), "strength")
            for key in ("threat_capability", "resistance_strength")
        ]
        fields.done()
        for key, part in zip(("threat_capability", "resistance_strength"), parts, strict=True):
            if part.uncertain:
                remedy = "Give numbers: the distribution is already that of one event."
                raise InputError(fields.path(key), "its parameters are uncertain", remedy)
        return Strength(*parts)
    return probability(value, where)

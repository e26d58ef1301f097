"""Numbers and distributions with a meaning: money, rates, probabilities, shares; checked against their range."""

from __future__ import annotations

import math

from remit.identify.risks.fair import limits
from remit.identify.risks.fair.distributions import Distribution, Number, ends, read, read_distribution
from remit.identify.risks.fair.errors import InputError


def amount(value: object, where: str, unit: str = "money") -> Distribution:
    """A distribution of money (or days) that is never negative."""
    found = value if isinstance(value, Distribution) else read_distribution(value, where)
    low = ends(found)[0]
    if low < 0:
        raise InputError(
            _place(found, where),
            f"negative {unit}: the values begin at {low:,.10g}",
            'Give amounts of 0 or more, or add "truncate": {"low": 0}.',
        )
    return found


def rate(value: object, where: str) -> Number:
    """Events a year."""
    found = _ranged(value, where, 0.0, math.inf, "a rate")
    mean = float(found.mean) if isinstance(found, Distribution) else found
    if mean > limits.EVENTS:
        remedy = f"Give at most {limits.EVENTS:,.0f}; rates are per year."
        raise InputError(where, f"{mean:,.10g} events a year are too many", remedy)
    return found


def probability(value: object, where: str) -> Number:
    """A probability, 0 to 1."""
    return _ranged(value, where, 0.0, 1.0, "a probability")


def share(value: object, where: str) -> Number:
    """A share, 0 to 1."""
    return _ranged(value, where, 0.0, 1.0, "a share")


def _ranged(value: object, where: str, low: float, high: float, what: str) -> Number:
    found = read(value, where)
    least, greatest = ends(found)
    if least >= low and greatest <= high:
        return found
    range_ = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of {low:g} or more"
    if isinstance(found, Distribution):
        cut = f'"low": {low:g}' + (f', "high": {high:g}' if math.isfinite(high) else "")
        problem = f"{what} that reaches from {least:g} to {greatest:g}"
        raise InputError(where, problem, f'Keep it {range_}, as by "truncate": {{{cut}}}.')
    raise InputError(where, f"{found:g} is not {what}", f"Give a number {range_}.")


def _place(found: Distribution, where: str) -> str:
    """The parameter that makes values negative, where one does."""
    for key, value in found.parameters.items():
        if key in ("low", "p05", "p10", "value", "mean") and isinstance(value, float) and value < 0:
            return f"{where}.{key}"
        if key == "values":
            return f"{where}.values[{next(place for place, entry in enumerate(value) if entry < 0)}]"
    return where

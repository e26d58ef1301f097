"""Distributions from and to plain objects, as in {"distribution": "lognormal", "p05": 100000, "p95": 1000000}."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from remit.identify.risks.fair import limits
from remit.identify.risks.fair.distributions.base import Distribution
from remit.identify.risks.fair.distributions.families import FAMILIES, NAMES, Form
from remit.identify.risks.fair.distributions.given import LEAST_MASS, Constant, Empirical, Truncated
from remit.identify.risks.fair.distributions.ranged import Pert
from remit.identify.risks.fair.distributions.uncertain import Uncertain
from remit.identify.risks.fair.errors import InputError, refuse_unknown
from remit.identify.risks.fair.fields import Fields, at, bounded, number

Number = float | Distribution

_LARGEST: Final = 1e250
"""Moments beyond this leave no room to calculate with."""


def read(value: object, where: str = "") -> Number:
    """A number, or the distribution that stands in its place; InputError says what is wrong and where."""
    if isinstance(value, int | float):
        return number(value, where)
    return _read(value, where, nested=False)


def read_distribution(value: object, where: str = "") -> Distribution:
    """A distribution whose parameters may be uncertain; a bare number is that constant."""
    if isinstance(value, int | float):
        found = number(value, where)
        return Constant(found, given=(("value", found),))
    return _read(value, where, nested=True)


def read_fields(fields: Fields) -> Distribution:
    """A distribution among other fields of an object; the caller refuses what is left."""
    return _read_fields(fields, nested=True)


def write(value: Number) -> Any:
    """A number as it is; a distribution as the object that reads back equal to it."""
    if not isinstance(value, Distribution):
        return value
    kind = value.base.name if isinstance(value, Truncated) else value.name
    kind = value.family if isinstance(value, Uncertain) else kind
    return {"distribution": kind} | {key: _plain(found) for key, found in value.parameters.items()}


def ends(value: Number) -> tuple[float, float]:
    """The least and the greatest value that a number or a distribution may take."""
    if isinstance(value, Distribution):
        low, high = value.support
        return float(low), float(high)
    return value, value


def _plain(value: Any) -> Any:
    return write(value) if isinstance(value, Distribution) else value


def _read(value: object, where: str, *, nested: bool) -> Distribution:
    fields = Fields(value, where, "a number or a distribution")
    found = _read_fields(fields, nested=nested)
    fields.done("parameter")
    return found


def _read_fields(fields: Fields, *, nested: bool) -> Distribution:
    kind = fields.text("distribution")
    if kind not in NAMES:
        refuse_unknown(kind, NAMES, fields.path("distribution"), "distribution")
    low, high = _truncation(fields)
    with np.errstate(all="ignore"):
        found = _empirical(fields) if kind == "empirical" else _family(kind, fields, low, high, nested=nested)
        if not (math.isinf(low) and math.isinf(high)) and not isinstance(found, Uncertain):
            found = _truncated(found, low, high, fields)
        moments = float(found.mean), float(found.variance)
    if not all(abs(moment) < _LARGEST for moment in moments):
        raise InputError(
            fields.where, "its values are too large, or spread too widely, to have a mean", "Check its parameters."
        )
    return found


def _family(kind: str, fields: Fields, low: float, high: float, *, nested: bool) -> Distribution:
    form = _form(kind, fields)
    if kind == "pert" and fields.get("convention") is not None:
        form = _convention(form, fields)
    values = {key: _parameter(fields, key, form, nested=nested) for key in form.needs}
    values |= {
        key: _parameter(fields, key, form, nested=nested) if key in fields else default
        for key, default in form.defaults.items()
    }
    fields.rest(form.defaults)
    _check(values, form, fields)
    given = {key: value for key, value in values.items() if key in fields}
    if any(isinstance(value, Distribution) for value in values.values()):
        return Uncertain(kind, form.build, tuple(values.items()), low, high, given=tuple(given.items()))
    try:
        made = form.build(*values.values())
    except ValueError:
        raise InputError(
            fields.where,
            f"no {kind} distribution has these quantiles",
            "Move the values apart, or give a lognormal by p05 and p95.",
        ) from None
    convention = {"convention": "pyfair"} if "convention" in fields else {}
    return replace(made, given=tuple((given | convention).items()))


def _form(kind: str, fields: Fields) -> Form:
    """The form whose parameters are there; of several or none, the one that most are there of."""
    forms = FAMILIES[kind]
    best = max(forms, key=lambda form: (all(key in fields for key in form.needs), sum(k in fields for k in form.needs)))
    for form in forms:
        beside = [key for key in form.needs if key in fields and key not in best.needs and key not in best.defaults]
        if beside:
            raise InputError(
                fields.path(beside[0]),
                f"cannot stand beside {' and '.join(key for key in best.needs if key in fields)}",
                f"Give a {kind} by one of: {'; '.join(', '.join(form.needs) for form in forms)}.",
            )
    missing = [key for key in best.needs if key not in fields]
    if missing:
        if not any(key in fields for key in best.needs):
            best = forms[0]
            fields.rest([*best.needs, *best.defaults])
            fields.done("parameter", also=(key for form in forms for key in form.needs))
        fields.need(missing[0], f"Give a {kind} by one of: {'; '.join(', '.join(form.needs) for form in forms)}.")
    return best


def _convention(form: Form, fields: Fields) -> Form:
    name = fields.text("convention")
    if name != "pyfair":
        refuse_unknown(name, ("pyfair",), fields.path("convention"), "convention")
    if form.needs != ("low", "mode", "high"):
        raise InputError(fields.path("convention"), "needs low, mode and high", "Leave it out.")
    return replace(form, build=Pert.pyfair, solved=True)


def _parameter(fields: Fields, key: str, form: Form, *, nested: bool) -> Number:
    value = fields.need(key)
    if isinstance(value, int | float) or not nested or form.solved:
        return number(value, fields.path(key))
    return _read(value, fields.path(key), nested=False)


def _check(values: dict[str, Number], form: Form, fields: Fields) -> None:
    for key in form.positive:
        if ends(values[key])[0] < 0 or (ends(values[key])[0] == 0 and not isinstance(values[key], Distribution)):
            raise InputError(fields.path(key), f"{ends(values[key])[0]:g} is not above 0", "Give a number above 0.")
    for low, high in zip(form.ascending, form.ascending[1:], strict=False):
        top, bottom = ends(values[low])[1], ends(values[high])[0]
        if top > bottom:
            raise InputError(
                fields.path(low if low in fields else high),
                f"{low} ({top:,.10g}) is above {high} ({bottom:,.10g})",
                "Swap them, or correct the one that is wrong."
                if not isinstance(values[low], Distribution) and not isinstance(values[high], Distribution)
                else "Keep their ranges apart, with “truncate” where a range has no end.",
            )
        if top == bottom and form.strictly:
            _refuse_equal(fields.path(high if high in fields else low), low, high)
    if form.ascending and ends(values[form.ascending[0]])[1] >= ends(values[form.ascending[-1]])[0]:
        _refuse_equal(fields.path(form.ascending[-1]), form.ascending[0], form.ascending[-1])


def _refuse_equal(where: str, low: str, high: str) -> None:
    raise InputError(
        where,
        f"{low} and {high} are the same",
        'Move them apart; a value known for certain is {"distribution": "constant", "value": …}.',
    )


def _empirical(fields: Fields) -> Empirical:
    values = _numbers(fields, "values")
    if not values:
        raise InputError(fields.path("values"), "is empty", "Give at least one value.")
    weights = _numbers(fields, "weights")
    for place, weight in enumerate(weights):
        bounded(weight, at(fields.path("weights"), place), 0.0)
    if weights and len(weights) != len(values):
        problem = f"{len(weights)} weights for {len(values)} values"
        raise InputError(fields.path("weights"), problem, "Give one weight for each value, or none at all.")
    if weights and not math.fsum(weights) > 0:
        raise InputError(fields.path("weights"), "all weights are 0", "Give at least one weight above 0.")
    return Empirical(tuple(values), tuple(weights))


def _numbers(fields: Fields, key: str) -> list[float]:
    found = fields.items(key)
    if len(found) > limits.VALUES:
        raise InputError(fields.path(key), f"{len(found):,} values are too many", f"Give at most {limits.VALUES:,}.")
    return [number(value, at(fields.path(key), place)) for place, value in enumerate(found)]


def _truncation(fields: Fields) -> tuple[float, float]:
    if "truncate" not in fields:
        fields.rest(["truncate"])
        return -math.inf, math.inf
    within = fields.within("truncate")
    low = within.number("low") if "low" in within else -math.inf
    high = within.number("high") if "high" in within else math.inf
    within.rest(["low", "high"])
    within.done()
    if math.isinf(low) and math.isinf(high):
        raise InputError(within.where, "names no end", "Give “low”, “high” or both.")
    if low >= high:
        raise InputError(within.path("low"), f"low ({low:,.10g}) is not below high ({high:,.10g})", "Swap them.")
    return low, high


def _truncated(found: Distribution, low: float, high: float, fields: Fields) -> Distribution:
    if found.atoms is not None:
        values, shares = found.atoms
        kept = (values >= low) & (values <= high)
        mass = float(shares[kept].sum())
        cut: Distribution = Empirical(tuple(values[kept].tolist()), tuple(shares[kept].tolist()))
        cut = found if kept.all() else cut
    else:
        cut = Truncated(found, low, high)
        mass = float(cut.mass)
    if not mass > LEAST_MASS:
        raise InputError(
            fields.path("truncate"), "leaves nothing of the distribution", "Widen the ends, or move the distribution."
        )
    return cut

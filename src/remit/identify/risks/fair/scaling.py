"""A scenario in another currency: every amount of money in it times one rate, all else as it is.

JSON in and out, as `model` has it. What is found for the result is what is found for the scenario, times the rate, up
to rounding: the same events and probabilities in another unit; simulated with the same seed, year by year.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, Final

from remit.identify.risks.fair.distributions import NAMES
from remit.identify.risks.fair.errors import InputError, refuse_unknown
from remit.identify.risks.fair.fields import at

AMOUNTS: Final = frozenset({"low", "mode", "high", "p05", "p10", "p90", "p95", "mean", "sd", "scale", "value"})
"""Parameters in the unit of the quantity itself."""
SHAPES: Final = frozenset({"gamma", "alpha", "beta", "shape", "sigma"})
"""Parameters that no change of unit moves."""
OF_LOGARITHM: Final = "mu"
"""The location of a lognormal moves by the logarithm of the rate."""
INVERSE: Final = "rate"
"""That of an exponential is one over an amount."""
BETA_ENDS: Final = {"low": 0.0, "high": 1.0}
"""Where a beta distribution begins and ends if nobody says: amounts too."""
MOVED: Final[Mapping[str, frozenset[str]]] = {
    "normal": frozenset({"mean", "p05", "p10", "p90", "p95"}),
    "uniform": frozenset({"low", "high"}),
    "triangular": frozenset({"low", "mode", "high"}),
    "pert": frozenset({"low", "mode", "high", "p05", "p10", "p90", "p95"}),
    "constant": frozenset({"value"}),
}
"""The parameters that move where a distribution of a logarithm is moved."""


def scaled(scenario: Mapping[str, Any], rate: float, where: str = "") -> dict[str, Any]:
    """Return a scenario in the currency of which one unit of its own costs `rate`.

    ValueError for a rate that is not a number above 0; InputError for what no rate can be put on.
    """
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{rate} is no exchange rate; it is a number above 0.")
    made = copy.deepcopy(dict(scenario))
    if made.get("magnitude") is not None:
        made["magnitude"] = _amount(made["magnitude"], rate, at(where, "magnitude"))
    secondary = made.get("secondary") or {}
    if secondary.get("magnitude") is not None:
        secondary["magnitude"] = _amount(secondary["magnitude"], rate, at(where, "secondary.magnitude"))
    for name, form in (made.get("forms") or {}).items():
        made["forms"][name] = _amount(form, rate, at(where, f"forms.{name}"))
    for name, amount in (made.get("insurance") or {}).items():
        made["insurance"][name] = None if amount is None else amount * rate
    return made


def _amount(value: Any, rate: float, where: str) -> Any:
    """A number or a distribution of money; fields of it that are no parameters stay."""
    if not isinstance(value, Mapping):
        return value * rate
    name = str(value.get("distribution"))
    if name not in NAMES:
        refuse_unknown(name, NAMES, at(where, "distribution"), "distribution")
    given = {key: part for key, part in value.items() if part is not None}
    if name == "beta":
        given = BETA_ENDS | given
    return {key: _parameter(key, part, rate, at(where, key)) for key, part in given.items()}


def _parameter(key: str, value: Any, rate: float, where: str) -> Any:
    if key in AMOUNTS:
        return _amount(value, rate, where)
    if key == INVERSE:
        return _amount(value, 1 / rate, where)
    if key == OF_LOGARITHM:
        return _moved(value, math.log(rate), where)
    if key == "values":
        return [each * rate for each in value]
    if key == "truncate":
        return {end: cut if cut is None else cut * rate for end, cut in value.items()}
    return value


def _moved(value: Any, by: float, where: str) -> Any:
    """A number or a distribution with `by` added to whatever it may become."""
    if not isinstance(value, Mapping):
        return value + by
    name = str(value.get("distribution"))
    if name == "empirical":
        return {**value, "values": [each + by for each in value["values"]], **_cut(value, by)}
    if name not in MOVED:
        raise InputError(
            where,
            f"a “{name}” cannot be put into another currency where it stands for a logarithm",
            "Give the amount by p05 and p95, or mu as a normal, uniform, triangular or pert distribution.",
        )
    parts = {key: part + by if key in MOVED[name] else part for key, part in value.items()}
    return {**parts, **_cut(value, by)}


def _cut(value: Mapping[str, Any], by: float) -> dict[str, Any]:
    cut = value.get("truncate")
    return {"truncate": {end: None if one is None else one + by for end, one in cut.items()}} if cut else {}

"""By how much a candidate lowers a scenario: a number, an uncertain number, or one for each part of the risk."""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from .errors import InputError, unknown

PARTS = ("frequency", "vulnerability", "magnitude", "duration")
"""Parts of a risk that an effect may lower. The expected annual loss is their product, so what remains multiplies."""


def kept(value: object, where: str) -> float:
    """Share of the expected annual loss that remains.

    A number is the share removed. An uncertain one counts with its mean: effects being independent of each other, the
    mean of what remains is the product of the means, so that the expected loss of a set is exact.

    Args:
        value: number 0 to 1, distribution object, or an object of parts, each a number or distribution.

    Raises:
        InputError: the value is none of these, or its mean is outside 0 to 1.
    """
    if isinstance(value, Mapping) and "distribution" not in value:
        for part in value:
            if part not in PARTS:
                raise unknown(f"{where}.{part}", str(part), PARTS, "part of a risk")
        return math.prod(1 - _share(value[part], f"{where}.{part}") for part in PARTS if part in value)
    return 1 - _share(value, where)


def _share(value: object, where: str) -> float:
    share = _mean(value, where) if isinstance(value, Mapping) else number(value, where)
    if not 0 <= share <= 1:
        raise InputError(where, f"an effect is a share from 0 to 1, not {share:g}.", "Give 0.3 for 30 %.")
    return share


def number(value: object, where: str, *, least: float = -math.inf) -> float:
    """A finite number.

    Raises:
        InputError: it is none, or below `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(where, f"a number is needed, not {_told(value)}.", "Give a number, without quotes or units.")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise InputError(where, f"{found} is not a finite number.", "Give a number.")
    if found < least:
        raise InputError(where, f"{found:g} is below {least:g}.", f"Give a number of at least {least:g}.")
    return found


def _told(value: object) -> str:
    return "nothing" if value is None else f"“{value}”" if isinstance(value, str) else f"a {type(value).__name__}"


def _pert(low: float, mode: float, high: float, gamma: float = 4.0) -> float:
    return (low + gamma * mode + high) / (gamma + 2)


# distribution: (keys that must be given, keys that may be, mean)
MEANS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[..., float]]] = {
    "constant": (("value",), (), lambda value: value),
    "uniform": (("low", "high"), (), lambda low, high: (low + high) / 2),
    "triangular": (("low", "mode", "high"), (), lambda low, mode, high: (low + mode + high) / 3),
    "pert": (("low", "mode", "high"), ("gamma",), _pert),
    "beta": (("alpha", "beta"), (), lambda alpha, beta: alpha / (alpha + beta)),
}


def _mean(value: Mapping[str, Any], where: str) -> float:
    kind = value["distribution"]
    if kind == "empirical":
        return _empirical(value, where)
    if kind not in MEANS:
        raise unknown(f"{where}.distribution", str(kind), [*MEANS, "empirical"], "distribution of effects")
    needed, optional, mean = MEANS[kind]
    for key in value:
        if key not in (*needed, *optional, "distribution"):
            raise InputError(
                f"{where}.{key}", f"a {kind} effect has no “{key}”.", "Leave it out, or give the mean as a number."
            )
    for key in needed:
        if key not in value:
            raise InputError(f"{where}.{key}", "this is missing.", f"A {kind} effect needs {', '.join(needed)}.")
    given = {key: number(value[key], f"{where}.{key}") for key in (*needed, *optional) if key in value}
    _check(kind, given, where)
    return mean(**given)


def _check(kind: str, given: Mapping[str, float], where: str) -> None:
    if kind == "beta":
        for key, parameter in given.items():
            if parameter <= 0:
                raise InputError(f"{where}.{key}", f"{parameter:g} is not above 0.", "Give a number above 0.")
        return
    if given.get("gamma", 1) <= 0:
        raise InputError(f"{where}.gamma", "it is not above 0.", "Leave it out for 4, the usual.")
    bounds = [key for key in ("low", "mode", "high") if key in given]
    for lower, upper in pairwise(bounds):
        if given[lower] > given[upper]:
            raise InputError(
                f"{where}.{lower}", f"{given[lower]:g} is above {upper} ({given[upper]:g}).", f"Give {lower} ≤ {upper}."
            )
    for key in bounds:
        if not 0 <= given[key] <= 1:
            raise InputError(
                f"{where}.{key}", f"an effect is a share from 0 to 1, not {given[key]:g}.", "Give 0.3 for 30 %."
            )


def _empirical(value: Mapping[str, Any], where: str) -> float:
    values = _numbers(value.get("values"), f"{where}.values")
    for index, share in enumerate(values):
        _share(share, f"{where}.values[{index}]")
    weights = _numbers(value["weights"], f"{where}.weights") if "weights" in value else [1.0] * len(values)
    if len(weights) != len(values):
        raise InputError(f"{where}.weights", f"{len(weights)} weights for {len(values)} values.", "Give one for each.")
    if not math.fsum(weights) > 0:
        raise InputError(f"{where}.weights", "they sum to nothing.", "Give at least one above 0.")
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)


def _numbers(value: object, where: str) -> list[float]:
    if not isinstance(value, list) or not value:
        raise InputError(where, "a list of numbers is needed.", "Give at least one number.")
    return [number(each, f"{where}[{index}]", least=0) for index, each in enumerate(value)]

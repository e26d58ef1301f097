"""How scenarios hang together, from plain objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from remit.identify.risks.fair import correlation
from remit.identify.risks.fair.errors import InputError, refuse_unknown
from remit.identify.risks.fair.fields import Fields, at, bounded, number, positive
from remit.identify.risks.fair.model import DEPENDENCES, Dependence, Shock


def read_dependence(value: object, names: list[str], where: str, notes: list[str]) -> Dependence:
    """The dependence of the named scenarios; None is independence. Repairs are told in `notes`."""
    if value is None:
        return Dependence()
    fields = Fields(value, where, "a dependence")
    kind = fields.text("kind")
    if kind not in DEPENDENCES:
        refuse_unknown(kind, DEPENDENCES, fields.path("kind"), "kind of dependence")
    couples = fields.text("couples", "counts")
    if couples not in ("counts", "annual_loss"):
        refuse_unknown(couples, ("counts", "annual_loss"), fields.path("couples"), "way to couple")
    parts: dict[str, Any] = {"shocks": _shocks(fields, names)}
    if kind in ("gaussian", "t"):
        parts |= _matrix(fields, names, notes)
    if kind == "t":
        where_degrees = fields.path("degrees_of_freedom")
        parts["degrees_of_freedom"] = positive(fields.number("degrees_of_freedom"), where_degrees)
    if kind == "one_factor":
        parts["loadings"] = _by_name(fields, "loadings", names, _loading)
    if kind == "common_shock":
        parts["beta"] = _by_name(fields, "beta", names, lambda value, place: bounded(value, place, 0.0, 5.0))
    fields.done()
    return Dependence(
        kind=cast(Literal["independent"], kind), couples=cast(Literal["counts", "annual_loss"], couples), **parts
    )


def write_dependence(found: Dependence, names: list[str]) -> dict[str, Any]:
    """The object that reads back equal."""
    written: dict[str, Any] = {"kind": found.kind}
    if found.kind in ("gaussian", "t"):
        written["correlation"] = [list(row) for row in found.correlation]
    if found.repair:
        written["repair"] = True
    if found.kind == "t":
        written["degrees_of_freedom"] = found.degrees_of_freedom
    if found.loadings:
        written["loadings"] = dict(zip(names, found.loadings, strict=True))
    if found.beta:
        written["beta"] = dict(zip(names, found.beta, strict=True))
    if found.shocks:
        written["shocks"] = [{"rate": shock.rate, "scenarios": list(shock.scenarios)} for shock in found.shocks]
    if found.couples != "counts":
        written["couples"] = found.couples
    return written


def _matrix(fields: Fields, names: list[str], notes: list[str]) -> dict[str, Any]:
    where = fields.path("correlation")
    matrix = correlation.read(fields.need("correlation"), len(names), where)
    repair = fields.flag("repair")
    if repair:
        matrix, note = correlation.repaired(matrix, where)
        notes += [note] if note else []
    else:
        correlation.checked(matrix, where)
    return {"correlation": tuple(map(tuple, matrix.tolist())), "repair": repair}


def _loading(value: float, where: str) -> float:
    if not -1 < value < 1:
        raise InputError(where, f"{value:g} is not between −1 and 1", "Give a number between −1 and 1.")
    return value


def _by_name(fields: Fields, key: str, names: list[str], check: Callable[[float, str], float]) -> tuple[float, ...]:
    """One number for all scenarios, or one for each by its id (0 where none is given)."""
    value, where = fields.need(key), fields.path(key)
    if not isinstance(value, Mapping):
        return (check(number(value, where), where),) * len(names)
    for name in value:
        if name not in names:
            refuse_unknown(str(name), names, at(where, str(name)), "scenario")
    return tuple(check(number(value.get(name, 0.0), at(where, name)), at(where, name)) for name in names)


def _shocks(fields: Fields, names: list[str]) -> tuple[Shock, ...]:
    found = []
    for place, item in enumerate(fields.items("shocks")):
        shock = Fields(item, at(fields.path("shocks"), place), "a shock")
        rate = bounded(shock.number("rate"), shock.path("rate"), 0.0, 1e4)
        shock.need("scenarios")
        hit = shock.items("scenarios")
        for index, name in enumerate(hit):
            where = at(shock.path("scenarios"), index)
            if name not in names:
                refuse_unknown(str(name), names, where, "scenario")
            if name in hit[:index]:
                raise InputError(where, f"“{name}” is named twice", "Name each scenario once.")
        if not hit:
            raise InputError(shock.path("scenarios"), "is empty", "Name the scenarios that the shock hits.")
        shock.done()
        found.append(Shock(rate, tuple(map(str, hit))))
    return tuple(found)

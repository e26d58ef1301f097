"""JSON Schema (2020-12) of a scenario set and of the answer, made from the tables by which they are read.

It says which fields there are and of what type. What hangs on values (a p05 above its p95, a matrix that contradicts
itself) only `read` tells. Published as docs/schemas/*.schema.json.
"""

from __future__ import annotations

from typing import Any, Final

from remit.identify.risks.fair.distributions.families import FAMILIES
from remit.identify.risks.fair.limits import SCENARIOS, TRIALS
from remit.identify.risks.fair.model import DEPENDENCES, EFFECTS, FORMS
from remit.identify.risks.fair.results import LEVELS

Schema = dict[str, Any]

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
NUMBER: Final[Schema] = {"type": "number"}
AMOUNT: Final[Schema] = {"type": "number", "minimum": 0}
CHANCE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
TEXT: Final[Schema] = {"type": "string", "maxLength": 200}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}


def input_schema() -> Schema:
    """Of a scenario set, as `remit risk simulate` reads it."""
    top = _object(
        {
            "title": TEXT,
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217; of all amounts"},
            "scenarios": _list(_ref("scenario"), 1, SCENARIOS),
            "dependence": _ref("dependence"),
        },
        "scenarios",
    )
    definitions = {
        "number": _either(NUMBER, _ref("distribution"), says="A number, or how uncertain it is: drawn once a year."),
        "distribution_fields": {
            "type": "object",
            "required": ["distribution"],
            "oneOf": [*(_family(name) for name in FAMILIES), _empirical()],
        },
        "distribution": {"$ref": "#/$defs/distribution_fields", "unevaluatedProperties": False},
        "amount": _either(AMOUNT, _ref("distribution"), says="Money, in the currency of the set."),
        "count": _count(),
        "frequency": _frequency(),
        "form": _form(),
        "control": _control(),
        "scenario": _scenario(),
        "dependence": _dependence(),
    }
    return {"$schema": DRAFT, "title": "Scenarios of loss", **top, "$defs": definitions}


def answer_schema() -> Schema:
    """Of a result, as `remit risk simulate --json` prints it."""
    quantiles = _object({f"{level:g}": AMOUNT for level in LEVELS}, *(f"{level:g}" for level in LEVELS))
    named = dict.fromkeys(("mean", "sd", "var99", "es99"), AMOUNT) | {"p_zero": CHANCE, "quantiles": quantiles}
    point = {"type": "array", "prefixItems": [AMOUNT, CHANCE], "minItems": 2, "maxItems": 2}
    numbers = _object(
        {
            **named,
            "standard_error": _object(named, *named),
            "exceedance": _list(point),
            "events": AMOUNT,
            "es99_part": AMOUNT,
            "recovered": AMOUNT,
            "gross": _ref("numbers"),
        },
        *named,
    )
    step = {"trials": COUNT, "mean": AMOUNT, "var99": AMOUNT, "es99": AMOUNT}
    top = _object(
        {
            "trials": {**COUNT, "maximum": TRIALS},
            "seed": COUNT,
            "method": {"enum": ["monte-carlo", "fft"]},
            "currency": {"type": "string"},
            "scenarios": {"type": "object", "additionalProperties": _ref("numbers")},
            "portfolio": _ref("numbers"),
            "convergence": _list(_object(step, *step)),
            "notes": _list({"type": "string"}),
        },
        *("trials", "seed", "method", "currency", "scenarios", "portfolio"),
    )
    return {"$schema": DRAFT, "title": "Annual losses", **top, "$defs": {"numbers": numbers}}


def _object(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
    }


def _list(items: Schema, least: int = 0, most: int | None = None) -> Schema:
    ends = ({"minItems": least} if least else {}) | ({"maxItems": most} if most else {})
    return {"type": "array", "items": items, **ends}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _either(*kinds: Schema, says: str = "") -> Schema:
    return {"anyOf": list(kinds), **({"description": says} if says else {})}


def _family(name: str) -> Schema:
    """One distribution: any of its forms, each with its own parameters."""
    forms = FAMILIES[name]
    keys = dict.fromkeys(key for form in forms for key in (*form.needs, *form.defaults))
    defaults = {key: value for form in forms for key, value in form.defaults.items()}
    properties: Schema = {"distribution": {"const": name}}
    for key in keys:
        properties[key] = {**_ref("number"), "default": defaults[key]} if key in defaults else _ref("number")
    if name == "pert":
        properties["convention"] = {"const": "pyfair", "description": "for models that pyfair wrote"}
    choices = [{"required": list(form.needs)} for form in forms]
    required = choices[0] if len(choices) == 1 else {"anyOf": choices}
    return {"properties": {**properties, "truncate": _truncation()}, **required}


def _empirical() -> Schema:
    lists = {"values": _list(NUMBER, 1), "weights": _list(AMOUNT)}
    properties = {"distribution": {"const": "empirical"}, **lists, "truncate": _truncation()}
    return {"properties": properties, "required": ["values"]}


def _truncation() -> Schema:
    return {**_object({"low": NUMBER, "high": NUMBER}), "minProperties": 1}


def _count() -> Schema:
    """A number of events a year: a count distribution, an uncertain rate, or a rounded quantity."""
    kinds = {
        "poisson": ("mean",),
        "negative_binomial": ("mean", "dispersion"),
        "bernoulli": ("probability",),
    }
    counts = [
        _object({"distribution": {"const": name}, **{key: _ref("number") for key in keys}}, "distribution", *keys)
        for name, keys in kinds.items()
    ]
    continuous = {
        "$ref": "#/$defs/distribution_fields",
        "properties": {"rounded": {"type": "boolean", "description": "to whole events; else an uncertain rate"}},
        "unevaluatedProperties": False,
    }
    return _either(AMOUNT, *counts, continuous, says="Events a year.")


def _frequency() -> Schema:
    contact = _object(
        {"contact_frequency": _ref("number"), "probability_of_action": _ref("number")},
        *("contact_frequency", "probability_of_action"),
    )
    strength = _object(
        {"threat_capability": _ref("number"), "resistance_strength": _ref("number")},
        *("threat_capability", "resistance_strength"),
    )
    threats = _object(
        {
            "threat_event_frequency": _either(_ref("count"), contact),
            "vulnerability": _either(_ref("number"), strength),
        },
        *("threat_event_frequency", "vulnerability"),
    )
    return _either(_ref("count"), threats, says="Loss events a year, given or derived.")


def _form() -> Schema:
    return {
        "$ref": "#/$defs/distribution_fields",
        "properties": {"kind": {"enum": ["primary", "secondary"]}, "per_day": {"type": "boolean"}},
        "unevaluatedProperties": False,
    }


def _control() -> Schema:
    effects = {**_object({name: _ref("number") for name in EFFECTS}), "minProperties": 1}
    return _object(
        {"id": TEXT, "effect": effects, "coverage": _ref("number"), "reliability": _ref("number")}, "id", "effect"
    )


def _scenario() -> Schema:
    secondary = _object({"probability": _ref("number"), "magnitude": _ref("amount")}, "probability")
    insurance = _object({"retention": AMOUNT, "limit": AMOUNT, "aggregate": AMOUNT}, "limit")
    return _object(
        {
            "id": {**TEXT, "minLength": 1},
            "title": TEXT,
            "frequency": _ref("frequency"),
            "magnitude": _ref("amount"),
            "secondary": secondary,
            "forms": _object({name: _ref("form") for name in FORMS}),
            "duration": {**_ref("amount"), "description": "of an event, in days"},
            "controls": _list(_ref("control")),
            "insurance": insurance,
        },
        *("id", "frequency"),
    )


def _dependence() -> Schema:
    by_name = _either(NUMBER, {"type": "object", "additionalProperties": NUMBER})
    shock = _object({"rate": AMOUNT, "scenarios": _list({"type": "string"}, 1)}, "rate", "scenarios")
    return _object(
        {
            "kind": {"enum": list(DEPENDENCES)},
            "correlation": _list(_list({"type": "number", "minimum": -1, "maximum": 1})),
            "repair": {"type": "boolean", "description": "take the nearest correlation matrix, and say by how much"},
            "degrees_of_freedom": {"type": "number", "exclusiveMinimum": 0},
            "loadings": by_name,
            "beta": by_name,
            "shocks": _list(shock),
            "couples": {"enum": ["counts", "annual_loss"]},
        },
        "kind",
    )

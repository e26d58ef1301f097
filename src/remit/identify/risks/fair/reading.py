"""The scenario set from plain objects, as JSON gives them; each error names its place and the remedy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, cast

from remit.identify.risks.fair import limits
from remit.identify.risks.fair.dependences import read_dependence
from remit.identify.risks.fair.distributions import Number
from remit.identify.risks.fair.distributions import read_fields as read_distribution_fields
from remit.identify.risks.fair.errors import InputError, refuse_unknown
from remit.identify.risks.fair.fields import Fields, at, bounded
from remit.identify.risks.fair.frequencies import read_frequency
from remit.identify.risks.fair.model import EFFECTS, FORMS, Control, Form, Insurance, Scenario, ScenarioSet, Secondary
from remit.identify.risks.fair.values import amount, probability, share

_DEPTH: Final = "The file is nested too deeply."


def loads(text: str | bytes, where: str = "") -> ScenarioSet:
    """A scenario set from JSON text; InputError also for text that is not JSON, and for a name given twice."""
    try:
        return read(json.loads(text, object_pairs_hook=_once), where)
    except RecursionError:
        raise InputError(where, "is nested too deeply", "Give a file as docs/risk-engine.md describes.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        place = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "its text"
        raise InputError(where, f"is not JSON: {place}", "Correct it there; JSON is UTF-8 text.") from None
    except InputError:
        raise
    except ValueError:
        raise InputError(where, "holds a number too long to be one", "Give numbers below 1e100.") from None


def read(data: Mapping[str, Any], where: str = "") -> ScenarioSet:
    """A scenario set from a mapping. Raises InputError with a path such as `scenarios[2].magnitude.p95`."""
    fields = Fields(data, where, "a scenario set")
    title = fields.text("title", "")
    currency = fields.text("currency", "XXX", longest=3)
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        remedy = "Give the three capital letters of ISO 4217, as USD."
        raise InputError(fields.path("currency"), f"“{currency}” is no currency", remedy)
    fields.need("scenarios")
    scenarios = read_scenarios(fields.items("scenarios"), fields.path("scenarios"))
    notes: list[str] = []
    names = [scenario.id for scenario in scenarios]
    dependence = read_dependence(fields.get("dependence"), names, fields.path("dependence"), notes)
    fields.done()
    return ScenarioSet(scenarios, dependence, currency, title, tuple(notes))


def read_scenarios(items: list[object], where: str = "scenarios") -> tuple[Scenario, ...]:
    """Scenarios from a list of mappings, with distinct ids."""
    if not items:
        raise InputError(where, "is empty", "Give at least one scenario.")
    if len(items) > limits.SCENARIOS:
        raise InputError(where, f"{len(items):,} scenarios are too many", f"Give at most {limits.SCENARIOS:,}.")
    found = tuple(read_scenario(item, at(where, place)) for place, item in enumerate(items))
    _distinct([scenario.id for scenario in found], where)
    return found


def read_scenario(data: object, where: str = "") -> Scenario:
    """One scenario from a mapping."""
    fields = Fields(data, where, "a scenario")
    known = ("id", "title", "frequency", "magnitude", "secondary", "forms", "duration", "controls", "insurance")
    fields.rest(known)
    scenario = Scenario(
        id=_name(fields),
        title=fields.text("title", ""),
        frequency=read_frequency(fields.need("frequency"), fields.path("frequency")),
        magnitude=amount(fields.need("magnitude"), fields.path("magnitude")) if "magnitude" in fields else None,
        secondary=_secondary(fields),
        forms=_forms(fields),
        duration=amount(fields.need("duration"), fields.path("duration"), "days") if "duration" in fields else None,
        controls=_controls(fields),
        insurance=_insurance(fields),
    )
    fields.done()
    _whole(scenario, fields)
    return scenario


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise InputError(twice, "is given twice in one object", "Leave one of them out.")
    return found


def _name(fields: Fields) -> str:
    name = fields.text("id")
    if not name.strip():
        raise InputError(fields.path("id"), "is empty", "Give each a name of its own.")
    return name


def _distinct(names: list[str], where: str) -> None:
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in seen:
            problem = f"“{name}” is already the id of {at(where, seen[name])}"
            raise InputError(f"{at(where, place)}.id", problem, "Give each a name of its own.")
        seen[name] = place


def _secondary(fields: Fields) -> Secondary | None:
    if "secondary" not in fields:
        return None
    within = fields.within("secondary")
    magnitude = amount(within.need("magnitude"), within.path("magnitude")) if "magnitude" in within else None
    found = Secondary(probability(within.need("probability"), within.path("probability")), magnitude)
    within.rest(["magnitude"])
    within.done()
    return found


def _forms(fields: Fields) -> tuple[Form, ...]:
    if "forms" not in fields:
        return ()
    within = fields.within("forms")
    for name in within.names():
        if name not in FORMS:
            refuse_unknown(name, FORMS, within.path(name), "form of loss")
    return tuple(_form(name, within.within(name)) for name in FORMS if name in within)


def _form(name: str, fields: Fields) -> Form:
    kind = fields.text("kind", "primary")
    if kind not in ("primary", "secondary"):
        refuse_unknown(kind, ("primary", "secondary"), fields.path("kind"), "kind of loss")
    per_day = fields.flag("per_day")
    magnitude = read_distribution_fields(fields)
    fields.done("parameter")
    return Form(name, amount(magnitude, fields.where), cast(Literal["primary", "secondary"], kind), per_day)


def _controls(fields: Fields) -> tuple[Control, ...]:
    items = fields.items("controls")
    where = fields.path("controls")
    found = tuple(_control(Fields(item, at(where, place), "a control")) for place, item in enumerate(items))
    _distinct([control.id for control in found], where)
    return found


def _control(fields: Fields) -> Control:
    within = fields.within("effect")
    effects: list[tuple[str, Number]] = [
        (name, share(within.need(name), within.path(name))) for name in EFFECTS if name in within
    ]
    within.rest(EFFECTS)
    within.done("effect")
    if not effects:
        raise InputError(within.where, "is empty", f"Give at least one of {', '.join(EFFECTS)}.")
    parts: dict[str, Number] = {
        name: share(fields.get(name, 1.0), fields.path(name)) for name in ("coverage", "reliability")
    }
    name = _name(fields)
    fields.done()
    return Control(name, tuple(effects), parts["coverage"], parts["reliability"])


def _insurance(fields: Fields) -> Insurance | None:
    if "insurance" not in fields:
        return None
    within = fields.within("insurance")
    retention = bounded(within.number("retention", 0.0), within.path("retention"), 0.0)
    limit = within.number("limit")
    aggregate = within.number("aggregate") if "aggregate" in within else None
    within.rest(["aggregate"])
    within.done()
    for key, value in (("limit", limit), ("aggregate", aggregate)):
        if value is not None and value <= 0:
            raise InputError(within.path(key), f"{value:g} is not above 0", "Give an amount, or leave insurance out.")
    return Insurance(retention, limit, aggregate)


def _whole(scenario: Scenario, fields: Fields) -> None:
    """Refuse a scenario whose parts contradict each other or leave the loss open."""
    kinds: Iterable[str] = {form.kind for form in scenario.forms}
    if scenario.magnitude is None and not scenario.forms:
        fields.need("magnitude", "Give the loss of one event as “magnitude”, or by its “forms”.")
    if scenario.magnitude is not None and "primary" in kinds:
        problem = "the primary loss is given here and by forms"
        raise InputError(fields.path("magnitude"), problem, "Leave out one of the two.")
    if scenario.secondary is None and "secondary" in kinds:
        raise InputError(fields.path("secondary"), "is missing", "Give its “probability”, as a form is secondary.")
    if scenario.secondary is not None:
        given = scenario.secondary.magnitude is not None
        if given and "secondary" in kinds:
            problem = "the secondary loss is given here and by forms"
            raise InputError(fields.path("secondary") + ".magnitude", problem, "Leave out one of the two.")
        if not given and "secondary" not in kinds:
            remedy = "Give the amount, or a form of the kind “secondary”."
            raise InputError(fields.path("secondary") + ".magnitude", "is missing", remedy)
    if scenario.duration is None and any(form.per_day for form in scenario.forms):
        remedy = "Give the days that an event lasts, as a form is per day."
        raise InputError(fields.path("duration"), "is missing", remedy)

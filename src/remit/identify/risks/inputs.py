"""The inputs of a scenario, one by one: what each is called, what stands there, and putting another in its place.

A scenario is JSON as `fair.model` reads it. An input is what somebody estimates: a number or a distribution. Its path
names it, controls by their id: "frequency.mean", "magnitude", "controls.CTL-3.reliability".
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from remit.identify.risks.terms import FORMS

Scenario = dict[str, Any]
Keys = tuple[str | int, ...]

COUNTS: Final = {
    "poisson": ("mean",),
    "negative_binomial": ("mean", "dispersion"),
    "bernoulli": ("probability",),
}
LABELS: Final = {
    "mean": "Loss events a year",
    "dispersion": "Clustering of events",
    "probability": "Probability of a loss in a year",
    "threat_event_frequency": "Attempts a year",
    "contact_frequency": "Contacts a year",
    "probability_of_action": "Probability of action",
    "vulnerability": "Vulnerability",
    "threat_capability": "Threat capability",
    "resistance_strength": "Resistance strength",
    "magnitude": "Loss of one event",
    "duration": "Days an event lasts",
    **FORMS,
    "retention": "Insurance: own share",
    "limit": "Insurance: limit",
    "aggregate": "Insurance: limit of a year",
    "coverage": "coverage",
    "reliability": "reliability",
}


WHOLE: Final = 1.0
"""What coverage and reliability are where nobody says."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input: its path, the keys that lead to it, what stands there, and what people call it."""

    path: str
    keys: Keys
    value: Any
    label: str


def inputs(scenario: Mapping[str, Any]) -> dict[str, Input]:
    """Return every input of a scenario by its path, in the order of the FAIR tree."""
    return {found.path: found for found in _inputs(scenario)}


def _inputs(scenario: Mapping[str, Any]) -> Iterator[Input]:
    yield from _frequency(scenario.get("frequency"), ("frequency",))
    if scenario.get("magnitude") is not None:
        yield _input(("magnitude",), scenario["magnitude"])
    secondary = scenario.get("secondary") or {}
    for key, label in (("probability", "Probability of secondary loss"), ("magnitude", "Secondary loss")):
        if secondary.get(key) is not None:
            yield _input(("secondary", key), secondary[key], label)
    for name, value in (scenario.get("forms") or {}).items():
        kind = "secondary" if value.get("kind") == "secondary" else "primary"
        yield _input(("forms", name), value, f"{LABELS.get(name, name)} ({kind})")
    if scenario.get("duration") is not None:
        yield _input(("duration",), scenario["duration"])
    for place, control in enumerate(scenario.get("controls") or ()):
        yield from _control(place, control)
    for key, value in (scenario.get("insurance") or {}).items():
        yield _input(("insurance", key), value)


def _frequency(found: Any, keys: Keys) -> Iterator[Input]:
    if not isinstance(found, Mapping):
        if found is not None:
            yield _input(keys, found)
    elif "threat_event_frequency" in found:
        yield from _frequency(found["threat_event_frequency"], (*keys, "threat_event_frequency"))
        vulnerability = found.get("vulnerability")
        if isinstance(vulnerability, Mapping) and "threat_capability" in vulnerability:
            for key in ("threat_capability", "resistance_strength"):
                yield _input((*keys, "vulnerability", key), vulnerability.get(key))
        elif vulnerability is not None:
            yield _input((*keys, "vulnerability"), vulnerability)
    elif "contact_frequency" in found:
        for key in ("contact_frequency", "probability_of_action"):
            yield _input((*keys, key), found.get(key))
    elif (names := COUNTS.get(str(found.get("distribution")))) is not None:
        below = keys[-1] if keys[-1] == "threat_event_frequency" else None
        for name in names:
            label = LABELS["threat_event_frequency"] if below and name == "mean" else LABELS[name]
            yield _input((*keys, name), found.get(name), label)
    else:
        yield _input(keys, found, "Loss events a year" if keys == ("frequency",) else "")


def _control(place: int, control: Mapping[str, Any]) -> Iterator[Input]:
    name = str(control.get("id", place))
    words = {"frequency": "fewer events", "vulnerability": "harder to succeed", "magnitude": "smaller losses"}
    for effect, value in (control.get("effect") or {}).items():
        label = f"{name}: {words.get(effect, 'shorter outages')}"
        yield Input(f"controls.{name}.effect.{effect}", ("controls", place, "effect", effect), value, label)
    for key in ("coverage", "reliability"):
        said = control.get(key)
        yield Input(
            f"controls.{name}.{key}", ("controls", place, key), WHOLE if said is None else said, f"{name}: {key}"
        )


def _input(keys: Keys, value: Any, label: str = "") -> Input:
    return Input(".".join(map(str, keys)), keys, value, label or LABELS.get(str(keys[-1]), str(keys[-1])))


def put(scenario: Mapping[str, Any], keys: Keys, value: Any) -> Scenario:
    """Return a copy of a scenario with another value at these keys; None takes it out."""
    changed: Scenario = copy.deepcopy(dict(scenario))
    here: Any = changed
    for key in keys[:-1]:
        here = here[key]
    if value is None:
        here.pop(keys[-1], None)
    else:
        here[keys[-1]] = copy.deepcopy(value)
    return changed


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the paths of inputs that differ, came or went."""
    old, new = inputs(before), inputs(after)
    paths = dict.fromkeys((*old, *new))
    return [path for path in paths if path not in old or path not in new or old[path].value != new[path].value]


def same_shape(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two scenarios have the same inputs at the same places, so that one can stand for the other."""
    old, new = inputs(before), inputs(after)
    return {p: i.keys for p, i in old.items()} == {p: i.keys for p, i in new.items()}

"""One scenario in three stages: without controls, as it is, as planned. JSON in and out, as `fair.model` has it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from remit.identify.risks.inputs import Scenario, inputs, put, same_shape
from remit.identify.risks.terms import EFFECTS

SMALL: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Measure:
    """What one treatment changes: effects as shares from 0 to 1, and a cover where it is insurance."""

    id: str
    effect: Mapping[str, float] = field(default_factory=dict)
    retention: float | None = None
    limit: float | None = None


def inherent(scenario: Mapping[str, Any]) -> Scenario:
    """Return the scenario as if nothing were done about it: no controls, no insurance."""
    bare = copy.deepcopy(dict(scenario))
    bare.pop("controls", None)
    bare.pop("insurance", None)
    return bare


def treated(scenario: Mapping[str, Any], measures: Iterable[Measure]) -> Scenario:
    """Return the scenario with these measures in force; of several covers the last one counts."""
    made = copy.deepcopy(dict(scenario))
    controls = list(made.get("controls") or ())
    known = {control.get("id") for control in controls}
    for measure in measures:
        effect = {name: share for name in EFFECTS if (share := measure.effect.get(name, 0.0)) > 0}
        if effect and measure.id not in known:
            controls.append({"id": measure.id, "effect": effect})
        if measure.limit:
            made["insurance"] = {"retention": measure.retention or 0.0, "limit": measure.limit}
    if controls:
        made["controls"] = controls
    return made


@dataclass(frozen=True, slots=True)
class Driver:
    """What the change of one input did to the mean annual loss, in money."""

    path: str
    label: str
    before: Any
    after: Any
    money: float

    def as_json(self) -> dict[str, Any]:
        return {"path": self.path, "label": self.label, "before": self.before, "after": self.after, "money": self.money}


def drivers(before: Mapping[str, Any], after: Mapping[str, Any], mean: Callable[[Scenario], float]) -> list[Driver]:
    """Say what moved the mean annual loss from one scenario to the next, input by input; the parts add up.

    Inputs are changed one after another in the order of the tree; a scenario of another shape counts as one change.
    """
    start, end = mean(dict(before)), mean(dict(after))
    if not same_shape(before, after):
        if abs(end - start) <= SMALL:
            return []
        return [Driver("", "Another scenario: inputs came or went", None, None, end - start)]
    old, new = inputs(before), inputs(after)
    moved, here, at = [], dict(before), start
    paths = [path for path in new if old[path].value != new[path].value]
    for path in paths:
        here = put(here, new[path].keys, new[path].value)
        then = end if path == paths[-1] else mean(here)
        moved.append(Driver(path, new[path].label, old[path].value, new[path].value, then - at))
        at = then
    return sorted(moved, key=lambda driver: -abs(driver.money))

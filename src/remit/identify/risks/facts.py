"""Facts that feed scenarios: the values of figures, the tests of controls; and the scenario with them in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Sum
from django.utils.timezone import localdate

from remit.identify.risks import bindings, engine
from remit.identify.risks.inputs import Scenario, inputs, put
from remit.identify.risks.models import Binding, Risk
from remit.kernel import actor
from remit.kernel.access.models import Unit
from remit.kernel.figures.registry import Scope, find, read


@dataclass(frozen=True, slots=True)
class Applied:
    """What a binding did: the fact, and the input it became; or why it did nothing."""

    binding: Binding
    fact: float | None = None
    value: float | None = None
    problem: str = ""


def units_below(unit_id: int) -> frozenset[int]:
    """Return a unit and all below it."""
    parents = dict(Unit.objects.values_list("pk", "parent_id"))
    found, grew = {unit_id}, True
    while grew:
        more = {unit for unit, parent in parents.items() if parent in found} - found
        found, grew = found | more, bool(more)
    return frozenset(found)


def figure_value(name: str, unit_id: int) -> float | None:
    """Read a figure for a unit and all below it, as the system; None for one there is not, or nothing measured.

    Restricted records do not count: the number is shown to whoever sees the risk.
    """
    try:
        figure = find(name)
    except KeyError:
        return None
    with actor.system("a figure that feeds a risk"):
        return read(figure, Scope(localdate(), units_below(unit_id), restricted=False)).value


def control_called(ref: str) -> Any:
    """Return the control of a reference such as CTL-3, or None."""
    Control: Any = apps.get_model("compliance", "Control")
    number = ref.strip().upper().removeprefix(f"{Control.prefix}-")
    return Control.objects.filter(pk=int(number)).first() if number.isascii() and number.isdigit() else None


def tests_of(control: Any) -> tuple[float, float]:
    """Return how often tests found that a control works, and how often not, sample by sample."""
    samples = control.tests.filter(sample_size__gt=0).aggregate(size=Sum("sample_size"), failed=Sum("failures"))
    size, failed = samples["size"] or 0, samples["failed"] or 0
    plain = control.tests.exclude(sample_size__gt=0).values_list("result", flat=True)
    worked = sum({"pass": 1.0, "partial": 0.5}.get(result, 0.0) for result in plain)
    return size - failed + worked, failed + len(plain) - worked


def apply(binding: Binding, risk: Risk) -> Applied:
    """Read the fact of one binding and turn it into an input."""
    try:
        transform = bindings.read(binding.transform, binding.points)
        if binding.source == Binding.Source.CONTROL:
            with actor.system("the tests of a control that feed a risk"):
                control = control_called(binding.name)
                if control is None:
                    return Applied(binding, problem=f"There is no control {binding.name}.")
                worked, failed = tests_of(control)
                known = control.reliability
            if binding.transform == "probability":
                return Applied(binding, worked, transform(worked, failed))
            if known is None:
                return Applied(binding, problem=f"{binding.name} has not been tested yet.")
            return Applied(binding, known, transform(known))
        fact = figure_value(binding.name, risk.unit_id)
        if fact is None:
            return Applied(binding, problem=f"The figure {binding.name} has no value here.")
        return Applied(binding, fact, transform(fact))
    except bindings.BindingError as error:
        return Applied(binding, problem=str(error))


def resolved(risk: Risk) -> tuple[Scenario, list[Applied]]:
    """Return the scenario with the facts of its bindings in place, and what each did."""
    scenario: Scenario = dict(risk.scenario)
    done = []
    for binding in risk.bindings.filter(active=True).order_by("pk"):
        found = apply(binding, risk)
        if not found.problem:
            target = inputs(scenario).get(binding.path)
            if target is None:
                found = Applied(binding, found.fact, problem=f"The scenario has no input {binding.path}.")
            else:
                fed = put(scenario, target.keys, found.value)
                problem = engine.problem(fed)
                scenario = scenario if problem else fed
                found = Applied(binding, found.fact, problem=problem) if problem else found
        done.append(found)
    return scenario, done

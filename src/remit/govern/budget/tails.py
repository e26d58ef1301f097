"""What the bad years of the best sets cost: scenarios simulated with each set's measures in force.

The choice is made on means. A measure that prevents events thins them, it never scales losses, so the tail of a set is
not its mean times a factor: it is simulated. All sets share their random streams, so that what is between them is not
noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from remit.govern.budget.choice.effects import PARTS

TRIALS: Final = 200_000
SEED: Final = 20_260_101


def tails(
    problem: Mapping[str, Any],
    finalists: Iterable[Mapping[str, Any]],
    scenarios: Mapping[str, Mapping[str, Any]],
    told: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Simulate the risks as they are and with each finalist.

    Args:
        problem: what was asked, as `remit budget choose` reads it.
        finalists: sets as `{"chosen": […]}`, the best first.
        scenarios: by risk, in the shape of `fair.model` and in the currency of the problem.
        told: hears what is simulated.

    Returns:
        {"trials", "seed", "counted": [risk…], "sets": [{"chosen": None for nothing done, or […], "mean", "var95",
        "var99", "es99", "error": {"mean", "es99"}}]}; no sets where there is nothing to simulate.
    """
    from remit.identify.risks import fair  # noqa: PLC0415 - NumPy, for workers

    counted = [each["id"] for each in problem["scenarios"] if each["id"] in scenarios]
    effects = {each["id"]: each["effects"] for each in problem["candidates"]}
    said: dict[str, Any] = {"trials": TRIALS, "seed": SEED, "counted": counted, "sets": []}
    if not counted:
        return said
    for chosen in (None, *(list(each["chosen"]) for each in finalists)):
        told("Simulating bad years" + ("" if chosen is None else f" of {len(chosen)} measures"))
        held = fair.read(
            {"scenarios": [with_measures(scenarios[ref], ref, chosen or (), effects) for ref in counted]},
        )
        found = fair.simulate(held, trials=TRIALS, seed=SEED).as_dict()["portfolio"]
        said["sets"].append(
            {
                "chosen": chosen,
                "mean": found["mean"],
                "var95": found["quantiles"]["0.95"],
                "var99": found["var99"],
                "es99": found["es99"],
                "error": {name: found["standard_error"][name] for name in ("mean", "es99")},
            }
        )
    return said


def with_measures(
    scenario: Mapping[str, Any], ref: str, chosen: Iterable[str], effects: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a scenario with the measures of a set among its controls; a bare effect is on how often it happens."""
    controls = list(scenario.get("controls") or ())
    for measure in chosen:
        effect = effects[measure].get(ref)
        if effect is None:
            continue
        parts = effect if isinstance(effect, Mapping) and set(effect) <= set(PARTS) else {"frequency": effect}
        controls.append({"id": measure, "effect": dict(parts)})
    made = {**scenario, "id": ref}
    return {**made, "controls": controls} if controls else made

"""Small scenario sets and their simulation, for the tests of the simulation."""

from __future__ import annotations

from typing import Any

from remit.identify.risks import fair

LOGNORMAL = {"distribution": "lognormal", "p05": 100_000, "p95": 1_000_000}


def scenario(name: str = "A", frequency: Any = 0.1, magnitude: Any = LOGNORMAL, **more: Any) -> dict[str, Any]:
    """A scenario; a plain number as frequency is the mean of a Poisson count."""
    if isinstance(frequency, int | float):
        frequency = {"distribution": "poisson", "mean": frequency}
    return {"id": name, "frequency": frequency, "magnitude": magnitude, **more}


def of(*scenarios: dict[str, Any], dependence: Any = None) -> fair.ScenarioSet:
    """A set of these scenarios."""
    return fair.read({"currency": "EUR", "scenarios": list(scenarios), "dependence": dependence})


def alone(data: dict[str, Any], trials: int = 200_000, seed: int = 1) -> fair.Numbers:
    """The numbers of one scenario."""
    return fair.simulate(of(data), trials=trials, seed=seed).scenarios[data["id"]]

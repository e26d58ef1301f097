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


def everything(dependence: dict[str, Any], copies: int = 1) -> fair.ScenarioSet:
    """One of each kind of scenario, coupled."""
    pert = {"distribution": "pert", "low": 0.5, "mode": 1, "high": 3}
    kinds = [
        scenario("poisson", 0.3),
        scenario("uncertain", {"distribution": "poisson", "mean": pert}),
        scenario("clusters", {"distribution": "negative_binomial", "mean": 1, "dispersion": 0.5}),
        scenario(
            "insured", {"distribution": "bernoulli", "probability": 0.2}, insurance={"retention": 1e5, "limit": 1e6}
        ),
        scenario("secondary", 2, secondary={"probability": 0.2, "magnitude": LOGNORMAL}),
        scenario(
            "wide",
            1,
            {"distribution": "lognormal", "p05": 1e4, "p95": {"distribution": "uniform", "low": 1e5, "high": 1e6}},
        ),
    ]
    many = [kind | {"id": f"{kind['id']} {copy}"} for copy in range(copies) for kind in kinds]
    if "correlation" in dependence:
        size = range(len(many))
        dependence = dependence | {"correlation": [[1 if row == column else 0.3 for column in size] for row in size]}
    return of(*many, dependence=dependence)

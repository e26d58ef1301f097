"""The answer of the engine: the numbers of each scenario and of the portfolio, whichever way they were found.

Conventions (Acerbi and Tasche 2002): the value at risk of level q is the smallest loss x with P(loss ≤ x) ≥ q; the
expected shortfall is the mean of the worst (1 − q) share of years, years without loss included where losses are rarer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LEVELS: Final = (0.5, 0.9, 0.95, 0.99)
"""The quantiles that every answer gives."""
TAIL: Final = 0.99
"""The level of `var99` and `es99`."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The Monte Carlo standard error of each number, in its own unit."""

    mean: float
    sd: float
    p_zero: float
    quantiles: Mapping[float, float]
    var99: float
    es99: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "sd": self.sd,
            "p_zero": self.p_zero,
            "quantiles": _by_level(self.quantiles),
            "var99": self.var99,
            "es99": self.es99,
        }


@dataclass(frozen=True, slots=True)
class Numbers:
    """The distribution of a year's loss, in the set's currency.

    Attributes:
        mean: the mean annual loss.
        sd: its standard deviation.
        p_zero: the probability of a year without loss.
        quantiles: the loss by level (0.5, 0.9, 0.95, 0.99).
        var99: value at risk, 99 %.
        es99: expected shortfall, 99 %.
        exceedance: points (loss, probability that a year's loss is above it), losses ascending.
        standard_error: of each number, where it was simulated.
        events: mean number of loss events a year, where known.
        es99_part: what of the portfolio's expected shortfall is this scenario's own, where simulated; parts add up.
        gross: the loss before insurance, where insured.
        recovered: the mean annual amount that insurance pays, where insured.
    """

    mean: float
    sd: float
    p_zero: float
    quantiles: Mapping[float, float]
    var99: float
    es99: float
    exceedance: tuple[tuple[float, float], ...] = ()
    standard_error: Errors | None = None
    events: float | None = None
    es99_part: float | None = None
    gross: Numbers | None = None
    recovered: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it; what is not known is left out."""
        told: dict[str, Any] = {
            "mean": self.mean,
            "sd": self.sd,
            "p_zero": self.p_zero,
            "quantiles": _by_level(self.quantiles),
            "var99": self.var99,
            "es99": self.es99,
        }
        if self.standard_error is not None:
            told["standard_error"] = self.standard_error.as_dict()
        if self.exceedance:
            told["exceedance"] = [list(point) for point in self.exceedance]
        for name in ("events", "es99_part", "recovered"):
            if getattr(self, name) is not None:
                told[name] = getattr(self, name)
        if self.gross is not None:
            told["gross"] = self.gross.as_dict()
        return told


@dataclass(frozen=True, slots=True)
class Step:
    """What the portfolio's numbers were after so many years: whether they have settled."""

    trials: int
    mean: float
    var99: float
    es99: float


@dataclass(frozen=True, slots=True)
class Result:
    """One computed answer for a set of scenarios.

    Attributes:
        trials: simulated years; 0 where nothing was simulated.
        seed: of the random streams; the same input, trials and seed give the same result, to the bit.
        method: "monte-carlo" or "fft".
        currency: of all amounts.
        scenarios: numbers by scenario id, in the order of the set.
        portfolio: numbers of all scenarios together.
        convergence: the portfolio's numbers along the way.
        notes: what a reader has to know, such as by how much a correlation matrix was repaired.
    """

    trials: int
    seed: int
    method: str
    currency: str
    scenarios: Mapping[str, Numbers]
    portfolio: Numbers
    convergence: tuple[Step, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """As `remit risk simulate --json` prints it (docs/schemas/risk-simulate-answer.schema.json)."""
        told: dict[str, Any] = {
            "trials": self.trials,
            "seed": self.seed,
            "method": self.method,
            "currency": self.currency,
            "scenarios": {name: numbers.as_dict() for name, numbers in self.scenarios.items()},
            "portfolio": self.portfolio.as_dict(),
        }
        if self.convergence:
            told["convergence"] = [
                {"trials": s.trials, "mean": s.mean, "var99": s.var99, "es99": s.es99} for s in self.convergence
            ]
        if self.notes:
            told["notes"] = list(self.notes)
        return told


def _by_level(values: Mapping[float, float]) -> dict[str, float]:
    return {f"{level:g}": value for level, value in values.items()}

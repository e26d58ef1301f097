"""What all chunks share, worked out once: the scenarios ready to be drawn, and how they hang together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from remit.identify.risks.fair.counts import Count, Rounded
from remit.identify.risks.fair.errors import InputError
from remit.identify.risks.fair.model import Dependence, Insurance, ScenarioSet
from remit.identify.risks.fair.tree import Compiled, compiled

from .copula import RARE, Copula, Thresholds, on_grid
from .occurrences import BATCH
from .samples import Floats

YEARS: Final = 16_384
"""In a chunk: a constant of the engine, since results depend on it. A row of doubles then fits the nearest cache."""
KEPT_LOSSES: Final = 8_000_000
"""So many yearly losses of scenarios are kept one by one (64 MB); where more are expected they are counted in bins."""
KEPT_TOTALS: Final = 4_194_304
"""So many years of the portfolio are kept one by one (32 MB)."""
MOST_EVENTS: Final = 1e12
"""More loss events than this are not simulated: it would take hours."""


@dataclass(frozen=True)
class Lane:
    """One scenario ready to be drawn.

    Attributes:
        name: its id, the key of its streams.
        compiled: its tree.
        expected: mean number of events a year.
        insurance: its cover.
        row: its row among the coupled normals; None where it is not coupled.
        thresholds: for its count, where coupled and its frequency certain.
        beta: by how much the common shock moves its rate; 0 for not at all.
    """

    name: str
    compiled: Compiled
    expected: float
    insurance: Insurance | None = None
    row: int | None = None
    thresholds: Thresholds | None = None
    beta: float = 0.0

    @property
    def busy(self) -> bool:
        """Whether a chunk has more events than are drawn at once."""
        return self.expected * YEARS > BATCH


@dataclass(frozen=True)
class Plan:
    """One run.

    Attributes:
        lanes: the scenarios in the order of the set.
        shocks: (rate a year, places of the scenarios hit) of each common cause.
        reorders: whether normals reorder yearly losses instead of making counts.
    """

    seed: int
    trials: int
    lanes: tuple[Lane, ...]
    copula: Copula | None
    shocks: tuple[tuple[float, frozenset[int]], ...]
    reorders: bool
    keeps_losses: bool
    keeps_totals: bool

    @property
    def insured(self) -> bool:
        """Whether any scenario is."""
        return any(lane.insurance is not None for lane in self.lanes)


def planned(scenarios: ScenarioSet, trials: int, seed: int) -> Plan:
    """Work a set out for a run; InputError where it has more events than can be simulated."""
    dependence = scenarios.dependence
    copula, rows = _coupled(scenarios)
    reorders = copula is not None and dependence.couples == "annual_loss"
    lanes = []
    for place, scenario in enumerate(scenarios.scenarios):
        tree = compiled(scenario)
        if dependence.beta and dependence.beta[place] and isinstance(tree.fixed.frequency, Rounded):
            raise InputError(
                "dependence.beta",
                f"the count of “{scenario.id}” is rounded, and has no rate that a common shock could move",
                "Give it a poisson or negative_binomial, or a beta of 0.",
            )
        row = rows.get(place)
        counted = copula is not None and row is not None and not reorders and not tree.frequency_inputs
        lanes.append(
            Lane(
                scenario.id,
                tree,
                float(tree.frequency.mean),
                scenario.insurance,
                row,
                _thresholds(tree.frequency, copula) if copula is not None and counted else None,
                dependence.beta[place] if dependence.beta else 0.0,
            )
        )
    shocks = _shocks(scenarios)
    _refuse_too_many(lanes, shocks, trials)
    positive = sum(min(1.0, lane.expected) for lane in lanes) + sum(rate * len(hit) for rate, hit in shocks)
    return Plan(
        seed, trials, tuple(lanes), copula, shocks, reorders, positive * trials <= KEPT_LOSSES, trials <= KEPT_TOTALS
    )


def _shocks(scenarios: ScenarioSet) -> tuple[tuple[float, frozenset[int]], ...]:
    places = {scenario.id: place for place, scenario in enumerate(scenarios.scenarios)}
    return tuple(
        (shock.rate, frozenset(places[name] for name in shock.scenarios)) for shock in scenarios.dependence.shocks
    )


def _refuse_too_many(lanes: list[Lane], shocks: tuple[tuple[float, frozenset[int]], ...], trials: int) -> None:
    each = sum(lane.expected for lane in lanes) + sum(rate * len(hit) for rate, hit in shocks)
    if each * trials > MOST_EVENTS:
        raise InputError(
            "trials",
            f"{trials:,} years with {each:,.3g} loss events each are more events than can be simulated",
            f"Give at most {max(1, int(MOST_EVENTS / each)):,} trials, or the method “fft”.",
        )


def _coupled(scenarios: ScenarioSet) -> tuple[Copula | None, dict[int, int]]:
    """The copula and the row of each coupled scenario: those that hang together with no other are left out."""
    dependence = scenarios.dependence
    names = [scenario.id for scenario in scenarios.scenarios]
    if dependence.kind == "one_factor":
        loadings = np.asarray(dependence.loadings)
        kept = np.flatnonzero(loadings)
        copula = Copula(tuple(names[place] for place in kept), loadings=loadings[kept])
    elif dependence.kind in ("gaussian", "t"):
        matrix = dependence.matrix
        tail = dependence.kind == "t"  # years are bad together there even at correlation 0
        kept = np.arange(len(names)) if tail else np.flatnonzero((matrix != 0).sum(axis=1) > 1)
        copula = Copula(
            tuple(names[place] for place in kept),
            factor=_factor(dependence, matrix[np.ix_(kept, kept)]),
            degrees_of_freedom=dependence.degrees_of_freedom if tail else None,
        )
    else:
        return None, {}
    return (copula if len(kept) else None), {int(place): row for row, place in enumerate(kept)}


def _factor(dependence: Dependence, matrix: Floats) -> Floats:
    try:
        return on_grid(np.asarray(np.linalg.cholesky(matrix), np.float64))
    except np.linalg.LinAlgError:
        raise InputError(
            "dependence.correlation",
            "the matrix is not positive definite",
            "Correct the correlations that contradict each other, or say “repair”: true to take the nearest matrix.",
        ) from None


def _thresholds(count: Count, copula: Copula) -> Thresholds:
    """From the smallest to the largest count that a year has with a probability above RARE."""
    least, most = (int(count.quantile(level)) for level in (RARE, 1 - RARE))
    more = 1 - count.cdf(np.arange(least, max(most, least + 1), dtype=np.float64))
    return Thresholds(least, copula.thresholds(np.clip(more, RARE, 1 - RARE)))

"""Several people's distributions of one quantity made one, how far they lie apart, and what each of them moves.

Sources: Stone, The opinion pool (1961), the linear pool; Genest and Zidek, Combining probability distributions (1986),
the logarithmic pool, which is externally Bayesian; O'Hagan et al., Uncertain Judgements (2006). All works on a grid of
`CELLS` cells, so that families may be mixed. Importing it loads NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from remit.identify.risks.calibration import scoring
from remit.identify.risks.fair.distributions import (
    Constant,
    Distribution,
    FloatArray,
    Lognormal,
    Normal,
    Pert,
    read_distribution,
    real,
)

Method = Literal["linear", "logarithmic"]
CELLS: Final = 4000
EDGE: Final = 1e-6
"""What the grid leaves out at each end of each distribution, as a probability."""
LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
FAMILIES: Final = ("lognormal", "normal", "pert", "beta")
BESIDE: Final = ("kind", "per_day", "rounded")
"""Keys of a scenario's input that say how it is used, not how it is distributed."""


class PoolError(ValueError):
    """Estimates that have no pool; the message says what to do."""


@dataclass(frozen=True)
class Member:
    """One person's distribution and how much it weighs; weights are made to add up to 1."""

    name: str
    distribution: Distribution
    weight: float = 1.0


@dataclass(frozen=True)
class Pool:
    """The pooled distribution, by quantiles at `LEVELS`, and what is to be said of its members, in their order.

    `fitted` is the distribution object of `family` nearest to it, `departs` the greatest distance of the two
    distribution functions. `disagreement` is the share of the linear pool's variance that lies between members (0: they
    say the same; of logarithms where all is positive). `shifts` tell how much of the pooled mean each member moves:
    the mean with it less the mean without, over the latter; nan for a single member.
    """

    method: Method
    weights: tuple[float, ...]
    quantiles: tuple[float, ...]
    mean: float
    family: str
    fitted: dict[str, Any]
    departs: float
    disagreement: float
    shifts: tuple[float, ...]
    apart: tuple[tuple[str, str], ...]
    """Pairs whose 90 % intervals have nothing in common."""


def read(value: Any) -> Distribution:
    """Read what stands for an input in a scenario; `fair.InputError` for what is no distribution."""
    if isinstance(value, Mapping):
        value = {key: part for key, part in value.items() if key not in BESIDE}
    return read_distribution(value)


def pool(members: Sequence[Member], method: Method = "linear", family: str = "") -> Pool:
    """Draw members together; PoolError for none, for weights that are no weights, or where they exclude each other.

    "linear" averages probabilities and keeps everybody's doubts; "logarithmic" averages their logarithms and is
    sharper, but one member who excludes a value excludes it for all.
    """
    weights = real([member.weight for member in members])
    if not len(members) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.sum() > 0:
        raise PoolError("Give at least one estimate that counts, with weights of 0 or more.")
    shares = weights / weights.sum()
    grid = _Grid.over([member.distribution for member in members])
    cells = real([grid.cells(member.distribution) for member in members])
    together = _together(cells, shares, method)
    chosen = family or usual_family([member.distribution for member in members])
    fitted = _fitted(chosen, grid, together, [member.distribution for member in members])
    return Pool(
        method=method,
        weights=tuple(shares.tolist()),
        quantiles=tuple(grid.quantiles(together, LEVELS).tolist()),
        mean=grid.mean(together),
        family=str(fitted["distribution"]),
        fitted=fitted,
        departs=grid.distance(together, read_distribution(fitted)),
        disagreement=_disagreement(grid, cells, shares),
        shifts=_shifts(grid, cells, shares, method),
        apart=_apart(members),
    )


@dataclass(frozen=True)
class _Grid:
    """Cells of one width, of the values or of their logarithms."""

    edges: FloatArray
    logarithmic: bool

    @classmethod
    def over(cls, found: Sequence[Distribution]) -> _Grid:
        ends = real([[one.quantile(EDGE), one.quantile(1 - EDGE)] for one in found])
        low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
        logarithmic = low > 0 and all(float(real(one.support[0])) >= 0 for one in found)
        if logarithmic:
            low, high = math.log(low), math.log(high)
        margin = 0.01 * (high - low) or 1e-6 * (abs(high) or 1.0)
        return cls(np.linspace(low - margin, high + margin, CELLS + 1), logarithmic)

    @property
    def middles(self) -> FloatArray:
        return real((self.edges[1:] + self.edges[:-1]) / 2)

    def values(self, placed: FloatArray) -> FloatArray:
        return real(np.exp(placed)) if self.logarithmic else placed

    def cells(self, one: Distribution) -> FloatArray:
        return real(np.diff(one.cdf(self.values(self.edges))))

    def quantiles(self, cells: FloatArray, levels: Sequence[float]) -> FloatArray:
        reached = np.concatenate(([0.0], np.cumsum(cells)))
        reached /= reached[-1]
        rising = np.concatenate(([True], np.diff(reached) > 0))
        return self.values(np.interp(levels, reached[rising], self.edges[rising]))

    def mean(self, cells: FloatArray) -> float:
        return float(cells @ self.values(self.middles) / cells.sum())

    def distance(self, cells: FloatArray, other: Distribution) -> float:
        """The Kolmogorov distance between what stands in the cells and another distribution."""
        return float(np.abs(np.cumsum(cells) / cells.sum() - other.cdf(self.values(self.edges[1:]))).max())


def _together(cells: FloatArray, shares: FloatArray, method: Method) -> FloatArray:
    if method == "linear":
        return real(shares @ cells)
    counted = shares > 0
    with np.errstate(divide="ignore"):
        logs = real(shares[counted] @ np.log(cells[counted]))
    if not np.isfinite(logs).any():
        raise PoolError("Nobody leaves room for what the others say; pool them in a line, or ask them again.")
    found = np.exp(logs - logs[np.isfinite(logs)].max())
    return real(found / found.sum())


def _disagreement(grid: _Grid, cells: FloatArray, shares: FloatArray) -> float:
    mass = cells / cells.sum(axis=1, keepdims=True)
    means = mass @ grid.middles
    between = float(shares @ (means - shares @ means) ** 2)
    within = float(shares @ (mass @ grid.middles**2 - means**2))
    total = between + max(within, 0.0)
    return between / total if total > 0 else 0.0


def _shifts(grid: _Grid, cells: FloatArray, shares: FloatArray, method: Method) -> tuple[float, ...]:
    whole = grid.mean(_together(cells, shares, method))
    found = []
    for place in range(len(shares)):
        others = np.delete(shares, place)
        if not others.sum() > 0:
            found.append(math.nan)
            continue
        rest = grid.mean(_together(np.delete(cells, place, axis=0), others / others.sum(), method))
        found.append((whole - rest) / abs(rest) if rest else math.nan)
    return tuple(found)


def _apart(members: Sequence[Member]) -> tuple[tuple[str, str], ...]:
    ends = [(float(m.distribution.quantile(0.05)), float(m.distribution.quantile(0.95))) for m in members]
    return tuple(
        (members[i].name, members[j].name)
        for i in range(len(members))
        for j in range(i + 1, len(members))
        if ends[i][1] < ends[j][0] or ends[j][1] < ends[i][0]
    )


def usual_family(found: Sequence[Distribution]) -> str:
    """Return the family that all share, else the one that fits where they lie: shares, positive numbers, any."""
    names = {one.name for one in found if not isinstance(one, Constant)}
    if len(names) == 1 and (name := names.pop()) in FAMILIES:
        return name
    ends = [(float(real(one.support[0])), float(real(one.support[1]))) for one in found]
    if all(low >= 0 and high <= 1 for low, high in ends):
        return "beta"
    return "lognormal" if all(low >= 0 for low, _ in ends) else "normal"


def _fitted(family: str, grid: _Grid, cells: FloatArray, found: Sequence[Distribution]) -> dict[str, Any]:
    p05, median, p95 = (_neat(x) for x in grid.quantiles(cells, (0.05, 0.5, 0.95)))
    if p05 >= p95:
        return {"distribution": "constant", "value": median}
    positive = all(float(real(one.support[0])) >= 0 for one in found)
    if family == "lognormal" and p05 > 0:
        return {"distribution": "lognormal", "p05": p05, "p95": p95}
    if family == "beta":
        return _beta(grid, cells, found)
    if family == "pert":
        return _pert(grid.quantiles(cells, LEVELS), found)
    floor = {"truncate": {"low": 0.0}} if positive else {}
    return {"distribution": "normal", "p05": p05, "p95": p95, **floor}


def _beta(grid: _Grid, cells: FloatArray, found: Sequence[Distribution]) -> dict[str, Any]:
    """The beta of the pool's mean and variance, on [0, 1] or where the members lie."""
    low = min(0.0, *(float(real(one.support[0])) for one in found))
    high = max(1.0, *(float(real(one.support[1])) for one in found))
    at = (grid.values(grid.middles) - low) / (high - low)
    mass = cells / cells.sum()
    mean = float(mass @ at)
    variance = float(mass @ (at - mean) ** 2)
    total = max(mean * (1 - mean) / variance - 1, 0.05)
    shapes = {"distribution": "beta", "alpha": _neat(mean * total), "beta": _neat((1 - mean) * total)}
    return shapes if (low, high) == (0.0, 1.0) else {**shapes, "low": low, "high": high}


def _pert(wanted: FloatArray, found: Sequence[Distribution]) -> dict[str, Any]:
    """The PERT whose quantiles at `LEVELS` are nearest to these, within what the members think possible."""
    from scipy.optimize import least_squares  # noqa: PLC0415 - costs a tenth of a second, for PERT only

    least = float(min(one.quantile(EDGE) for one in found))
    most = float(max(one.quantile(1 - EDGE) for one in found))
    span = most - least

    def made(shares: FloatArray) -> tuple[float, float, float]:
        mode = least + span * float(shares[0])
        return mode - float(shares[1]) * (mode - least), mode, mode + float(shares[2]) * (most - mode)

    def missed(shares: FloatArray) -> FloatArray:
        return real((Pert.from_mode(*made(shares)).quantile(real(LEVELS)) - wanted) / span)

    start = real([np.clip((float(wanted[2]) - least) / span, 0.05, 0.95), 0.8, 0.8])
    best = least_squares(missed, start, bounds=([0.0, 1e-3, 1e-3], [1.0, 1.0, 1.0]))
    low, mode, high = (_neat(x) for x in made(real(best.x)))
    return {"distribution": "pert", "low": low, "mode": mode, "high": high}


def _neat(value: float) -> float:
    """Round to four figures: a judgement has no more."""
    return float(f"{float(value):.4g}")


def closed_score(one: Distribution, value: float) -> float | None:
    """The continuous ranked probability score by formula, where there is one for this family; else None."""
    if isinstance(one, Lognormal):
        return scoring.crps_lognormal(float(real(one.mu)), float(real(one.sigma)), value)
    if isinstance(one, Normal):
        return scoring.crps_normal(float(real(one.mu)), float(real(one.sigma)), value)
    return None

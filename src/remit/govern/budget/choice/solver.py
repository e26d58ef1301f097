"""The linear model in HiGHS: candidates as 0 or 1, what remains of each scenario, and the bounds found so far."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from .arrays import Arrays, Floats
from .cuts import Cut
from .quiet import quiet_highs

TOLERANCE = 1e-9
"""By so much a row of the model may be missed. Rows are scaled to 1, so that it is a share."""


@dataclass(frozen=True)
class Answer:
    """What HiGHS found: a point (n), what it takes to remain of each scenario (m), and a bound on the annual loss."""

    x: Floats
    remains: Floats
    bound: float
    complete: bool


class Model:
    """One model that grows: rows are added, limits change, and HiGHS goes on from where it was."""

    def __init__(self, arrays: Arrays, scale: float, *, threads: int = 1) -> None:
        """Build it.

        Args:
            scale: annual loss that counts as 1, so that HiGHS's tolerances are shares of it.
        """
        self.arrays = arrays
        self.scale = scale
        self.highs = highs = quiet_highs(threads=threads)
        for name, value in (
            ("primal_feasibility_tolerance", TOLERANCE),
            ("dual_feasibility_tolerance", TOLERANCE),
            ("mip_feasibility_tolerance", TOLERANCE),
            ("mip_abs_gap", 0.0),
        ):
            highs.setOptionValue(name, value)
        self.n, self.m = len(arrays.names), len(arrays.losses)
        highs.addVars(self.n, np.zeros(self.n), np.ones(self.n))
        highs.addVars(self.m, np.zeros(self.m), np.ones(self.m))
        columns = np.arange(self.n, self.n + self.m, dtype=np.int32)
        highs.changeColsCost(self.m, columns, arrays.losses / scale)
        self.integral = False
        self._rows()

    def _rows(self) -> None:
        every = np.arange(self.n)
        self.sizes = [max(float(use.max(initial=0.0)), TOLERANCE) for use in self.arrays.use]
        for use, most, size in zip(self.arrays.use, self.arrays.most, self.sizes, strict=True):
            self._row(-highspy.kHighsInf, float(most) / size, every, use / size)
        for needing, needed in self.arrays.requires:
            self._row(-highspy.kHighsInf, 0.0, [needing, needed], [1.0, -1.0])
        for clique in _cliques(self.arrays.conflicts):
            self._row(-highspy.kHighsInf, 1.0, clique, np.ones(len(clique)))

    def _row(self, least: float, most: float, columns: Sequence[int] | NDArray[np.intp], values: object) -> None:
        self.highs.addRow(least, most, len(columns), np.asarray(columns, dtype=np.int32), np.asarray(values, float))

    def add(self, cuts: Iterable[Cut]) -> None:
        """Add bounds on what remains."""
        for cut in cuts:
            columns = np.append(self.arrays.touching[cut.scenario], self.n + cut.scenario)
            self._row(cut.constant, highspy.kHighsInf, columns, np.append(-cut.coefficients, 1.0))

    def limit(self, most: Floats) -> None:
        """Change how much of each limit there is, (k); the bounds found so far stay true."""
        for row, (amount, size) in enumerate(zip(most, self.sizes, strict=True)):
            self.highs.changeRowBounds(row, -highspy.kHighsInf, float(amount) / size)

    def forbid(self, x: NDArray[np.bool_]) -> None:
        """Forbid one set, and no other."""
        self._row(-highspy.kHighsInf, float(x.sum()) - 1, np.arange(self.n), np.where(x, 1.0, -1.0))

    def relax(self) -> None:
        """Let candidates be taken in parts again."""
        if self.integral:
            self.highs.changeColsIntegrality(
                self.n, np.arange(self.n, dtype=np.int32), np.full(self.n, highspy.HighsVarType.kContinuous)
            )
            self.highs.setOptionValue("time_limit", highspy.kHighsInf)
            self.integral = False

    def relaxed(self) -> Answer:
        """Solve with candidates taken in parts."""
        return self._solved()

    def solved(self, start: NDArray[np.bool_], *, gap: float, seconds: float) -> Answer:
        """Solve with candidates whole.

        Args:
            start: an allowed set to begin from.
            gap: stop when the bound is within this share of the model's best.
            seconds: stop after so many, with the bound there is.
        """
        if not self.integral:
            kind = np.full(self.n, highspy.HighsVarType.kInteger)
            self.highs.changeColsIntegrality(self.n, np.arange(self.n, dtype=np.int32), kind)
            self.integral = True
        self.highs.setOptionValue("mip_rel_gap", gap)
        # HiGHS counts the time of all runs of a model together.
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(0.0, seconds))
        solution = highspy.HighsSolution()
        remains = self.arrays.dense[:, start].prod(axis=1)
        solution.col_value = [*start.astype(float), *remains]
        self.highs.setSolution(solution)
        return self._solved()

    def _solved(self) -> Answer:
        self.highs.run()
        status, info = self.highs.getModelStatus(), self.highs.getInfo()
        values = np.array(self.highs.getSolution().col_value)
        complete = status == highspy.HighsModelStatus.kOptimal
        # A relaxation bounds nothing before it is solved.
        relaxed = info.objective_function_value if complete else 0.0
        bound = info.mip_dual_bound if self.integral else relaxed
        if not len(values) or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusNone:
            values = np.zeros(self.n + self.m)
            complete = False
        bound = max(0.0, bound) * self.scale + self.arrays.untouched
        return Answer(np.clip(values[: self.n], 0.0, 1.0), values[self.n :], bound, complete)


def _cliques(conflicts: NDArray[np.bool_]) -> Iterable[list[int]]:
    """Sets of candidates that all exclude each other, so that each pair is in one."""
    left = np.triu(conflicts)
    for first in range(len(conflicts)):
        while left[first].any():
            clique = [first]
            for other in np.flatnonzero(left[first]):
                if conflicts[clique, other].all():
                    clique.append(int(other))
            left[np.ix_(clique, clique)] = False
            yield clique


class Clock:
    """Seconds that are left."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until the end, 0 after it."""
        return max(0.0, self.end - time.monotonic())

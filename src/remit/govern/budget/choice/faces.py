"""The highest linear bound at a point, below a function on all subsets of a few candidates."""

import highspy
import numpy as np

from .arrays import Floats
from .quiet import quiet_highs

FACE = 9
"""At most so many candidates: the linear programme has 2**9 columns."""


class Faces:
    """The linear programmes, one for each number of candidates; each goes on from where it was."""

    def __init__(self) -> None:
        self.programmes: dict[int, highspy.Highs] = {}

    def facet(self, values: Floats, sets: Floats, x: Floats) -> tuple[float, Floats]:
        """The bound c + a·v ≤ g(v), for all subsets v, that is highest at a point.

        The lower convex envelope at x is the least mean of g over mixtures of subsets with mean x; the prices of that
        linear programme are the bound.

        Args:
            values: g of each subset, (2**k).
            sets: the subsets as rows, (2**k, k), the first candidate changing fastest.
            x: the point, (k), each from 0 to 1.

        Returns:
            The constant c and the coefficients a, (k).
        """
        count = len(x)
        highs = self.programmes.get(count) or self.programmes.setdefault(count, _programme(count))
        highs.changeColsCost(len(values), np.arange(len(values), dtype=np.int32), values)
        for row, share in enumerate(x):
            highs.changeRowBounds(row, float(share), float(share))
        highs.run()
        slopes = np.array(highs.getSolution().row_dual)[:count]
        # Exactly below g, whatever HiGHS's tolerance is.
        return float((values - sets @ slopes).min()), slopes


def _programme(count: int) -> highspy.Highs:
    highs = quiet_highs()
    highs.setOptionValue("presolve", "off")
    size = 1 << count
    highs.addVars(size, np.zeros(size), np.full(size, highspy.kHighsInf))
    for index in range(count):
        columns = np.flatnonzero((np.arange(size) >> index) & 1).astype(np.int32)
        highs.addRow(0.0, 0.0, len(columns), columns, np.ones(len(columns)))
    highs.addRow(1.0, 1.0, size, np.arange(size, dtype=np.int32), np.ones(size))
    return highs

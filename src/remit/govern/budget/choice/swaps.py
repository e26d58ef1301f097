"""Making a set better by taking one candidate in, putting one out, or changing one for another."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .arrays import Arrays, Floats

MOST_CELLS = 20_000_000
"""Beyond so many (scenario × candidate) cells a pass costs more than it helps."""
LEAST = 1e-12
"""A change that lowers the loss by a smaller share is none."""


def improved(arrays: Arrays, x: NDArray[np.bool_], most: int = 200) -> NDArray[np.bool_]:
    """The set that no single change makes better, or what `most` changes led to."""
    if arrays.dense.size > MOST_CELLS:
        return x
    for _ in range(most):
        losses, outs = neighbours(arrays, x)
        if not losses.size:
            return x
        best = np.unravel_index(int(losses.argmin()), losses.shape)
        if not losses[best] < arrays.loss(x) * (1 - LEAST):
            return x
        x = _changed(x, outs[best[0]], int(best[1]))
    return x


def neighbours(arrays: Arrays, x: NDArray[np.bool_]) -> tuple[Floats, list[int | None]]:
    """Annual loss after each change.

    Returns:
        A matrix (outs, n), infinite where a change is not allowed, and what goes out in each row (None: nothing). The
        column of a candidate says it comes in.
    """
    inside = np.flatnonzero(x)
    outs: list[int | None] = [None, *(int(index) for index in inside if not _needed(arrays, x, int(index)))]
    after = np.vstack([arrays.losses * arrays.dense[:, _without(x, out)].prod(axis=1) for out in outs])
    losses: Floats = after @ arrays.dense + arrays.untouched
    losses[~_allowed(arrays, x, outs)] = np.inf
    return losses, outs


def near(arrays: Arrays, x: NDArray[np.bool_], most: int) -> Iterator[NDArray[np.bool_]]:
    """The best `most` sets that one change leads to, best first."""
    losses, outs = neighbours(arrays, x)
    order = np.argsort(losses, axis=None, kind="stable")[:most]
    for row, column in zip(*np.unravel_index(order, losses.shape), strict=True):
        if np.isfinite(losses[row, column]):
            yield _changed(x, outs[int(row)], int(column))


def _changed(x: NDArray[np.bool_], out: int | None, new: int) -> NDArray[np.bool_]:
    changed = _without(x, out)
    changed[new] = True
    return changed


def _without(x: NDArray[np.bool_], out: int | None) -> NDArray[np.bool_]:
    without = x.copy()
    if out is not None:
        without[out] = False
    return without


def _needed(arrays: Arrays, x: NDArray[np.bool_], index: int) -> bool:
    return any(needed == index and x[needing] for needing, needed in arrays.requires)


def _allowed(arrays: Arrays, x: NDArray[np.bool_], outs: list[int | None]) -> NDArray[np.bool_]:
    """Which changes keep every limit, dependency and exclusion, (outs, n)."""
    gone = [out for out in outs if out is not None]
    used = arrays.use[:, x].sum(axis=1)
    fits = np.ones((len(outs), len(x)), dtype=np.bool_)
    for use, most, before in zip(arrays.use, arrays.most, used, strict=True):
        freed = np.array([0.0, *use[gone]])
        fits &= before - freed[:, None] + use[None, :] <= most
    against = arrays.conflicts[:, x].sum(axis=1)
    fits &= against[None, :] - np.vstack([np.zeros(len(x)), arrays.conflicts[gone]]) == 0
    for needing, needed in arrays.requires:
        fits[:, needing] &= x[needed]
        if needed in gone:
            fits[1 + gone.index(needed), needing] = False
    fits[:, x] = False
    return fits

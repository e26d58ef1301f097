"""Correlation matrices: are they one, and which is the nearest that is."""

from __future__ import annotations

from typing import Final

import numpy as np

from remit.identify.risks.fair.distributions.base import FloatArray
from remit.identify.risks.fair.errors import InputError
from remit.identify.risks.fair.fields import at, bounded, number

LEAST_EIGENVALUE: Final = 1e-10
"""A matrix whose smallest eigenvalue is below this counts as not positive definite."""

_REPAIRED: Final = 1e-8
"""The smallest eigenvalue that a repair leaves."""


def read(value: object, size: int, where: str) -> FloatArray:
    """A symmetric matrix of `size` rows with ones on its diagonal and numbers from −1 to 1; InputError otherwise."""
    rows = _rows(value, size, where)
    for place in range(size):
        if abs(rows[place, place] - 1) > 1e-9:
            raise InputError(at(at(where, place), place), f"{rows[place, place]:g} on the diagonal", "Give 1 there.")
    odd = np.argwhere(np.abs(rows - rows.T) > 1e-9)
    if len(odd):
        i, j = map(int, odd[0])
        problem = f"{rows[i, j]:g} here and {rows[j, i]:g} at [{j}][{i}]: the matrix is not symmetric"
        raise InputError(at(at(where, i), j), problem, "Give the same number in both places.")
    rows = (rows + rows.T) / 2
    np.fill_diagonal(rows, 1.0)
    return np.asarray(rows, dtype=np.float64)


def checked(matrix: FloatArray, where: str) -> FloatArray:
    """The matrix, where it is positive definite; InputError otherwise."""
    least = float(np.linalg.eigvalsh(matrix)[0]) if len(matrix) else 1.0
    if least < LEAST_EIGENVALUE:
        raise InputError(
            where,
            f"the matrix is not positive definite (smallest eigenvalue {least:.3g})",
            "Correct the correlations that contradict each other, or say “repair”: true to take the nearest matrix.",
        )
    return matrix


def repaired(matrix: FloatArray, where: str) -> tuple[FloatArray, str]:
    """The nearest positive definite correlation matrix, and a note by how much it differs ("" where it does not).

    Source: Higham, Computing the nearest correlation matrix, IMA J. Numer. Anal. 22 (2002), algorithm 3.3.
    """
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least >= LEAST_EIGENVALUE:
        return matrix, ""
    found = _nearest(matrix)
    change = found - matrix
    i, j = (int(place) for place in np.unravel_index(np.abs(change).argmax(), change.shape))
    note = (
        f"{where} was not positive definite (smallest eigenvalue {least:.3g}) and was replaced by the nearest"
        f" correlation matrix: Frobenius distance {np.linalg.norm(change):.3g}, largest change"
        f" {change[i, j]:+.3g} at [{i}][{j}]."
    )
    return found, note


def _nearest(matrix: FloatArray, steps: int = 500) -> FloatArray:
    found, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(steps):
        shifted = found - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, _REPAIRED)) @ vectors.T
        correction = projected - shifted
        before, found = found, projected.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < 1e-11:
            break
    # What the last unit diagonal undid is put right by a congruence, which keeps definiteness exactly.
    values, vectors = np.linalg.eigh((found + found.T) / 2)
    found = (vectors * np.maximum(values, _REPAIRED)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(found))
    found = found * np.outer(scale, scale)
    found = (found + found.T) / 2
    np.fill_diagonal(found, 1.0)
    return np.asarray(found, dtype=np.float64)


def _rows(value: object, size: int, where: str) -> FloatArray:
    if not isinstance(value, list | tuple):
        raise InputError(where, "is not a matrix", "Give a list of rows, each a list of numbers.")
    if len(value) != size:
        raise InputError(where, f"{len(value)} rows for {size} scenarios", "Give one row for each scenario, in order.")
    found = np.empty((size, size))
    for i, row in enumerate(value):
        if not isinstance(row, list | tuple):
            raise InputError(at(where, i), "is not a row", "Give a list of numbers.")
        if len(row) != size:
            problem = f"{len(row)} numbers for {size} scenarios"
            raise InputError(at(where, i), problem, "Give one number for each scenario, in order.")
        if {*map(type, row)} <= {int, float} and all(-1 <= entry <= 1 for entry in row):
            found[i] = row  # as nearly always; below, one by one, the first wrong one is named
            continue
        for j, entry in enumerate(row):
            place = at(at(where, i), j)
            found[i, j] = bounded(number(entry, place), place, -1.0, 1.0)
    return found

"""Bounds never exceed what remains, at any set, and meet it where they were taken."""

from __future__ import annotations

import numpy as np
import pytest

from remit.govern.budget.choice.cuts import TABLED, Bounds, sets_of
from remit.govern.budget.choice.faces import Faces


def scenario(seed: int, count: int) -> tuple[Bounds, np.ndarray, np.ndarray]:
    """Bounds on a scenario with `count` candidates, all its sets, and what remains with each."""
    chance = np.random.default_rng(seed)
    kept = np.sort(np.where(chance.random(count) < 0.1, 0.0, chance.uniform(0.05, 1, count)))
    sets = sets_of(count)[0]
    return Bounds(0, np.arange(count), kept, Faces()), sets, np.where(sets > 0, kept, 1.0).prod(axis=1)


@pytest.mark.parametrize("count", [1, 2, 5, 9, TABLED, TABLED + 3])
def test_no_bound_is_above_what_remains(count: int) -> None:
    chance = np.random.default_rng(count)
    for seed in range(8):
        bounds, sets, remains = scenario(seed, count)
        for _ in range(6):
            x = np.clip(chance.uniform(-0.5, 1.5, count), 0, 1)
            for cut in (bounds.tangent(x), bounds.facet(x)):
                if cut:
                    assert (cut.constant + sets @ cut.coefficients <= remains + 1e-9).all()


@pytest.mark.parametrize("count", [3, 8, TABLED + 3])
def test_a_tangent_meets_what_remains_where_it_was_taken(count: int) -> None:
    for seed in range(5):
        bounds, sets, remains = scenario(seed, count)
        for index in np.random.default_rng(seed).integers(0, len(sets), 10):
            assert max(0.0, bounds.tangent(sets[index]).at(sets[index])) == pytest.approx(remains[index], abs=1e-9)


def test_a_facet_is_at_least_as_high_as_the_tangent() -> None:
    chance = np.random.default_rng(4)
    higher = 0
    for seed in range(20):
        bounds, _, _ = scenario(seed, 6)
        x = np.clip(chance.uniform(-0.5, 1.5, 6), 0, 1)
        cut = bounds.facet(x)
        if cut:
            assert cut.at(x) >= bounds.tangent(x).at(x) - 1e-7
            higher += cut.at(x) > bounds.tangent(x).at(x) + 1e-4
    assert higher > 3


def test_the_facet_of_a_product_of_two_halves() -> None:
    """(1 − x/2)(1 − y/2) at (½, ½): the mixture of {x} and {y} has the least mean, ½."""
    sets = sets_of(2)[0]
    constant, slopes = Faces().facet(np.array([1, 0.5, 0.5, 0.25]), sets, np.array([0.5, 0.5]))
    assert constant + slopes.sum() / 2 == pytest.approx(0.5)

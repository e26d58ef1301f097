"""Normals drawn by the million are standard normal, also in the tails, and independent of each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from remit.identify.risks.fair import normals
from remit.identify.risks.fair.distributions import Lognormal
from remit.identify.risks.fair.streams import Streams

MANY = 4_000_000


@pytest.fixture(scope="module")
def drawn() -> normals.Singles:
    found = np.empty(MANY, np.float32)
    normals.fill(Streams(1, 0).at("normals"), found)
    return found


def test_moments(drawn: normals.Singles) -> None:
    values = drawn.astype(np.float64)
    for power, (wanted, variance) in enumerate([(0, 1), (1, 2), (0, 15), (3, 96)], start=1):
        assert abs((values**power).mean() - wanted) < 4 * (variance / MANY) ** 0.5, power


def test_the_whole_distribution(drawn: normals.Singles) -> None:
    assert stats.kstest(drawn.astype(np.float64), "norm").pvalue > 1e-3


@pytest.mark.parametrize("beyond", [2, 3, 4, 4.5])
@pytest.mark.parametrize("sign", [-1, 1])
def test_tails(drawn: normals.Singles, beyond: float, sign: int) -> None:
    expected = MANY * stats.norm.sf(beyond)
    assert abs(np.count_nonzero(sign * drawn > beyond) - expected) < 4 * expected**0.5 + 1


def test_those_that_share_a_radius_are_independent(drawn: normals.Singles) -> None:
    first, second = drawn.astype(np.float64).reshape(2, -1)
    for left, right in ((first, second), (first**2, second**2), (first[1:], first[:-1])):
        assert abs(np.corrcoef(left, right)[0, 1]) < 4 * len(left) ** -0.5
    both = np.count_nonzero((first > 2) & (second > 2))
    expected = len(first) * stats.norm.sf(2) ** 2
    assert abs(both - expected) < 4 * expected**0.5


@pytest.mark.parametrize("size", [0, 1, 2, 7, normals.FEW - 1, normals.FEW, normals.FEW + 1])
def test_any_number_of_them(size: int) -> None:
    found = normals.standard(Streams(1, 0).at("normals"), size)
    assert found.shape == (size,)
    assert found.dtype == np.float64
    assert len(np.unique(found)) == size
    filled = np.full(size, np.nan, np.float32)
    normals.fill(Streams(1, 0).at("normals"), filled)
    assert np.isfinite(filled).all()


def test_single_precision_is_near_enough(drawn: normals.Singles) -> None:
    """Beside the same transformation of the same bits in double precision."""
    bits = Streams(1, 0).at("normals").integers(0, 2**64, MANY // 2, dtype=np.uint64).view(np.uint32).reshape(2, -1)
    radius, angle = np.sqrt(-2 * np.log((bits[0] + 0.5) * 2.0**-32)), bits[1].view(np.int32) * (np.pi * 2.0**-31)
    exact = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    apart = drawn - exact
    assert np.abs(apart[np.abs(exact) > 0.03]).max() < 2e-6
    assert apart.std() < 2e-7
    assert abs(apart.mean()) < 5e-8
    for threshold in (-2, -1, 0, 0.01, 1, 2):
        assert abs(np.count_nonzero(drawn > threshold) - np.count_nonzero(exact > threshold)) <= 1e-6 * MANY


def test_extreme_bits_give_finite_numbers() -> None:
    class Bits:
        def integers(self, low: int, high: int, size: int, dtype: type) -> np.ndarray:
            words = np.array([0, 2**32 - 1, 0, 2**32 - 1, 0, 2**31, 2**31 - 1, 2**32 - 1], np.uint32)
            return words.view(np.uint64)[:size]

    found = np.empty(8, np.float32)
    normals.fill(Bits(), found)  # type: ignore[arg-type]
    assert np.isfinite(found).all()
    assert 6.76 < np.abs(found).max() < 6.77


def test_a_lognormal_keeps_its_heavy_tail() -> None:
    heavy = Lognormal(10.0, 2.5)
    losses = np.sort(heavy.sample(Streams(2, 0).at("magnitude"), MANY))
    for level in (0.01, 0.5, 0.99, 0.9999):
        error = (level * (1 - level) / MANY) ** 0.5
        low, high = (float(heavy.quantile(level + side * 4 * error)) for side in (-1, 1))
        assert low < losses[int(level * MANY)] < high

"""Standard normal numbers by the million.

Box and Muller's transformation (1958) in single precision: NumPy computes its logarithm, root, sine and cosine eight or
sixteen at a time, which makes a number three times cheaper than NumPy's own ziggurat (2.2 ns instead of 7.4).

How much that is off, against the same in double precision: a number by 10⁻⁷ (standard deviation; none above 0.03 by
more than 1.3·10⁻⁶), all together by 2·10⁻⁸. So a probability moves by less than 10⁻⁶, and a lognormal amount by less
than sigma · 2·10⁻⁶ of itself, where the Monte Carlo error of a probability of 1 % is 10⁻⁴ in a million years. No number
is beyond ±6.77: of 7·10¹⁰ draws one would be.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]

FEW: Final = 2048
"""Below this many the ziggurat is as fast."""
_UNIT: Final = np.float32(2.0**-32)
_HALF_UNIT: Final = np.float32(2.0**-33)
_HALF_TURN: Final = np.float32(math.pi * 2.0**-31)
_MINUS_TWO: Final = np.float32(-2.0)


def words(rng: np.random.Generator, size: int) -> NDArray[np.uint32]:
    """(2, size / 2) random words, rounded up, of which `transform` makes `size` normal numbers."""
    return rng.integers(0, 2**64, (size + 1) // 2, dtype=np.uint64).view(np.uint32).reshape(2, -1)


def transform(bits: NDArray[np.uint32], out: Singles) -> None:
    """Fill (rows, size) with standard normal numbers, given (rows, 2, size / 2) random words."""
    half = bits.shape[2]
    radius = bits[:, 0].astype(np.float32)
    radius *= _UNIT
    radius += _HALF_UNIT  # never 0
    np.log(radius, out=radius)
    radius *= _MINUS_TWO
    np.sqrt(radius, out=radius)
    angle = bits[:, 1].view(np.int32).astype(np.float32)
    angle *= _HALF_TURN
    first, second = out[:, :half], out[:, half:]
    np.cos(angle, out=first)
    first *= radius
    np.sin(angle, out=angle)
    np.multiply(angle[:, : second.shape[1]], radius[:, : second.shape[1]], out=second)


def fill(rng: np.random.Generator, out: Singles) -> None:
    """Fill a one-dimensional array with independent standard normal numbers."""
    if len(out):
        transform(words(rng, len(out))[None], out[None])


def standard(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """`size` independent standard normal numbers."""
    if size < FEW:
        return rng.standard_normal(size)
    drawn = np.empty(size, np.float32)
    fill(rng, drawn)
    return drawn.astype(np.float64)

"""Integrals over distributions: the trapezoidal rule over a standard normal, carried over by quantiles.

E[f(X)] = ∫ f(Q(Φ(z))) φ(z) dz. The integrand dies away at both ends, so the trapezoidal rule converges faster than any
power of the step (Trefethen and Weideman, SIAM Review 56, 2014), also where Q is singular at its ends.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

_REACH: Final = 8.0


def nodes(step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points u in (0, 1) and weights that add up to 1, for ∫ f(u) du by the substitution u = Φ(z)."""
    count = round(_REACH / step)
    z = np.arange(-count, count + 1) * step
    weights = np.exp(-0.5 * z * z)
    return np.asarray(special.ndtr(z), dtype=np.float64), weights / weights.sum()


UNIFORMS, WEIGHTS = nodes(0.125)


def quasirandom(count: int, dimensions: int) -> NDArray[np.float64]:
    """`count` evenly spread points of the unit cube: multiples of square roots of primes (Richtmyer 1951), centred."""
    primes: list[int] = []
    candidate = 2
    while len(primes) < dimensions:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    steps = np.sqrt(np.asarray(primes, dtype=np.float64)) % 1.0
    return np.asarray((0.5 + np.outer(np.arange(1, count + 1), steps)) % 1.0, dtype=np.float64)

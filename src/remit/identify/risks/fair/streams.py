"""Random streams that do not depend on who asks for them, nor when.

Every stream is keyed by the run's seed, a scenario, a chunk of years and a purpose. The key is hashed (BLAKE2b, RFC
7693) to the 192 bits of state of an SFC64 generator. So one more scenario changes no draw of the others, a control that
thins events changes no magnitude, and chunks may be drawn in any order, on any thread, process or machine.

NumPy's own way to a keyed stream, Philox, draws a normal in 12 ns instead of 9; and a new generator costs 7 µs where
this costs 1.
"""

from __future__ import annotations

import hashlib

import numpy as np

WORDS = 3


class Streams:
    """The streams of one chunk of years of one run.

    There is one generator, which `at` sets to the beginning of a stream: draw all from one before asking for the next.
    An instance belongs to one thread.
    """

    def __init__(self, seed: int, chunk: int) -> None:
        self._bits = np.random.SFC64(0)
        self._generator = np.random.Generator(self._bits)
        self._key = f"{seed}\0{chunk}\0".encode()

    def at(self, purpose: str, scenario: str = "") -> np.random.Generator:
        """The generator, at the beginning of the stream of a purpose ("counts", "magnitude 0", …) of a scenario."""
        digest = hashlib.blake2b(self._key + f"{purpose}\0{scenario}".encode(), digest_size=8 * WORDS).digest()
        state = np.empty(WORDS + 1, np.uint64)
        state[:WORDS] = np.frombuffer(digest, "<u8")
        state[WORDS] = 1
        self._bits.state = {"bit_generator": "SFC64", "state": {"state": state}, "has_uint32": 0, "uinteger": 0}
        return self._generator

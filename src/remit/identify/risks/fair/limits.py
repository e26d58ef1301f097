"""How much the engine takes on at once, so that a slip of the finger is refused instead of filling a disk."""

from __future__ import annotations

from typing import Final

from remit.identify.risks.fair.errors import InputError

TRIALS: Final = 10**9
SCENARIOS: Final = 10_000
VALUES: Final = 1_000_000  # of one empirical distribution
EVENTS: Final = 1e7  # loss or threat events a year, of one scenario


def trials(count: int, where: str = "trials") -> int:
    """The number of simulated years, where it is between 1 and 10^9; InputError otherwise."""
    if count < 1:
        raise InputError(where, f"{count} simulated years are too few", "Give a whole number from 1 to 1,000,000,000.")
    if count > TRIALS:
        raise InputError(
            where,
            f"{count:,} simulated years are more than the {TRIALS:,} that are taken on at once",
            "Give fewer: a million years put the error of a 99 % quantile below one per cent in most cases.",
        )
    return count

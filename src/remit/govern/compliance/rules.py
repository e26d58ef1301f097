"""What tests say of a control, over plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PRIOR = (1.0, 1.0)
"""Before any test every reliability is as likely as any other: Beta(1, 1), Laplace's rule of succession."""
PARTIAL = 0.5
"""A test without a sample that passed in part counts half for and half against."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test: "pass", "partial" or "fail"; of so many samples so many failed, or no sample was drawn."""

    __test__ = False
    result: str
    sample_size: int | None = None
    failures: int | None = None


@dataclass(frozen=True, slots=True)
class Reliability:
    """How likely a control works when it is needed: Beta(`worked`, `failed`), of which `tests` tell."""

    worked: float
    failed: float
    tests: int

    @property
    def mean(self) -> float:
        return self.worked / (self.worked + self.failed)

    def as_distribution(self) -> dict[str, float | str]:
        """Return it as an uncertain number of a risk's scenario."""
        return {"distribution": "beta", "alpha": self.worked, "beta": self.failed}


def reliability(tests: Iterable[Test]) -> Reliability:
    """Learn from tests (beta–binomial): a sample counts item by item, a test without one as a single trial."""
    worked, failed = PRIOR
    number = 0
    for test in tests:
        number += 1
        if test.sample_size:
            failures = min(test.failures or 0, test.sample_size)
            worked, failed = worked + test.sample_size - failures, failed + failures
        else:
            share = {"pass": 1.0, "partial": PARTIAL, "fail": 0.0}[test.result]
            worked, failed = worked + share, failed + 1 - share
    return Reliability(worked, failed, number)

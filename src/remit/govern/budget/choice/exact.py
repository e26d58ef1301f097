"""The best set and its proof: outer approximation with lifted tangents in HiGHS.

Rounds on the relaxation first place the bounds where they matter. Then HiGHS searches sets over these bounds; each set
that it finds is weighed exactly, improved by swaps, and gives new bounds that are exact there. HiGHS's bound on the
linear model bounds the true annual loss from below, the best set weighed bounds it from above: what lies between them
is the gap, and it is a proof.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .arrays import Arrays, Floats
from .cuts import Cut, bounds_of
from .solver import Answer, Clock, Model
from .swaps import improved, near

Bools = NDArray[np.bool_]
PROVED = 1e-7
"""A gap this small is none: HiGHS's bounds are no more exact."""
ROUNDS = 40
"""At most so many rounds on the relaxation."""
STALLED = 0.02
"""The rounds end when one closes less than this share of the gap."""
MISSED = 1e-6
"""A bound on a scenario is added where it is missed by more than this share of the annual loss, shared out evenly."""


@dataclass
class Search:
    """The search over one problem, which may go on with other limits.

    Attributes:
        best, upper: the best set so far and its annual loss.
        lower: annual loss below which no allowed set gets.
        complete: whether HiGHS has nothing left to search, so that a gap that remains is only rounding.
        seen: sets that were weighed, with their annual losses.
    """

    arrays: Arrays
    best: Bools
    threads: int = 1
    said: Callable[[str, float], None] | None = None
    upper: float = 0.0
    lower: float = 0.0
    complete: bool = False
    seen: dict[bytes, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bounds = bounds_of(self.arrays)
        self._weigh(self.best)
        self._weigh(improved(self.arrays, self.best))
        self.model = Model(self.arrays, max(self.upper, 1e-9 * float(self.arrays.losses.sum())), threads=self.threads)

    @property
    def gap(self) -> float:
        """(upper − lower) / upper; 0 where nothing remains."""
        return max(0.0, self.upper - self.lower) / self.upper if self.upper > 0 else 0.0

    def limit(self, most: Floats, best: Bools) -> None:
        """Go on with other limits, (k), from a set that they allow; the bounds found so far stay true."""
        self.arrays = self.arrays.limited(most)
        self.model.relax()
        self.model.limit(most)
        self.seen.clear()
        self.complete = False
        self.lower = self.upper = 0.0
        self._weigh(best)
        self._weigh(improved(self.arrays, best))

    def run(self, gap: float, clock: Clock) -> None:
        """Search until the gap is at most `gap`, or the time is over."""
        self.model.add(self._cuts(self.best.astype(float), np.zeros(self.model.m), 0.0))
        self._relax(gap, clock)
        aim = max(gap / 2, self.gap / 4)
        while self.gap > max(gap, PROVED) and clock.left > 0:
            answer = self.model.solved(self.best, gap=aim, seconds=clock.left)
            before = (self.lower, self.upper)
            self.lower = max(self.lower, min(answer.bound, self.upper))
            fresh = self._learn(answer)
            self._tell()
            if not fresh and before == (self.lower, self.upper):
                if aim == 0:
                    self.complete = answer.complete
                    return
                aim = 0 if aim < PROVED else aim / 4
            aim = min(aim, max(gap / 2, self.gap / 4))

    def _relax(self, gap: float, clock: Clock) -> None:
        deep = False
        for _ in range(ROUNDS):
            answer = self.model.relaxed()
            before = self.gap
            self.lower = max(self.lower, min(answer.bound, self.upper))
            self._tell()
            if self.gap <= max(gap, PROVED) or not clock.left:
                break
            stalled = 0 < before < 1 and before - self.gap < STALLED * before
            if stalled and deep:
                break
            deep = deep or stalled
            cuts = list(self._cuts(answer.x, answer.remains, MISSED, deep=deep))
            if not cuts and deep:
                break
            deep = deep or not cuts
            self.model.add(cuts)
        rounded = self._rounded(answer.x)
        self._weigh(rounded)
        self._weigh(improved(self.arrays, rounded))
        self.model.add(self._cuts(self.best.astype(float), np.zeros(self.model.m), 0.0))

    def _learn(self, answer: Answer) -> bool:
        """Weigh the set that HiGHS found and take bounds from it; False where it teaches nothing."""
        x = answer.x > 0.5
        cuts = list(self._cuts(x.astype(float), answer.remains, MISSED * self.gap))
        self.model.add(cuts)
        if not self.arrays.allowed(x):
            self.model.forbid(x)  # by less than HiGHS's tolerance
            return True
        self._weigh(x)
        better = improved(self.arrays, x)
        if self._weigh(better):
            self.model.add(self._cuts(better.astype(float), np.zeros(self.model.m), 0.0))
        return bool(cuts)

    def _cuts(self, x: Floats, remains: Floats, tolerance: float, *, deep: bool = False) -> Iterator[Cut]:
        """Bounds at a point that the model's `remains` miss by more than a scenario's part of `tolerance`."""
        allowance = tolerance * self.upper / max(1, self.model.m)
        for bounds in self.bounds:
            inside = x[bounds.candidates]
            floor = remains[bounds.scenario] + max(1e-9, allowance / self.arrays.losses[bounds.scenario])
            cut = (bounds.facet(inside) if deep else None) or bounds.tangent(inside)
            if cut.at(inside) > floor:
                yield cut

    def _weigh(self, x: Bools) -> bool:
        """Take note of an allowed set; True where it is the best so far."""
        loss = self.arrays.loss(x)
        self.seen[np.packbits(x).tobytes()] = loss
        if self.upper and loss >= self.upper:
            return False
        self.best, self.upper = x, loss
        return True

    def _rounded(self, x: Floats) -> Bools:
        """An allowed set near a point: those taken most are taken first, with what they require."""
        chosen = np.zeros(len(x), dtype=np.bool_)
        for index in np.argsort(-x, kind="stable"):
            trial = chosen.copy()
            trial[list(_bundle(self.arrays, int(index)))] = True
            if self.arrays.allowed(trial):
                chosen = trial
        return chosen

    def _tell(self) -> None:
        if self.said:
            self.said("gap", self.gap)

    def others(self, count: int, gap: float, clock: Clock) -> list[Bools]:
        """The best `count` sets, best first: found by forbidding the best ones in turn, and near the best.

        Bounds found so far stay true; `lower` and `best` do too. The model is of no further use.
        """
        for x in near(self.arrays, self.best, count):
            self.seen[np.packbits(x).tobytes()] = self.arrays.loss(x)
        forbidden = set[bytes]()
        for _ in range(count - 1):
            for key in self._ranked(count):
                if key not in forbidden:
                    break
            else:
                break
            self.model.forbid(self._unpacked(key))
            forbidden.add(key)
            starts = [key for key in self._ranked(count + len(forbidden)) if key not in forbidden]
            if not starts or not clock.left:
                break
            answer = self.model.solved(self._unpacked(starts[0]), gap=gap, seconds=clock.left)
            x = answer.x > 0.5
            if answer.x.any() and self.arrays.allowed(x):
                self.seen[np.packbits(x).tobytes()] = self.arrays.loss(x)
                self.model.add(self._cuts(x.astype(float), answer.remains, MISSED))
        return [self._unpacked(key) for key in self._ranked(count)]

    def _ranked(self, count: int) -> list[bytes]:
        return sorted(self.seen, key=lambda key: (self.seen[key], key))[:count]

    def _unpacked(self, key: bytes) -> Bools:
        return np.unpackbits(np.frombuffer(key, np.uint8), count=len(self.best)).astype(np.bool_)


def _bundle(arrays: Arrays, index: int) -> set[int]:
    found, waiting = {index}, [index]
    while waiting:
        current = waiting.pop()
        more = {needed for needing, needed in arrays.requires if needing == current} - found
        found |= more
        waiting.extend(more)
    return found

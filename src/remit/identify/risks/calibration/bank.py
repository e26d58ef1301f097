"""The questions of the exercises, with the true answers: read when first asked for, never sent to a browser unanswered.

Two kinds, as Hubbard uses: a quantity, to be answered by an interval that holds the truth with 90 %; and a statement,
to be called true or false with a confidence from 50 to 100 %.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from remit.identify.risks.calibration import record, scoring

EACH: Final = 10
"""Questions of each kind in one exercise."""
CONFIDENCE: Final = 0.9
CONFIDENCES: Final = (50, 60, 70, 80, 90, 100)
DECADES: Final = 2.0
"""How many orders of magnitude to each side of the truth an interval could be looked for (for information only)."""
SPREADS: Final = 5.0
"""The same where a question is measured in years or degrees: so many times its scale."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number to be found; `scale` 0 means that its orders of magnitude count, else what one point of score is."""

    id: str
    text: str
    unit: str
    value: float
    source: str
    scale: float

    @property
    def logarithmic(self) -> bool:
        return self.scale == 0

    def placed(self, value: float) -> float:
        """A value where the scores are reckoned: its decimal logarithm, or in units of `scale`."""
        return math.log10(value) if self.logarithmic else value / self.scale

    def score(self, low: float, high: float) -> float:
        """The interval score, in orders of magnitude or in units of `scale`; lower is better."""
        return scoring.interval_score(self.placed(low), self.placed(high), self.placed(self.value), CONFIDENCE)

    def record(self, low: float, high: float) -> record.Record:
        at = self.placed(self.value)
        reach = DECADES if self.logarithmic else SPREADS
        return record.of_interval(self.placed(low), self.placed(high), at, (at - reach, at + reach), CONFIDENCE)


@dataclass(frozen=True, slots=True)
class Statement:
    id: str
    text: str
    truth: bool
    source: str


Question = Quantity | Statement


@cache
def quantities() -> dict[str, Quantity]:
    """Return the questions for an interval by their ids."""
    rows = _bank()["intervals"]
    return {row["id"]: Quantity(**{**row, "scale": 0.0 if row["scale"] == "log" else row["scale"]}) for row in rows}


@cache
def statements() -> dict[str, Statement]:
    """Return the statements by their ids."""
    return {row["id"]: Statement(**row) for row in _bank()["statements"]}


@cache
def _bank() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "questions.json").read_text("utf-8"))
    return found


def question(name: str) -> Question | None:
    """Return a question by its id; None for one that is no longer in the bank."""
    return quantities().get(name) or statements().get(name)


def drawn(seen: Iterable[str], seed: int) -> tuple[str, ...]:
    """Draw an exercise: `EACH` quantities, then `EACH` statements, those first that were never seen or longest ago.

    `seen` are ids from the first to the last time somebody saw them.
    """
    last = {name: place for place, name in enumerate(seen)}
    rng = random.Random(seed)  # noqa: S311 - which questions come is no secret
    return (*_drawn(quantities().keys(), last, rng), *_drawn(statements().keys(), last, rng))


def _drawn(names: Collection[str], last: dict[str, int], rng: random.Random) -> list[str]:
    mixed = sorted(names)
    rng.shuffle(mixed)
    return sorted(mixed, key=lambda name: last.get(name, -1))[:EACH]


class AnswerError(ValueError):
    """An answer that cannot be taken; the message says what to write."""


def interval(asked: Quantity, low: str, high: str) -> tuple[float, float]:
    """Read the two ends that somebody typed; AnswerError says what is wrong."""
    if not low.strip() or not high.strip():
        raise AnswerError("Give both ends, however far apart they must be.")
    ends = _number(low), _number(high)
    if ends[0] > ends[1]:
        raise AnswerError("The first is above the second; swap them.")
    if asked.logarithmic and ends[0] <= 0:
        raise AnswerError("Give a lower end above 0: it may be as small as you like.")
    return ends


def _number(text: str) -> float:
    try:
        value = float("".join(text.split()).replace(",", "").replace("\u2212", "-"))
    except ValueError as wrong:
        raise AnswerError(f"“{text.strip()[:30]}” is no number; write it as 1234.5.") from wrong
    if not abs(value) < 1e15:
        raise AnswerError("That is beyond all numbers asked for here; give a smaller one.")
    return value


def choice(truth: str, confidence: str) -> tuple[bool, int]:
    """Read what somebody says of a statement; AnswerError says what is missing."""
    if truth not in {"true", "false"}:
        raise AnswerError("Say whether it is true or false.")
    if confidence not in {str(c) for c in CONFIDENCES}:
        raise AnswerError("Say how sure you are: 50 % is a guess.")
    return truth == "true", int(confidence)

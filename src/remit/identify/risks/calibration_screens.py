"""What the pages of calibration and of estimates show, as plain values for their templates."""

from __future__ import annotations

from dataclasses import dataclass

from remit.kernel.screens import Cell, Chart, Choice, Figure, Link, Tone


@dataclass(frozen=True, slots=True)
class Dot:
    """One confidence on the calibration curve, in the drawing's units; `low` and `high` end its 95 % interval."""

    x: float
    y: float
    low: float
    high: float
    radius: float
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class CurveDrawing:
    """The calibration curve: what was said (across) against what came true (upward), the diagonal being perfect."""

    dots: tuple[Dot, ...]
    across: tuple[tuple[float, str], ...]
    upward: tuple[tuple[float, str], ...]
    rows: tuple[tuple[str, str, str, str], ...]
    """The same in words: said, came true, its interval, how many."""


@dataclass(frozen=True, slots=True)
class MetLine:
    """A real estimate and what came of it."""

    risk: Link
    input: str
    who: str
    said: str
    came: str
    verdict: str
    tone: Tone
    score: str
    on: str


@dataclass(frozen=True, slots=True)
class PastLine:
    """A finished exercise in one's history."""

    link: Link
    score: str
    intervals: str
    brier: str
    interval_score: str
    verdicts: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CalibrationScreen:
    """One person's calibration (context name `screen`)."""

    headline: str
    note: str
    crumbs: tuple[Link, ...]
    start: str
    """What the button says that starts an exercise, or goes on with one."""
    everybody: Link | None
    figures: tuple[Figure, ...]
    curve: CurveDrawing | None
    trends: tuple[Chart, ...]
    met: tuple[MetLine, ...]
    met_says: str
    past: tuple[PastLine, ...]


@dataclass(frozen=True, slots=True)
class QuestionField:
    """A question of an exercise with what was typed so far and what is wrong with it; never its answer."""

    number: int
    id: str
    text: str
    unit: str
    low: str = ""
    high: str = ""
    truth: tuple[Choice, ...] = ()
    confidences: tuple[Choice, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class ExerciseScreen:
    """A part of an exercise to be answered (context name `screen`)."""

    title: str
    note: str
    crumbs: tuple[Link, ...]
    part: str
    questions: tuple[QuestionField, ...]
    error: str
    submit: str


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """A question answered: what was said, what is true, and where that is written."""

    text: str
    said: str
    truth: str
    verdict: str
    tone: Tone
    source: str


@dataclass(frozen=True, slots=True)
class ResultScreen:
    """A finished exercise, for who took it (context name `screen`)."""

    headline: str
    note: str
    crumbs: tuple[Link, ...]
    figures: tuple[Figure, ...]
    advice: tuple[str, ...]
    curve: CurveDrawing | None
    intervals: tuple[AnsweredLine, ...]
    statements: tuple[AnsweredLine, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """An interval and its middle on the common axis of its input, 0 to 200."""

    low: float
    middle: float
    high: float

    @property
    def width(self) -> float:
        return round(max(self.high - self.low, 1.0), 1)


@dataclass(frozen=True, slots=True)
class EstimateLine:
    who: str
    url: str
    said: str
    middle: str
    span: Span | None
    weight: str = ""
    shift: str = ""
    """How much of the pooled mean this estimate moves."""
    on: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    url: str
    came: str
    period: str
    verdicts: tuple[Cell, ...]
    note: str


@dataclass(frozen=True, slots=True)
class InputCard:
    """One input: who estimates what, the pool, and what came."""

    path: str
    label: str
    present: str
    lines: tuple[EstimateLine, ...]
    pool: EstimateLine | None
    fitted: str
    """The distribution that "use" would put in."""
    departs: str
    agreement: Cell | None
    apart: str
    problem: str
    outcomes: tuple[OutcomeLine, ...]
    may_use: bool


@dataclass(frozen=True, slots=True)
class SingleLine:
    """An input that one person alone estimated."""

    label: str
    said: str
    who: str
    on: str
    url: str


@dataclass(frozen=True, slots=True)
class EstimatesScreen:
    """All estimates of a risk side by side (context name `screen`)."""

    title: str
    note: str
    crumbs: tuple[Link, ...]
    methods: tuple[Link, ...]
    weightings: tuple[Link, ...]
    method: str
    weighting: str
    cards: tuple[InputCard, ...]
    single: tuple[SingleLine, ...]
    error: str
    may: bool
    version: int
    inputs: tuple[Choice, ...]
    base: str
    outcomes_url: str

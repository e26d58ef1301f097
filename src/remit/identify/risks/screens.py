"""What the pages of the register show, as plain values for their templates."""

from __future__ import annotations

from dataclasses import dataclass

from remit.identify.risks.curves import Curve
from remit.kernel.screens import Cell, Choice, Link, Tone


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One pair of levels: how many risks are there, what it is rated, and where they are listed."""

    count: int
    rating: str
    tone: Tone
    url: str
    says: str
    """For a screen reader: the levels, the rating and the number."""


@dataclass(frozen=True, slots=True)
class HeatHead:
    """A level as a row or column head."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    head: HeatHead
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatMapScreen:
    """Risks on a matrix (context name `screen`); rows from the highest likelihood down."""

    headline: str
    note: str
    crumbs: tuple[Link, ...]
    stages: tuple[Link, ...]
    matrices: tuple[Link, ...]
    heads: tuple[HeatHead, ...]
    rows: tuple[HeatRow, ...]
    legend: tuple[tuple[str, Tone], ...]
    unplaced: Link | None
    edit_url: str


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level in the editor of a matrix; its end is where the next begins."""

    number: int
    name: str
    low: str
    words: str


@dataclass(frozen=True, slots=True)
class RatingRow:
    number: int
    name: str
    tones: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class CellChoice:
    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class MatrixScreen:
    """The editor of a matrix (context name `screen`); `may` says whether it can be changed by this reader."""

    title: str
    crumbs: tuple[Link, ...]
    may: bool
    error: str
    currency: str
    likelihood: tuple[LevelRow, ...]
    impact: tuple[LevelRow, ...]
    ratings: tuple[RatingRow, ...]
    heads: tuple[str, ...]
    cells: tuple[tuple[str, tuple[CellChoice, ...]], ...]
    version: int
    cancel_url: str


@dataclass(frozen=True, slots=True)
class NumberTile:
    """A number of the last assessment, which opens it."""

    label: str
    value: str
    note: str
    tone: Tone
    url: str


@dataclass(frozen=True, slots=True)
class DriverLine:
    """What one input did to the annual loss."""

    label: str
    money: str
    tone: Tone
    change: str


@dataclass(frozen=True, slots=True)
class SwingLine:
    """One input, and between which sums it moves the mean annual loss; the bar goes from `start` over `length` %."""

    label: str
    money: str
    range: str
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class TreatmentLine:
    """A treatment beside the others: what it costs, what is left, and whether it pays."""

    title: Link
    strategy: str
    state: Cell
    cost: str
    left: str
    saves: str
    returns: str
    owner: str
    due: Cell


@dataclass(frozen=True, slots=True)
class EstimateLine:
    label: str
    value: str
    by: str
    at: str
    reason: str
    url: str


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    title: Link
    state: Cell
    value: str
    bounds: str
    before: str
    add_url: str


@dataclass(frozen=True, slots=True)
class BindingLine:
    label: str
    fact: Link
    value: str
    at: str


@dataclass(frozen=True, slots=True)
class AcceptanceLine:
    title: Link
    state: Cell
    amount: str
    stands: Cell
    until: Cell
    reason: str


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    at: str
    cause: str
    loss: str
    by: str
    url: str


@dataclass(frozen=True, slots=True)
class RiskScreen:
    """What a risk's page has beside what every record's has (context name `risk`)."""

    verdict: Cell
    verdict_says: str
    tiles: tuple[NumberTile, ...]
    curve: Curve | None
    words: tuple[str, ...]
    limitation: str
    drivers: tuple[DriverLine, ...]
    drivers_title: str
    swings: tuple[SwingLine, ...]
    treatments: tuple[TreatmentLine, ...]
    estimates: tuple[EstimateLine, ...]
    estimates_url: str
    indicators: tuple[IndicatorLine, ...]
    bindings: tuple[BindingLine, ...]
    acceptances: tuple[AcceptanceLine, ...]
    assessments: tuple[AssessmentLine, ...]
    scenario_url: str
    recompute_url: str
    simulate_url: str
    review_url: str
    add: dict[str, str]
    """Addresses of the forms for a new treatment, indicator, acceptance, binding; "" for who may not."""

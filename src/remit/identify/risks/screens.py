"""What the pages of the register show, as plain values for their templates."""

from __future__ import annotations

from dataclasses import dataclass

from remit.kernel.screens import Choice, Link, Tone


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

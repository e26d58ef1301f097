"""What the pages of the budget show, as plain values for their templates."""

from __future__ import annotations

from dataclasses import dataclass

from remit.kernel.reports.page import Part
from remit.kernel.screens import Cell, Choice, Link


@dataclass(frozen=True, slots=True)
class YearScreen:
    """A fiscal year's money (context name `screen`); `parts` are those of its report, none where there is no year."""

    title: str
    subtitle: str
    standing: str
    years: tuple[Choice, ...]
    parts: tuple[Part, ...]
    actions: tuple[Link, ...]
    downloads: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class RenewalLine:
    day: Cell
    what: str
    tone: str
    contract: Link
    price: str
    owner: str
    brief: Link


@dataclass(frozen=True, slots=True)
class RenewalMonth:
    title: str
    lines: tuple[RenewalLine, ...]


@dataclass(frozen=True, slots=True)
class RenewalScreen:
    """The renewal calendar (context name `screen`)."""

    headline: str
    months: tuple[RenewalMonth, ...]
    quiet: str
    """The months in which nothing happens, in words."""


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One risk and what an investment takes off it, as typed; `error` says what is wrong with it."""

    ref: str
    title: str
    url: str
    loss: str
    frequency: str
    magnitude: str
    left: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class EffectScreen:
    """The effects of an investment on risks (context name `screen`)."""

    title: str
    crumbs: tuple[Link, ...]
    lines: tuple[EffectLine, ...]
    version: int
    cancel_url: str
    errors: tuple[str, ...] = ()
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class AskYear:
    """A year that money can be given to, with what was typed."""

    id: int
    name: str
    currency: str
    unit: str
    money: str
    days: str


@dataclass(frozen=True, slots=True)
class AskScreen:
    """Asking for the best set (context name `screen`)."""

    title: str
    crumbs: tuple[Link, ...]
    years: tuple[AskYear, ...]
    must: tuple[Choice, ...]
    without: tuple[Choice, ...]
    settled: tuple[str, ...]
    """What is a must-have already."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PreviewScreen:
    """The quick answer (context name `screen`); `problem` says why there is none."""

    headline: str = ""
    cost: str = ""
    chosen: tuple[Link, ...] = ()
    note: str = ""
    problem: str = ""

"""What the answer page shows, as plain values for its template."""

from __future__ import annotations

from dataclasses import dataclass

from remit.kernel.screens import Cell, FilterField, Link, Tone


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action of the plan, ready to print; `weight` is its share of the risk, 0 to 1."""

    number: int
    title: str
    url: str
    level: str
    tone: Tone
    share: str
    weight: float
    closes: Link
    assets: tuple[Link, ...]
    more_assets: Link | None
    owner: str
    unit: str
    effort: str
    due: Cell
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverdueCard:
    headline: str
    url: str
    owners: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class FixFirstScreen:
    headline: str
    note: str
    crumbs: tuple[Link, ...]
    filters: tuple[FilterField, ...]
    base_url: str
    exports: tuple[Link, ...]
    actions: tuple[ActionLine, ...]
    more: str
    more_url: str
    overdue: OverdueCard | None

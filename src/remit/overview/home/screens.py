"""What the morning page shows, as plain values for its template."""

from __future__ import annotations

from dataclasses import dataclass

from remit.kernel.screens import Chart, Figure, Link, Tone, WorkLine


@dataclass(frozen=True, slots=True)
class FixLine:
    title: str
    url: str
    level: str
    tone: Tone
    share: str
    note: str


@dataclass(frozen=True, slots=True)
class FunctionLine:
    """A CSF function: how many of its figures with a target are on it, in per cent; None where none is measured yet."""

    name: str
    percent: int | None
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A figure that moved since last week: where it stands and by how much it moved."""

    title: str
    url: str
    value: str
    change: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class HomeScreen:
    headline: str
    note: str
    moves: tuple[Link, ...]
    figures: tuple[Figure, ...]
    decisions: tuple[WorkLine, ...]
    fix: tuple[FixLine, ...]
    fix_url: str
    fix_count: str
    functions: tuple[FunctionLine, ...]
    changes: tuple[ChangeLine, ...]
    overdue: tuple[WorkLine, ...]
    chart: Chart | None

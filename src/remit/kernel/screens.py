"""What a page shows, as plain frozen values: the views build these, the templates only lay them out.

A template never decides, queries or formats: text arrives ready to print (and unescaped: templates escape it), times
in the reader's zone, addresses complete. `tone` is one of "", "act", "attend", "track", "good", "soft".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Tone = str
CellKind = Literal["text", "ref", "link", "state", "number", "date", "time", "person", "bool", "tags", "long", "file"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value ready to show; `parts` are the single tags of a "tags" cell."""

    kind: CellKind
    text: str = ""
    url: str = ""
    tone: Tone = ""
    title: str = ""
    parts: tuple[Cell, ...] = ()


class Toned(str):
    """A computed word with its colour: a string wherever it goes, a state on pages."""

    __slots__ = ("tone",)
    tone: Tone

    def __new__(cls, text: str, tone: Tone = "") -> Toned:
        made = super().__new__(cls, text)
        made.tone = tone
        return made


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str
    icon: str = ""
    """A lucide icon name."""
    count: int | None = None
    tone: Tone = ""
    current: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A titled run of links: a CSF function in the rail, a section of the palette."""

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class UnitChoice:
    id: int
    name: str
    depth: int
    current: bool


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page of a signed-in person shares (context name `shell`)."""

    navigation: tuple[Group, ...]
    units: tuple[UnitChoice, ...]
    unit: str
    """The name of the unit looked at; "All units" for everything within reach."""
    inbox: int
    person: str
    title: str
    initials: str
    theme: str
    """"light", "dark" or "" for the system's choice."""
    foot: str
    """One quiet line on the ledger's state."""
    viewing: str = ""
    """Until when the viewer sees what this person sees ("15:20"); "" where people look at their own pages."""
    section: str = ""
    tabs: tuple[Link, ...] = ()
    """The pages beside this one, and what they are called together."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    number: bool = False
    url: str = ""
    """Sorts by this column; "" where it cannot be sorted."""
    sorted: Literal["", "up", "down"] = ""


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    url: str
    name: str
    """Names the row to a screen reader ("FND-12 OpenSSH … on gw-ams-03")."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FilterField:
    """One filter of the panel; `kind` chooses the control."""

    name: str
    label: str
    kind: Literal["choices", "bool", "relation", "date_range", "number_range", "text"]
    choices: tuple[Choice, ...] = ()
    value: str = ""
    high: str = ""
    """The upper end of a range (`name_min`, `name_max` are the parameters)."""
    lookup_url: str = ""
    """Where a relation's typeahead asks: `?q=` answers `[{"id", "text", "note"}]`."""
    text: str = ""
    """What the chosen relation is called."""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    name: str
    label: str
    shown: bool


@dataclass(frozen=True, slots=True)
class SavedViewLink:
    id: int
    name: str
    url: str
    shared: bool
    mine: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Page:
    first: int
    last: int
    count: str
    """"3,112" or "more than 5,000"."""
    previous_url: str
    next_url: str
    exact_url: str = ""
    """Counts exactly, where `count` is a lower bound."""


@dataclass(frozen=True, slots=True)
class ListScreen:
    """A list of one record type (context name `screen`)."""

    slug: str
    title: str
    headline: str
    """A sentence or the title with its count: what the page says first."""
    note: str
    crumbs: tuple[Link, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    page: Page
    chips: tuple[Chip, ...]
    filters: tuple[FilterField, ...]
    query: str
    """The search words."""
    hidden: tuple[tuple[str, str], ...]
    """Parameters (sort, view) the filter form carries on."""
    column_choices: tuple[ColumnChoice, ...]
    views: tuple[SavedViewLink, ...]
    exports: tuple[Link, ...]
    add_url: str
    import_url: str
    bulk_url: str
    """Posts `ids` and `action`; "" where this person may change nothing in bulk."""
    bulk_fields: tuple[Choice, ...]
    bulk_moves: tuple[Choice, ...]
    base_url: str
    empty_title: str
    empty_hint: str
    filtered: bool


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    cell: Cell
    help: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class MoveButton:
    """A move of the lifecycle; a refused one is shown disabled with the reason."""

    name: str
    label: str
    url: str
    main: bool = False
    danger: bool = False
    refusal: str = ""
    confirm: str = ""
    asks: tuple[FormField, ...] = ()
    """What the move asks for in its dialogue."""


@dataclass(frozen=True, slots=True)
class Related:
    title: str
    count: str
    url: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    add_url: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of a "why": `weight` 0 to 1 for the meter."""

    label: str
    value: str
    weight: float
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class WorkLine:
    kind: str
    title: str
    url: str
    owner: str
    due: Cell
    state: Cell
    actions: tuple[MoveButton, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    name: str
    url: str
    size: str
    digest: str
    by: str
    at: str
    custody_url: str = ""
    mark: Cell | None = None
    """That it is on hold, or that its content was removed; then `url` is empty."""


@dataclass(frozen=True, slots=True)
class CommentLine:
    by: str
    initials: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    kind: str
    ref: str
    title: str
    url: str
    remove_url: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One ledger entry about this record."""

    at: str
    iso: str
    by: str
    verb: str
    entry: int
    changes: tuple[Change, ...]
    seal: str = ""
    """Where it is sealed, or that it is not yet."""


@dataclass(frozen=True, slots=True)
class History:
    lines: tuple[HistoryLine, ...]
    older_url: str
    proof_url: str = ""


@dataclass(frozen=True, slots=True)
class Knower:
    """Somebody who sees a restricted record, and why."""

    name: str
    why: str
    """The reason, by whom, until when: one line."""
    remove_url: str = ""
    glass: bool = False
    """Whether they broke the glass for it."""


@dataclass(frozen=True, slots=True)
class Knowing:
    """Who needs to know a restricted record; the addresses are "" for who may not change it."""

    knowers: tuple[Knower, ...]
    add_url: str = ""
    lookup_url: str = ""
    release_url: str = ""
    glass: str = ""
    """Says that the reader broke the glass, and until when it lasts."""


@dataclass(frozen=True, slots=True)
class RecordScreen:
    """One record (context name `screen`); `record` itself is also in the context for templates of an area."""

    slug: str
    ref: str
    title: str
    crumbs: tuple[Link, ...]
    badges: tuple[Cell, ...]
    note: str
    moves: tuple[MoveButton, ...]
    edit_url: str
    delete_url: str
    facts: tuple[Fact, ...]
    texts: tuple[Fact, ...]
    reasons: tuple[Reason, ...]
    reasons_title: str
    related: tuple[Related, ...]
    work: tuple[WorkLine, ...]
    evidence: tuple[EvidenceLine, ...]
    comments: tuple[CommentLine, ...]
    links: tuple[LinkLine, ...]
    history: History
    comment_url: str
    evidence_url: str
    link_url: str
    work_url: str
    lookup_url: str
    """Typeahead over all record types, for links."""
    version: int
    hold_moves: tuple[MoveButton, ...] = ()
    """Puts the record under legal hold, or lifts that."""
    hold_note: str = ""
    """Since when, by whom and for what the record is held."""
    who_url: str = ""
    """Who can see the record; "" for who does not administer its unit."""
    knowing: Knowing | None = None
    """Of a restricted record."""
    restrict_url: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    name: str
    label: str
    kind: Literal["text", "long", "number", "date", "choice", "choices", "bool", "relation", "tags", "file", "hidden"]
    value: str = ""
    text: str = ""
    """What a chosen relation is called."""
    choices: tuple[Choice, ...] = ()
    lookup_url: str = ""
    help: str = ""
    required: bool = False
    errors: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    """min, max, step, maxlength."""
    place: str = ""
    """Keeps ids apart where one page has a field of this name twice."""


@dataclass(frozen=True, slots=True)
class FormScreen:
    """Create or edit (context name `screen`); POST to the page's own address."""

    title: str
    crumbs: tuple[Link, ...]
    fields: tuple[FormField, ...]
    errors: tuple[str, ...]
    conflict: str
    """Set when somebody else changed the record meanwhile: what they changed."""
    submit: str
    cancel_url: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure tile: every one is a link to its rows."""

    slug: str
    label: str
    value: str
    note: str
    tone: Literal["", "better", "worse"]
    url: str


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    svg: str
    """Safe markup made by the charts module; its marks are links."""
    legend: tuple[tuple[str, Tone], ...] = ()
    description: str = ""
    table: tuple[tuple[str, ...], ...] = ()
    """The same numbers as rows, first row the heading, for those who cannot see the chart."""


@dataclass(frozen=True, slots=True)
class FigureScreen:
    """One figure opened (context name `screen`): formula, target, history, and the rows behind."""

    title: str
    value: str
    tone: str
    formula: str
    target: str
    unit: str
    at: str
    crumbs: tuple[Link, ...]
    history: Chart | None
    rows: Related | None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One line of an import's dry run."""

    line: int
    name: str
    outcome: Literal["new", "changed", "same", "wrong"]
    changes: tuple[Change, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class JobScreen:
    """Long work a person can watch, leave and cancel; polled by HTMX every second while `running`."""

    id: int
    title: str
    state: str
    tone: Tone
    done: int
    total: int
    percent: int
    message: str
    running: bool
    cancel_url: str
    result_url: str
    poll_url: str


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """A place outside that gets checkpoints of the ledger."""

    id: int
    name: str
    kind: str
    target: str
    state: Cell
    newest: str
    error: str
    receipt_url: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    size: str
    at: str
    root: str
    url: str


@dataclass(frozen=True, slots=True)
class LedgerScreen:
    """How the ledger does (context name `screen`); `note` and `key` are for an auditor to keep."""

    alarm: str
    summary: str
    facts: tuple[Fact, ...]
    note: str
    key: str
    anchors: tuple[AnchorRow, ...]
    checkpoints: tuple[CheckpointRow, ...]
    add_url: str
    may_set: bool

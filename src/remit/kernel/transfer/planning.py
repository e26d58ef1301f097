"""What every row of an imported table would do, worked out before anything is changed.

A row is matched with a record by its reference or key where the table has one ("Ref", "Id"), else by the fields that
name a record of its type (Resource.key). The number of queries does not grow with the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models

from remit.kernel.access.standing import Standing
from remit.kernel.records import Record
from remit.kernel.rejected import ImportRejected
from remit.kernel.resources import Resource
from remit.kernel.screens import Change, PreviewRow
from remit.kernel.transfer import cells
from remit.kernel.transfer.headings import Headings, headings
from remit.kernel.transfer.lookups import Lookup, Wrong, token
from remit.kernel.transfer.matching import Matcher
from remit.kernel.transfer.row_edit import RowEdit
from remit.kernel.transfer.shaping import name_field
from remit.kernel.transfer.tables import MISSING, Line, Table


@dataclass(frozen=True)
class PlannedRow:
    """What one row would do; `record_id` and `version` name the record it matches, `edit` is the change made ready."""

    line: int
    name: str
    outcome: str
    changes: tuple[Change, ...] = ()
    problem: str = ""
    record_id: int | None = None
    version: int | None = None
    edit: RowEdit | None = field(default=None, compare=False)

    def preview(self) -> PreviewRow:
        return PreviewRow(self.line, self.name, self.outcome, self.changes, self.problem)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Plan:
    """What a table would do to the records of one type, row by row, and what of its columns is used."""

    resource: Resource
    digest: str
    """SHA-256 of the file."""
    headings: Headings
    rows: tuple[PlannedRow, ...]

    def count(self, outcome: str) -> int:
        """Count the rows that are "new", "changed", "same" or "wrong"."""
        return sum(1 for row in self.rows if row.outcome == outcome)

    def previews(self) -> Iterator[PreviewRow]:
        return (row.preview() for row in self.rows)

    @property
    def token(self) -> str:
        """A digest of the file, of every row's outcome and of the versions it was compared with: what was shown."""
        said = [
            self.digest,
            self.resource.slug,
            *(repr((r.line, r.outcome, r.changes, r.problem, r.record_id, r.version)) for r in self.rows),
        ]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()


def make_plan(resource: Resource, standing: Standing, table: Table) -> Plan:
    """Work out what every row would do; nothing is changed.

    Raises PermissionDenied without the verb "import", and ImportRejected ("table-columns", "empty") for a table of
    which no column can be used, or which has no rows.
    """
    if not resource.form_fields or not standing.may("import", resource.kind):
        raise PermissionDenied
    found = headings(resource, table.header)
    if not found.fields:
        names = ", ".join(resource.label(name) for name in resource.form_fields)
        raise ImportRejected(
            "table-columns", "line 1", f"No column of this table can be imported here; its columns may be {names}, Ref."
        )
    if not table.rows:
        raise ImportRejected("empty", "line 2", "There is a heading but no row below it; nothing would change.")
    return Plan(resource, table.digest, found, tuple(_Planner(resource, standing, found, table).rows()))


class _Planner:
    """The state of making one plan: what the cells name, which records the rows match, who took them first."""

    def __init__(self, resource: Resource, standing: Standing, found: Headings, table: Table) -> None:
        self.resource, self.standing, self.headings, self.table = resource, standing, found, table
        self.fields: dict[str, Any] = {name: resource.field(name) for name in found.fields}
        self.lookups = {
            name: Lookup(f.related_model) for name, f in self.fields.items() if isinstance(f, models.ForeignKey)
        }
        self.taken: dict[Any, int] = {}

    def rows(self) -> Iterator[PlannedRow]:
        for name, lookup in self.lookups.items():
            lookup.want(self._said(line, name) for line in self.table.rows)
            lookup.load()
        read = [self._read(line) for line in self.table.rows]
        matcher = Matcher(self.resource, self.headings)
        matcher.load(self.table.rows, [values for values, _ in read])
        for line, (values, problems) in zip(self.table.rows, read, strict=True):
            yield self._planned(line, values, problems, matcher)

    def _said(self, line: Line, name: str) -> str:
        """Return what a row says of a relation: in the precise column if that is filled in, else in the other."""
        words = (token(line.values[at]) for at in self.headings.fields[name] if line.values[at] is not MISSING)
        return next((word for word in words if word), "")

    def _read(self, line: Line) -> tuple[dict[str, Any], list[str]]:
        """Read the cells of a row; cells that say nothing of a field are left out."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, places in self.headings.fields.items():
            if all(line.values[at] is MISSING for at in places):
                continue
            try:
                if name in self.lookups:
                    word = self._said(line, name)
                    values[name] = self.lookups[name].get(word) if word else None
                else:
                    values[name] = cells.read(self.fields[name], line.values[places[0]])
            except Wrong as wrong:
                problems.append(f"Column “{self.table.header[places[0]]}”: {wrong}")
        return values, problems

    def _planned(self, line: Line, values: dict[str, Any], problems: list[str], matcher: Matcher) -> PlannedRow:
        name = _named(self.resource, values, line)
        try:
            record = None if problems else matcher.match(line, values)
        except Wrong as wrong:
            problems.append(str(wrong))
            record = None
        if problems:
            return PlannedRow(line.number, name, "wrong", problem=" ".join(problems))
        identity = record.pk if record is not None else matcher.key(values)
        if (
            identity is not None
            and (first := self.taken.setdefault((record is None, identity), line.number)) != line.number
        ):
            return PlannedRow(
                line.number,
                name,
                "wrong",
                problem=f"Line {first} already speaks of this {self.resource.singular}; keep one of them.",
            )
        return self._new(line, name, values) if record is None else self._existing(line, record, values)

    def _new(self, line: Line, name: str, values: dict[str, Any]) -> PlannedRow:
        if not self.resource.by_hand:
            return PlannedRow(
                line.number,
                name,
                "wrong",
                problem=f"Column “Ref”: a {self.resource.singular} is never added by a table; name one that exists.",
            )
        values = {n: v for n, v in values.items() if v is not None}
        values = self._with_unit(values)
        edit = RowEdit(self.resource, self.standing, values)
        changes = tuple(
            Change(self.resource.label(n), "", cells.shown(self.fields[n], v))
            for n, v in values.items()
            if n in self.fields and v not in ("", [])
        )
        return self._judged(line, name, "new", edit, changes)

    def _with_unit(self, values: dict[str, Any]) -> dict[str, Any]:
        """Take the only unit in which this person may add, where the table names none."""
        if self.resource.follows or values.get("unit") is not None or "unit" not in self.resource.form_fields:
            return values
        allowed = [u.id for u in self.standing.units if self.standing.may("add", self.resource.kind, u.id)]
        if len(allowed) != 1:
            return values
        if "unit" not in self.lookups:
            self.lookups["unit"] = Lookup(self.resource.model._meta.get_field("unit").related_model)
            self.lookups["unit"].want([str(allowed[0])])
            self.lookups["unit"].load()
            self.fields.setdefault("unit", self.resource.field("unit"))
        elif str(allowed[0]) not in self.lookups["unit"].tokens:
            self.lookups["unit"].want([str(allowed[0])])
            self.lookups["unit"].load()
        return {**values, "unit": self.lookups["unit"].get(str(allowed[0]))}

    def _existing(self, line: Line, record: Record, values: dict[str, Any]) -> PlannedRow:
        name, meant, key, version = _called(record), self._meant(record, values), record.pk, record.version
        if not meant:
            return PlannedRow(line.number, name, "same", record_id=key, version=version)
        changes = tuple(
            Change(self.resource.label(n), _before(self.fields[n], record), cells.shown(self.fields[n], value))
            for n, value in meant.items()
        )
        if not self.standing.may_do("change", record):
            problem = "You may see this record but not change it."
            return PlannedRow(line.number, name, "wrong", changes, problem, key, version)
        edit = RowEdit(self.resource, self.standing, meant, record=record)
        return self._judged(line, name, "changed", edit, changes)

    def _meant(self, record: Record, values: dict[str, Any]) -> dict[str, Any]:
        """Return what a row would change of a record; an empty cell empties only what may be empty."""
        found = {}
        for name, value in values.items():
            made = self.fields[name]
            if (value is None and not (made.null and made.blank)) or (value in ("", []) and not made.blank):
                continue
            wanted = value.pk if isinstance(value, models.Model) else value
            if not cells.same(made, getattr(record, made.attname), wanted):
                found[name] = value
        return found

    def _judged(self, line: Line, name: str, outcome: str, edit: RowEdit, changes: tuple[Change, ...]) -> PlannedRow:
        """Validate the row as its form does, and ask the verb "import" of the very record that would be written."""
        key, version = (None, None) if edit.record is None else (edit.record.pk, edit.record.version)
        if not edit.is_valid():
            said = [
                f"{self.resource.label(n) if n != '__all__' else 'The row'}: {' '.join(map(str, errors))}"
                for n, errors in edit.form.errors.items()
            ]
            return PlannedRow(line.number, name, "wrong", changes, " ".join(said), key, version)
        if not self.standing.may_do("import", edit.form.instance):
            return PlannedRow(
                line.number,
                name,
                "wrong",
                changes,
                "You may not import records of this type in that unit.",
                key,
                version,
            )
        return PlannedRow(line.number, name, outcome, changes, "", key, version, edit)


def _called(record: Record) -> str:
    """Name a record without reading any other."""
    field = name_field(type(record))
    return record.ref if field == "pk" else f"{record.ref} {getattr(record, field)}"[:120]


def _before(made: Any, record: Record) -> str:
    """Say what a field of a record holds; a relation that has not been read is named by its reference."""
    held = getattr(record, made.attname)
    if not isinstance(made, models.ForeignKey) or held is None:
        return cells.shown(made, held)
    if made.is_cached(record):
        return str(getattr(record, made.name))
    return f"{getattr(made.related_model, 'prefix', '#')}-{held}"


def _named(resource: Resource, values: dict[str, Any], line: Line) -> str:
    for name in (*resource.key, "name", "title"):
        if value := values.get(name):
            return str(value)[:120]
    return f"Line {line.number}"

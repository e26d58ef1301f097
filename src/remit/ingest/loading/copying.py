"""Rows into temporary tables by COPY, in PostgreSQL's text format, with bounded memory.

Source: PostgreSQL documentation, COPY, "Text Format", and "Array Input and Output Syntax".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

_FLUSH: Final = 4 * 1024 * 1024
"""Characters of one table kept in memory before they are sent."""


def temporary(cursor: CursorWrapper, name: str, columns: str) -> None:
    """An empty temporary table that ends with the transaction; one of that name from an earlier load goes first."""
    cursor.execute(f"drop table if exists pg_temp.{name}")
    cursor.execute(f"create temp table {name} ({columns}) on commit drop")


def gathered(cursor: CursorWrapper, name: str, query: str, parameters: Any = None) -> None:
    """A temporary table of what `query` gives; the planner is told how much that is."""
    cursor.execute(f"drop table if exists pg_temp.{name}")
    cursor.execute(f"create temp table {name} on commit drop as {query}", parameters)
    cursor.execute(f"analyze {name}")


class Staging:
    """Temporary tables that are being filled; `flush` sends what is still held back."""

    def __init__(self, cursor: CursorWrapper, tables: Mapping[str, str]) -> None:
        """Makes `tables` (name and column definitions), empty; they are gone when the transaction ends."""
        self._cursor = cursor
        self._columns = {name: _names(columns) for name, columns in tables.items()}
        self._lines: dict[str, list[str]] = {name: [] for name in tables}
        self._sizes = dict.fromkeys(tables, 0)
        for name, columns in tables.items():
            temporary(cursor, name, columns)

    def add(self, table: str, row: Sequence[Any]) -> None:
        """Hold one row; values are None, bool, int, float, str, date, datetime, or tuples of str or int for arrays."""
        line = "\t".join([_field(value) for value in row])
        self._lines[table].append(line)
        self._sizes[table] += len(line)
        if self._sizes[table] > _FLUSH:
            self._send(table, len(row))

    def extend(self, table: str, rows: Iterable[Sequence[Any]]) -> int:
        """Hold many rows; returns how many."""
        count = 0
        for row in rows:
            self.add(table, row)
            count += 1
        return count

    def flush(self) -> None:
        """Send everything, and let the planner know how much it is."""
        for table, lines in self._lines.items():
            if lines:
                self._send(table, lines[-1].count("\t") + 1)
            self._cursor.execute(f"analyze {table}")

    def _send(self, table: str, width: int) -> None:
        names = ", ".join(self._columns[table][:width])
        lines = self._lines[table]
        lines.append("")
        with self._cursor.copy(f"copy {table} ({names}) from stdin") as copy:
            copy.write("\n".join(lines))
        self._lines[table] = []
        self._sizes[table] = 0


def _names(columns: str) -> list[str]:
    return [column.split(None, 1)[0] for column in columns.split(",")]


def _field(value: Any) -> str:
    """One value of a line."""
    kind = type(value)
    if kind is str:
        return _escaped(value)
    if value is None:
        return r"\N"
    if kind is bool:
        return "t" if value else "f"
    if kind is tuple:
        return "{" + ",".join([_element(item) for item in value]) + "}"
    if kind is datetime:
        return str(value.isoformat())
    return str(value)


def _escaped(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text:
        text = text.replace("\n", "\\n")
    if "\t" in text:
        text = text.replace("\t", "\\t")
    if "\r" in text:
        text = text.replace("\r", "\\r")
    return text


def _element(item: str | int) -> str:
    """One item of an array, quoted for the array and then for the line."""
    if type(item) is str:
        quoted = item.replace("\\", "\\\\").replace('"', '\\"')
        return _escaped(f'"{quoted}"')
    return str(item)

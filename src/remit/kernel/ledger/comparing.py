"""Two exports of one log side by side: the first entry in which the later differs from the earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from .export_format import Export, Sealed
from .places import Found, deed, entry_id

AHEAD = 100
"""Entries of each export, from the first difference on, in which an entry of the other is looked for."""


class Comparison:
    """Take the sealed entries of the later export in order; the earlier one is read beside it."""

    def __init__(self, earlier: Export) -> None:
        self._earlier = (item for item in earlier if isinstance(item, Sealed))
        self._next = next(self._earlier, None)
        self._old: list[Sealed] = []
        self._new: list[Sealed] = []
        self._line = 0

    def take(self, entry: Sealed, line: int) -> bool:
        """Whether the earlier export has the same leaf hash there, or does not reach there."""
        if self._new:
            if len(self._new) < AHEAD:
                self._new.append(entry)
            return True
        before = self._next
        while before is not None and before.position < entry.position:
            before = next(self._earlier, None)  # the later export begins further on
        if before is None or before.position > entry.position:
            self._next = before
            return True
        if before.hash == entry.hash:
            self._next = next(self._earlier, None)
            return True
        self._old, self._new, self._line = [before, *islice(self._earlier, AHEAD - 1)], [entry], line
        return False

    def found(self) -> Found | None:
        """Name the first difference, once all entries of the later export have been taken."""
        if not self._new:
            return None
        old, new = list(_ids(self._old)), list(_ids(self._new))
        was, stands = old[0], new[0]
        what = deed(
            content_belongs_elsewhere=stands is not None and stands in old[1:],
            place_belongs_to_another=was is not None and was in new[1:],
        )
        position = self._new[0].position
        words = {
            "edited": f"Entry {was} at position {position} was edited"
            if was == stands
            else f"Entry {was} at position {position} was replaced by entry {stands}",
            "deleted": f"Entry {was} at position {position} was deleted",
            "inserted": f"Entry {stands} was inserted at position {position}",
            "reordered": f"Entry {was} at position {position} and entry {stands} were reordered",
        }[what]
        return Found(what, position, stands if what == "inserted" else was, words, self._line)

    def beyond(self) -> Sealed | None:
        """Return the entry at which the earlier export goes on where the later has ended."""
        return None if self._new else self._next


def _ids(entries: list[Sealed]) -> Iterator[int | None]:
    for entry in entries:
        yield entry.entry if entry.data is None else entry_id(entry.data)

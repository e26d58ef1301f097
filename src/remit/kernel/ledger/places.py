"""Whether each entry stands at its place and is what was sealed there; if not, what was done to the first that is not.

The leaf data hold the position, as the last key of one JSON object, so an entry that was moved no longer fits its leaf
hash. Trying it at other positions tells what happened: an entry whose content belongs elsewhere was moved, and so was
one whose place another has taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from .export_format import Sealed
from .merkle import leaf_hash

Deed = Literal["edited", "deleted", "inserted", "reordered"]

WINDOW = 1000
"""Positions on either side at which an entry that does not fit is tried at once; further ones as they are met."""
MOST_TRIED = 200_000
"""Entries that do not fit, after which no more are tried against the first: beyond it only neighbours are told."""
MOST_NAMED = 20
"""Deeds named one by one; beyond them entries are only counted."""
POSITION = b'"position": '


def entry_id(data: bytes | None) -> int | None:
    """Return the id of the entry whose leaf data these are, or None."""
    try:
        found = json.loads(data or b"null")["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def moved(data: bytes, position: int) -> bytes:
    """Return leaf data as they would be at another position."""
    return data[: data.rfind(POSITION)] + POSITION + b"%d}" % position


def deed(*, content_belongs_elsewhere: bool, place_belongs_to_another: bool) -> Deed:
    """Name what happened at a place from where its content belongs, and from where what belongs there is."""
    if content_belongs_elsewhere:
        return "reordered" if place_belongs_to_another else "deleted"
    return "inserted" if place_belongs_to_another else "edited"


@dataclass(frozen=True, slots=True)
class Found:
    """What happened to an entry: the position, the id of the entry where known, and the line of the file."""

    deed: Deed
    position: int
    entry: int | None
    words: str
    line: int | None


@dataclass
class _Suspect:
    """The first entry that does not fit its leaf hash, until the rest has been seen."""

    position: int
    held: bytes
    data: bytes
    line: int
    belongs_elsewhere: bool = False
    taken_by_another: bool = False
    crowded_out_of: int | None = None
    before: bytes | None = None
    """The data of the entry before, which fits."""
    line_before: int = 0
    tried: int = 0

    def try_neighbours(self) -> None:
        for shift in range(1, WINDOW + 1):
            if self._fits(self.position + shift):
                self.belongs_elsewhere = True
                return
            if shift <= self.position and self._fits(self.position - shift):
                # The place it was sealed at is before this one and is taken by an entry that fits.
                self.crowded_out_of = self.position - shift
                return

    def meet(self, position: int, held: bytes, data: bytes) -> None:
        """Compare with a later entry that does not fit either."""
        self.tried += 1
        if self.tried > MOST_TRIED or (self.belongs_elsewhere and self.taken_by_another):
            return
        if not self.belongs_elsewhere:
            self.belongs_elsewhere = leaf_hash(moved(self.data, position)) in (held, self.held)
        if not self.taken_by_another:
            self.taken_by_another = leaf_hash(moved(data, self.position)) in (held, self.held)

    def _fits(self, position: int) -> bool:
        return leaf_hash(moved(self.data, position)) == self.held

    def found(self) -> Found:
        entry = entry_id(self.data)
        if self.crowded_out_of is not None:
            place = self.crowded_out_of
            intruder = entry_id(self.before) if place == self.position - 1 else None
            named = "An entry" if intruder is None else f"Entry {intruder}"
            words = f"{named} was inserted at position {place}: entry {entry}, sealed there, stands at {self.position}."
            return Found("inserted", place, intruder, words, None if intruder is None else self.line_before)
        what = deed(content_belongs_elsewhere=self.belongs_elsewhere, place_belongs_to_another=self.taken_by_another)
        named, at = f"Entry {entry}" if entry is not None else "An entry", f"at position {self.position}"
        words = {
            "edited": f"{named} {at} was edited: it is not what was sealed there.",
            "deleted": f"The entry sealed {at} was deleted; entry {entry}, which came after it, now stands there.",
            "inserted": f"{named} was inserted {at}; what was sealed there now stands after it.",
            "reordered": f"{named} was put {at}, and what was sealed there elsewhere: entries were reordered.",
        }[what]
        return Found(what, self.position, None if what == "deleted" else entry, words, self.line)


@dataclass
class Places:
    """Take sealed entries in the file's order; afterwards `found()` says what does not fit.

    `expected` is the position that comes next; `broken` says that positions are missing, doubled or out of order, from
    which on no root can be computed.
    """

    expected: int
    broken: bool = False
    misfits: int = 0
    """Entries that do not fit in any way."""
    misfit_positions: list[int] = field(default_factory=list)
    """Of the first of them."""
    _suspect: _Suspect | None = None
    _found: list[Found] = field(default_factory=list)
    _gap: range = range(0)
    _before: bytes | None = None
    _line_before: int = 0

    def take(self, entry: Sealed, line: int) -> bool:
        """Whether the entry is the one that comes next and hashes to what the database holds."""
        position, held, data, _ = entry
        if (
            position == self.expected
            and data is not None
            and sha256(b"\x00" + data).digest() == held
            and data.endswith(b'"position": %d}' % position)
        ):
            self.expected += 1
            self._before, self._line_before = data, line
            return True
        self._misfit(entry, line)
        return False

    def found(self) -> Iterator[Found]:
        """What does not fit, in no order; entries moved by one deed are named once."""
        yield from self._found
        if self._suspect is not None:
            yield self._suspect.found()

    def _misfit(self, entry: Sealed, line: int) -> None:
        position, held, data, known = entry
        self.misfits += 1
        if self.misfits <= MOST_NAMED:
            self.misfit_positions.append(position)
        if position != self.expected:
            self._out_of_order(entry, line)
        else:
            self.expected += 1
        if data is None:
            named = "An entry" if known is None else f"Entry {known}"
            self._add("deleted", position, known, f"{named}, sealed at position {position}, was deleted.", line)
        elif leaf_hash(data) != held or not data.endswith(b'"position": %d}' % position):
            if self._suspect is None:
                self._suspect = _Suspect(position, held, data, line, before=self._before, line_before=self._line_before)
                self._suspect.try_neighbours()
            else:
                self._suspect.meet(position, held, data)

    def _out_of_order(self, entry: Sealed, line: int) -> None:
        position, number = entry.position, entry_id(entry.data) if len(self._found) < MOST_NAMED else None
        self.broken = True
        if position > self.expected:
            self._gap = range(self.expected, position)
            until = (
                f"position {self.expected}" if len(self._gap) == 1 else f"positions {self.expected} to {position - 1}"
            )
            self._add("deleted", self.expected, None, f"What was sealed at {until} was deleted.", line)
            self.expected = position + 1
        elif position in self._gap:
            words = f"Entry {number} stands after position {self.expected - 1}, and was sealed at {position}."
            self._found = [each for each in self._found if each.position != self._gap.start]
            self._add("reordered", position, number, words, line)
        else:
            words = f"Two entries claim position {position}; entry {number} is the second."
            self._add("inserted", position, number, words, line)

    def _add(self, what: Deed, position: int, entry: int | None, words: str, line: int) -> None:
        if len(self._found) < MOST_NAMED:
            self._found.append(Found(what, position, entry, words, line))

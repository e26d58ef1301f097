"""What verifying an export found, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .places import Deed

Kind = Deed | Literal["truncated", "rewritten", "split view", "signature", "unsigned"]

USUAL_REST = 2000
"""Entries after the newest checkpoint that need no remark: twice as many as are sealed before the log signs."""
MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not fit.

    `position` is that of the first entry at fault and `entry` its id, where they can be told; `since` is the size of
    the newest checkpoint that still fits, where the history after it was rewritten or cut; `line` that of the export.
    """

    kind: Kind
    words: str
    position: int | None = None
    entry: int | None = None
    since: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found. `faults` is empty where all fits; its first is the first entry that does not."""

    origin: str
    start: int
    size: int
    """Sealed entries of the log, those before `start` included, which the file does not hold."""
    pending: int
    checkpoints: int
    covered: int
    """Entries under the newest trusted checkpoint that fits."""
    root: str
    """Over all `size` entries, in hexadecimal; empty where it cannot be told."""
    keys: tuple[str, ...]
    keys_were_given: bool
    misfits: int
    """Sealed entries that do not fit, those included that only a deed to another has moved."""
    misfit_positions: tuple[int, ...] = ()
    """Of the first of them."""
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether nothing is at fault."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object, `fits` included."""
        return {"fits": self.fits, **asdict(self)}

    def lines(self) -> Iterator[str]:
        """Tell a person, the verdict first."""
        if self.fits:
            entries = "entry fits" if self.size - self.start == 1 else "entries fit"
            yield f"Fits: {self.size - self.start:,} {entries}, under {self.checkpoints:,} signed checkpoints."
        else:
            first = self.faults[0]
            yield f"Does not fit ({first.kind}): {first.words}"
            yield from (f"Also ({fault.kind}): {fault.words}" for fault in self.faults[1:MOST_SHOWN])
            if len(self.faults) > MOST_SHOWN:
                yield f"And {len(self.faults) - MOST_SHOWN} more, which --json lists."
            if self.misfits > 1:
                at = ", ".join(map(str, self.misfit_positions))
                more = "" if len(self.misfit_positions) == self.misfits else " …"
                yield f"{self.misfits:,} entries in all do not stand as they were sealed, at {at}{more}"
        yield from self._scope()
        yield from self.remarks

    def _scope(self) -> Iterator[str]:
        """Say what was proven, and what was not."""
        yield f"Log: {self.origin}; {self.size:,} sealed entries, {self.covered:,} under a checkpoint that fits."
        if self.root:
            yield f"Root: {self.root}"
        if self.start:
            yield f"The export begins with position {self.start:,}: what is before was not looked at."
        if self.pending:
            yield f"{self.pending:,} entries are not sealed yet: nothing is proven of them."
        if self.size - self.covered > USUAL_REST:
            rest = self.size - self.covered
            yield f"{rest:,} entries come after the newest checkpoint that fits, more than usual: nothing covers them."
        if not self.keys_were_given:
            yield "The keys trusted are those the file itself names:"
            yield from (f"  {key}" for key in self.keys)
            yield "Compare them with the key you were given when the log began, and name that one with --key."

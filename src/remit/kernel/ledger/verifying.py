"""Verify an export of the ledger: every entry, every checkpoint, and what an auditor kept from before.

One pass, in memory for one entry and O(log n) hashes. Nothing but the file, the keys and the kept checkpoints is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter

from .comparing import Comparison
from .export_format import Counts, Export, ExportUnreadable, Note, Pending, Sealed, Stray
from .merkle import CompactRange
from .notes import (
    Checkpoint,
    NoteRejected,
    SignatureRejected,
    SignerUnknown,
    Verifier,
    opened_checkpoint,
    text_of,
)
from .places import Places, entry_id
from .reports import Fault, Report

BATCH = 4096
"""Leaf hashes taken into the tree at once."""
MOST_FAULTS = 20
"""Faults of one kind that are told one by one."""


def verify(
    export: Export,
    *,
    keys: Sequence[Verifier] = (),
    checkpoints: Iterable[tuple[str, str]] = (),
    against: Export | None = None,
) -> Report:
    """Verify an export.

    Args:
        export: the export, not read yet.
        keys: the verifier keys to trust; without any, those that the file names.
        checkpoints: notes kept from before, each after the name of the place it came from.
        against: an earlier export of the same log, which has been verified by itself.

    Returns:
        What was found; `Report.fits` says whether all fits.

    Raises:
        ExportUnreadable: a file is no export or was cut off, or a kept checkpoint is none of this log.
    """
    trusted = tuple(keys) or export.header.keys
    if not trusted:
        raise ExportUnreadable(export.name, "it names no key, and none was given", "Name the log's key with --key.")
    if against is not None and against.header.origin != export.header.origin:
        raise ExportUnreadable(against.name, f"it is of another log, {against.header.origin}", "Name one of this log.")
    run = _Verification(export, trusted, None if against is None else Comparison(against))
    for name, text in checkpoints:
        run.keep(name, text)
    run.read()
    return run.report(keys_were_given=bool(keys))


@dataclass
class _Verification:
    """The state of one pass."""

    export: Export
    trusted: Sequence[Verifier]
    comparison: Comparison | None
    kept: list[Checkpoint] = field(default_factory=list)
    """Those from outside that have not been met yet, largest first."""
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    """Each after the position at which an honest log would have gone on otherwise."""
    signature_faults: list[Fault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    fitting: int | None = None
    """The size of the newest checkpoint that fits."""
    fitting_before_difference: int | None = None
    unfit: int | None = None
    """The size of the first checkpoint that does not fit."""
    latest: Checkpoint | None = None
    """The largest that is trusted, fitting or not."""
    entries: int = 0
    pending: int = 0
    strays: int = 0
    checkpoints: int = 0

    def __post_init__(self) -> None:
        header = self.export.header
        self.places = Places(header.start)
        self.tree = CompactRange(header.start, header.peaks)
        self.leaves: list[bytes] = []

    def keep(self, name: str, text: str) -> None:
        """Have a checkpoint from outside checked when its size is reached. Whoever kept it vouches for its signer."""
        try:
            try:
                checkpoint = opened_checkpoint(text, self.trusted)
            except SignerUnknown as error:
                checkpoint = Checkpoint.parse(text_of(text))
                self._distrust(f"The checkpoint of {name} cannot be trusted by its signature: {error}.")
        except NoteRejected as error:
            raise ExportUnreadable(name, f"no checkpoint: {error}", "Name a note as the log signed it.") from None
        if checkpoint.origin != self.export.header.origin:
            raise ExportUnreadable(name, f"it is of another log, {checkpoint.origin}", "Name one of this log.")
        if checkpoint.size < self.export.header.start:
            self.remarks.append(f"The checkpoint of {name} is from before this export begins; it was not checked.")
        else:
            self.kept = sorted([*self.kept, checkpoint], key=lambda each: each.size, reverse=True)

    def read(self) -> None:
        """Take every item of the file in order."""
        export, places, comparison = self.export, self.places, self.comparison
        self._meet_kept()
        for item in export:
            if type(item) is Sealed:
                places.take(item, export.line)
                self.leaves.append(item.hash)
                if comparison is not None and not comparison.take(item, export.line):
                    self.fitting_before_difference = self._since()
                if len(self.leaves) == BATCH or (self.kept and self.kept[-1].size <= places.expected):
                    self._meet_kept()
            elif type(item) is Note:
                self._note(item)
            elif type(item) is Pending:
                self.pending += 1
            elif type(item) is Stray:
                self._stray(item)
            elif type(item) is Counts:
                self._end(item)

    def _root(self) -> bytes:
        self.entries += len(self.leaves)
        self.tree.extend(self.leaves)
        self.leaves.clear()
        return self.tree.root()

    def _meet_kept(self) -> None:
        """Check the kept checkpoints whose size has been reached."""
        root = self._root()
        while self.kept and self.kept[-1].size <= self.places.expected:
            self._check(self.kept.pop(), root)

    def _note(self, note: Note) -> None:
        self.checkpoints += 1
        try:
            checkpoint = opened_checkpoint(note.text, self.trusted)
        except SignerUnknown as error:
            self._distrust(f"A checkpoint cannot be trusted: {error}. Name every key the log has had with --key.")
            return
        except SignatureRejected as error:
            self._distrust(f"A checkpoint cannot be trusted: {error}.")
            return
        except NoteRejected as error:
            raise self.export.unreadable(f"this is no checkpoint: {error}") from None
        if checkpoint.origin != self.export.header.origin:
            self._distrust(f"A checkpoint is of another log, {checkpoint.origin}.")
        elif checkpoint.size < self.places.expected and not self.places.broken:
            raise self.export.unreadable(f"the checkpoint of {checkpoint.size} entries stands after later entries")
        else:
            self._check(checkpoint, self._root())

    def _check(self, checkpoint: Checkpoint, root: bytes) -> None:
        """Compare a trusted checkpoint with what has been read up to its size."""
        size = checkpoint.size
        if self.latest is None or size > self.latest.size:
            self.latest = checkpoint
        elif size == self.latest.size and checkpoint.root != self.latest.root:
            words = f"Two signed checkpoints of {size} entries differ: the log has shown two histories (a split view)."
            self._add(size, Fault("split view", words, max(size - 1, 0)))
        if self.places.broken or size != self.places.expected:
            return
        if checkpoint.root == root:
            self.fitting = size
            return
        if self.unfit is None:
            self.unfit, since = size, self._since()
            words = f"History was rewritten {_since(since)}: the checkpoint of {size} entries does not fit. "
            words += f"The first entry at fault is at one of the positions {since} to {size - 1}."
            self._add(size, Fault("rewritten", words, since, since=since))

    def _since(self) -> int:
        return self.export.header.start if self.fitting is None else self.fitting

    def _stray(self, stray: Stray) -> None:
        self.strays += 1
        entry = entry_id(stray.data)
        words = f"Entry {entry} was inserted past the ledger: it is neither sealed nor pending."
        self._add(self.places.expected, Fault("inserted", words, entry=entry))

    def _end(self, counts: Counts) -> None:
        """Check what only the whole file shows."""
        self._meet_kept()
        size = self.places.expected
        for checkpoint in self.kept:
            self._check(checkpoint, b"")
        beyond = None if self.comparison is None else self.comparison.beyond()
        if self.latest is not None and self.latest.size > size:
            words = f"The log was truncated: it ends at {size} entries, and a signed checkpoint has {self.latest.size}."
            self._add(size, Fault("truncated", words, size, since=self._since()))
        elif beyond is not None and beyond.position >= size:
            words = f"The log was truncated: it ends at {size} entries, and the earlier export has more."
            self._add(size, Fault("truncated", words, size, entry_id(beyond.data), self._since()))
        self._name_entries()
        read = Counts(self.entries, self.pending, self.strays, self.checkpoints)
        if not self.faults and read != counts:
            raise self.export.unreadable(f"the file has {_laid_out(read)}, and by its last line {_laid_out(counts)}")
        if self.fitting is None and not self.faults and not self.signature_faults and self.entries:
            words = "No signed checkpoint covers these entries, so nothing is proven yet."
            self._add(size, Fault("unsigned", words, self.export.header.start))

    def _name_entries(self) -> None:
        """Name the entries that do not fit, and those that an earlier export has otherwise."""
        difference = None if self.comparison is None else self.comparison.found()
        for each in self.places.found():
            same = difference is not None and (each.deed, each.position) == (difference.deed, difference.position)
            entry = difference.entry if difference is not None and same else each.entry
            self.faults.append((each.position, Fault(each.deed, each.words, each.position, entry, line=each.line)))
        if difference is None:
            return
        if self.unfit is not None and self.unfit > difference.position:  # told less exactly already
            self.faults = [(at, fault) for at, fault in self.faults if fault.kind != "rewritten"]
        position, since = difference.position, self.fitting_before_difference or 0
        words = f"History was rewritten {_since(since)}: {difference.words}."
        fault = Fault("rewritten", words, position, difference.entry, since, difference.line)
        self.faults.append((position, fault))

    def _distrust(self, words: str) -> None:
        if len(self.signature_faults) < MOST_FAULTS:
            self.signature_faults.append(Fault("signature", words, line=self.export.line))

    def _add(self, at: int, fault: Fault) -> None:
        if sum(each.kind == fault.kind for _, each in self.faults) < MOST_FAULTS:
            self.faults.append((at, replace(fault, line=self.export.line)))

    def report(self, *, keys_were_given: bool) -> Report:
        """Sum up: what does not fit in the order of the log, then signatures."""
        in_order = sorted(self.faults, key=itemgetter(0))
        return Report(
            origin=self.export.header.origin,
            start=self.export.header.start,
            size=self.places.expected,
            pending=self.pending,
            checkpoints=self.checkpoints,
            covered=self.fitting or 0,
            root="" if self.places.broken else self._root().hex(),
            keys=tuple(map(str, self.trusted)),
            keys_were_given=keys_were_given,
            misfits=self.places.misfits,
            misfit_positions=tuple(self.places.misfit_positions),
            faults=(*(fault for _, fault in in_order), *self.signature_faults),
            remarks=tuple(self.remarks),
        )


def _since(size: int) -> str:
    return f"since checkpoint {size}" if size else "since the beginning"


def _laid_out(counts: Counts) -> str:
    return (
        f"{counts.entries} entries, {counts.pending} pending, {counts.strays} strays, {counts.checkpoints} checkpoints"
    )

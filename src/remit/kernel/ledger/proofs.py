"""Proof files: that the entries about one record are in the log, for somebody who has nothing else of it.

A proof file is one JSON object: `format`, `origin`, `keys` (verifier keys), `checkpoint` (a signed note), `record`
(`kind`, `id`, `ref`) and `entries`. Each entry has its `position`, its leaf `data` (the text that was hashed) and the
audit `path` (hashes in base64, from the leaf upwards) to the root of the checkpoint. An entry over more than 100
rows has a `row` too: `index` and `count`, the row's leaf `hash`, its `data` where known, and the `path` to the digest
that stands in the entry's data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from .merkle import Subtree, inclusion_path, leaf_hash, root_from_path
from .notes import Checkpoint, NoteRejected, SignatureRejected, Verifier, opened_checkpoint

FORMAT: Literal["remit-ledger-proof/1"] = "remit-ledger-proof/1"
MOST_BYTES = 1 << 28
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ProofUnreadable(Exception):  # noqa: N818 - an answer about a file, not a fault of ours
    """A file that is no proof; the message names the place and what was expected."""


@dataclass(frozen=True, slots=True)
class RecordNamed:
    """The record a proof is about: the label of its type ("vulnerabilities.finding"), its key, its reference."""

    kind: str
    id: int
    ref: str


@dataclass(frozen=True, slots=True)
class RowProof:
    """One row of an entry over many: its place in the entry's `records`, and the path to the entry's digest."""

    index: int
    count: int
    hash: bytes
    path: tuple[bytes, ...]
    data: str | None = None


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One entry: its leaf data, and the path to the checkpoint's root."""

    position: int
    data: str
    path: tuple[bytes, ...]
    row: RowProof | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The entries about one record, under one checkpoint (a signed note); `keys` are the texts of verifier keys."""

    origin: str
    keys: tuple[str, ...]
    checkpoint: str
    record: RecordNamed
    entries: tuple[EntryProof, ...]
    format: Literal["remit-ledger-proof/1"] = FORMAT

    def text(self) -> str:
        """Lay it out as a proof file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1).decode() + "\n"

    @classmethod
    def parse(cls, text: bytes) -> Proof:
        """Read a proof file.

        Raises:
            ProofUnreadable: it is none; the message names the place.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except (ValueError, RecursionError) as error:
            raise ProofUnreadable(f"this is not a ledger proof: {str(error)[:200]}") from None


def entry_proof(position: int, data: str, size: int, subtree: Subtree, row: RowProof | None = None) -> EntryProof:
    """Return the proof of the entry at `position` under the checkpoint of `size` entries.

    `subtree(begin, end)` gives the root over the leaf hashes of the positions from `begin` up to, not including, `end`.
    """
    return EntryProof(position, data, tuple(inclusion_path(position, size, subtree)), row)


def row_proof(index: int, count: int, leaf: bytes, subtree: Subtree, data: str | None = None) -> RowProof:
    """Return the proof of one row (its leaf hash, and its data where known) under the digest of its entry.

    `subtree` is as of `entry_proof`, over the leaf hashes of the entry's rows in the order of its `records`.
    """
    return RowProof(index, count, leaf, tuple(inclusion_path(index, count, subtree)), data)


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What a proof shows, entry by entry; `faults` says what does not hold, and is empty where all does."""

    record: RecordNamed
    checkpoint: Checkpoint | None
    shown: tuple[str, ...]
    faults: tuple[str, ...]
    keys: tuple[str, ...]
    keys_were_given: bool

    @property
    def fits(self) -> bool:
        """Whether all holds."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object, `fits` included."""
        said = None if self.checkpoint is None else self.checkpoint.text()
        return {"fits": self.fits, **asdict(self), "checkpoint": said}

    def lines(self) -> Iterator[str]:
        """Tell a person, the verdict first."""
        named = f"{self.record.ref} ({self.record.kind} {self.record.id})"
        if self.fits:
            yield f"Fits: {len(self.shown)} entries about {named} are in the log."
        else:
            yield f"Does not fit: {self.faults[0]}"
            yield from (f"Also: {fault}" for fault in self.faults[1:])
        if self.checkpoint is not None:
            made = "" if self.checkpoint.at is None else f", signed {self.checkpoint.at:%Y-%m-%d %H:%M:%S} UTC"
            yield f"Log: {self.checkpoint.origin}, checkpoint of {self.checkpoint.size:,} entries{made}."
        yield from self.shown
        yield "It shows that these entries are in the log, not that there are no others about the record."
        if not self.keys_were_given:
            yield "The keys trusted are those the file itself names:"
            yield from (f"  {key}" for key in self.keys)
            yield "Compare them with the key you were given when the log began, and name that one with --key."


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What of an entry's leaf data a proof needs."""

    position: int
    at: int
    actor: int | None
    system: str
    verb: str
    kind: str
    records: list[int] | None
    changes: list[dict[str, Any]] | None
    digest: str | None

    @property
    def who(self) -> str:
        return f"the system ({self.system})" if self.actor is None else f"person {self.actor}"


def verify_proof(proof: Proof, keys: Sequence[Verifier] = ()) -> ProofReport:
    """Verify a proof: the checkpoint's signature, each entry's path to its root, each row's path to its digest.

    Args:
        proof: the proof, as read.
        keys: the verifier keys to trust; without any, those that the proof names.

    Raises:
        ProofUnreadable: a key that it names is none, or the checkpoint is none.
    """
    trusted = tuple(keys)
    shown, faults = list[str](), list[str]()
    try:
        trusted = trusted or tuple(Verifier.parse(key) for key in proof.keys)
        checkpoint = opened_checkpoint(proof.checkpoint, trusted)
    except SignatureRejected as error:
        said = f"The checkpoint cannot be trusted: {error}."
        return ProofReport(proof.record, None, (), (said,), tuple(map(str, trusted)), bool(keys))
    except NoteRejected as error:
        raise ProofUnreadable(str(error)) from None
    if checkpoint.origin != proof.origin:
        faults.append(f"The checkpoint is of another log, {checkpoint.origin}.")
    for entry in proof.entries:
        try:
            shown.append(_shown(entry, proof.record, checkpoint))
        except (ValueError, RecursionError) as error:
            faults.append(f"The entry at position {entry.position}: {error}.")
    if not proof.entries:
        faults.append("It holds no entry.")
    return ProofReport(proof.record, checkpoint, tuple(shown), tuple(faults), tuple(map(str, trusted)), bool(keys))


def _shown(entry: EntryProof, record: RecordNamed, checkpoint: Checkpoint) -> str:
    """Tell one entry in a line; ValueError says why it does not prove what it should."""
    if root_from_path(leaf_hash(entry.data.encode()), entry.position, checkpoint.size, entry.path) != checkpoint.root:
        raise ValueError("its data and path do not lead to the root of the checkpoint")
    leaf = msgspec.json.decode(entry.data, type=_Leaf)
    if leaf.position != entry.position:
        raise ValueError(f"its data say position {leaf.position}")
    if leaf.kind != record.kind or record.id not in (leaf.records or ()):
        raise ValueError(f"it is not about {record.kind} {record.id}")
    told = f"Position {entry.position}: {_when(leaf.at)}, {leaf.who}: {leaf.verb}"
    if entry.row is not None:
        _check_row(entry.row, leaf, record)
        return f"{told}, one of {entry.row.count:,} rows{'' if entry.row.data is None else f': {entry.row.data}'}"
    changes = [each for each in leaf.changes or [] if each.get("id") == record.id]
    return told + "".join(f", from {_text(each.get('before'))} to {_text(each.get('after'))}" for each in changes)


def _check_row(row: RowProof, leaf: _Leaf, record: RecordNamed) -> None:
    if row.data is not None and leaf_hash(row.data.encode()) != row.hash:
        raise ValueError("the row's data do not have the row's hash")
    records = leaf.records or []
    if row.count != len(records) or not 0 <= row.index < row.count or records[row.index] != record.id:
        raise ValueError("the row is not at the place of the record")
    if root_from_path(row.hash, row.index, row.count, row.path).hex() != leaf.digest:
        raise ValueError("the row and its path do not lead to the digest of the entry")


def _when(at: int) -> str:
    try:
        return f"{EPOCH + timedelta(microseconds=at):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return f"{at} microseconds after 1970"


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()

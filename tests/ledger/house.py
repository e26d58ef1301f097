"""A log as the database holds it: rows, leaves, checkpoints, and a key; and its export."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from remit.kernel.ledger.export_format import Export, ExportWriter, Header
from remit.kernel.ledger.merkle import leaf_hash, root_of
from remit.kernel.ledger.notes import Checkpoint, Verifier, signed, verifier
from remit.kernel.ledger.reports import Report
from remit.kernel.ledger.verifying import verify

ORIGIN = "halvern.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
VERIFIER = verifier(ORIGIN, KEY)
BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def as_jsonb(value: dict[str, Any]) -> bytes:
    """Lay an object out as PostgreSQL prints a jsonb: keys by length, then by bytes."""
    ordered = {key: value[key] for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return json.dumps(ordered, ensure_ascii=False, separators=(", ", ": ")).encode()


def entry(number: int, **values: Any) -> dict[str, Any]:
    """The row of one entry."""
    row = {
        "id": number,
        "txid": 700 + number,
        "at": 1_772_442_000_000_000 + number,
        "actor": 3,
        "system": "",
        "verb": "change",
        "kind": "vulnerabilities.finding",
        "count": 1,
        "records": [number % 7],
        "changes": [{"id": number % 7, "before": {"state": "open"}, "after": {"state": f"mended “{number}”"}}],
        "digest": None,
        "note": "",
    }
    return {**row, **values}


def checkpoint(size: int, hashes: Sequence[bytes], key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> str:
    made = Checkpoint(ORIGIN, size, root_of(hashes[:size]), BEGAN + timedelta(seconds=size))
    return signed(made.text(), name, key)


class Log:
    """Entries of ids 1, 2, … at positions 0, 1, …, with a checkpoint every `every` and at the end."""

    def __init__(self, size: int = 40, every: int = 10, pending: int = 0) -> None:
        self.rows = {number: entry(number) for number in range(1, size + pending + 1)}
        self.leaves: list[tuple[int, int, bytes]] = []
        """(position, id of the entry, leaf hash), in the order in which they are exported."""
        self.pending = list(range(size + 1, size + pending + 1))
        self.checkpoints: dict[int, str] = {}
        self.keys: list[Verifier] = [VERIFIER]
        for number in range(1, size + 1):
            self.seal(number)
            if number % every == 0 or number == size:
                self.sign(number)

    def copy(self) -> Log:
        return copy.deepcopy(self)

    def data(self, number: int, position: int | None) -> bytes:
        return as_jsonb({**self.rows[number], "position": position})

    def seal(self, number: int) -> None:
        position = len(self.leaves)
        self.leaves.append((position, number, leaf_hash(self.data(number, position))))

    def sign(self, size: int, key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> str:
        self.checkpoints[size] = checkpoint(size, self.hashes, key, name)
        return self.checkpoints[size]

    @property
    def hashes(self) -> list[bytes]:
        return [held for _, _, held in self.leaves]

    # What an operator with the database's password may do.

    def order(self, numbers: Sequence[int], *, hash_again: bool) -> None:
        """Have entries of these ids at positions 0, 1, …; without hashing again each keeps the hash it had."""
        held = {number: leaf for _, number, leaf in self.leaves}
        self.leaves = [
            (
                position,
                number,
                leaf_hash(self.data(number, position)) if hash_again or number not in held else held[number],
            )
            for position, number in enumerate(numbers)
        ]

    def sign_again(self, key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> None:
        for size in [size for size in self.checkpoints if size <= len(self.leaves)]:
            self.sign(size, key, name)

    @property
    def order_now(self) -> list[int]:
        return [number for _, number, _ in self.leaves]

    # What comes out.

    def export(self, start: int = 0, peaks: Sequence[bytes] = ()) -> bytes:
        stream = io.BytesIO()
        writer = ExportWriter(stream, Header(ORIGIN, tuple(self.keys), start, tuple(peaks)))
        waiting = sorted(size for size in self.checkpoints if size >= start)
        while waiting and waiting[0] == start:
            writer.checkpoint(self.checkpoints[waiting.pop(0)])
        for position, number, held in self.leaves[start:]:
            if number in self.rows:
                writer.entry(position, held, self.data(number, position))
            else:
                writer.missing(position, held, number)
            while waiting and waiting[0] <= position + 1:
                writer.checkpoint(self.checkpoints[waiting.pop(0)])
        for size in waiting:
            writer.checkpoint(self.checkpoints[size])
        for number in self.pending:
            writer.pending(self.data(number, None))
        for number in sorted(set(self.rows) - set(self.order_now) - set(self.pending)):
            writer.stray(self.data(number, None))
        writer.end()
        return stream.getvalue()


def opened(text: bytes) -> Export:
    return Export(io.BytesIO(text), "export")


def verified(log: Log | bytes, *, against: Log | None = None, kept: Sequence[str] = (), key: bool = True) -> Report:
    """Verify what a log exports, trusting its key."""
    return verify(
        opened(log if isinstance(log, bytes) else log.export()),
        keys=(VERIFIER,) if key else (),
        checkpoints=[(f"kept {number}", note) for number, note in enumerate(kept)],
        against=None if against is None else opened(against.export()),
    )

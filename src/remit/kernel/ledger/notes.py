"""Checkpoints of the log as signed notes: C2SP signed-note, tlog-checkpoint and the Ed25519 keys of signed-note.

A note is text, a blank line, and lines of signatures. A checkpoint is a note whose text is the log's origin, the number
of its leaves, the root over them, and (an extension line of ours) the time it was made:

    halvern.example/log
    1000
    SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=
    time 2026-03-02T09:41:07Z

    — halvern.example/log 7bqHdCWjGgs3P99OrPrTe2uY/Geg0k3aTWQH96iMvrLkbGgYLiQ/O36pQteG/0GVG6mzFxRz/M359xEiMaZVf1N7qA8=
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .merkle import HASH_SIZE

ED25519 = b"\x01"
MOST_BYTES = 1_000_000
MOST_SIGNATURES = 100
_NAME = re.compile(r"[^\s+\ud800-\udfff]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteRejected(ValueError):  # noqa: N818 - an answer about a note, not a fault of ours
    """A text that is no signed note, no checkpoint or no key; the message says which part, and what was expected."""


class SignatureRejected(NoteRejected):
    """A note whose signature is false, or that none of the given keys signed."""


class SignerUnknown(SignatureRejected):
    """A note that none of the given keys signed."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name. Its text, `name+id+key`, is what an auditor keeps."""

    name: str
    public_key: bytes
    """32 bytes."""

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || 0x0A || 0x01 || public key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Read `name+id+key`.

        Raises:
            NoteRejected: it is not of that form, the key is not Ed25519, or the id is not that of name and key.
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = _base64(encoded)
        if not _NAME.fullmatch(name) or key is None or len(key) != 33 or key[:1] != ED25519:
            raise NoteRejected("a verifier key is written name+id+key, the key being Ed25519 in base64")
        found = cls(name, key[1:])
        if found.key_id.hex() != key_id:
            raise NoteRejected(f"the verifier key of {name} has the id {found.key_id.hex()}, not {key_id[:20]}")
        return found

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature (64 bytes) of the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log said of itself at one time: `size` leaves with this root (32 bytes); `at` in UTC, whole seconds."""

    origin: str
    size: int
    root: bytes
    at: datetime | None = None

    def text(self) -> str:
        """Lay it out as the text of a note, final newline included."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        if self.at is not None:
            lines.append(f"time {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note. Other extension lines than ours are passed over, as tlog-checkpoint has it.

        Raises:
            NoteRejected: origin, size, root or time is missing or malformed.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "" or not lines[0]:
            raise NoteRejected("a checkpoint has the lines origin, size and root, each ended by a newline")
        if not _NUMBER.fullmatch(lines[1]):
            raise NoteRejected("the second line of a checkpoint is its size, a decimal number")
        root = _base64(lines[2])
        if root is None or len(root) != HASH_SIZE:
            raise NoteRejected("the third line of a checkpoint is its root, 32 bytes in base64")
        times = [line.removeprefix("time ") for line in lines[3:] if line.startswith("time ")]
        return cls(lines[0], int(lines[1]), root, _time(times[0]) if times else None)


def verifier(name: str, key: Ed25519PrivateKey) -> Verifier:
    """Return the public half of a signing key, under the name it signs with."""
    return Verifier(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def signed(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return the note: the text (ended by a newline) with the signature of one key.

    Raises:
        NoteRejected: the text is not ended by a newline or has control characters; the name has a space or a plus.
    """
    if not text.endswith("\n") or _has_control_characters(text) or not _NAME.fullmatch(name):
        raise NoteRejected("a note is lines of text, each ended by a newline, and its key's name has no space or plus")
    signature = verifier(name, key).key_id + key.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def opened(note: str, verifiers: Sequence[Verifier]) -> tuple[str, tuple[Verifier, ...]]:
    """Return the text of a note and which of the given keys signed it, at least one. Other signatures are passed over.

    Raises:
        NoteRejected: it is no signed note.
        SignatureRejected: the signature under a given key is false; SignerUnknown: no given key signed it.
    """
    text, signatures = _split(note)
    known = {(each.name, each.key_id): each for each in verifiers}
    by: list[Verifier] = []
    for name, key_id, signature in signatures:
        key = known.get((name, key_id))
        if key is None or key in by:
            continue
        if not key.verifies(text, signature):
            raise SignatureRejected(f"its signature by {name} is false")
        by.append(key)
    if not by:
        names = ", ".join(sorted({f"{name} ({key_id.hex()})" for name, key_id, _ in signatures}))
        raise SignerUnknown(f"it is signed by {names}, none of the keys to be trusted")
    return text, tuple(by)


def text_of(note: str) -> str:
    """Return the text of a note, whoever signed it; NoteRejected if it is no signed note."""
    return _split(note)[0]


def opened_checkpoint(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Return the checkpoint in a note that at least one of the given keys signed; errors as of `opened` and `parse`."""
    return Checkpoint.parse(opened(note, verifiers)[0])


def _split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return the text and (name, key id, signature) of each line of signature."""
    if len(note) > MOST_BYTES or _has_control_characters(note):
        raise NoteRejected("it is too long for a signed note, or has control characters")
    text, blank, rest = note.rpartition("\n\n")
    if not blank or not rest.endswith("\n"):
        raise NoteRejected("a signed note is text, a blank line, and lines of signatures, each ended by a newline")
    lines = rest[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteRejected(f"it has more than {MOST_SIGNATURES} signatures")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _base64(encoded)
    if dash != "—" or not _NAME.fullmatch(name) or raw is None or len(raw) < 5:
        raise NoteRejected("a line of signature is a dash (—), the key's name, and key id with signature in base64")
    return name, raw[:4], raw[4:]


def _has_control_characters(text: str) -> bool:
    """Or half of a surrogate pair, which no UTF-8 has."""
    return any((character < " " and character != "\n") or "\ud800" <= character <= "\udfff" for character in set(text))


def _base64(text: str) -> bytes | None:
    """Decode, or None; only the one canonical way of writing is taken."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise NoteRejected("the time of a checkpoint is written 2026-03-02T09:41:07Z") from None

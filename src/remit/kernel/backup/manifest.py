"""What a backup says of itself: signed, so that one that was changed, or made by somebody else, is told before use.

A backup is a tar file with these members, in this order:

    remit-backup        the format's version, one line
    database.dump       the database as pg_dump writes it (custom format)
    files/XX/NAME       the contents of evidence, sealed as they lie in the data folder
    keys/NAME           the key-encryption keys and the secret key, in an encrypted backup that was asked for them
    members             one line for each of those between: size, SHA-256, name
    manifest            a signed note (C2SP signed-note) whose text is a first line and one JSON object

An encrypted backup is that, sealed as a stream (`kernel.keys.streams`) under a key from a passphrase.
"""

from __future__ import annotations

import re
import tempfile
from hashlib import sha256
from typing import IO

import msgspec

FORMAT = "remit-backup 1"
DUMP, MEMBERS, MANIFEST, MARK = "database.dump", "members", "manifest", "remit-backup"
SPOOLED = 4 * 1024 * 1024
CONTEXT = "remit-backup 1"
"""What the chunks of an encrypted backup are bound to."""
NAME = re.compile(
    r"database\.dump|files/[0-9a-f]{2}/[0-9a-f]{64}(\.sealed)?|keys/(secret-key|[a-z]+-[0-9a-f]{12}\.key|current)"
)
"""The only names a member with content has: none leads out of the folder it is unpacked in."""


class BackupRefusedError(Exception):
    """A backup cannot be made or used: `where` names the place, `hint` says what to do. Nothing was changed."""

    def __init__(self, where: str, what: str, hint: str) -> None:
        super().__init__(f"{where}: {what} {hint}")
        self.where, self.what, self.hint = where, what, hint


class Guards(msgspec.Struct, frozen=True):
    """What guards one table: how many policies and triggers, and a digest of their text and of the privileges on it."""

    policies: int
    triggers: int
    digest: str


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was backed up. `counts` are rows by table, `ledger` the sealed and the pending entries."""

    remit: str
    made_at: str
    """RFC 3339, UTC."""
    postgresql: str
    migrations: list[str]
    counts: dict[str, int]
    guards: dict[str, Guards]
    """By table."""
    installed: str
    """Digest of the code that made the guards (`kernel.database.install.fingerprint`)."""
    ledger: int
    pending: int
    checkpoint: str
    """The newest signed checkpoint as its note; empty before there is one."""
    wrapped_by: list[str]
    """The key-encryption keys that are needed to open what is sealed."""
    members: str
    """SHA-256 of the member `members`."""
    files: int
    size: int
    """Bytes of all members with content."""
    signers: list[str] = []
    """The verifier keys of the ledger; to be trusted only by who says so, since any maker of a file can write them."""

    def text(self) -> str:
        return f"{FORMAT}\n{msgspec.json.format(msgspec.json.encode(self), indent=1).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Read the text of the note. BackupRefusedError for another format or a malformed one."""
        first, _, rest = text.partition("\n")
        if first != FORMAT:
            raise BackupRefusedError(MANIFEST, "It is of another format.", "Use the release of Remit that made it.")
        try:
            return msgspec.json.decode(rest, type=cls)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise BackupRefusedError(MANIFEST, f"It cannot be read ({error}).", "Use another backup.") from None


class Listing:
    """The members so far and the lines that say so, in memory up to a few megabytes and beyond that in a file."""

    def __init__(self) -> None:
        self._lines = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - closed by `close`
        self._hashed = sha256()
        self.files = self.size = self.length = 0

    def add(self, name: str, size: int, digest: str) -> None:
        line = f"{size} {digest} {name}\n".encode()
        self._lines.write(line)
        self._hashed.update(line)
        self.length += len(line)
        self.size += size
        self.files += name.startswith("files/")

    def digest(self) -> str:
        return self._hashed.hexdigest()

    def lines(self) -> IO[bytes]:
        """Return the lines as a file to be read from its start."""
        self._lines.seek(0)
        return self._lines

    def close(self) -> None:
        self._lines.close()

"""Sealing: pending entries get their positions in the log, and Remit signs its root from time to time.

The database does the first (`sealing.sql`); the key never comes near it. Any number of processes may seal: one at a
time does, and whichever is killed leaves everything as before or everything done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.keys.ring import public_keys, signing_key
from remit.kernel.ledger.notes import Checkpoint, NoteRejected, Verifier, opened_checkpoint, signed

MOST = 1000
"""Entries between two checkpoints at most, and sealed in one transaction."""
LONGEST = timedelta(seconds=60)
"""After which an entry is under a checkpoint, if nothing holds it up."""

sealing = partial(actor.system, "sealing the ledger")


class SealBrokenError(Exception):
    """The log is not the one that was signed: no further checkpoint is made of it. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one round did: how many entries it sealed, and the size of a checkpoint, if it made one."""

    entries: int
    checkpoint: int | None = None


def due(unchecked: int, since: datetime | None, now: datetime) -> bool:
    """Say whether a checkpoint is due for so many entries that none covers, the oldest of them written at `since`."""
    return unchecked >= MOST or (unchecked > 0 and (since is None or now - since >= LONGEST))


def seal_round(*, checkpoint: bool = False) -> Sealed:
    """Seal up to the next checkpoint and make it if it is due, or (`checkpoint`) if there is anything new at all.

    SealBrokenError where the log is not what the newest checkpoint says.
    """
    with sealing(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select size - checkpoint_size from remit_ledger_due()")
        room = MOST - cursor.fetchone()[0]
        cursor.execute("select sealed from remit_ledger_seal(%s)", (room if room > 0 else MOST,))
        entries = (cursor.fetchone() or (0,))[0]
    with sealing(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select size - checkpoint_size, since from remit_ledger_due()")
        unchecked, since = cursor.fetchone()
        if due(unchecked, since, timezone.now()) or (checkpoint and unchecked):
            return Sealed(entries, _sign())
    return Sealed(entries)


def seal(*, checkpoint: bool = False) -> Sealed:
    """Seal all that can be sealed now; returns the sum, and the newest checkpoint that was made."""
    total, newest = 0, None
    while True:
        done = seal_round()
        total, newest = total + done.entries, done.checkpoint or newest
        if not done.entries:
            break
    if checkpoint:
        newest = seal_round(checkpoint=True).checkpoint or newest
    return Sealed(total, newest)


def verifiers() -> list[Verifier]:
    """Return the public key of every key that ever signed this log, the oldest first."""
    return [Verifier(name, public) for name, public in public_keys()]


def checked_head() -> tuple[int, bytes]:
    """Return size and root of the log.

    SealBrokenError where the log, as far as the newest checkpoint reaches, is not what it was when that was signed.
    """
    with connection.cursor() as cursor:
        cursor.execute("select size, root, checkpoint_size, checkpoint_note, root_there from remit_ledger_head()")
        size, root, checkpoint_size, note, root_there = cursor.fetchone()
    if note is not None:
        try:
            was = opened_checkpoint(note, verifiers())
        except NoteRejected as error:
            raise SealBrokenError(
                f"The checkpoint of {checkpoint_size} entries cannot be trusted: {error}. {HELP}"
            ) from None
        if root_there is None:
            raise SealBrokenError(f"The log has {size} entries, fewer than the {was.size} that were signed. {HELP}")
        if (was.size, was.root) != (checkpoint_size, bytes(root_there)):
            raise SealBrokenError(f"The first {was.size} entries are not those that were signed. {HELP}")
    return size, bytes(root)


HELP = "Export the ledger and verify it: `remit ledger export FILE`, `remit ledger verify FILE`."


def _sign() -> int:
    """Sign the log as it is; in the transaction of the caller."""
    size, root = checked_head()
    key = signing_key()
    text = Checkpoint(key.name, size, root, timezone.now()).text()
    with connection.cursor() as cursor:
        cursor.execute("select remit_ledger_checkpoint(%s, %s, %s)", (size, root, signed(text, key.name, key.private)))
    return size

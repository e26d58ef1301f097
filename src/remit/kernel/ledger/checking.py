"""Remit's own look at its ledger, every night: is the log still what its checkpoints say?

It finds what was done by hand in the database early. It is no proof to others: whoever changes the ledger could change
this program as well. That is what exports, checkpoints kept outside and `remit ledger verify` are for.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from remit.kernel.ledger.models import Checkpoint, LedgerCheck
from remit.kernel.ledger.notes import NoteRejected, opened_checkpoint
from remit.kernel.ledger.sealing import SealBrokenError, checked_head, verifiers

STEP = 10_000
"""Entries that one statement compares."""
NEWEST = 50_000
"""Entries that the look of the night compares; that of the week compares all."""


def check(*, whole: bool, progress: Callable[[int, int], None] = lambda done, total: None) -> LedgerCheck:
    """Compare entries with their leaves, leaves with the tree, the tree with every checkpoint; keep what came of it."""
    try:
        size, _ = checked_head()
    except SealBrokenError as broken:
        return _kept(0, 0, str(broken))
    first = 0 if whole else max(0, size - NEWEST) // 256 * 256
    for start in range(first, size, STEP - STEP % 256):
        if fault := _fault(start, min(size, start + STEP - STEP % 256)):
            return _kept(first, size, fault)
        progress(start - first, size - first)
    return _kept(first, size, _misfit(first, size) or _lost())


def _kept(first: int, size: int, fault: str) -> LedgerCheck:
    return LedgerCheck.objects.create(first=first, size=size, fault=fault[:300])


def _fault(first: int, upto: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select place, entry, fault from remit_ledger_fault(%s, %s)", (first, upto))
        found = cursor.fetchone()
    if found is None:
        return ""
    place, entry, words = found
    return f"At position {place}{f' (entry {entry})' if entry else ''} {words}."


def _lost() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select remit_ledger_lost()")
        lost = cursor.fetchone()[0]
    return f"{lost} entries were deleted before they were sealed." if lost else ""


def _misfit(first: int, size: int) -> str:
    """Compare every checkpoint of the stretch with the root there, and its note with its row."""
    with connection.cursor() as cursor:
        cursor.execute("select remit_ledger_misfit(%s, %s)", (first, size))
        if (misfit := cursor.fetchone()[0]) is not None:
            return f"The first {misfit} entries are not those of the checkpoint of that size."
    keys = verifiers()
    for stored in Checkpoint.objects.filter(size__gt=first, size__lte=size).order_by("size").iterator(1000):
        try:
            signed = opened_checkpoint(stored.note, keys)
        except NoteRejected as error:
            return f"The checkpoint of {stored.size} entries cannot be trusted: {error}."
        if (signed.size, signed.root) != (stored.size, bytes(stored.root)):
            return f"The checkpoint of {stored.size} entries is not the one that was signed."
    return ""

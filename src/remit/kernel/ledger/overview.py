"""How the ledger does, for those who look after it: nothing of any record is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from remit.kernel.ledger.models import Anchor, Anchoring, Checkpoint, LedgerCheck
from remit.kernel.ledger.sealing import HELP, SealBrokenError, checked_head, verifiers

LATE = timedelta(minutes=5)
"""An entry that waits longer to be sealed, or to be under a checkpoint, is a reason for alarm."""
COUNTED = 100_000
OUT_OF_SIGHT = "Whoever administers the topmost unit sees why."


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """An anchor, the newest checkpoint it got and when, and why the next one has not got there.

    For an auditor, who comes from outside, the anchor has a name and a kind and no target.
    """

    anchor: Anchor
    size: int | None
    done_at: datetime | None
    error: str
    tries: int
    receipt: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the seal. `alarm` says what is wrong and what to do, or nothing."""

    size: int
    pending: int
    more_pending: bool
    """There are more than were counted."""
    oldest: datetime | None
    """When the oldest pending entry was written."""
    alarm: str
    checkpoints: tuple[Checkpoint, ...]
    anchors: tuple[AnchorLine, ...]
    checks: tuple[LedgerCheck, ...]
    keys: tuple[str, ...]


def overview(*, most: int = 12) -> Overview | None:
    """Return how things stand for an actor who oversees the ledger; None for another."""
    with connection.cursor() as cursor:
        cursor.execute("select size, pending, oldest, held from remit_ledger_state()")
        found = cursor.fetchone()
    if found is None:
        return None
    size, pending, oldest, held = found
    checks = tuple(LedgerCheck.objects.all()[:5])
    return Overview(
        size,
        min(pending, COUNTED),
        pending > COUNTED,
        oldest,
        _alarm(oldest, held=held, checks=checks, now=timezone.now()),
        tuple(Checkpoint.objects.all()[:most]),
        tuple(anchor_lines()),
        checks,
        tuple(map(str, verifiers())),
    )


def anchor_lines() -> list[AnchorLine]:
    """Return every anchor with the newest checkpoint it got; an auditor learns neither where nor why it fails."""
    whole = {anchor.pk: anchor for anchor in Anchor.objects.all()}
    with connection.cursor() as cursor:
        cursor.execute("select id, name, kind from remit_ledger_anchors()")
        anchors = [whole.get(pk) or Anchor(id=pk, name=name, kind=kind) for pk, name, kind in cursor.fetchall()]
    of_all = Anchoring.objects.filter(anchor__in=anchors)
    done = {
        each.anchor_id: each
        for each in of_all.filter(state=Anchoring.State.DONE)
        .order_by("anchor_id", "-size")
        .distinct("anchor_id")
        .defer("receipt")
    }
    waiting = {each.anchor_id: each for each in of_all.filter(state=Anchoring.State.WAITING).defer("receipt")}
    return [_line(anchor, done.get(anchor.pk), waiting.get(anchor.pk)) for anchor in anchors]


def _line(anchor: Anchor, done: Anchoring | None, waiting: Anchoring | None) -> AnchorLine:
    return AnchorLine(
        anchor,
        done.size if done else None,
        done.done_at if done else None,
        waiting.error if waiting and anchor.target else OUT_OF_SIGHT if waiting and waiting.error else "",
        waiting.tries if waiting else 0,
        done is not None and anchor.kind == Anchor.Kind.TIMESTAMP,
    )


def _alarm(oldest: datetime | None, *, held: bool, checks: tuple[LedgerCheck, ...], now: datetime) -> str:
    """Say the worst that is known."""
    try:
        checked_head()
    except SealBrokenError as broken:
        return str(broken)
    if checks and checks[0].fault:
        return f"The last check of the ledger found a fault: {checks[0].fault} {HELP}"
    since = _unchecked_since()
    first = min(filter(None, (oldest, since)), default=None)
    if first is None or now - first < LATE:
        return ""
    if oldest is not None and held:
        return "A transaction that has been open for minutes holds sealing up. It goes on once that one ends."
    return "Sealing stands still. See whether a worker runs; `remit ledger seal` seals by hand and says what is wrong."


def _unchecked_since() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute("select since from remit_ledger_due()")
        since: datetime | None = cursor.fetchone()[0]
    return since

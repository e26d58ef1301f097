"""Anchors: checkpoints are carried to places that whoever runs Remit cannot change afterwards.

An anchor gets the newest checkpoint, at most one each `every` seconds; what fails is tried again, later each time and
with the checkpoint that is the newest by then. Whoever dies between carrying and noting it down carries it twice, which
harms nobody: each kind of anchor tells the same checkpoint from another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.ledger.anchoring import folder, mail, syslog, timestamps
from remit.kernel.ledger.anchoring.refused import AnchorRefusedError
from remit.kernel.ledger.models import Anchor, Anchoring

log = logging.getLogger("remit.ledger")

LEASE = timedelta(minutes=2)
"""For how long a try belongs to the process that began it."""
LONGEST_PAUSE = timedelta(hours=1)
KEPT = 1000
"""Of an anchor, the checkpoints remembered without a receipt."""
DEFAULT_SECONDS = {
    Anchor.Kind.SYSLOG: 60,
    Anchor.Kind.FOLDER: 60,
    Anchor.Kind.MAIL: 24 * 3600,
    Anchor.Kind.TIMESTAMP: 3600,
}
"""The least time between two checkpoints, unless one chooses another: a person reads the mail."""

Deliver = Callable[[Anchor, int, str], bytes | None]
DELIVER: Mapping[str, Deliver] = {
    Anchor.Kind.SYSLOG: lambda anchor, size, note: syslog.deliver(anchor.target, note),
    Anchor.Kind.FOLDER: lambda anchor, size, note: folder.deliver(anchor.target, size, note),
    Anchor.Kind.MAIL: lambda anchor, size, note: mail.deliver(anchor.target, size, note),
    Anchor.Kind.TIMESTAMP: lambda anchor, size, note: timestamps.deliver(anchor.target, anchor.certificate, note),
}
"""How a note gets to each kind of anchor; what is returned is the receipt."""
PROBLEM: Mapping[str, Callable[[str, str], str]] = {
    Anchor.Kind.SYSLOG: lambda target, certificate: syslog.problem(target),
    Anchor.Kind.FOLDER: lambda target, certificate: folder.problem(target),
    Anchor.Kind.MAIL: lambda target, certificate: mail.problem(target),
    Anchor.Kind.TIMESTAMP: timestamps.problem,
}

carrying = partial(actor.system, "anchoring the ledger")


def add(name: str, kind: str, target: str, *, certificate: str = "", every: int | None = None) -> Anchor:
    """Add an anchor, as the actor. AnchorRefusedError says what is wrong with it and what to do."""
    if refusal := PROBLEM[kind](target, certificate):
        raise AnchorRefusedError(refusal)
    if not name.strip() or Anchor.objects.filter(name=name.strip()).exists():
        raise AnchorRefusedError("Another anchor has this name, or it has none. Choose a different one.")
    seconds = DEFAULT_SECONDS[Anchor.Kind(kind)] if every is None else every
    return Anchor.objects.create(
        name=name.strip(), kind=kind, target=target, certificate=certificate, every=max(60, seconds)
    )


def remove(anchor: Anchor) -> None:
    """Send nothing more there; what is there stays, and so does what the ledger says of it."""
    anchor.delete()


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many tries that failed: 30 s, 1 min, 2 min … up to an hour."""
    return min(LONGEST_PAUSE, timedelta(seconds=30 * 2 ** min(tries - 1, 10)))


def carry(now: datetime | None = None) -> int:
    """Carry the newest checkpoint to every anchor where it is due; returns how many got it."""
    at = now or timezone.now()
    with carrying(), transaction.atomic():
        anchors = list(Anchor.objects.filter(active=True))
    return sum(_carry(anchor, at) for anchor in anchors)


def newest_note() -> tuple[int, str] | None:
    """Return size and note of the newest checkpoint."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select size, note from remit_ledger_newest()")
        found: tuple[int, str] | None = cursor.fetchone()
    return found


def _carry(anchor: Anchor, now: datetime) -> bool:
    with carrying(), transaction.atomic():
        claimed = _claim(anchor, now)
    if claimed is None:
        return False
    try:
        receipt = DELIVER[anchor.kind](anchor, claimed.size, claimed.note)
    except AnchorRefusedError as refusal:
        error = str(refusal)
    except OSError as fault:
        error = f"{fault.strerror or fault}."
    except Exception as fault:
        log.exception("Anchor %s failed.", anchor.name)
        error = f"A fault of Remit ({type(fault).__name__}); its log says more."
    else:
        with carrying(), transaction.atomic():
            _done(claimed.pk, receipt)
            _forget(anchor)
        return True
    with carrying(), transaction.atomic():
        Anchoring.objects.filter(pk=claimed.pk, state=Anchoring.State.WAITING).update(
            error=error[:300], next_try=timezone.now() + pause(claimed.tries)
        )
    return False


class _Claimed:
    """A checkpoint that this process carries to an anchor now."""

    def __init__(self, row: Anchoring, note: str) -> None:
        self.pk, self.size, self.tries, self.note = row.pk, row.size, row.tries, note


def _claim(anchor: Anchor, now: datetime) -> _Claimed | None:
    """Take the newest checkpoint for this anchor, unless it has it, had one just now, or somebody else is at it."""
    newest = newest_note()
    if newest is None:
        return None
    size, note = newest
    mine = Anchoring.objects.filter(anchor=anchor)
    recent = Q(size=size) | Q(done_at__gt=now - timedelta(seconds=anchor.every))
    if mine.filter(recent, state=Anchoring.State.DONE).exists():
        return None
    Anchoring.objects.bulk_create([Anchoring(anchor=anchor, size=size, next_try=now)], ignore_conflicts=True)
    row = (
        mine.select_for_update(skip_locked=True, of=("self",))
        .filter(state=Anchoring.State.WAITING, next_try__lte=now)
        .first()
    )
    if row is None:
        return None
    row.size, row.tries, row.next_try = size, row.tries + 1, now + LEASE
    row.save(update_fields=["size", "tries", "next_try"])
    return _Claimed(row, note)


def _done(pk: int, receipt: bytes | None) -> None:
    Anchoring.objects.filter(pk=pk, state=Anchoring.State.WAITING).update(
        state=Anchoring.State.DONE, done_at=timezone.now(), error="", receipt=receipt
    )


def _forget(anchor: Anchor) -> None:
    """Keep the newest of those that left no receipt."""
    past = Anchoring.objects.filter(anchor=anchor, state=Anchoring.State.DONE, receipt=None).order_by("-size")
    if (last := past.values_list("size", flat=True)[KEPT : KEPT + 1].first()) is not None:
        past.filter(size__lte=last).delete()

"""Breaking the glass: a head of security opens a restricted record of their units for some hours, and others are told.

Whatever keeps the glass whole (no such record, not in their units, not restricted, seen already) is said in the same
words, so that nothing can be learnt by trying. Each try is on the ledger, and MOST of them may be made in an hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from remit.kernel import actor, step_up
from remit.kernel.access.models import NeedToKnow, Reach
from remit.kernel.access.standing import Standing
from remit.kernel.ledger.reading import note

if TYPE_CHECKING:
    from remit.kernel.records import Record

HOURS: Final = 4
LEAST_REASON: Final = 20
LONGEST_REASON: Final = 200
MOST: Final = 10
KIND: Final = NeedToKnow._meta.label_lower
REFERENCE: Final = re.compile(r"([A-Z]{2,6})-([0-9]{1,18})")
SAME_WORDS: Final = (
    "Nothing was opened: there is no restricted record of this reference that is in your units and closed to you. "
    "Check the reference. This try is on the ledger."
)

glass_broken = Signal()
"""Sent with `record`, `leave` (NeedToKnow) and `heads` (ids of the unit's other heads), in the same transaction."""


class GlassRefusedError(Exception):
    """The glass is not broken; the message says why and what to do. `too_often` where it is for the number of tries."""

    def __init__(self, message: str, *, too_often: bool = False) -> None:
        super().__init__(message)
        self.too_often = too_often


@dataclass(frozen=True)
class Opened:
    """The record that may be seen now, and the leave by which."""

    record: Record
    leave: NeedToKnow


def may_break(standing: Standing) -> bool:
    """Say whether this person may break the glass anywhere."""
    return standing.may("break_glass", "*")


def reason_problem(reason: str) -> str:
    """Say what is wrong with a reason, or return ""."""
    length = len(reason.strip())
    if length < LEAST_REASON:
        return f"Say why in at least {LEAST_REASON} characters: the owner and the other heads of security read it."
    return f"Say it in at most {LONGEST_REASON} characters." if length > LONGEST_REASON else ""


def break_glass(standing: Standing, reference: str, reason: str) -> Opened:
    """Open a restricted record to this person for HOURS, and tell its owner and the other heads of its unit.

    Call in a transaction that is committed also when this refuses: the entry of the try must stay.
    """
    if not may_break(standing):
        raise GlassRefusedError("Only a head of security breaks the glass.")
    if problem := reason_problem(reason):
        raise GlassRefusedError(problem)
    step_up.require()
    reference = reference.strip().upper()
    if _tries(standing.user_id) >= MOST:
        raise GlassRefusedError(f"You tried {MOST} times within an hour. Wait, or ask the owner.", too_often=True)
    record = _found(standing, reference)
    if record is None:
        said = reference if REFERENCE.fullmatch(reference) else "something that is no reference"
        note("refuse", KIND, (), f"break glass: {said}")
        raise GlassRefusedError(SAME_WORDS)
    return _open(standing, record, reason.strip())


def broken_by(record: Record, user_id: int) -> NeedToKnow | None:
    """Return the leave by which this person sees the record since they broke the glass, while it lasts."""
    if not record.restricted or record.owner_id == user_id:
        return None
    return NeedToKnow.objects.filter(
        kind=record.kind(), record_id=record.pk, user_id=user_id, broken_glass=True, until__gt=timezone.now()
    ).first()


def _found(standing: Standing, reference: str) -> Record | None:
    """Return the record that the glass stands before: restricted, in this person's units, and closed to them."""
    from remit.kernel.records import record_types  # noqa: PLC0415  (records come after access)

    said = REFERENCE.fullmatch(reference)
    model = next((m for m in record_types() if said and m.prefix == said[1]), None)
    if said is None or model is None:
        return None
    key = int(said[2])
    seen = model._default_manager.filter(pk=key).exists()
    with actor.system("looking behind the glass"):
        record = model._default_manager.filter(pk=key, restricted=True).select_related("owner", "unit").first()
    within = record is not None and standing.may("break_glass", model.kind(), record.unit_id)
    return record if within and not seen else None


def _open(standing: Standing, record: Record, reason: str) -> Opened:
    until = timezone.now() + timedelta(hours=HOURS) - timedelta(seconds=1)  # the database's clock began a moment ago
    with transaction.atomic(), actor.verb("break glass", reason):
        leave, _ = NeedToKnow.objects.update_or_create(
            kind=record.kind(),
            record_id=record.pk,
            user_id=standing.user_id,
            defaults={"reason": reason, "until": until, "given_by_id": standing.user_id, "broken_glass": True},
        )
    note("break glass", record.kind(), [record.pk], reason)
    glass_broken.send(sender=NeedToKnow, record=record, leave=leave, heads=_heads(record, standing.user_id))
    return Opened(record, leave)


def _heads(record: Record, but: int) -> list[int]:
    """Return the ids of the other heads of security who reach the record's unit."""
    rows = Reach.objects.filter(unit=record.unit_id, role="head_of_security", user__is_active=True).exclude(user=but)
    today = timezone.localdate()
    return sorted({row.user_id for row in rows if row.until is None or row.until >= today})


def _tries(user_id: int) -> int:
    """Count this person's tries of the last hour by their entries; two at once wait in turn."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(724682, %s)", (user_id % 2**31,))
        cursor.execute(
            "select remit_deeds(%s, array['break glass', 'refuse'], %s)", (KIND, timezone.now() - timedelta(hours=1))
        )
        return int(cursor.fetchone()[0])

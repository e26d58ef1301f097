"""Legal holds: what is held is neither removed by retention nor deleted with its record, whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.attachments.models import Evidence, LegalHold
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.ledger.reading import note

if TYPE_CHECKING:
    from remit.kernel.records import Record

LONGEST = 500


def hold(record: Record, reason: str, evidence: Evidence | None = None) -> LegalHold:
    """Hold a record with every file about it, or one file; holding again what is held is the hold there is.

    AttachmentRefusedError without a reason, or with one of more than 500 characters. Ask for the verb "hold" first.
    """
    said = " ".join(reason.replace("\x00", "").split())
    if not said:
        raise AttachmentRefusedError("empty", "reason", "Say for which matter it is held.")
    if len(said) > LONGEST:
        raise AttachmentRefusedError("too-long", f"character {LONGEST}", "Shorten the reason, and name the file of it.")
    made, is_new = LegalHold.objects.get_or_create(
        kind=record.kind(),
        record_id=record.pk,
        evidence=evidence,
        lifted_at=None,
        defaults={"reason": said, "by_id": actor.actor().user_id},
    )
    if is_new:
        _note("hold", made, said)
    return made


def lift(held: LegalHold) -> None:
    """Lift a hold; it stays as what there was."""
    LegalHold.objects.filter(pk=held.pk, lifted_at=None).update(
        lifted_at=timezone.now(), lifted_by=actor.actor().user_id
    )
    _note("lift hold", held, held.reason)


def holds_of(record: Record) -> QuerySet[LegalHold]:
    """Return the holds in force on a record and on files about it, oldest first."""
    held = LegalHold.objects.filter(kind=record.kind(), record_id=record.pk, lifted_at=None)
    return held.select_related("by", "evidence")


def deletion_refusal(record: Record) -> str:
    """Say why a hold keeps a record from being deleted, or return ""."""
    held = holds_of(record).first()
    if held is None:
        return ""
    what = f"“{held.evidence.name}” is" if held.evidence else "It is"
    return f"{what} under legal hold since {held.at:%Y-%m-%d} ({held.reason}). Lift the hold first."


def _note(verb: str, held: LegalHold, reason: str) -> None:
    """Let each piece of evidence show the hold in its custody."""
    covered = [held.evidence_id] if held.evidence_id else list(_evidence_of(held))
    if covered:
        note(verb, Evidence._meta.label_lower, covered, reason)


def _evidence_of(held: LegalHold) -> QuerySet[Evidence, int]:
    return Evidence.objects.filter(kind=held.kind, record_id=held.record_id).values_list("pk", flat=True)

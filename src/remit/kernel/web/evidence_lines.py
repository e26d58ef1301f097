"""Evidence and legal holds as a record's page and the page of custody show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from remit.kernel.attachments.models import Evidence, LegalHold
from remit.kernel.screens import Cell, EvidenceLine, FormField, MoveButton


def hold_badges(holds: Iterable[LegalHold]) -> Iterable[Cell]:
    """Yield the badge of a record that is held whole; a hold on one file stands beside that file."""
    for held in holds:
        if held.evidence_id is None:
            yield Cell("state", "Legal hold", tone="attend", title=hold_words(held))


def hold_words(held: LegalHold) -> str:
    return f"Held since {moment(held.at)} by {held.by.name if held.by else 'Remit'}: {held.reason}"


def hold_moves(base: str, name: str, held: bool) -> tuple[MoveButton, ...]:
    """Return the button that holds what has this address, or the one that lifts the hold."""
    if held:
        confirm = f"{name} may then be removed and deleted again. The hold stays in its history."
        return (MoveButton("lift", "Lift the legal hold", f"{base}lift/", confirm=confirm),)
    asked = FormField(
        "reason", "For which matter", "text", required=True, attributes=(("maxlength", "500"),), place="hold-"
    )
    confirm = f"{name} is kept until somebody lifts the hold: no rule removes it, and nobody deletes it."
    return (MoveButton("hold", "Put under legal hold", f"{base}hold/", confirm=confirm, asks=(asked,)),)


def evidence_mark(evidence: Evidence, holds: Iterable[LegalHold]) -> Cell | None:
    """Return what is to be said beside a file: that it was removed, or that it is held by itself."""
    if evidence.removed_at:
        return Cell("state", "Removed", tone="soft", title=f"{moment(evidence.removed_at)}: {evidence.removed_by}")
    held = next((h for h in holds if h.evidence_id == evidence.pk), None)
    return Cell("state", "Legal hold", tone="attend", title=held.reason) if held else None


def evidence_line(evidence: Evidence, holds: Iterable[LegalHold] = ()) -> EvidenceLine:
    return EvidenceLine(
        evidence.name,
        "" if evidence.removed_at else f"/evidence/{evidence.pk}/",
        size_words(evidence.size),
        evidence.digest,
        str(evidence.by or "system"),
        moment(evidence.at),
        f"/evidence/{evidence.pk}/custody/",
        evidence_mark(evidence, holds),
    )


def moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y, %H:%M}"


def size_words(size: int) -> str:
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"

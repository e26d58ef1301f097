"""Telling people by a task in their inbox what happened to what they answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver
from django.utils.timezone import localdate

from remit.kernel.access.break_glass import HOURS, glass_broken
from remit.kernel.work.services import ask

if TYPE_CHECKING:
    from remit.kernel.access.models import NeedToKnow
    from remit.kernel.records import Record


@receiver(glass_broken, dispatch_uid="work.glass")
def tell_of_broken_glass(record: Record, leave: NeedToKnow, heads: list[int], **_: Any) -> None:
    """Tell the owner and the other heads of the unit; the texts name the record by its reference only."""
    told = [pk for pk in dict.fromkeys((record.owner_id, *heads)) if pk is not None and pk != leave.user_id]
    for person in told:
        ask(
            f"{leave.user.name} broke the glass of {record.ref}",
            owner_id=person,
            due_on=localdate(),
            record=record,
            detail=f"They see it for {HOURS} hours. Their reason: {leave.reason}\nIts owner may take the leave back.",
        )

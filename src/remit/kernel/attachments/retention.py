"""For how long evidence is kept: by kind of record, in days; without a rule, for good."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from remit.kernel import actor
from remit.kernel.attachments.models import RetentionRule
from remit.kernel.attachments.refused import AttachmentRefusedError
from remit.kernel.resources import of_kind

LEAST, MOST = 30, 36_525
"""Days: nothing goes within a month, and a hundred years is for good."""


def rules() -> dict[str, RetentionRule]:
    """Return the rules there are, by kind of record."""
    return {rule.kind: rule for rule in RetentionRule.objects.select_related("by")}


def may_change() -> bool:
    """Whether the actor says for how long evidence is kept: the head of security of the topmost unit."""
    with connection.cursor() as cursor:
        cursor.execute("select remit_heads_security()")
        return bool(cursor.fetchone()[0])


def change(kind: str, days: int | None) -> None:
    """Keep evidence about records of a kind for so many days, or for good (None).

    AttachmentRefusedError for a kind there is not and for less than 30 days. Ask `may_change` first.
    """
    if of_kind(kind) is None:
        raise AttachmentRefusedError("unknown-kind", "kind", "Choose a kind of record from the list.")
    if days is None:
        RetentionRule.objects.filter(kind=kind).delete()
        return
    if not LEAST <= days <= MOST:
        raise AttachmentRefusedError(
            "bad-days", "days", f"Say {LEAST} to {MOST:,} days, or nothing to keep it for good."
        )
    held = RetentionRule.objects.filter(kind=kind).first()
    if held is None or held.days != days:
        said = {"days": days, "by_id": actor.actor().user_id, "changed_at": timezone.now()}
        RetentionRule.objects.update_or_create(kind=kind, defaults=said)

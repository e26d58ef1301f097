"""What work means, over plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any


def not_the_asker(work: Any, user_id: int | None) -> str:
    """Four eyes: who asks for a decision does not take it."""
    if user_id is not None and user_id == work.asked_by_id:
        return "You asked for this; somebody else must decide (four eyes)."
    return ""


def is_decision(work: Any, user_id: int | None) -> str:
    """A decision is taken by whoever did not ask for it; anything else is finished instead."""
    if work.type != "approval":
        return "Only an approval is approved or refused; finish this instead."
    return not_the_asker(work, user_id)


def is_no_decision(work: Any, user_id: int | None) -> str:
    return "An approval is approved or refused." if work.type == "approval" else ""


def bucket(due: date | None, today: date) -> str:
    """Name the part of the inbox a due day belongs to: "overdue", "today", "week" or "later"."""
    if due is None:
        return "later"
    days = (due - today).days
    if days < 0:
        return "overdue"
    if days == 0:
        return "today"
    return "week" if days <= 7 else "later"


PATIENCE = 3
"""Days after the due day before somebody above is told."""
GROUPS = (
    ("overdue", "Overdue"),
    ("today", "Due today"),
    ("week", "Due this week"),
    ("later", "Later or without a day"),
)


def urgency(decision: bool, due: date | None) -> tuple[bool, bool, date]:
    """Order the lines of one part of the inbox: decisions first, then by due day, those without one last."""
    return (not decision, due is None, due or date.max)


def late_enough(due: date | None, today: date, patience: int = PATIENCE) -> bool:
    """Say whether something is so long overdue that the head of its unit is told: more than `patience` days."""
    return due is not None and (today - due).days > patience


def head_for(
    unit_id: int, parents: Mapping[int, int | None], heads: Mapping[int, int], not_user: int | None
) -> int | None:
    """Find who is told: the head of the unit or of the nearest unit above it, but never the one who is late.

    `parents` maps each unit to the one above it, `heads` units to user ids. None where nobody is left.
    """
    seen: set[int] = set()
    here: int | None = unit_id
    while here is not None and here not in seen:
        seen.add(here)
        if (head := heads.get(here)) is not None and head != not_user:
            return head
        here = parents.get(here)
    return None

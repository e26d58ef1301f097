"""What grants, engagements and reviews mean, over plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

AUDITOR = "auditor"
WARNING = timedelta(days=7)
"""How long before its last day the giver of a grant is asked whether it goes on."""
REVIEW_EVERY = timedelta(days=90)
"""How often who holds which role is to be looked at again."""


def engagement_refusal(role: str, unit_id: int, engagement_unit: int | None) -> str:
    """Say why a role does not fit an engagement, by the engagement's unit (None: there is none), or return ""."""
    if role == AUDITOR and engagement_unit is None:
        return "An auditor belongs to an engagement, which says what they read and until when. Name one."
    if role != AUDITOR and engagement_unit is not None:
        return "Only auditors belong to an engagement. Leave it out for any other role."
    if engagement_unit is not None and engagement_unit != unit_id:
        return "This engagement is in another unit. An auditor's role is in the unit of their engagement."
    return ""


def with_needed(kinds: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return record types with those that they cannot be read without, in order: a finding names its asset."""
    found: list[str] = []
    waiting = list(dict.fromkeys(kinds))
    while waiting:
        kind = waiting.pop(0)
        if kind not in found:
            found.append(kind)
            waiting += needs.get(kind, ())
    return sorted(found)


def ends_soon(last_day: date | None, today: date, within: timedelta = WARNING) -> bool:
    """Say whether something ends within a week, today included; what has ended already does not."""
    return last_day is not None and today <= last_day <= today + within


def review_is_due(last_started: date | None, today: date) -> bool:
    """Say whether it is time to look at all grants again."""
    return last_started is None or today - last_started >= REVIEW_EVERY


def unused_days(last_sign_in: date | None, today: date) -> int | None:
    """Return the days without a sign-in; None for who never signed in."""
    return None if last_sign_in is None else max(0, (today - last_sign_in).days)

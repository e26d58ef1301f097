"""The calendar feed of one person: a token that is shown once and kept as a digest, and what it opens."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from remit.kernel import actor
from remit.kernel.outbox.digests import RESTRICTED, restricted_work
from remit.kernel.outbox.models import Preference
from remit.kernel.work.services import calendar


def renew(user_id: int, now: datetime) -> str:
    """Make a token of 256 bits for a person's feed and return it; an earlier one opens nothing any more. As them."""
    token = secrets.token_urlsafe(32)
    Preference.objects.update_or_create(user_id=user_id, defaults={"calendar": _digest(token), "calendar_made_at": now})
    return token


def revoke(user_id: int) -> None:
    """Close a person's feed, if one is open."""
    Preference.objects.filter(user_id=user_id, calendar__isnull=False).update(calendar=None, calendar_made_at=None)


def read(token: str) -> str | None:
    """Return what a token opens as iCalendar text; None for an unknown one and for who may not sign in."""
    with actor.system("opening a calendar feed"), transaction.atomic():
        found = Preference.objects.filter(calendar=_digest(token), user__is_active=True).first()
    if found is None:
        return None
    with actor.acting(found.user_id), transaction.atomic():
        return calendar(found.user_id, base=settings.ADDRESS, hidden=restricted_work, instead=RESTRICTED)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()

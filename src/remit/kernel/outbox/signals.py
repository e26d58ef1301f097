"""What ends in the outbox when every way into somebody's account ends."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from remit.kernel import actor
from remit.kernel.access.models import User
from remit.kernel.access.services import ways_in_end
from remit.kernel.outbox import feeds


@receiver(ways_in_end, dispatch_uid="outbox.calendar")
def ways_in_ended(user: User, **_: Any) -> None:
    """Close the calendar feed: its address is as good as a password to it."""
    with actor.system("ending every way in"):
        feeds.revoke(user.pk)

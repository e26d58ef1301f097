"""What opens somebody's account now, counted, so that a page can say what is about to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from remit.kernel import actor
from remit.kernel.access.models import User
from remit.kernel.identity import sessions, tokens
from remit.kernel.identity.models import ApiToken


@dataclass(frozen=True, slots=True)
class WaysIn:
    """How many sessions and API tokens of a person hold, and how many tokens that they made for programs."""

    sessions: int
    tokens: int
    of_programs: int


def ways_in(user: User, now: datetime) -> WaysIn:
    """Count the ways into an account, for whoever may end them: the rows themselves are their person's alone."""
    with actor.system("what a new link would end"), transaction.atomic():
        held = tokens.valid(ApiToken.objects.all(), now)
        return WaysIn(
            sessions.going_on(user).count(),
            held.filter(user=user).count(),
            held.filter(made_by=user, user__is_service=True).count(),
        )

"""View-as: a head of security looks at the pages as somebody they are responsible for sees them, and changes nothing.

What is shown is what both may see: the database takes the viewer's own reach and needs to know into account beside the
person's (`remit.viewer`), and refuses every change.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.timezone import localdate

from remit.kernel import step_up
from remit.kernel.access.managing import account_refusal
from remit.kernel.access.models import Reach, User
from remit.kernel.access.roles import ROLES
from remit.kernel.access.services import HEAD
from remit.kernel.access.standing import Standing
from remit.kernel.ledger.reading import note
from remit.kernel.logs import redacted

MINUTES: Final = 15
LONGEST_REASON: Final = 200
KIND: Final = User._meta.label_lower
VERB: Final = "view as"


class ViewRefusedError(Exception):
    """One person may not look as the other sees; the message says why."""


@dataclass(frozen=True)
class Viewing:
    """Who is looked at, and until when."""

    person: User
    until: datetime


def refusal(standing: Standing, person: User) -> str:
    """Say why this person may not view as that one, or return ""."""
    if person.pk == standing.user_id:
        return "You see your own pages already."
    if HEAD not in standing.roles:
        return "Only a head of security views as somebody."
    if not person.is_active:
        return f"{person.name} may not sign in, so there is nothing that they see."
    if reason := account_refusal(standing, person):
        return reason
    today = localdate()
    held = list(Reach.objects.filter(Q(until=None) | Q(until__gte=today), user=person).exclude(role="above"))
    if not held:
        return f"{person.name} has no role, so there is nothing that they see."
    if any(ROLES[reach.role].administers for reach in held):
        return f"{person.name} manages access too. One views only as somebody of lesser privilege."
    if any(HEAD not in standing.in_unit(reach.unit_id) for reach in held):
        return f"{person.name} also works in a unit of which you are not head of security."
    return ""


def begin(standing: Standing, person: User, reason: str) -> dict[str, Any]:
    """Start viewing as somebody and return what the session is to keep; ViewRefusedError where a rule forbids it."""
    if why_not := refusal(standing, person):
        note("refuse", KIND, [person.pk], VERB)
        raise ViewRefusedError(why_not)
    said = " ".join(reason.replace("\x00", "").split())[:LONGEST_REASON]
    if not said:
        raise ViewRefusedError("Say why you need to see what they see.")
    step_up.require()
    note(VERB, KIND, [person.pk], f"as {person.email}, for {MINUTES} minutes: {said}")
    return {"person": person.pk, "until": time.time() + MINUTES * 60}


def current(standing: Standing, kept: Mapping[str, Any]) -> Viewing | None:
    """Return whom the session says is viewed, or None once the time is over or a rule forbids it by now."""
    if time.time() >= kept["until"]:
        return None
    person = User.objects.filter(pk=kept["person"]).first()
    if person is None or refusal(standing, person):
        return None
    return Viewing(person, datetime.fromtimestamp(kept["until"], UTC))


def note_look(viewing: Viewing, path: str) -> None:
    """Put on the ledger, as the viewer, that a page was looked at; without what would open it to a reader."""
    note(VERB, KIND, [viewing.person.pk], f"as {viewing.person.email}: {redacted(path)}")


def note_end(kept: Mapping[str, Any]) -> None:
    """Put on the ledger that who looked stopped looking."""
    note(VERB, KIND, [kept["person"]], "stopped")

"""Access in the sample organisation: two audits, a group for the weekends, and a review under way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from remit.kernel import actor
from remit.kernel.access import managing
from remit.kernel.access.models import Engagement, Unit, User
from remit.kernel.access.standing import standing
from remit.kernel.granting import groups, reviews
from remit.kernel.granting.engagements import scope
from remit.kernel.granting.reminding import remind

AUDITS: dict[str, dict[str, Any]] = {
    "annika.duarte@halvern.example": {
        "title": "Internal audit plan",
        "firm": "Halvern Internal Audit",
        "contact": "Annika Duarte",
        "days": 300,
    },
    "pavel.whitcombe@larkfield.example": {
        "title": "PCI DSS assessment",
        "firm": "Larkfield Assurance",
        "contact": "engagements@larkfield.example",
        "kinds": ["vulnerabilities.occurrence", "vulnerabilities.acceptance", "vulnerabilities.remediation"],
    },
}
"""By the auditor's address; without a last day of their grant, the audit runs for so many days."""


def engagement_of(email: str, unit: Unit, expires_on: date | None, today: date) -> Engagement:
    """Make the engagement that an auditor of the sample comes for, begun three weeks ago."""
    said = dict(AUDITS[email])
    days, kinds = said.pop("days", 90), said.pop("kinds", [])
    return Engagement.objects.create(
        **said,
        unit=unit,
        kinds=scope(kinds),
        starts_on=today - timedelta(days=21),
        ends_on=expires_on or today + timedelta(days=days),
    )


ROTA = ("henrik.osei@halvern.example", "nia.papadaki@halvern.example")
KEPT = ("Needed for the payment platform", 4)
"""The reason given for the first so many grants of the review."""


def granted(units: dict[str, Unit], head: User, today: date) -> None:
    """Let the head of security make a group whose role ends soon and begin a review, as they would on the pages."""
    with actor.acting(head.pk):
        held = standing(head.pk)
        rota = groups.make(held, name="Weekend rota", unit_id=units["TALLY"].pk)
        groups.fill(held, rota, ROTA)
        managing.give(held, rota, role="analyst", unit_id=units["TALLY"].pk, expires_on=today + timedelta(days=5))
        review = reviews.start(held, unit_id=units["TALLY"].pk, due_on=today + timedelta(days=12))
        reason, most = KEPT
        first = [line.pk for line in review.lines.all() if not reviews.refusal(held, line)][:most]
        reviews.decide(held, review, first, "keep", reason)
    remind(today)

"""What two audits of the sample organisation may read, and until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from remit.kernel.access.models import Engagement, Unit
from remit.kernel.granting.engagements import scope

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

"""When contracts are to be decided on, end and renew; and the tasks that remind their owners in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from remit.govern.budget import rules
from remit.govern.budget.models import Contract
from remit.kernel import actor
from remit.kernel.granting.reminding import Askers
from remit.kernel.work.models import Work
from remit.kernel.work.services import ask

AHEAD: Final = timedelta(days=60)
"""How long before the last day of notice an owner is asked to decide."""
MOST: Final = 500
RUNNING: Final = ("active", "ending")


@dataclass(frozen=True)
class Event:
    """Something about a contract on a day: "notice", "ends" or "renews"."""

    on: date
    what: str
    contract: Contract
    due: bool = False
    """Whether it is to be decided now."""


def events(today: date, units: Sequence[int] | None = None) -> dict[date, list[Event]]:
    """Return what happens in the next months, by the first day of each month, of the contracts the reader sees."""
    last = rules.months_later(today, rules.HORIZON_MONTHS)
    soon = Q(ends__range=(today, last)) | Q(notice_on__range=(today, last))
    contracts = Contract.objects.filter(soon, state__in=RUNNING).select_related("owner", "unit").order_by("ends", "id")
    if units is not None:
        contracts = contracts.filter(unit_id__in=units)
    found: dict[date, list[Event]] = {first: [] for first in rules.months_of(today, last)}
    for contract in contracts[:MOST]:
        for event in _of(contract, today):
            if today <= event.on <= last:
                found[event.on.replace(day=1)].append(event)
    for of_month in found.values():
        of_month.sort(key=lambda event: (event.on, event.contract.pk))
    return found


def _of(contract: Contract, today: date) -> list[Event]:
    renews = contract.renewal == Contract.Renewal.AUTOMATIC and contract.state == "active"
    found = [Event(contract.ends, "renews" if renews else "ends", contract)] if contract.ends else []
    if contract.notice_on and contract.state == "active":
        found.append(Event(contract.notice_on, "notice", contract, contract.notice_on - AHEAD <= today))
    return found


@transaction.atomic
def remind(today: date) -> list[Work]:
    """Ask owners to decide on contracts whose notice comes near; close what was decided. As the system, never twice."""
    with actor.system("renewals that come near"):
        near = Contract.objects.filter(state="active", notice_on__gte=today, notice_on__lte=today + AHEAD)
        wanted = {(contract.pk, contract.notice_on): contract for contract in near.order_by("pk")}
        asked: dict[tuple[int | None, date | None], list[Work]] = defaultdict(list)
        for work in Work.objects.filter(about_kind=Contract.kind(), type=Work.Type.REVIEW):
            asked[work.about_id, work.due_on].append(work)
        for key, works in asked.items():
            for work in works:
                if work.state == "open" and key not in wanted and key[1] is not None and key[1] >= today:
                    work.move("finish")
        askers = Askers(today)
        return [
            ask(
                f"Decide: renew, change or end {contract.title}?",
                owner_id=owner,
                due_on=contract.notice_on,
                record=contract,
                type=Work.Type.REVIEW,
                detail=_detail(contract),
            )
            for key, contract in wanted.items()
            if key not in asked and (owner := contract.owner_id or askers.of(contract.unit_id, None)) is not None
        ]


def _detail(contract: Contract) -> str:
    renews = "renews by itself" if contract.renewal == Contract.Renewal.AUTOMATIC else "ends"
    return (
        f"It {renews} on {contract.ends:%-d %B %Y}, {contract.currency} {contract.price_per_year:,.0f} a year. "
        f"The negotiation brief is at {contract.get_absolute_url()}brief/."
    )

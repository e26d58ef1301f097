"""The renewal calendar, and the negotiation brief of a contract."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from remit.govern.budget.briefing import negotiation_brief
from remit.govern.budget.calendar import Event, events
from remit.govern.budget.models import Contract
from remit.govern.budget.screens import RenewalLine, RenewalMonth, RenewalScreen
from remit.kernel.figures.services import ledger_position
from remit.kernel.reports.model import Report
from remit.kernel.resources import resource
from remit.kernel.screens import Cell, Link
from remit.kernel.web.cells import due_cell
from remit.kernel.web.reporting import handed_out, shown
from remit.kernel.web.shell import scope
from remit.kernel.web.views import found, require_on, standing_of

WORDS = {"notice": "Last day of notice", "ends": "Ends", "renews": "Renews by itself"}
TONES = {"notice": "attend", "ends": "soft", "renews": "track"}


@require_safe
def renewals(request: HttpRequest) -> HttpResponse:
    """Show what contracts want decided in the next months, and when they end."""
    if not standing_of(request).sees(Contract.kind()):
        raise PermissionDenied
    return render(request, "budget/renewals.html", {"screen": renewal_screen(request)})


def renewal_screen(request: HttpRequest) -> RenewalScreen:
    by_month = events(localdate(), scope(request))
    now = sum(event.due for of_month in by_month.values() for event in of_month)
    months = tuple(
        RenewalMonth(f"{first:%B %Y}", tuple(_line(event) for event in of_month))
        for first, of_month in by_month.items()
        if of_month
    )
    quiet = [f"{first:%b %Y}" for first, of_month in by_month.items() if not of_month]
    waits = "Nothing is to be decided now" if not now else (
        "One contract is to be decided on now" if now == 1 else f"{now} contracts are to be decided on now"
    )  # fmt: skip
    return RenewalScreen(waits, months, f"Nothing in {', '.join(quiet)}." if quiet and months else "")


def _line(event: Event) -> RenewalLine:
    contract = event.contract
    return RenewalLine(
        _day(event.on),
        "Decide now" if event.due else WORDS[event.what],
        "act" if event.due else TONES[event.what],
        Link(contract.title, contract.get_absolute_url(), note=contract.supplier),
        f"{contract.currency} {contract.price_per_year:,.0f} a year",
        contract.owner.name if contract.owner else "Nobody yet",
        Link("Brief", f"{contract.get_absolute_url()}brief/"),
    )


def _day(on: date) -> Cell:
    """A day under its month's heading: how far off it is while it is near, else without the year."""
    near = due_cell(on, localdate())
    return near if near.title and near.text != f"{on.day} {on:%b %Y}" else Cell("date", f"{on.day} {on:%b}")


def _contract(pk: int) -> Contract:
    return cast("Contract", found(resource("contracts"), pk))


def _brief(contract: Contract) -> Report:
    return negotiation_brief(contract, at=timezone.now(), today=localdate(), position=ledger_position())


@require_safe
def brief(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what to know before talking to the supplier; a hidden contract is a missing one."""
    contract = _contract(pk)
    return shown(request, _brief(contract), contract, "brief/", "Brief")


@require_safe
def brief_report(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """Hand the brief out as a file."""
    contract = _contract(pk)
    require_on(request, "export", contract)
    back = f"{contract.get_absolute_url()}brief/"
    return handed_out(request, _brief(contract), format, kind=contract.kind(), back=back, records=(contract,))

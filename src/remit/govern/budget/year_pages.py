"""The page of a year's money, and its report as a file."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from remit.govern.budget.models import BudgetLine, FiscalYear
from remit.govern.budget.screens import YearScreen
from remit.govern.budget.statement import statement, year_of
from remit.kernel.figures.services import ledger_position
from remit.kernel.reports.page import report_screen
from remit.kernel.screens import Choice, Link
from remit.kernel.web.reporting import downloads, handed_out
from remit.kernel.web.shell import scope
from remit.kernel.web.views import require, standing_of


def chosen_year(request: HttpRequest) -> FiscalYear | None:
    """Return the year that the address names, else the present one; Http404 for one out of reach."""
    said = request.GET.get("year", "")
    if not said:
        return year_of(timezone.localdate())
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Http404
    found = FiscalYear.objects.select_related("unit").filter(pk=int(said)).first()
    if found is None:
        raise Http404
    return found


@require_safe
def year(request: HttpRequest) -> HttpResponse:
    """Show what a year costs: sums, by kind, unit and function, month by month."""
    standing = standing_of(request)
    if not standing.sees(BudgetLine.kind()):
        raise PermissionDenied
    shown = chosen_year(request)
    screen = _screen(request, shown) if shown else _nothing(standing.may("add", FiscalYear.kind()))
    return render(request, "budget/year.html", {"screen": screen})


def _screen(request: HttpRequest, shown: FiscalYear) -> YearScreen:
    report = statement(shown, units=scope(request), at=timezone.now(), position=ledger_position())
    laid = report_screen(report)
    standing = standing_of(request)
    years = FiscalYear.objects.order_by("-starts", "-pk")[:40]
    actions = [Link("Lines", f"/budget-lines/?fiscal_year={shown.pk}", "receipt-text")]
    if standing.may("import", BudgetLine.kind()):
        actions.append(Link("Import lines", "/budget-lines/import/", "upload"))
        actions.append(Link("Import postings", "/postings/import/", "upload"))
    may_export = standing.may("export", BudgetLine.kind())
    return YearScreen(
        report.title,
        report.subtitle,
        laid.standing,
        tuple(Choice(str(each.pk), each.name, each.pk == shown.pk) for each in years),
        laid.parts,
        (*actions, Link("The year itself", shown.get_absolute_url(), "calendar-range")),
        downloads("/budget/", f"year={shown.pk}") if may_export else (),
    )


def _nothing(may_add: bool) -> YearScreen:
    actions = (Link("Add a fiscal year", "/fiscal-years/new/", "plus"),) if may_add else ()
    return YearScreen("Budget", "", "", (), (), actions, ())


@require_safe
def year_report(request: HttpRequest, format: str) -> HttpResponse:
    """Hand out a year's money as a file."""
    require(request, "export", BudgetLine.kind())
    shown = chosen_year(request)
    if shown is None:
        messages.info(request, "There is no fiscal year yet; add one first.")
        return redirect("/budget/")
    report = statement(shown, units=scope(request), at=timezone.now(), position=ledger_position())
    return handed_out(request, report, format, kind=FiscalYear.kind(), back="/budget/", records=(shown,))

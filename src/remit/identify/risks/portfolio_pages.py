"""The page of the portfolio, its simulation, and its files; scenario sets handed in and read back."""

from __future__ import annotations

import json
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from remit.identify.risks import portfolio_report, portfolio_screen, portfolio_sight, portfolios, scenario_files
from remit.identify.risks.jobs import simulate_portfolio
from remit.identify.risks.models import Portfolio, PortfolioRun, Risk
from remit.identify.risks.portfolio_screen import BASE
from remit.kernel import actor
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.access.standing import within
from remit.kernel.jobs.starting import start
from remit.kernel.ledger.reading import note
from remit.kernel.money import CURRENCIES, kept_as
from remit.kernel.resources import resource
from remit.kernel.screens import Link
from remit.kernel.web.once import once
from remit.kernel.web.reporting import handed_out
from remit.kernel.web.views import found, require, require_on, standing_of

SHOWN = 20


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the portfolio asked for, else the first, with its newest run."""
    standing = standing_of(request)
    if not standing.sees(Portfolio.kind()):
        raise PermissionDenied
    known = list(
        Portfolio.objects.filter(within(Portfolio)).select_related("unit").order_by("unit__name", "pk")[:SHOWN]
    )
    wanted = request.GET.get("portfolio", "")
    chosen = next((p for p in known if str(p.pk) == wanted), known[0] if known else None)
    if chosen is not None:
        note_reads((chosen,))
    run = newest(chosen) if chosen else None
    screen = portfolio_screen.screen(
        known,
        chosen,
        portfolio_sight.seen(run) if run else None,
        stale=portfolios.moved_since(run) if run else "",
        may_run=chosen is not None and standing.may_do("change", chosen),
        may_add=standing.may("add", Portfolio.kind()),
        may_export=chosen is not None and standing.may_do("export", chosen),
        may_take_out=standing.may("export", Risk.kind()),
        may_import=standing.may("import", Risk.kind()),
        sees_rates=standing.sees(kept_as()),
        may_add_rates=standing.may("add", kept_as()),
    )
    return render(request, "risks/portfolio.html", {"screen": screen})


def newest(portfolio: Portfolio) -> PortfolioRun | None:
    return portfolio.runs.order_by("-pk").first()


def portfolio_called(pk: int) -> Portfolio:
    return cast("Portfolio", found(resource("portfolios"), pk))


@once
def simulate(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the simulation of a portfolio; its job tells how far it is."""
    portfolio = portfolio_called(pk)
    require_on(request, "change", portfolio)
    if request.method != "POST":
        return redirect(f"{BASE}?portfolio={pk}")
    run = start(simulate_portfolio, user_id=standing_of(request).user_id, portfolio=pk, name=portfolio.name)
    return redirect(f"/jobs/{run.pk}/")


@require_safe
def report(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """Hand out the newest run as PDF or XLSX."""
    portfolio = portfolio_called(pk)
    require_on(request, "export", portfolio)
    run = newest(portfolio)
    if run is None:
        raise Http404
    made = portfolio_report.report(portfolio, portfolio_sight.seen(run), now=timezone.now())
    back = f"{BASE}?portfolio={pk}"
    return handed_out(request, made, format, kind=Portfolio.kind(), back=back, records=(portfolio,))


@require_safe
def scenarios(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the scenarios that one may export as JSON, which `remit risk simulate` and the import here read."""
    actor.refuse_to_viewers()
    portfolio = portfolio_called(pk)
    require(request, "export", Risk.kind())
    note_reads((portfolio,))
    currency = request.GET.get("currency", "")
    if currency and currency not in CURRENCIES:
        raise Http404
    told, held = portfolios.handed_out(portfolio, standing_of(request), currency=currency)
    content = json.dumps(told, indent=1, ensure_ascii=False)
    note("export", Risk.kind(), [each.risk.pk for each in held], text=f"scenarios of {portfolio.ref} as JSON")
    name = "-".join(filter(None, ("scenarios", portfolio.ref.lower(), currency.lower(), f"{localdate()}"))) + ".json"
    return HttpResponse(
        content, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@once
def take_in(request: HttpRequest) -> HttpResponse:
    """Read a set of scenarios from a file: first what it would change, then, once confirmed, the change."""
    require(request, "import", Risk.kind())
    context: dict[str, Any] = {
        "title": "Import scenarios",
        "crumbs": (Link("Identify", "/"), Link("Risks", "/risks/"), Link("Import scenarios", "")),
        "most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20,
    }
    if request.method != "POST":
        return render(request, "risks/scenarios_import.html", context)
    file = request.FILES.get("file")
    text = request.POST.get("text", "") if file is None else scenario_files.decoded(file.read(scenario_files.MOST + 1))
    try:
        changes = scenario_files.changes(text)
        if "confirm" in request.POST:
            done = scenario_files.apply(changes, request.POST.get("reason", ""))
            messages.success(request, f"{done} risks have new scenarios and were assessed.")
            return redirect("/risks/")
    except scenario_files.ScenarioFileError as error:
        return render(request, "risks/scenarios_import.html", {**context, "problem": error}, status=422)
    return render(request, "risks/scenarios_import.html", {**context, "changes": changes, "text": text})


urlpatterns: list[Any] = [
    path("risks/portfolio/", page, name="portfolio"),
    path("risks/portfolio/<int:pk>/simulate/", simulate, name="simulate_portfolio"),
    path("risks/portfolio/<int:pk>/report.<slug:format>", report, name="portfolio_report"),
    path("risks/portfolio/<int:pk>/scenarios.json", scenarios, name="portfolio_scenarios"),
    path("risks/scenarios/", take_in, name="import_scenarios"),
]

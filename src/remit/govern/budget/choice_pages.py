"""The pages of the choice: asking, a quick preview while asking, and the proved result."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.govern.budget import weighing
from remit.govern.budget.asking import Asked, NothingToChooseError, candidates, problem
from remit.govern.budget.choice import InputError
from remit.govern.budget.jobs import choose_set
from remit.govern.budget.models import Choice, FiscalYear, Investment
from remit.govern.budget.outcome import outcome
from remit.govern.budget.screens import AskScreen, AskYear, PreviewScreen
from remit.kernel.access.standing import Standing
from remit.kernel.figures.services import ledger_position
from remit.kernel.jobs.running import start
from remit.kernel.reports.model import Report
from remit.kernel.reports.words import number
from remit.kernel.resources import resource
from remit.kernel.screens import Choice as Option
from remit.kernel.screens import Link
from remit.kernel.web.lists import crumbs
from remit.kernel.web.once import once
from remit.kernel.web.reporting import handed_out, shown
from remit.kernel.web.views import found, require, require_on, standing_of

YEARS = 4
MOST_MONEY = 1e12


class UnclearError(Exception):
    """What was typed cannot be taken; the message says what to type."""


def _years(standing: Standing) -> list[FiscalYear]:
    """Return the years that money can still be given to, in units where this person may keep a choice."""
    open_years = (
        FiscalYear.objects.exclude(state="closed").select_related("unit").order_by("-starts", "-pk")[: 4 * YEARS]
    )
    kept = [year for year in open_years if standing.may("add", Choice.kind(), year.unit_id)]
    return sorted(kept[:YEARS], key=lambda year: (year.starts, year.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@once
def choose(request: HttpRequest) -> HttpResponse:
    """Ask for the best set; the work is done by a job, whose page leads to the result."""
    require(request, "add", Choice.kind())
    standing = standing_of(request)
    problem_said = ""
    if request.method == "POST":
        try:
            asked = read_asked(request.POST, _years(standing), standing)
            problem(asked)
        except (UnclearError, NothingToChooseError) as unclear:
            problem_said = str(unclear)
        else:
            run = start(choose_set, user_id=standing.user_id, title=asked.title, wanted=asked.as_dict())
            return redirect(f"/jobs/{run.pk}/")
    screen = _ask_screen(request, problem_said)
    return render(request, "budget/choose.html", {"screen": screen}, status=422 if problem_said else 200)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Answer what is typed with the greedy set: a fragment beside the form."""
    require(request, "add", Choice.kind())
    standing = standing_of(request)
    try:
        asked = read_asked(request.POST, _years(standing), standing)
        said = weighing.preview(problem(asked))
    except (UnclearError, NothingToChooseError) as unclear:
        screen = PreviewScreen(problem=str(unclear))
    except InputError as wrong:
        screen = PreviewScreen(problem=f"{wrong.problem} {wrong.remedy}")
    else:
        screen = _preview_screen(asked, said)
    return render(request, "budget/_preview.html", {"screen": screen})


def read_asked(sent: QueryDict, years: list[FiscalYear], standing: Standing) -> Asked:
    """Read the form; UnclearError says which field is wrong and what to type."""
    chosen = [year for year in years if sent.get(f"money-{year.pk}", "").strip()]
    if not chosen:
        raise UnclearError("Give the money of at least one year.")
    currencies = {year.currency for year in chosen}
    if len(currencies) > 1:
        raise UnclearError(f"The years are in {' and '.join(sorted(currencies))}; choose years of one currency.")
    labels = _labels(chosen)
    money = {labels[year.pk]: _amount(sent.get(f"money-{year.pk}", ""), f"money of {year.name}") for year in chosen}
    days = {labels[year.pk]: sent.get(f"days-{year.pk}", "").strip() for year in chosen}
    unit = chosen[0].unit_id
    return Asked(
        title=(sent.get("title", "").strip() or f"Choice for {', '.join(money)}")[:200],
        unit_id=unit,
        units=tuple(standing.below(unit)),
        currency=chosen[0].currency,
        money=money,
        people={name: _amount(text, f"days of {name}") if text else None for name, text in days.items()},
        must=tuple(sent.getlist("must")[:500]),
        without=tuple(sent.getlist("without")[:500]),
    )


def _labels(years: list[FiscalYear]) -> dict[int, str]:
    """Name each year by its name, or by its reference where two have one name."""
    names = [year.name for year in years]
    return {year.pk: year.name if names.count(year.name) == 1 else year.ref for year in years}


def _amount(text: str, what: str) -> float:
    plain = text.strip()
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or float(plain) > MOST_MONEY:
        raise UnclearError(f"Write the {what} as a number without marks between thousands, as in 250000.")
    return float(plain)


def _ask_screen(request: HttpRequest, problem_said: str) -> AskScreen:
    standing, sent = standing_of(request), request.POST
    years = _years(standing)
    asked_years = tuple(
        AskYear(
            year.pk, year.name, year.currency, str(year.unit),
            sent.get(f"money-{year.pk}", ""), sent.get(f"days-{year.pk}", ""),
        )
        for year in years
    )  # fmt: skip
    units = sorted({below for year in years for below in standing.below(year.unit_id)})
    open_ones = candidates(units)
    return AskScreen(
        title=sent.get("title", ""),
        crumbs=(*crumbs(resource("choices")), Link("New", "")),
        years=asked_years,
        must=tuple(Option(one.ref, one.title, _ticked(one, sent)) for one in open_ones if not one.must_have),
        without=tuple(Option(one.ref, one.title, one.ref in sent.getlist("without")) for one in open_ones),
        settled=tuple(one.title for one in open_ones if one.must_have),
        problem=problem_said,
    )


def _ticked(one: Investment, sent: QueryDict) -> bool:
    return one.ref in sent.getlist("must")


def _preview_screen(asked: Asked, said: dict[str, Any]) -> PreviewScreen:
    if said["status"] == "infeasible":
        return PreviewScreen(problem=f"No set keeps every limit: {'; '.join(said['conflicts'])}")
    keys = {ref: int(ref.partition("-")[2]) for ref in said["chosen"]}
    titles = dict(Investment.objects.filter(pk__in=keys.values()).values_list("pk", "title"))
    before, after = said["annual_loss_before"], said["annual_loss_after"]
    share = (before - after) / before * 100 if before else 0
    years = "one year" if len(asked.money) == 1 else f"{len(asked.money)} years"
    return PreviewScreen(
        headline=f"Removes {asked.currency} {number(before - after, 0)} a year, {share:.0f}% of the loss",
        cost=f"Costs {asked.currency} {number(said['cost'], 0)} over {years}.",
        chosen=tuple(Link(titles.get(key, ref), f"/investments/{key}/") for ref, key in keys.items()),
        note=f"A quick answer; the best set leaves at most {said['gap'] * 100:.1f}% less." if said["gap"] else "",
    )


def _choice(pk: int) -> Choice:
    return cast("Choice", found(resource("choices"), pk))


def _report(choice: Choice) -> Report:
    return outcome(choice, at=choice.created_at, position=ledger_position())


@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a choice: what, why, what not, what more money would buy."""
    choice = _choice(pk)
    return shown(request, _report(choice), choice, "result/", "Result")


@require_safe
def result_report(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """Hand a choice out as a file."""
    choice = _choice(pk)
    require_on(request, "export", choice)
    back = f"{choice.get_absolute_url()}result/"
    return handed_out(request, _report(choice), format, kind=choice.kind(), back=back, records=(choice,))

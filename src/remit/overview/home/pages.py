"""The morning page: how things stand, what waits, what to do first, what changed; every number opens to its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from remit.identify.vulnerabilities.answers import fix_first
from remit.identify.vulnerabilities.models import Occurrence
from remit.identify.vulnerabilities.pages import action_line
from remit.ingest.models import Import
from remit.kernel import charts
from remit.kernel.access.models import User
from remit.kernel.access.standing import Standing
from remit.kernel.figures.formatting import number
from remit.kernel.figures.models import Reading
from remit.kernel.figures.services import Current, current_all
from remit.kernel.screens import Chart, Link
from remit.kernel.web.figure_views import tile
from remit.kernel.web.office import inbox_line
from remit.kernel.web.shell import FUNCTIONS, chosen_unit, scope, today_words
from remit.kernel.work import services as work
from remit.overview.home import rules
from remit.overview.home.screens import ChangeLine, FixLine, FunctionLine, HomeScreen

SHOWN = ("findings_to_act_on", "findings_overdue", "findings_exploited", "days_to_remediate", "hosts_seen_lately")
TREND = (("findings_to_act_on", "Act", "act"), ("findings_to_attend_to", "Attend", "attend"))
WEEKS = 8


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    standing: Standing = request.standing  # type: ignore[attr-defined]
    if standing.sees("ingest.import") and not Import.objects.exists() and not Occurrence.objects.exists():
        return render(request, "kernel/start.html", {"steps": first_steps(standing)})
    return render(request, "home/home.html", {"screen": home_screen(request, standing)})


def home_screen(request: HttpRequest, standing: Standing) -> HomeScreen:
    person: Any = request.user
    today, unit = timezone.localdate(), chosen_unit(request)
    figures = {now.figure.name: now for now in current_all(standing, unit, today)}
    groups = {group.name: group for group in work.inbox(standing.user_id, today)}
    lines = [line for group in groups.values() for line in group.lines]
    decisions = tuple(inbox_line(line, standing) for line in lines if line.decision)
    overdue = (
        tuple(inbox_line(line, standing) for line in groups["overdue"].lines if not line.decision)
        if "overdue" in groups
        else ()
    )
    sees = standing.sees("vulnerabilities.occurrence")
    answer = fix_first(scope(request), today=today, limit=4) if sees else None
    shown = tuple(tile(figures[name]) for name in SHOWN if name in figures)
    return HomeScreen(
        headline=rules.headline(timezone.localtime().hour, person.name, len(decisions), len(overdue)),
        note=f"{today_words()}{since_last_week(figures)}",
        moves=tuple(moves(standing)),
        figures=shown,
        decisions=decisions[:6],
        fix=tuple(fix_lines(answer)) if answer else (),
        fix_url="/fix-first/" if answer else "",
        fix_count=f"{answer.plan.candidates:,}" if answer else "",
        functions=tuple(function_lines(list(figures.values()))),
        changes=tuple(changes(list(figures.values()))),
        overdue=overdue[:6],
        chart=trend(standing, unit),
    )


def moves(standing: Standing) -> Any:
    if standing.reads_figures:
        yield Link("All figures", "/figures/", "chart-line")
    if standing.may("import", "ingest.import"):
        yield Link("Import a scan", "/imports/new/", "file-input")


def since_last_week(figures: dict[str, Current]) -> str:
    parts = []
    for name, text in (("findings_to_act_on", "to act on"), ("findings_open", "open findings")):
        now = figures.get(name)
        if now and now.change:
            parts.append(f"{number(abs(now.change))} {'fewer' if now.change < 0 else 'more'} {text}")
    return f" · since last week: {', '.join(parts)}" if parts else ""


def fix_lines(answer: Any) -> Any:
    for n, action in enumerate(answer.plan.actions, 1):
        line = action_line(n, action)
        note = " · ".join((*line.reasons[:2], f"owner {line.owner}", f"closes {line.closes.text}"))
        yield FixLine(line.title, line.url, line.level, line.tone, f"−{line.share}", note)


def function_lines(figures: list[Current]) -> Any:
    """Posture by CSF function: the share of its figures that are on target."""
    for function in FUNCTIONS:
        own = [now for now in figures if now.figure.group == function]
        judged = [(now, on) for now in own if (on := now.figure.met_by(now.value.value)) is not None]
        if not judged:
            yield FunctionLine(function.capitalize(), None, "Nothing is measured yet", "/figures/")
            continue
        met, measured = sum(on for _, on in judged), len(judged)
        off = [now for now, on in judged if not on]
        note = f"{met} of {measured} figures on target"
        if off:
            note += f" · {off[0].figure.title}: {off[0].text}"
        yield FunctionLine(function.capitalize(), round(100 * met / measured), note, off[0].url if off else "/figures/")


def changes(figures: list[Current]) -> Any:
    """What moved since last week, most telling first: figures that got worse, then those that got better."""
    moved = [now for now in figures if now.change]
    for now in sorted(
        moved, key=lambda n: (rules.change_tone(n.change or 0, n.figure.better) != "act", -abs(n.change or 0))
    )[:7]:
        change = now.change or 0
        sign = "+" if change > 0 else "−"
        tone = rules.change_tone(change, now.figure.better)
        yield ChangeLine(now.figure.title, now.url, now.text, f"{sign}{number(abs(change))}", tone)


def trend(standing: Standing, unit: int | None) -> Chart | None:
    """Findings by priority at each reading of the last eight weeks, stacked; the marks open the figure."""
    top = (
        unit
        or next((u.id for u in standing.units if u.roles and u.parent_id is None), None)
        or next((u.id for u in standing.units if u.roles), None)
    )
    since = timezone.localdate() - timedelta(weeks=WEEKS)
    found = (
        Reading.objects.filter(figure__in=[name for name, _, _ in TREND], unit=top, on__gt=since)
        .order_by("on")
        .values_list("on", "figure", "value")
    )
    days: dict[Any, dict[str, float]] = {}
    for on, figure, value in found:
        days.setdefault(on, {})[figure] = value or 0.0
    if len(days) < 2:
        return None
    links = tuple(f"/figures/{name}/" for name, _, _ in TREND)
    bars = [
        charts.Bar(f"{on.day} {on:%b}", tuple(read.get(name, 0.0) for name, _, _ in TREND), links)
        for on, read in days.items()
    ]
    return charts.stacked_bars(
        "Findings by priority",
        bars,
        series=[charts.Series(label, tone) for _, label, tone in TREND],
        unit="findings",
        wide=False,
    )


def first_steps(standing: Standing) -> list[Link]:
    """What to do with an empty organisation, in order."""
    has_units = len(standing.units) > 1
    people = User.objects.filter(is_active=True).aggregate(n=Count("pk"))["n"] > 1
    return [
        Link(
            "Name your units",
            "/access/units/",
            "building",
            note="The group, its companies, a target being acquired: they decide who sees what.",
            tone="good" if has_units else "",
        ),
        Link(
            "Invite the people of the security office",
            "/access/invite/",
            "users",
            note="Each gets a role over a unit; on the command line: remit user add.",
            tone="good" if people else "",
        ),
        Link(
            "Add or import your assets",
            "/assets/import/",
            "server",
            note="A list with name, kind, unit, owner and criticality is enough. Scans will find the rest.",
        ),
        Link(
            "Import what your scanners wrote",
            "/imports/new/",
            "file-input",
            note="Nessus, Qualys, Trivy, SARIF, CycloneDX or OCSF files, recognised by their content.",
        ),
        Link(
            "Load the public feeds",
            "",
            "radio-tower",
            note="remit feeds load FILE: CISA KEV, EPSS and NVD tell which weaknesses are exploited.",
        ),
        Link(
            "Open Fix first",
            "/fix-first/",
            "list-ordered",
            note="Which few actions remove most risk, on what, by whom, and why.",
        ),
    ]


urlpatterns: list[Any] = [path("", home, name="home")]

"""The page of the portfolio as plain values: its curve, its numbers, what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from remit.identify.risks.curves import Curve, Points, curve
from remit.identify.risks.models import Assessment, Portfolio, PortfolioRun
from remit.identify.risks.portfolio_sight import assessment_key, assessment_url, risk_url
from remit.identify.risks.rules import money
from remit.kernel.screens import Link

BASE: Final = "/risks/portfolio/"
STAGES: Final = (
    ("current", "Now", ""),
    ("target", "Planned", "good"),
    ("inherent", "Without controls", "soft"),
)
ROWS: Final = (
    ("mean", "Expected", "mean of all years"),
    ("0.5", "Median", "half of the years cost more"),
    ("0.9", "Loss at 90 %", "one year of 10 costs more"),
    ("0.95", "Loss at 95 %", "one year of 20 costs more"),
    ("0.99", "Loss at 99 %", "one year of 100 costs more"),
    ("es99", "Worst 1 %", "mean of the worst 1 % of years"),
    ("p_zero", "No loss at all", "share of years"),
)


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number of the whole for each stage; the first with its Monte Carlo error."""

    name: str
    means: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartRow:
    """What one risk is of the whole."""

    ref: str
    title: str
    url: str
    now: str
    planned: str
    saves: str
    share: str
    worst: str
    assessment: str
    assessment_url: str
    converted: str = ""


@dataclass(frozen=True, slots=True)
class RateRow:
    """An exchange rate that a run used: "1 USD = 0.92 EUR", from which day, and its record."""

    says: str
    on: str
    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class PortfolioScreen:
    """The portfolio chosen (context name `screen`); without a run, `empty` says what to do."""

    headline: str
    note: str
    crumbs: tuple[Link, ...]
    currency: str = ""
    portfolios: tuple[Link, ...] = ()
    run_url: str = ""
    edit: Link | None = None
    downloads: tuple[Link, ...] = ()
    take_in: Link | None = None
    stale: str = ""
    curve: Curve | None = None
    heads: tuple[str, ...] = ()
    numbers: tuple[NumberRow, ...] = ()
    measured: str = ""
    parts: tuple[PartRow, ...] = ()
    made_of: str = ""
    left_out: tuple[tuple[Link, str], ...] = ()
    rates: tuple[RateRow, ...] = ()
    wanting: tuple[Link, ...] = ()
    empty_title: str = ""
    empty: str = ""
    begin: Link | None = None


CRUMBS: Final = (Link("Identify", "/"), Link("Risks", "/risks/"), Link("Portfolio", ""))


def number(numbers: Mapping[str, Any], name: str) -> float:
    """Return one of ROWS from the numbers of `fair`."""
    found = numbers[name] if name in numbers else numbers["quantiles"][name]
    return float(found)


def number_rows(totals: Mapping[str, Mapping[str, Any]]) -> tuple[NumberRow, ...]:
    rows = []
    for name, label, means in ROWS:
        values = [number(totals[stage], name) for stage, _, _ in STAGES]
        if name == "p_zero":
            texts = [f"{value:.1%}" for value in values]
        else:
            error = totals["current"].get("standard_error") or {}
            spread = error.get(name, (error.get("quantiles") or {}).get(name))
            texts = [money(value) for value in values]
            texts[0] += f" ± {money(spread)}" if spread else ""
        rows.append(NumberRow(label, means, tuple(texts)))
    return tuple(rows)


def part_rows(run: PortfolioRun) -> tuple[PartRow, ...]:
    """Return the risks of a run as its reader sees it (`portfolio_sight.seen`), dearest first."""
    whole = sum(part["mean"]["current"] for part in run.parts) or 1.0
    tail = sum(part["es99_part"] or 0.0 for part in run.parts) or 1.0
    return tuple(
        PartRow(
            ref=part["ref"],
            title=part["title"],
            url=risk_url(part),
            now=money(part["mean"]["current"]),
            planned=money(part["mean"]["target"]),
            saves=money(saved) if (saved := part["mean"]["current"] - part["mean"]["target"]) > 0.5 else "–",
            share=f"{part['mean']['current'] / whole:.1%}",
            worst="–" if part["es99_part"] is None else f"{part['es99_part'] / tail:.1%}",
            assessment=f"{Assessment.prefix}-{assessment_key(part)}" if part["assessment"] else "–",
            assessment_url=assessment_url(part),
            converted=part["currency"] if part.get("currency", run.currency) != run.currency else "",
        )
        for part in sorted(run.parts, key=lambda part: -part["mean"]["current"])
    )


def rate_rows(run: PortfolioRun, *, open: bool = True) -> tuple[RateRow, ...]:
    """Return the rates that a run used; without `open` their records are named and not linked."""
    return tuple(
        RateRow(
            f"1 {each['base']} = {float(each['rate']):.6g} {each['quote']}",
            f"{date.fromisoformat(each['on']):%-d %b %Y}",
            each["ref"],
            each["url"] if open else "",
        )
        for each in run.rates
    )


def wanting(run: PortfolioRun) -> tuple[Link, ...]:
    """Return where the rates are added for lack of which risks were left out, one link for each pair."""
    missing = {tuple(each["pair"]): each["add"] for each in run.left_out if each.get("pair") and each["add"]}
    return tuple(Link(f"Add the rate from {pair[0]} to {pair[1]}", url) for pair, url in sorted(missing.items()))


def drawn(totals: Mapping[str, Mapping[str, Any]], bearable: Points, currency: str) -> Curve | None:
    """Return the curves of the stages with what the unit is ready to bear."""
    series: list[tuple[str, str, Points]] = [("Bearable", "attend", bearable)] if len(bearable) > 1 else []
    series += [(name, tone, totals[stage].get("exceedance", ())) for stage, name, tone in reversed(STAGES)]
    limits = [(f"bearable at {100 * (1 - share):g} %", loss, "attend") for loss, share in bearable]
    return curve(series, limits, currency, rare=True)


def told(run: PortfolioRun) -> str:
    """Say in a sentence how the whole hangs together and how it was found."""
    how = {
        "independent": "independent of each other",
        "one_factor": f"with a correlation of {run.strength:g} by one factor",
        "common_shock": f"with a common shock of {run.strength:g}",
    }[run.dependence]
    return f"{len(run.parts)} risks, {how}; {run.trials:,} simulated years, seed {run.seed}, {run.engine}"


def headline(run: PortfolioRun) -> str:
    saves = (run.annual_loss or 0.0) - (run.planned_loss or 0.0)
    plan = f"; what is planned takes {money(saves)} off" if saves > 0.5 else ""
    return f"{money(run.annual_loss, run.currency)} a year expected{plan}"


def screen(
    portfolios: Sequence[Portfolio],
    chosen: Portfolio | None,
    run: PortfolioRun | None,
    *,
    stale: str = "",
    may_run: bool = False,
    may_add: bool = False,
    may_export: bool = False,
    may_take_out: bool = False,
    may_import: bool = False,
    sees_rates: bool = False,
    may_add_rates: bool = False,
) -> PortfolioScreen:
    """Build the page for the portfolio chosen and its newest run as its reader sees it.

    `may_export` offers its report, `may_take_out` its scenarios.
    """
    begin = Link("Add a portfolio", "/portfolios/new/") if may_add else None
    if chosen is None:
        says = "Say which unit, currency and dependence; its open risks are then simulated together."
        return PortfolioScreen("No portfolio yet", "", CRUMBS, empty_title="Nothing to add up", empty=says, begin=begin)
    links = tuple(Link(p.name, f"{BASE}?portfolio={p.pk}", current=p.pk == chosen.pk) for p in portfolios)
    common: dict[str, Any] = {
        "crumbs": CRUMBS,
        "currency": chosen.currency,
        "portfolios": links,
        "run_url": f"{BASE}{chosen.pk}/simulate/" if may_run else "",
        "edit": Link("Settings", f"/portfolios/{chosen.pk}/"),
        "take_in": Link("Import", "/risks/scenarios/") if may_import else None,
    }
    if run is None:
        says = "Press Simulate: every open risk with a scenario is counted, restricted ones never."
        return PortfolioScreen(chosen.name, chosen.description, empty_title="Not simulated yet", empty=says, **common)
    return PortfolioScreen(
        headline(run),
        f"{chosen.name}, {chosen.unit} and below, simulated on {run.created_at:%d %b %Y}",
        stale=stale,
        downloads=downloads(chosen.pk, run, may_export, may_take_out),
        curve=drawn(run.numbers, chosen.bearable, run.currency),
        heads=tuple(name for _, name, _ in STAGES),
        numbers=number_rows(run.numbers),
        measured=told(run),
        parts=part_rows(run),
        made_of=f"{len(run.parts)} risks, dearest first",
        left_out=tuple((Link(f"{x['ref']} {x['title']}".strip(), risk_url(x)), x["why"]) for x in run.left_out),
        rates=rate_rows(run, open=sees_rates),
        wanting=wanting(run) if may_add_rates else (),
        **common,
    )


def downloads(pk: int, run: PortfolioRun, reports: bool, scenarios: bool) -> tuple[Link, ...]:
    """Return the files of a portfolio; of scenarios in several currencies also a set of each, which reads back."""
    known = sorted({part.get("currency", run.currency) for part in run.parts})
    sets = [(f"JSON in {code}", f"scenarios.json?currency={code}") for code in known] if len(known) > 1 else []
    files = (*(REPORTS if reports else ()), *((*SCENARIOS, *sets) if scenarios else ()))
    return tuple(Link(name, f"{BASE}{pk}/{file}") for name, file in files)


REPORTS: Final = (("PDF", "report.pdf"), ("XLSX", "report.xlsx"))
SCENARIOS: Final = (("JSON", "scenarios.json"),)

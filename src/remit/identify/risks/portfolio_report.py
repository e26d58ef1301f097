"""The portfolio as a report for paper and spreadsheet."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from remit.identify.risks.models import Portfolio, PortfolioRun
from remit.identify.risks.portfolio_screen import BASE, ROWS, STAGES, drawn, headline, number, rate_rows, told
from remit.identify.risks.portfolio_sight import assessment_url, risk_url
from remit.kernel.reports.model import (
    Block,
    ChartBlock,
    Column,
    KeyFigures,
    Labelled,
    Paragraph,
    Report,
    Section,
    Table,
    Value,
)


def report(portfolio: Portfolio, run: PortfolioRun, *, now: datetime) -> Report:
    """Return what a portfolio was found to cost, with what it is made of; every number opens its risk.

    The run is as its reader sees it (`portfolio_sight.seen`).
    """
    address, currency = f"{BASE}?portfolio={portfolio.pk}", run.currency
    numbers = Table(
        "The whole in numbers",
        (Column("A year"), *(Column(name, "money", currency) for _, name, _ in STAGES)),
        tuple(
            (f"{label} ({means})", *(round(number(run.numbers[stage], name), 2) for stage, _, _ in STAGES))
            for name, label, means in ROWS
            if name != "p_zero"
        ),
    )
    blocks: list[Block] = [
        KeyFigures(
            (
                Labelled("Expected a year", run.annual_loss, "money", currency, link=address),
                Labelled("Loss at 95 %", run.loss_var95, "money", currency, link=address),
                Labelled("Mean of the worst 1 %", run.loss_es99, "money", currency, link=address),
                Labelled("Expected as planned", run.planned_loss, "money", currency, link=address),
            )
        ),
        Paragraph(f"{headline(run)}. {told(run)}."),
    ]
    if (curve := drawn(run.numbers, portfolio.bearable, currency)) is not None:
        svg = render_to_string("risks/_drawing.html", {"curve": curve, "title": "How bad a year can get"})
        legend = tuple((line.name, line.tone) for line in curve.lines)
        blocks.append(ChartBlock("How bad a year can get", svg, curve.description, numbers, legend))
    parts = sorted(run.parts, key=lambda part: -part["mean"]["current"])
    blocks.append(
        Section(
            "What it is made of",
            (
                Table(
                    "Risks, dearest first",
                    (
                        Column("Risk"), Column("Title"), Column("Kept in"), Column("Now", "money", currency),
                        Column("Planned", "money", currency), Column("Without controls", "money", currency),
                        Column("Part of the worst 1 %", "money", currency),
                    ),
                    tuple(
                        (
                            Value(part["ref"], risk_url(part)), part["title"], part.get("currency", currency),
                            *(Value(round(part["mean"][stage], 2), assessment_url(part)) for stage, _, _ in STAGES),
                            None if part["es99_part"] is None else round(part["es99_part"], 2),
                        )
                        for part in parts
                    ),
                ),
            ),
        )
    )  # fmt: skip
    if run.left_out:
        rows = tuple((Value(x["ref"], risk_url(x)), x["title"], x["why"]) for x in run.left_out)
        columns = (Column("Risk"), Column("Title"), Column("Why"))
        blocks.append(Section("Not counted", (Table("Risks that are not in these numbers", columns, rows),)))
    if run.rates:
        used = tuple((row.says, row.on, Value(row.ref, row.url)) for row in rate_rows(run))
        names = (Column("Rate"), Column("From"), Column("Record"))
        blocks.append(
            Section("Exchange rates used", (Table("The last known on the day of the simulation", names, used),))
        )
    return Report(f"Risk portfolio: {portfolio.name}", now, tuple(blocks), subtitle=str(portfolio.unit))

"""A year's money as one report: what was planned, promised, spent and is expected, each number with its lines.

Lines count in the year's currency, at the rate of the year; sums are made by the database, over what the reader sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Abs, TruncMonth

from remit.govern.budget import rules
from remit.govern.budget.models import BudgetLine, FiscalYear, Function, Posting, Spending
from remit.kernel import charts
from remit.kernel.reports.model import (
    Block,
    ChartBlock,
    Column,
    KeyFigures,
    Labelled,
    Report,
    Table,
    Tone,
    Value,
)

AMOUNTS: Final = ("plan", "committed", "actual", "expected")
LABELS: Final = {"plan": "Plan", "committed": "Committed", "actual": "Spent", "expected": "Expected"}


@dataclass(frozen=True)
class Group:
    """The sums of some lines: what they have in common, how many they are, and the query that lists them."""

    label: str
    query: str
    lines: int
    plan: Decimal
    committed: Decimal
    actual: Decimal
    expected: Decimal

    @property
    def variance(self) -> Decimal:
        return rules.variance(self.plan, self.expected)


def year_of(today: date) -> FiscalYear | None:
    """Return the year that today is in, else the newest one, of those the reader sees."""
    years = FiscalYear.objects.order_by("-starts", "-id")
    return years.filter(starts__lte=today, ends__gte=today).first() or years.first()


def lines_of(year: FiscalYear, units: Sequence[int] | None = None) -> QuerySet[BudgetLine]:
    """Return the lines of a year within the reader's reach, of these units where some are chosen."""
    lines = BudgetLine.objects.filter(fiscal_year=year).order_by()
    return lines if units is None else lines.filter(unit_id__in=units)


def sums(lines: QuerySet[BudgetLine]) -> dict[str, Decimal]:
    """Add up lines in the year's currency: one query."""
    found = lines.aggregate(**{f"sum_{name}": Sum(F(name) * F("rate")) for name in AMOUNTS})
    return {name: rules.cents(found[f"sum_{name}"] or Decimal(0)) for name in AMOUNTS}


def grouped(lines: QuerySet[BudgetLine], year: FiscalYear, field: str, labels: dict[Any, str]) -> list[Group]:
    """Add up lines by a column, the largest plan first: one query."""
    totals = {f"sum_{name}": Sum(F(name) * F("rate")) for name in AMOUNTS}
    found = []
    for row in lines.values(field).annotate(count=Count("pk"), **totals):
        amounts = {name: rules.cents(row[f"sum_{name}"] or Decimal(0)) for name in AMOUNTS}
        query = f"fiscal_year={year.pk}&{field.removesuffix('_id')}={row[field]}"
        found.append(Group(labels.get(row[field], str(row[field])), query, row["count"], **amounts))
    return sorted(found, key=lambda group: (-group.plan, group.label))


def units_of(lines: QuerySet[BudgetLine]) -> dict[Any, str]:
    return dict(lines.values_list("unit_id", "unit__name").distinct())


def statement(year: FiscalYear, *, units: Sequence[int] | None, at: datetime, position: int | None = None) -> Report:
    """Return a year as a report: the sums, by kind, unit and function, and how the money goes month by month."""
    lines = lines_of(year, units)
    blocks: list[Block] = [key_figures(year, sums(lines))]
    if chart := burn_chart(year, lines, at.date()):
        blocks.append(chart)
    blocks += [
        table(year, "By kind", grouped(lines, year, "kind_of", dict(Spending.choices))),
        table(year, "By unit", grouped(lines, year, "unit_id", units_of(lines))),
        table(year, "By function", grouped(lines, year, "function", dict(Function.choices))),
        off_plan(year, lines),
    ]
    state = f"{year.get_state_display()}, {_day(year.starts)} to {_day(year.ends)}"
    subtitle = f"{year.unit}: {state}. Amounts are in {year.currency}."
    return Report(f"Budget {year.name}", at, tuple(blocks), subtitle=subtitle, ledger_position=position)


def key_figures(year: FiscalYear, total: dict[str, Decimal]) -> KeyFigures:
    """The sums of the year, each opening its lines."""
    link = f"/budget-lines/?fiscal_year={year.pk}"
    off = rules.variance(total["plan"], total["expected"])
    share = rules.variance_percent(total["plan"], total["expected"])
    note = "as planned" if not off else f"{abs(share or 0)}% {'more' if off > 0 else 'less'} than planned"
    tone: Tone = "worse" if off > 0 else "better" if off < 0 else ""
    shown = [
        Labelled(LABELS[name], total[name], "money", year.currency, link=f"{link}&sort=-{name}") for name in AMOUNTS
    ]
    return KeyFigures(
        (*shown, Labelled("Variance", off, "money", year.currency, note=note, tone=tone, link=f"{link}&sort=-variance"))
    )


def table(year: FiscalYear, title: str, groups: Sequence[Group]) -> Table:
    """A table of groups, each number opening the lines behind it."""
    columns = (
        Column(title.removeprefix("By ").capitalize()),
        Column("Lines", "number"),
        *(Column(LABELS[name], "money", year.currency) for name in AMOUNTS),
        Column("Variance", "money", year.currency),
        Column("Of plan", "percent"),
    )
    rows = []
    for group in groups:
        link = f"/budget-lines/?{group.query}"
        share = rules.variance_percent(group.plan, group.expected)
        amounts = (Value(getattr(group, name), f"{link}&sort=-{name}") for name in AMOUNTS)
        off = Value(group.variance, f"{link}&sort=-variance", _tone(group.variance, group.plan))
        rows.append((Value(group.label, link), Value(group.lines, link), *amounts, off, share))
    total = rules.totals([{name: getattr(g, name) for name in AMOUNTS} for g in groups], AMOUNTS)
    off_all = rules.variance(total["plan"], total["expected"])
    last = ("Total", sum(g.lines for g in groups), *total.values(), off_all, None)
    empty = "No lines yet. Import them from a table, or add one by hand."
    return Table(title, columns, tuple(rows), last, empty=empty)


def _tone(off: Decimal, plan: Decimal) -> Tone:
    return "act" if off > 0 and rules.wants_reason(plan, plan + off) else ""


MOST_OFF = 10


def off_plan(year: FiscalYear, lines: QuerySet[BudgetLine]) -> Table:
    """The lines that are furthest off their plan, with the reasons people gave."""
    worst = lines.exclude(variance=0).annotate(off=Abs(F("variance") * F("rate"))).order_by("-off", "-pk")[:MOST_OFF]
    rows = tuple(
        (
            Value(line.title, line.get_absolute_url()),
            rules.cents(line.plan * line.rate),
            rules.cents(line.expected * line.rate),
            Value(rules.cents(line.variance * line.rate), tone=_tone(line.variance, line.plan)),
            line.reason or None,
        )
        for line in worst
    )
    columns = (
        Column("Line"), Column("Plan", "money", year.currency), Column("Expected", "money", year.currency),
        Column("Variance", "money", year.currency), Column("Reason"),
    )  # fmt: skip
    return Table(
        "Furthest off plan", columns, rows, note=f"Amounts in {year.currency}.", empty="Every line is as planned."
    )


def months(year: FiscalYear, lines: QuerySet[BudgetLine]) -> list[tuple[date, Decimal, Decimal]]:
    """Return for each month of the year what was planned and what was spent: two queries."""
    firsts = rules.months_of(year.starts, year.ends)
    planned = [Decimal(0)] * len(firsts)
    for plan, phasing, rate in lines.values_list("plan", "phasing", "rate"):
        for place, amount in enumerate(rules.phased(plan, len(firsts), phasing)):
            planned[place] += amount * rate
    paid = Posting.objects.filter(line__in=lines.values("pk")).order_by()
    by_month = paid.annotate(month=TruncMonth("posted_on")).values_list("month")
    spent = dict(by_month.annotate(sum_counted=Sum(F("counted") * F("line__rate"))))
    return [
        (first, rules.cents(amount), rules.cents(spent.get(first, Decimal(0))))
        for first, amount in zip(firsts, planned, strict=True)
    ]


def burn_chart(year: FiscalYear, lines: QuerySet[BudgetLine], today: date) -> ChartBlock | None:
    """Plan and spending up to each month; months to come show the plan alone. None for a year without lines."""
    by_month = months(year, lines)
    if not any(plan or spent for _, plan, spent in by_month):
        return None
    run = rules.burn([plan for _, plan, _ in by_month], [spent for _, _, spent in by_month])
    bars, rows = [], []
    for (first, _, _), (plan, spent) in zip(by_month, run, strict=True):
        begun = first <= today
        link = f"/postings/?posted_on_min={first}&posted_on_max={rules.month_end(first)}"
        left = max(plan - spent, Decimal(0)) if begun else plan
        over = max(spent - plan, Decimal(0)) if begun else Decimal(0)
        within = min(plan, spent) if begun else Decimal(0)
        bars.append(charts.Bar(f"{first:%b}", (round(within), round(over), round(left)), (link, link, "")))
        rows.append((f"{first:%b %Y}", plan, Value(spent, link) if begun else None))
    series = (
        charts.Series("Spent, within plan"),
        charts.Series("Spent over plan", "act"),
        charts.Series("Plan left", "soft"),
    )
    title = "Spent up to each month, beside the plan"
    said = f"{title}, in {year.currency}. Above each month stands the larger of the two."
    drawn = charts.stacked_bars(title, bars, series=series, unit=year.currency, description=said)
    columns = (Column("Up to"), Column("Plan", "money", year.currency), Column("Spent", "money", year.currency))
    return ChartBlock(title, drawn.svg, said, Table("Month by month", columns, tuple(rows)), drawn.legend)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"

"""The brief for talking to a supplier, as a report: what we pay, use, could drop, and when we have leverage."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from remit.govern.budget import contract_rules
from remit.govern.budget.models import Contract, FiscalYear
from remit.kernel import charts
from remit.kernel.reports.model import (
    Block,
    ChartBlock,
    Column,
    KeyFigures,
    KeyValues,
    Labelled,
    Paragraph,
    Points,
    Report,
    Section,
    Table,
    Value,
)

READINGS = 36


def terms_of(contract: Contract) -> contract_rules.Terms:
    """Return a contract as plain values, with the history of its price and its newest readings: two queries."""
    prices = contract.prices.order_by("since", "id").values_list("since", "price_per_year", "quantity")
    readings = list(contract.readings.order_by("-on", "-id").values_list("on", "used")[:READINGS])
    return contract_rules.Terms(
        title=contract.title,
        supplier=contract.supplier,
        currency=contract.currency,
        price=contract.price_per_year,
        starts=contract.starts,
        ends=contract.ends,
        notice_days=contract.notice_days,
        renews=contract.renewal == Contract.Renewal.AUTOMATIC,
        entitlement=contract.entitlement,
        measure=contract.measure,
        prices=tuple(contract_rules.Price(*row) for row in prices),
        usage=tuple(contract_rules.Reading(*row) for row in reversed(readings)),
        alternatives=tuple(contract.alternatives),
    )


def negotiation_brief(contract: Contract, *, at: datetime, today: date, position: int | None = None) -> Report:
    """Return the brief of a contract as a report."""
    year = FiscalYear.objects.filter(starts__lte=today, ends__gte=today).order_by("-starts").first()
    terms = terms_of(contract)
    found = contract_rules.brief(terms, today, year.ends if year else None)
    asks: tuple[Block, ...] = (Points(found.asks),) if found.asks else (Paragraph("Nothing stands out. Ask anyway."),)
    blocks = (
        _headline(contract, terms, found),
        Section("What to ask for", asks),
        Section("When there is leverage", (_deadlines(found),)),
        Section("What we pay", (_prices(contract, terms), *_growth(found))),
        Section("What we use", tuple(_usage(contract, terms, found))),
        Section("Where else it could come from", _alternatives(terms)),
        Section("The contract", (_facts(contract),)),
    )
    subtitle = f"{terms.supplier}. For your side of the table only."
    return Report(
        f"Brief: {terms.title}", at, blocks, subtitle=subtitle, classification="Confidential", ledger_position=position
    )


def _headline(contract: Contract, terms: contract_rules.Terms, found: contract_rules.Brief) -> KeyFigures:
    here, lines = contract.get_absolute_url(), f"/usage/?contract={contract.pk}"
    shown = [Labelled("A year", terms.price, "money", terms.currency, link=f"/prices/?contract={contract.pk}")]
    if found.unit_price is not None:
        each = terms.measure.removesuffix("s") or "unit"
        shown.append(Labelled(f"For one {each}", found.unit_price, "money", terms.currency, 2, link=here))
    if found.unused_money is not None and found.unused_share is not None:
        note = f"{found.unused_share * 100:.0f}% of what is paid for"
        shown.append(
            Labelled("Unused", found.unused_money, "money", terms.currency, note=note, link=lines,
                     tone="worse" if found.unused_share >= Decimal("0.1") else "")
        )  # fmt: skip
    if contract.notice_on:
        shown.append(Labelled("Notice by", contract.notice_on, "date", link=here))
    return KeyFigures(tuple(shown))


def _deadlines(found: contract_rules.Brief) -> Table:
    rows = tuple(
        (
            Value(each.on, tone="soft" if each.passed else ""),
            f"{each.what}{' This day has passed.' if each.passed else ''}",
        )
        for each in found.deadlines
    )
    return Table("Days that matter", (Column("Day", "date"), Column("What happens")), rows)


def _prices(contract: Contract, terms: contract_rules.Terms) -> Table:
    link = f"/prices/?contract={contract.pk}"
    rows = tuple((price.since, Value(price.price, link), price.quantity, price.each) for price in terms.prices)
    columns = (
        Column("From", "date"), Column("A year", "money", terms.currency),
        Column(_capital(terms.measure) or "Units", "number"), Column("Each", "money", terms.currency, 2),
    )  # fmt: skip
    return Table("Price history", columns, rows, empty="No earlier prices are known. Add them on the contract's page.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _growth(found: contract_rules.Brief) -> tuple[Block, ...]:
    if found.growth is None:
        return ()
    by_year = f", {found.yearly_growth * 100:+.1f} % a year" if found.yearly_growth is not None else ""
    return (Paragraph(f"Since the first price known: {found.growth * 100:+.1f} %{by_year}."),)


def _usage(contract: Contract, terms: contract_rules.Terms, found: contract_rules.Brief) -> list[Block]:
    link, measure = f"/usage/?contract={contract.pk}", terms.measure or "units"
    if not terms.usage:
        return [Paragraph("No usage is known. Read it before you talk, and add it on the contract's page.", "attend")]
    facts = [
        Labelled("Entitled to", terms.entitlement, "number", note=measure),
        Labelled("Used last", found.used, "number", note=measure, link=link),
        Labelled("Most used lately", found.peak, "number", note=f"{measure}, in half a year", link=link),
        Labelled("Unused", found.unused, "number", note=measure),
    ]
    blocks: list[Block] = [KeyValues(tuple(facts))]
    if len(terms.usage) > 1:
        blocks.append(_usage_chart(terms, link, measure))
    return blocks


def _usage_chart(terms: contract_rules.Terms, link: str, measure: str) -> ChartBlock:
    points: list[Any] = [charts.Point(r.on, float(r.used), link) for r in terms.usage]
    title, target = f"Used, {measure}", float(terms.entitlement) if terms.entitlement else None
    drawn = charts.line(title, points, target=target)
    rows = tuple((r.on, Value(r.used, link)) for r in terms.usage)
    numbers = Table("Usage", (Column("Day", "date"), Column(title, "number")), rows)
    return ChartBlock(title, drawn.svg, drawn.description, numbers, drawn.legend)


def _alternatives(terms: contract_rules.Terms) -> tuple[Block, ...]:
    return (Points(terms.alternatives),) if terms.alternatives else (Paragraph("None is written down."),)


def _facts(contract: Contract) -> KeyValues:
    here = contract.get_absolute_url()
    said = (
        Labelled("Contract", contract.ref, link=here),
        Labelled("Supplier", contract.supplier),
        Labelled("Runs from", contract.starts, "date"),
        Labelled("Until", contract.ends, "date"),
        Labelled("Notice", f"{contract.notice_days} days before the end"),
        Labelled("Renewal", contract.get_renewal_display()),
        Labelled("State", contract.get_state_display()),
        Labelled("Owner", contract.owner.name if contract.owner else None),
    )
    return KeyValues(said)

"""The money of the sample organisation, as its people would have kept it: planned, approved, paid, reforecast."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from remit.govern.budget import calendar, weighing
from remit.govern.budget.asking import Asked, NothingToChooseError, problem
from remit.govern.budget.choosing import keep, scenarios_of
from remit.govern.budget.models import (
    BudgetLine,
    Contract,
    ExchangeRate,
    FiscalYear,
    Investment,
    Posting,
    PricePoint,
    UsageReading,
)
from remit.kernel import actor
from remit.kernel.access.models import Unit, User
from remit.kernel.access.standing import standing
from remit.kernel.records import record_types

Item = dict[str, Any]


class Purse:
    """Fills the budget from what the sample says."""

    def __init__(self, units: Mapping[str, Unit], people: Mapping[str, User]) -> None:
        self.units, self.people = units, people
        self.root, self.head = next(iter(units.values())), next(iter(people.values()))
        self.years: dict[str, FiscalYear] = {}
        self.contracts: dict[str, Contract] = {}
        self.lines: list[tuple[BudgetLine, Item]] = []

    def rates(self, said: Item) -> None:
        """Lay down exchange rates, which risks in other currencies need before any budget stands."""
        with actor.acting(self.head.pk):
            for rate in said["rates"]:
                given = {"currency": rate["currency"], "quote": rate["quote"], "on": day(rate["on"])}
                ExchangeRate.objects.create(**given, rate=Decimal(rate["rate"]), source="central bank", unit=self.root)

    def fill(self, said: Item, today: date) -> None:
        """Make everything else: plans, which others approve; then what was paid and is expected."""
        with actor.acting(self.head.pk):
            for item in said["contracts"]:
                self._contract(item)
            for item in said["years"]:
                self.years[item["name"]] = FiscalYear.objects.create(
                    name=item["name"], starts=day(item["starts"]), ends=day(item["ends"]), currency=item["currency"],
                    **self._place(item),
                )  # fmt: skip
            for item in said["lines"]:
                self._line(item)
            for item in said["years"]:
                self._move(self.years[item["name"]], item)
            for line, item in self.lines:
                self._spend(line, item)
            self._investments(said["investments"])
            self._choose(self.years[max(self.years)])
        calendar.remind(today)

    def _place(self, item: Item) -> Item:
        return {"unit": self.units[item["unit"]], "owner": self.people[item["owner"]]}

    def _contract(self, item: Item) -> None:
        same = ("title", "supplier", "notice_days", "renewal", "currency", "measure", "alternatives")
        contract = Contract.objects.create(
            starts=day(item["starts"]), ends=day(item["ends"]) if item["ends"] else None,
            price_per_year=Decimal(item["price_per_year"]), entitlement=item["entitlement"],
            **{name: item[name] for name in same}, **self._place(item),
        )  # fmt: skip
        its: Item = {"contract": contract, "unit": contract.unit, "owner": contract.owner}
        for price in item["prices"]:
            PricePoint.objects.create(
                since=day(price["since"]),
                price_per_year=Decimal(price["price_per_year"]),
                quantity=price["quantity"],
                **its,
            )
        for reading in item["usage"]:
            UsageReading.objects.create(on=day(reading["on"]), used=reading["used"], source=reading["source"], **its)
        contract.refresh_from_db()
        for move in {"active": ("sign",), "ending": ("sign", "give_notice")}.get(item["state"], ()):
            contract.move(move)
        self.contracts[contract.title] = contract

    def _line(self, item: Item) -> None:
        line = BudgetLine(
            fiscal_year=self.years[item["year"]], title=item["title"], kind_of=item["kind"], function=item["function"],
            accounting=item["accounting"], currency=item["currency"], plan=Decimal(item["plan"]),
            contract=self.contracts.get(item["contract"]), **self._place(item),
        )  # fmt: skip
        line.rate_or_refuse()
        line.save()
        self.lines.append((line, item))

    def _move(self, year: FiscalYear, item: Item) -> None:
        """Submit a year, and let somebody else approve it where the sample says that they did."""
        with actor.acting(self.people[item["submitted_by"]].pk):
            year.move("submit")
        if item["approved_by"]:
            with actor.system(f"approved by {item['approved_by']}"):
                year.move("approve")

    def _spend(self, line: BudgetLine, item: Item) -> None:
        for paid in item["postings"]:
            Posting.objects.create(
                line=line, unit=line.unit, owner=line.owner, posted_on=day(paid["on"]), amount=Decimal(paid["amount"]),
                currency=line.currency, reference=paid["reference"], text=paid["text"],
            )  # fmt: skip
        line.refresh_from_db()
        line.committed, line.reason = Decimal(item["committed"]), item["reason"]
        line.forecast = Decimal(item["forecast"]) if item["forecast"] else None
        line.save()

    def _investments(self, items: list[Item]) -> None:
        """Make what could be bought; what they say of each other and of risks is by title, and kept by reference."""
        risks = next((model for model in record_types() if model.kind() == "risks.risk"), None)
        refs = {str(risk): risk.ref for risk in risks._default_manager.all()} if risks else {}
        made: dict[str, Investment] = {}
        for item in items:
            same = ("title", "function", "person_days", "group", "must_have", "planned")
            made[item["title"]] = Investment.objects.create(
                one_off=Decimal(item["one_off"]), yearly=Decimal(item["yearly"]),
                effects={refs[risk]: _shares(said) for risk, said in item["effects"].items() if risk in refs},
                **{name: item[name] for name in same}, **self._place(item),
            )  # fmt: skip
        for item in items:
            if item["requires"] or item["excludes"]:
                one = made[item["title"]]
                one.requires = [made[title].ref for title in item["requires"]]
                one.excludes = [made[title].ref for title in item["excludes"]]
                one.save()

    def _choose(self, year: FiscalYear) -> None:
        """Let the head of security have asked what next year's money is best spent on."""
        units = tuple(standing(self.head.pk).below(year.unit_id))
        asked = Asked("Programme of next year", year.unit_id, units, year.currency, {year.name: 450_000.0})
        with suppress(NothingToChooseError):  # there is no register of risks to choose by
            stated = problem(asked)
            keep(asked, stated, weighing.answer(stated, scenarios=scenarios_of(stated)))


def _shares(said: dict[str, float]) -> dict[str, float]:
    return {part: share for part, share in said.items() if share}


def day(text: str) -> date:
    return date.fromisoformat(text)

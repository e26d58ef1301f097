"""The numbers of the budget; each docstring is the formula that its page shows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from remit.govern.budget import rules
from remit.govern.budget.exchange import in_currency
from remit.govern.budget.models import BudgetLine, Contract, FiscalYear
from remit.kernel.figures.registry import Scope, Value, figure

LINES = ("budget.budgetline",)
CONTRACTS = ("budget.contract",)
SOON = 90


def _this_year(scope: Scope) -> tuple[QuerySet[BudgetLine], str, str]:
    """Return the lines of the years that today is in, their currency ("" for several), and the list's query."""
    lines = scope.of(BudgetLine).filter(fiscal_year__starts__lte=scope.today, fiscal_year__ends__gte=scope.today)
    years = list(lines.order_by().values_list("fiscal_year_id", "fiscal_year__currency").distinct())
    currencies = {currency for _, currency in years}
    query = f"fiscal_year={years[0][0]}" if len(years) == 1 else ""
    return lines, currencies.pop() if len(currencies) == 1 else "", query


def _sum_of(scope: Scope, field: str) -> Value:
    lines, currency, query = _this_year(scope)
    if not currency:
        note = "several currencies: choose a unit" if lines.exists() else "no lines this year"
        return Value(None, lines, note=note, list_query=query)
    total = lines.aggregate(total=Sum(F(field) * F("rate")))["total"] or Decimal(0)
    return Value(float(rules.cents(total)), lines, note=f"in {currency}", list_query=query)


@figure("budget_plan", "Budget, planned", kinds=LINES, group="govern")
def budget_plan(scope: Scope) -> Value:
    """Sum of the plans of this fiscal year's lines, each at the year's rate into its currency."""
    return _sum_of(scope, "plan")


@figure("budget_committed", "Budget, committed", kinds=LINES, group="govern")
def budget_committed(scope: Scope) -> Value:
    """Sum of what this fiscal year's lines have ordered or signed for, at the year's rate."""
    return _sum_of(scope, "committed")


@figure("budget_spent", "Budget, spent", kinds=LINES, group="govern")
def budget_spent(scope: Scope) -> Value:
    """Sum of the postings of this fiscal year's lines, each converted at the last rate known on its day."""
    return _sum_of(scope, "actual")


@figure("budget_expected", "Budget, expected", kinds=LINES, group="govern")
def budget_expected(scope: Scope) -> Value:
    """Sum of this fiscal year's forecasts, of the plan where a line has none, at the year's rate."""
    return _sum_of(scope, "expected")


@figure("budget_variance", "Budget variance", unit="%", better="lower", target=5, kinds=LINES, group="govern")
def budget_variance(scope: Scope) -> Value:
    """How much more than planned is expected of this fiscal year, in hundredths of the plan."""
    lines, currency, query = _this_year(scope)
    found = lines.aggregate(plan=Sum(F("plan") * F("rate")), off=Sum(F("variance") * F("rate")))
    if not currency or not found["plan"]:
        return Value(None, lines, note="" if currency else "several currencies or no lines", list_query=query)
    share = found["off"] / found["plan"] * 100
    note = f"{currency} {rules.cents(found['off']):+,.0f}"
    return Value(float(round(share, 1)), lines.exclude(variance=0), note=note, list_query=query)


@figure(
    "contracts_to_decide",
    "Contracts to decide on",
    unit="contracts",
    better="lower",
    kinds=CONTRACTS,
    group="govern",
    counts=True,
)
def contracts_to_decide(scope: Scope) -> Value:
    """Active contracts whose last day of notice is within the next 90 days."""
    last = scope.today + timedelta(days=SOON)
    rows = scope.of(Contract).filter(state="active", notice_on__gte=scope.today, notice_on__lte=last)
    return Value(None, rows, list_query=f"state=active&notice_on_min={scope.today}&notice_on_max={last}")


@figure("licences_unused", "Paid for unused", better="lower", kinds=CONTRACTS, group="govern")
def licences_unused(scope: Scope) -> Value:
    """What active contracts cost a year for what the newest reading found unused, at today's rates."""
    rows = scope.of(Contract).filter(state="active", unused__gt=0)
    by_currency = dict(rows.order_by().values_list("currency").annotate(total=Sum("unused")))
    if not by_currency:
        return Value(0.0, rows)
    year = FiscalYear.objects.filter(starts__lte=scope.today, ends__gte=scope.today).first()
    into = year.currency if year else max(by_currency, key=lambda code: by_currency[code])
    total, missing = Decimal(0), []
    for code, amount in sorted(by_currency.items()):
        try:
            total += in_currency(amount, code, into, scope.today)
        except rules.MissingRateError:
            missing.append(code)
    note = f"in {into}" + (f", without {', '.join(missing)}: no rate is known" if missing else "")
    return Value(float(total), rows, note=note, list_query="state=active&unused_min=0.01")

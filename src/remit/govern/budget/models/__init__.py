"""Money for security: fiscal years, their lines and postings, contracts, and what might be invested in."""

from remit.govern.budget.models.common import Function, Spending
from remit.govern.budget.models.contracts import Contract, PricePoint, UsageReading
from remit.govern.budget.models.investments import Choice, Investment
from remit.govern.budget.models.postings import Posting
from remit.govern.budget.models.years import BudgetLine, ExchangeRate, FiscalYear, Reforecast

__all__ = (
    "BudgetLine",
    "Choice",
    "Contract",
    "ExchangeRate",
    "FiscalYear",
    "Function",
    "Investment",
    "Posting",
    "PricePoint",
    "Reforecast",
    "Spending",
    "UsageReading",
)

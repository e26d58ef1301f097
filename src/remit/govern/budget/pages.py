"""The addresses that only the budget has."""

from __future__ import annotations

from typing import Any

from django.urls import path

from remit.govern.budget import choice_pages, contract_pages, investment_pages, year_pages
from remit.govern.budget.models import BudgetLine
from remit.kernel.web.shell import add_place

add_place("Budget", "/budget/", "wallet", BudgetLine.kind())

urlpatterns: list[Any] = [
    path("budget/", year_pages.year, name="budget"),
    path("budget/report.pdf", year_pages.year_report, {"format": "pdf"}, name="budget_pdf"),
    path("budget/report.xlsx", year_pages.year_report, {"format": "xlsx"}, name="budget_xlsx"),
    path("contracts/renewals/", contract_pages.renewals, name="renewals"),
    path("contracts/<int:pk>/brief/", contract_pages.brief, name="contract_brief"),
    path("contracts/<int:pk>/brief/report.<slug:format>", contract_pages.brief_report, name="contract_brief_report"),
    path("choices/new/", choice_pages.choose, name="choose"),
    path("choices/preview/", choice_pages.preview, name="choice_preview"),
    path("choices/<int:pk>/result/", choice_pages.result, name="choice_result"),
    path("choices/<int:pk>/result/report.<slug:format>", choice_pages.result_report, name="choice_report"),
    path("investments/<int:pk>/effects/", investment_pages.effects, name="investment_effects"),
]

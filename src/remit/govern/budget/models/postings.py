"""What was paid on the lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from remit.govern.budget import rules
from remit.govern.budget.models.years import BudgetLine
from remit.kernel.money import CurrencyField, MoneyField
from remit.kernel.records import Record


class Posting(Record):
    """What was paid, or credited (negative), on a line: the actual amount of a line is the sum of its postings."""

    prefix = "PST"
    line = models.ForeignKey(BudgetLine, models.CASCADE, related_name="postings")
    posted_on = models.DateField("posted")
    amount = MoneyField(default=Decimal(0), help_text="A credit is negative.")
    currency = CurrencyField()
    counted = MoneyField("in the line's currency", default=Decimal(0), editable=False)
    reference = models.CharField(
        "document", max_length=80, help_text="The number in the accounts; on one line it counts once."
    )
    text = models.CharField(max_length=300, blank=True, default="")

    class Meta(Record.Meta):
        ordering = ("-posted_on", "-id")  # type: ignore[assignment]
        constraints = (models.UniqueConstraint(fields=("line", "reference"), name="posting_once"),)
        indexes = (models.Index(fields=("line", "posted_on"), name="posting_of_line"),)

    def __str__(self) -> str:
        return f"{self.reference} {self.text}".strip()

    def clean(self) -> None:
        """Refuse a day outside the year, and a currency whose rate on that day is not known."""
        if self.line_id is None or self.posted_on is None or self.amount is None:
            return
        year = self.line.fiscal_year
        if not year.starts <= self.posted_on <= year.ends:
            said = f"{year} runs from {year.starts} to {year.ends}; choose a line of the year this day is in."
            raise ValidationError({"posted_on": said})
        if year.state == "closed":
            raise ValidationError({"line": f"{year} is closed. Reopen it first, or post to the next one."})
        try:
            self.count()
        except rules.MissingRateError as missing:
            raise ValidationError({"currency": str(missing)}) from missing

    def count(self) -> None:
        """Set the amount in the line's currency, at the last known rate of the day; MissingRateError without one."""
        from remit.govern.budget.exchange import in_currency  # noqa: PLC0415  (it reads the rates of this module)

        self.counted = in_currency(Decimal(self.amount), self.currency, self.line.currency, self.posted_on)

    def save(self, **options: Any) -> None:
        self.count()
        if (only := options.get("update_fields")) is not None:
            options["update_fields"] = {*only, "counted"}
        super().save(**options)

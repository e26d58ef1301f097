"""Fiscal years, their lines, and the rates at which these count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction

from remit.govern.budget import rules
from remit.govern.budget.models.common import POSITIVE, Function, Spending
from remit.govern.budget.models.contracts import Contract
from remit.kernel import actor
from remit.kernel.lifecycle import Move, StateField
from remit.kernel.money import CurrencyField, MoneyField
from remit.kernel.records import Record
from remit.kernel.resources import needs


class FiscalYear(Record):
    """A year of money: planned, submitted, approved by somebody else, closed."""

    prefix = "FYR"
    lent_by = ("budget_budgetline.fiscal_year_id",)
    name = models.CharField(max_length=80)
    starts = models.DateField("first day")
    ends = models.DateField("last day")
    currency = CurrencyField(help_text="The currency of its totals.")
    approved_on = models.DateField("approved", null=True, editable=False)
    state = StateField(
        Move("submit", "draft", "submitted"),
        Move("take_back", "submitted", "draft"),
        Move("approve", "submitted", "approved", decision=True, stamp="approved_on", four_eyes=("submit", "change")),
        Move("close", "approved", "closed", decision=True, danger=True),
        Move("reopen", ("approved", "closed"), "draft", decision=True, danger=True),
        tones={"submitted": "attend", "approved": "good", "closed": "soft"},
    )

    class Meta(Record.Meta):
        ordering = ("-starts", "-id")  # type: ignore[assignment]
        constraints = (
            models.CheckConstraint(condition=models.Q(ends__gte=models.F("starts")), name="fiscal_year_in_order"),
        )

    def clean(self) -> None:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValidationError({"ends": "The last day is before the first one; swap them."})
        if self.starts and self.ends and len(rules.months_of(self.starts, self.ends)) > 24:
            raise ValidationError({"ends": "A fiscal year has at most 24 months; correct its days."})

    @property
    def fixed(self) -> bool:
        """Whether its plan stands: what changes now is the forecast."""
        return self.state in {"approved", "closed"}


class BudgetLine(Record):
    """One line of a year: what for, how much was planned, is promised, was spent and is expected."""

    prefix = "BGT"

    class Accounting(models.TextChoices):
        OPEX = "opex", "Opex"
        CAPEX = "capex", "Capex"

    fiscal_year = models.ForeignKey(FiscalYear, models.PROTECT, related_name="lines")
    title = models.CharField(max_length=200)
    kind_of = models.CharField("kind", max_length=12, choices=Spending.choices, default=Spending.SERVICES)
    function = models.CharField(max_length=10, choices=Function.choices, default=Function.GOVERN)
    accounting = models.CharField(max_length=8, choices=Accounting.choices, default=Accounting.OPEX)
    currency = CurrencyField()
    plan = MoneyField(default=Decimal(0), validators=POSITIVE)
    phasing = ArrayField(
        models.DecimalField(max_digits=15, decimal_places=2),
        verbose_name="plan by month",
        default=list,
        blank=True,
        help_text="One amount a month, or nothing: then the plan is spread evenly.",
    )
    committed = MoneyField(
        default=Decimal(0), validators=POSITIVE, help_text="Ordered or signed for, with what is spent."
    )
    actual = MoneyField("spent", default=Decimal(0), editable=False)
    forecast = MoneyField(
        null=True, blank=True, validators=POSITIVE, help_text="For the whole year. Empty: as planned."
    )
    expected = MoneyField(default=Decimal(0), editable=False)
    variance = MoneyField(default=Decimal(0), editable=False)
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=Decimal(1), editable=False)
    """Into the year's currency: the last known on its first day; fixed once the year is approved."""
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, blank=True, related_name="lines")
    reason = models.TextField("reason of the variance", blank=True, default="")
    notes = models.TextField(blank=True, default="")

    class Meta(Record.Meta):
        indexes = (
            models.Index(fields=("fiscal_year", "kind_of"), name="budget_line_of_year"),
            models.Index(fields=("-plan", "-id"), name="budget_line_by_plan"),
        )

    @property
    def variance_percent(self) -> float | None:
        found = rules.variance_percent(self.plan, self.expected)
        return None if found is None else float(found)

    def clean(self) -> None:
        """Refuse a changed plan of an approved year, amounts by month that do not add up, an unexplained variance."""
        if self.fiscal_year_id is None or self.plan is None:
            return
        year = self.fiscal_year
        before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        if year.fixed and (before is None or before.plan != self.plan or before.fiscal_year_id != self.fiscal_year_id):
            said = f"{year} is {year.state}, and its plan stands. Reforecast the line instead, or reopen the year."
            raise ValidationError({"fiscal_year" if before is None else "plan": said})
        months = len(rules.months_of(year.starts, year.ends))
        if problem := rules.phasing_problem(self.plan, months, self.phasing or ()):
            raise ValidationError({"phasing": problem})
        expected = self.plan if self.forecast is None else self.forecast
        if rules.wants_reason(self.plan, expected) and not self.reason.strip():
            raise ValidationError(
                {"reason": f"The year is expected to be {expected - self.plan:+,.2f} off its plan; say why."}
            )
        self.rate_or_refuse()

    def rate_or_refuse(self) -> None:
        """Take the year's rate; ValidationError where none is known. A year that stands keeps the rate it has."""
        from remit.govern.budget.exchange import budget_rate  # noqa: PLC0415  (it reads the rates of this module)

        year = self.fiscal_year
        if self.pk and year.fixed:
            return
        try:
            self.rate = budget_rate(self.currency, year)
        except rules.MissingRateError as missing:
            raise ValidationError({"currency": str(missing)}) from missing

    def save(self, **options: Any) -> None:
        self.expected = self.plan if self.forecast is None else self.forecast
        self.variance = rules.variance(Decimal(self.plan), Decimal(self.expected))
        if (only := options.get("update_fields")) is not None:
            options["update_fields"] = {*only, "expected", "variance"}
        kept = type(self)._default_manager.filter(pk=self.pk).values_list("expected", flat=True) if self.pk else ()
        before = next(iter(kept), None)
        with transaction.atomic():
            super().save(**options)
            if before is not None and before != self.expected:
                self._remember(before)

    def _remember(self, before: Decimal) -> None:
        """Keep what was expected until now; a plan that moves with no forecast beside it is no reforecast."""
        if self.forecast is None and not self.fiscal_year.fixed:
            return
        Reforecast.objects.create(
            line=self,
            unit_id=self.unit_id,
            owner_id=actor.actor().user_id,
            restricted=self.restricted,
            before=before,
            amount=self.expected,
            reason=self.reason,
        )


class Reforecast(Record):
    """What somebody expected of a line, when and why: a history that only grows."""

    prefix = "RFC"
    line = models.ForeignKey(BudgetLine, models.CASCADE, related_name="reforecasts")
    amount = MoneyField(default=Decimal(0), editable=False)
    before = MoneyField(default=Decimal(0), editable=False)
    reason = models.TextField(default="", editable=False)

    @property
    @needs("line", label="Currency")
    def currency(self) -> str:
        return str(self.line.currency)


class ExchangeRate(Record):
    """What one unit of a currency costs in another, from a day on; laid down in a unit, it is read below."""

    prefix = "FXR"
    for_units_below = True
    currency = CurrencyField("one unit of", default="USD")
    quote = CurrencyField("costs, in", default="EUR")
    on = models.DateField("from")
    rate = models.DecimalField(
        max_digits=18, decimal_places=8, default=Decimal(1), validators=[MinValueValidator(Decimal("0.00000001"))]
    )
    source = models.CharField(max_length=120, blank=True, default="")

    class Meta(Record.Meta):
        ordering = ("-on", "-id")  # type: ignore[assignment]
        indexes = (models.Index(fields=("currency", "quote", "-on"), name="rate_of_pair"),)
        constraints = (
            models.UniqueConstraint(
                fields=("unit", "currency", "quote", "on"),
                name="exchange_rate_once",
                violation_error_message="This unit has a rate of these two currencies from that day already. "
                "Change that one, or give another day.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.currency} in {self.quote}"

    def clean(self) -> None:
        if self.currency and self.currency == self.quote:
            raise ValidationError({"quote": "A currency costs one of itself; name two different ones."})

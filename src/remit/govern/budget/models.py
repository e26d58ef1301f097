"""Money for security: fiscal years, their lines and postings, contracts, and what might be invested in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction

from remit.govern.budget import rules
from remit.kernel import actor
from remit.kernel.lifecycle import Move, StateField
from remit.kernel.money import CurrencyField, MoneyField
from remit.kernel.records import Record
from remit.kernel.resources import needs

POSITIVE = [MinValueValidator(Decimal(0))]


class Spending(models.TextChoices):
    PEOPLE = "people", "People"
    LICENCES = "licences", "Licences"
    SERVICES = "services", "Services"
    HARDWARE = "hardware", "Hardware"
    TRAINING = "training", "Training"
    CONTINGENCY = "contingency", "Contingency"


class Function(models.TextChoices):
    """The functions of the NIST Cybersecurity Framework 2.0."""

    GOVERN = "govern", "Govern"
    IDENTIFY = "identify", "Identify"
    PROTECT = "protect", "Protect"
    DETECT = "detect", "Detect"
    RESPOND = "respond", "Respond"
    RECOVER = "recover", "Recover"


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


class Contract(Record):
    """An agreement with a supplier: what it costs, what it grants, and by when to say that it shall end."""

    prefix = "CTR"

    class Renewal(models.TextChoices):
        AUTOMATIC = "automatic", "Automatic"
        NONE = "none", "None"

    title = models.CharField(max_length=200)
    supplier = models.CharField(max_length=200)
    starts = models.DateField("starts")
    ends = models.DateField("ends", null=True, blank=True, help_text="Empty where it runs until somebody ends it.")
    notice_days = models.PositiveIntegerField(
        default=90, validators=[MaxValueValidator(1095)], help_text="Days before the end by which notice is given."
    )
    notice_on = models.DateField("last day of notice", null=True, editable=False, db_index=True)
    renewal = models.CharField(max_length=12, choices=Renewal.choices, default=Renewal.NONE)
    price_per_year = MoneyField(default=Decimal(0), validators=POSITIVE)
    currency = CurrencyField()
    entitlement = models.DecimalField(
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        validators=POSITIVE,
        help_text="How much of it you may use: seats, gigabytes a day, hours.",
    )
    measure = models.CharField("unit of measure", max_length=40, blank=True, default="", help_text="As in seats.")
    used = models.DecimalField("used at most lately", max_digits=15, decimal_places=2, null=True, editable=False)
    unused = MoneyField("paid for unused", default=Decimal(0), editable=False)
    alternatives = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    notes = models.TextField(blank=True, default="")
    state = StateField(
        Move("sign", "proposed", "active"),
        Move("give_notice", "active", "ending"),
        Move("renew", ("active", "ending"), "active", asks=("ends",)),
        Move("end", ("active", "ending"), "ended", danger=True),
        Move("drop", "proposed", "dropped", danger=True),
        tones={"proposed": "attend", "active": "good", "ending": "attend", "ended": "soft", "dropped": "soft"},
    )

    class Meta(Record.Meta):
        indexes = (models.Index(fields=("state", "notice_on"), name="contract_by_notice"),)

    def clean(self) -> None:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValidationError({"ends": "The contract ends before it starts; correct one of the days."})

    def save(self, **options: Any) -> None:
        self.notice_on = rules.notice_day(self.ends, self.notice_days)
        self.unused = rules.unused_value(self.entitlement, self.used, self.price_per_year)
        if (only := options.get("update_fields")) is not None:
            options["update_fields"] = {*only, "notice_on", "unused"}
        super().save(**options)


class PricePoint(Record):
    """What a contract cost a year, from a day on."""

    prefix = "PRC"
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="prices")
    since = models.DateField("from")
    price_per_year = MoneyField(default=Decimal(0), validators=POSITIVE)
    quantity = models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True, validators=POSITIVE)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta(Record.Meta):
        verbose_name = "price"
        verbose_name_plural = "prices"
        ordering = ("-since", "-id")  # type: ignore[assignment]


class UsageReading(Record):
    """How much of a contract was in use on a day."""

    prefix = "USE"
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="readings")
    on = models.DateField("read on")
    used = models.DecimalField(max_digits=15, decimal_places=2, default=Decimal(0), validators=POSITIVE)
    source = models.CharField(max_length=120, blank=True, default="", help_text="Where the number comes from.")

    class Meta(Record.Meta):
        ordering = ("-on", "-id")  # type: ignore[assignment]


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
    """What one unit of a currency costs in another, from a day on."""

    prefix = "FXR"
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

    def __str__(self) -> str:
        return f"{self.currency} in {self.quote}"

    def clean(self) -> None:
        if self.currency and self.currency == self.quote:
            raise ValidationError({"quote": "A currency costs one of itself; name two different ones."})


def person_days() -> list[int]:
    return [0]


class Investment(Record):
    """Something the money could be spent on: what it costs, what it needs, and what it does to risks."""

    prefix = "INV"
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    function = models.CharField(max_length=10, choices=Function.choices, default=Function.PROTECT)
    currency = CurrencyField()
    one_off = MoneyField("one-off cost", default=Decimal(0), validators=POSITIVE)
    yearly = MoneyField("yearly cost", default=Decimal(0), validators=POSITIVE)
    person_days = ArrayField(
        models.PositiveIntegerField(),
        verbose_name="days of work by year",
        default=person_days,
        blank=True,
        help_text="Days of your own people: the first year, the second …",
    )
    requires = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="What must come with it, as INV-3.",
    )
    excludes = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, help_text="What cannot go with it, as INV-3."
    )
    group = models.CharField(
        "levels of",
        max_length=80,
        blank=True,
        default="",
        help_text="Of those with the same word one is chosen.",
    )
    must_have = models.BooleanField(default=False, help_text="Chosen whatever it removes.")
    planned = models.BooleanField("in our own plan", default=False, help_text="Part of the plan made by hand.")
    effects = models.JSONField(default=dict, blank=True, editable=False)
    """{risk reference: {"frequency": share, "magnitude": share}}: the share, 0 to 1, that it takes off each."""
    state = StateField(
        Move("approve", "candidate", "approved", decision=True, four_eyes=("create",)),
        Move("finish", "approved", "done"),
        Move("drop", ("candidate", "approved"), "dropped", danger=True),
        Move("reconsider", ("dropped", "approved"), "candidate"),
        tones={"approved": "good", "done": "good", "dropped": "soft"},
    )

    @property
    def risks_touched(self) -> int:
        return len(self.effects or {})

    def clean(self) -> None:
        """Refuse references that are none of an investment's, and itself."""
        for field in ("requires", "excludes"):
            for ref in getattr(self, field) or ():
                prefix, _, number = ref.partition("-")
                if prefix != self.prefix or not number.isascii() or not number.isdigit() or len(number) > 18:
                    raise ValidationError({field: f"“{ref[:40]}” is no reference of an investment, as INV-3."})
                if int(number) == self.pk or not type(self)._default_manager.filter(pk=int(number)).exists():
                    raise ValidationError({field: f"There is no other investment {ref}. Choose one that you see."})


class Choice(Record):
    """A best set as it was computed: what was asked, what was chosen, how sure that is. It never changes."""

    prefix = "CHC"
    title = models.CharField(max_length=200, editable=False)
    currency = CurrencyField(editable=False)
    budget = MoneyField(default=Decimal(0), editable=False)
    cost = MoneyField(default=Decimal(0), editable=False)
    loss_before = MoneyField("annual loss before", default=Decimal(0), editable=False)
    loss_after = MoneyField("annual loss after", default=Decimal(0), editable=False)
    gap = models.FloatField(null=True, editable=False)
    status = models.CharField(max_length=20, default="", editable=False)
    problem = models.JSONField(default=dict, editable=False)
    """What was asked, in the shape of `remit budget choose`."""
    answer = models.JSONField(default=dict, editable=False)
    """What came out: the chosen, the left out, the frontier."""

    @property
    def removed(self) -> Decimal:
        return Decimal(self.loss_before - self.loss_after)

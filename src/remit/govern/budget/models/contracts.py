"""Contracts, what they cost before, and how much of them is in use."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from remit.govern.budget import contract_rules
from remit.govern.budget.models.common import POSITIVE
from remit.kernel.lifecycle import Move, StateField
from remit.kernel.money import CurrencyField, MoneyField
from remit.kernel.records import Record


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
        self.notice_on = contract_rules.notice_day(self.ends, self.notice_days)
        self.unused = contract_rules.unused_value(self.entitlement, self.used, self.price_per_year)
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

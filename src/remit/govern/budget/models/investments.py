"""What the money could be spent on, and the sets that were computed."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from remit.govern.budget.models.common import POSITIVE, Function
from remit.kernel.lifecycle import Move, StateField
from remit.kernel.money import CurrencyField, MoneyField
from remit.kernel.records import Record


def person_days() -> list[int]:
    return [0]


class Investment(Record):
    """Something the money could be spent on: what it costs, what it needs, and what it does to risks."""

    prefix = "INV"
    speaks_of = ("effects",)
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
    speaks_of = ("problem", "answer")
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

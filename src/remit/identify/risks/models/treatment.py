"""What is done about a risk, and the indicators that are watched meanwhile."""

from __future__ import annotations

from django.db import models

from remit.identify.risks.models.common import computed_money, money_field
from remit.identify.risks.models.register import Risk
from remit.kernel.lifecycle import Move, StateField
from remit.kernel.records import Record


class Strategy(models.TextChoices):
    """ISO 31000:2018, 6.5.2, in the four words the field uses."""

    MITIGATE = "mitigate", "Mitigate"
    TRANSFER = "transfer", "Transfer"
    AVOID = "avoid", "Avoid"
    ACCEPT = "accept", "Accept"


UNDER_WAY = ("planned", "approved", "in_progress")
"""The states of a treatment that is to come: its effect is in the target, not yet in the current risk."""


class Treatment(Record):
    """Something to do about a risk: what it takes, what it changes, and what is then left."""

    prefix = "TRT"
    seen_with = "risk"
    risk = models.ForeignKey(Risk, models.PROTECT, related_name="treatments")
    title = models.CharField(max_length=200)
    strategy = models.CharField(max_length=10, choices=Strategy.choices, default=Strategy.MITIGATE)
    plan = models.TextField(blank=True, default="")
    work = money_field("work", default=0, help_text="Person-days, once.")
    cost_once = money_field("cost once", default=0, help_text="In the currency of the risk.")
    cost_yearly = money_field("cost a year", default=0, help_text="In the currency of the risk.")
    frequency_effect = models.FloatField("fewer events", default=0, help_text="Share of events it prevents, 0 to 1.")
    vulnerability_effect = models.FloatField(
        "harder to succeed", default=0, help_text="Share of successful attempts it prevents, 0 to 1."
    )
    magnitude_effect = models.FloatField("smaller losses", default=0, help_text="Share it takes off each loss, 0 to 1.")
    duration_effect = models.FloatField("shorter outages", default=0, help_text="Share it takes off the time, 0 to 1.")
    retention = money_field(
        "insurance: own share", null=True, blank=True, help_text="Of each loss, before the insurer pays."
    )
    limit = money_field("insurance: limit", null=True, blank=True, help_text="The most the insurer pays for each loss.")
    residual_loss = computed_money("annual loss left")
    residual_var95 = computed_money("loss at 95 % left")
    due_on = models.DateField("due", null=True, blank=True)
    finished_on = models.DateField("finished", null=True, editable=False)
    state = StateField(
        Move("approve", "planned", "approved", decision=True),
        Move("start", ("planned", "approved"), "in_progress"),
        Move("finish", ("approved", "in_progress"), "done", stamp="finished_on"),
        Move("drop", UNDER_WAY, "dropped", danger=True),
        tones={"planned": "soft", "approved": "track", "in_progress": "attend", "done": "good", "dropped": "soft"},
    )

    class Meta(Record.Meta):
        constraints = tuple(
            models.CheckConstraint(
                condition=models.Q(**{f"{name}__gte": 0, f"{name}__lte": 1}),
                name=f"treatment_{name}_is_a_share",
                violation_error_message="An effect is a share: give a number from 0 to 1.",
            )
            for name in ("frequency_effect", "vulnerability_effect", "magnitude_effect", "duration_effect")
        )


class IndicatorState(models.TextChoices):
    UNKNOWN = "unknown", "No reading"
    GREEN = "green", "Green"
    AMBER = "amber", "Amber"
    RED = "red", "Red"


class Indicator(Record):
    """A key risk indicator: a figure, or a number somebody reads, with the values from which it warns."""

    prefix = "KRI"
    seen_with = "risk"
    risk = models.ForeignKey(Risk, models.PROTECT, related_name="indicators")
    title = models.CharField(max_length=200)
    figure = models.CharField(
        max_length=80, blank=True, default="", help_text="Name of a figure, read each night; empty: readings by hand."
    )
    measured_in = models.CharField("unit of measure", max_length=40, blank=True, default="")
    higher_is_worse = models.BooleanField(default=True)
    amber = models.FloatField("amber from")
    red = models.FloatField("red from")
    value = models.FloatField("last reading", null=True, editable=False)
    read_on = models.DateField("read", null=True, editable=False)
    status = models.CharField(
        max_length=8, choices=IndicatorState.choices, default=IndicatorState.UNKNOWN, editable=False
    )

    class Meta(Record.Meta):
        verbose_name = "risk indicator"


class IndicatorReading(Record):
    """What an indicator read on a day; kept as it was read."""

    prefix = "KRR"
    seen_with = "indicator"
    as_made = ("indicator", "on", "value")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="readings")
    on = models.DateField("day")
    value = models.FloatField()
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta(Record.Meta):
        verbose_name = "indicator reading"
        ordering = ("-on", "-id")  # type: ignore[assignment]
        constraints = (models.UniqueConstraint(fields=("indicator", "on"), name="one_reading_a_day"),)

    def __str__(self) -> str:
        return f"{self.value:g} on {self.on:%d %b %Y}" if self.pk else "reading"

"""Risks taken together: which of them, how they hang together, and what each computation of the whole found."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from remit.identify.risks.models.common import computed_money, money_field
from remit.kernel.money import CurrencyField
from remit.kernel.records import Record
from remit.kernel.screens import Toned


class Dependence(models.TextChoices):
    """How the years of several risks hang together."""

    INDEPENDENT = "independent", "Independent of each other"
    ONE_FACTOR = "one_factor", "Bad years come together (one factor)"
    COMMON_SHOCK = "common_shock", "Rates rise and fall together (common shock)"


class Portfolio(Record):
    """The open risks of a unit and all below it, added up in one currency; restricted risks are never among them."""

    prefix = "PFO"
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    currency = CurrencyField()
    dependence = models.CharField(
        max_length=16,
        choices=Dependence.choices,
        default=Dependence.INDEPENDENT,
        help_text="Losses that come together make bad years worse; the mean stays.",
    )
    strength = models.FloatField(
        default=0.3,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.99)],
        help_text="From 0 to 0.99: correlation of two risks by one factor, or spread of the common rate.",
    )
    trials = models.PositiveIntegerField(
        "simulated years",
        default=200_000,
        validators=[MinValueValidator(10_000), MaxValueValidator(5_000_000)],
        help_text="More years, smaller errors: four times as many halve them.",
    )
    bearable20 = money_field(
        "bearable once in 20 years", null=True, blank=True, help_text="The most that one year in twenty may cost."
    )
    bearable100 = money_field(
        "bearable once in 100 years", null=True, blank=True, help_text="The most that one year in a hundred may cost."
    )
    annual_loss = computed_money("expected annual loss")
    loss_var95 = computed_money("loss at 95 %")
    loss_var99 = computed_money("loss at 99 %")
    loss_es99 = computed_money("mean of the worst 1 %")
    planned_loss = computed_money("annual loss as planned")
    simulated_at = models.DateTimeField("simulated", null=True, editable=False)

    class Meta(Record.Meta):
        constraints = (models.UniqueConstraint(fields=("unit", "name"), name="portfolio_once"),)

    def clean(self) -> None:
        """Refuse limits the wrong way round."""
        if self.bearable20 is not None and self.bearable100 is not None and self.bearable100 < self.bearable20:
            raise ValidationError({"bearable100": "Rarer years may cost more: give at least what one year in 20 may."})

    @property
    def bearable(self) -> tuple[tuple[float, float], ...]:
        """The appetite as points of a curve: (loss, with which probability it may be exceeded)."""
        said = ((self.bearable20, 0.05), (self.bearable100, 0.01))
        return tuple((limit, probability) for limit, probability in said if limit)

    @property
    def stands(self) -> Toned:
        """Whether the last simulation keeps within what the unit is ready to bear."""
        limits = ((self.loss_var95, self.bearable20), (self.loss_var99, self.bearable100))
        held = [found <= limit for found, limit in limits if found is not None and limit is not None]
        if not held:
            return Toned("")
        return Toned("Bearable", "good") if all(held) else Toned("Over appetite", "act")


class PortfolioRun(Record):
    """What one simulation of a portfolio found, kept as it was.

    `numbers` holds the answers of `fair` for the stages ("inherent", "current", "target"); `parts` one entry per risk:
    its key, reference, currency, assessment, mean of each stage and its part of the worst years; `left_out` the risks
    that could not be counted, with the reason; `rates` the exchange rates that others were converted by. Names are not
    kept: who reads it may not see every risk.
    """

    prefix = "PFR"
    seen_with = "portfolio"
    speaks_of = ("parts", "left_out")
    as_made = (
        "portfolio", "currency", "dependence", "strength", "trials", "seed", "engine", "numbers", "parts", "left_out",
        "rates",
    )  # fmt: skip
    portfolio = models.ForeignKey(Portfolio, models.PROTECT, related_name="runs")
    currency = CurrencyField()
    dependence = models.CharField(max_length=16, choices=Dependence.choices)
    strength = models.FloatField()
    trials = models.PositiveIntegerField("simulated years")
    seed = models.BigIntegerField()
    engine = models.CharField(max_length=40)
    numbers = models.JSONField(default=dict, editable=False)
    parts = models.JSONField(default=list, editable=False)
    left_out = models.JSONField(default=list, editable=False)
    rates = models.JSONField(default=list, editable=False)
    annual_loss = computed_money("expected annual loss")
    loss_var95 = computed_money("loss at 95 %")
    loss_var99 = computed_money("loss at 99 %")
    loss_es99 = computed_money("mean of the worst 1 %")
    planned_loss = computed_money("annual loss as planned")

    class Meta(Record.Meta):
        verbose_name = "portfolio run"

    def __str__(self) -> str:
        return f"{self.portfolio} on {self.created_at:%d %b %Y}" if self.pk else "portfolio run"

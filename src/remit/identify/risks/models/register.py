"""The register itself: categories, scales, and risks with their scenario and what it was found to cost."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.timezone import localdate

from remit.identify.risks import rules, scales
from remit.identify.risks.models.common import computed_money, level_field
from remit.kernel.lifecycle import Move, StateField
from remit.kernel.money import CurrencyField
from remit.kernel.records import Record
from remit.kernel.resources import needs
from remit.kernel.screens import Toned


class Effect(models.TextChoices):
    CONFIDENTIALITY = "confidentiality", "Confidentiality"
    INTEGRITY = "integrity", "Integrity"
    AVAILABILITY = "availability", "Availability"
    SAFETY = "safety", "Safety"
    FRAUD = "fraud", "Fraud"
    COMPLIANCE = "compliance", "Compliance"
    SEVERAL = "several", "Several of these"


class AppetiteState(models.TextChoices):
    """Where a risk stands against what its unit is ready to bear."""

    UNKNOWN = "unknown", "Not known"
    WITHIN = "within", "Within appetite"
    OVER_APPETITE = "over_appetite", "Over appetite"
    OVER_TOLERANCE = "over_tolerance", "Over tolerance"


class RiskCategory(Record):
    """A heading of the register; appetite is set by category, and holds for the categories beneath."""

    prefix = "RCT"
    for_units_below = True
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", help_text="The wider category."
    )
    description = models.TextField(blank=True, default="")

    class Meta(Record.Meta):
        verbose_name = "risk category"
        verbose_name_plural = "risk categories"
        constraints = (models.UniqueConstraint(fields=("unit", "name"), name="risk_category_once"),)

    def clean(self) -> None:
        """Refuse a tree that bites its tail."""
        above, seen = self.parent, {self.pk}
        while above is not None and self.pk is not None:
            if above.pk in seen:
                raise ValidationError({"parent": "This category is beneath the one you edit; choose another."})
            seen.add(above.pk)
            above = above.parent


def _usual(part: str) -> Any:
    return scales.usual()[part]


def usual_likelihood() -> Any:
    return _usual("likelihood")


def usual_impact() -> Any:
    return _usual("impact")


def usual_ratings() -> Any:
    return _usual("ratings")


def usual_cells() -> Any:
    return _usual("cells")


class RiskMatrix(Record):
    """A scale of n levels of likelihood by m of impact, and the rating of each cell (`scales` says their shape)."""

    prefix = "RMX"
    for_units_below = True
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    currency = CurrencyField()
    likelihood = models.JSONField(default=usual_likelihood, editable=False)
    impact = models.JSONField(default=usual_impact, editable=False)
    ratings = models.JSONField(default=usual_ratings, editable=False)
    cells = models.JSONField(default=usual_cells, editable=False)

    class Meta(Record.Meta):
        verbose_name = "risk matrix"
        verbose_name_plural = "risk matrices"
        constraints = (models.UniqueConstraint(fields=("unit", "name"), name="risk_matrix_once"),)

    @cached_property
    def scale(self) -> scales.Scale:
        return scales.read({name: getattr(self, name) for name in ("likelihood", "impact", "ratings", "cells")})

    @property
    def size(self) -> str:
        return f"{len(self.likelihood)} × {len(self.impact)}"


OPEN = ("draft", "assessed", "treated", "accepted")
"""The states in which a risk counts."""


def assessable(risk: Any, _: int | None) -> str:
    """A risk is assessed once something says how often and how bad."""
    if risk.scenario or (risk.current_likelihood and risk.current_impact):
        return ""
    return "Say how often and how bad it is: fill in its scenario, or choose its current levels."


class Risk(Record):
    """Something that may happen, with what it would cost: in levels of a matrix, and in money by its scenario."""

    prefix = "RSK"
    title = models.CharField(max_length=200)
    category = models.ForeignKey(RiskCategory, models.PROTECT, null=True, blank=True, related_name="risks")
    description = models.TextField(blank=True, default="", help_text="What may happen, and what follows from it.")
    threat = models.CharField(
        "threat community",
        max_length=200,
        blank=True,
        default="",
        help_text="Who or what acts: criminals, staff …",
    )
    method = models.CharField(max_length=300, blank=True, default="", help_text="How they would do it.")
    asset = models.ForeignKey("assets.Asset", models.PROTECT, null=True, blank=True, related_name="risks")
    process = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text="What the business does there, where that is no single asset.",
    )
    effect = models.CharField(max_length=20, choices=Effect.choices, default=Effect.SEVERAL)
    matrix = models.ForeignKey(RiskMatrix, models.PROTECT, null=True, blank=True, related_name="risks")
    by_numbers = models.BooleanField(
        "levels follow the numbers",
        default=True,
        help_text="Each assessment then sets the levels by the bounds of the matrix.",
    )
    inherent_likelihood = level_field("inherent likelihood")
    inherent_impact = level_field("inherent impact")
    current_likelihood = level_field("current likelihood")
    current_impact = level_field("current impact")
    target_likelihood = level_field("target likelihood")
    target_impact = level_field("target impact")
    currency = CurrencyField()
    scenario = models.JSONField(default=dict, blank=True, editable=False)
    """The shape of `fair.model`; {} while nobody has said anything in numbers."""
    annual_loss = computed_money("annual loss")
    annual_loss_before = computed_money("annual loss before")
    loss_var95 = computed_money("loss at 95 %")
    loss_var99 = computed_money("loss at 99 %")
    loss_es99 = computed_money("mean of the worst 1 %")
    inherent_loss = computed_money("annual loss without controls")
    target_loss = computed_money("annual loss once treated")
    assessed_at = models.DateTimeField("assessed", null=True, editable=False)
    appetite_state = models.CharField(
        "appetite", max_length=20, choices=AppetiteState.choices, default=AppetiteState.UNKNOWN, editable=False
    )
    appetite_says = models.CharField("measured against", max_length=200, default="", editable=False)
    review_days = models.PositiveIntegerField(
        "review every", default=180, validators=[MinValueValidator(1), MaxValueValidator(3650)], help_text="Days."
    )
    next_review = models.DateField(null=True, blank=True)
    reviewed_on = models.DateField("reviewed", null=True, editable=False)
    closing_reason = models.TextField("why closed", blank=True, default="", editable=False)
    state = StateField(
        Move("assess", "draft", "assessed", guard=assessable),
        Move("treat", ("assessed", "accepted"), "treated"),
        Move("accept", ("assessed", "treated"), "accepted", system=True),
        Move("lapse", "accepted", "assessed", system=True),
        Move("close", OPEN, "closed", decision=True, danger=True, asks=("closing_reason",)),
        Move("reopen", "closed", "assessed"),
        tones={"draft": "soft", "assessed": "attend", "treated": "track", "accepted": "good", "closed": "soft"},
    )

    class Meta(Record.Meta):
        ordering = (models.F("annual_loss").desc(nulls_last=True), "-id")  # type: ignore[assignment]
        indexes = (
            models.Index(models.F("annual_loss").desc(nulls_last=True), models.F("id").desc(), name="risk_by_loss"),
            models.Index(fields=("unit", "state"), name="risk_by_unit"),
            models.Index(fields=("next_review", "id"), name="risk_by_review", condition=~models.Q(state="closed")),
        )

    def clean(self) -> None:
        """Refuse levels that the matrix does not have."""
        if self.matrix is None:
            return
        sizes = {"likelihood": len(self.matrix.likelihood), "impact": len(self.matrix.impact)}
        wrong = {
            f"{when}_{axis}": f"“{self.matrix}” has levels 1 to {most}."
            for when in rules.STAGES
            for axis, most in sizes.items()
            if (getattr(self, f"{when}_{axis}") or 0) > most
        }
        if wrong:
            raise ValidationError(wrong)

    def rated(self, stage: str) -> Toned:
        """Return the rating of a stage ("inherent", "current" or "target") with its colour; "" where nobody knows."""
        if self.matrix is None:
            return Toned("")
        rating = self.matrix.scale.rating(getattr(self, f"{stage}_likelihood"), getattr(self, f"{stage}_impact"))
        return Toned(rating.name, rating.tone) if rating else Toned("")

    @property
    @needs("matrix", label="Rating")
    def rating(self) -> Toned:
        return self.rated("current")

    @property
    @needs("matrix", label="Inherent rating")
    def inherent_rating(self) -> Toned:
        return self.rated("inherent")

    @property
    @needs("matrix", label="Target rating")
    def target_rating(self) -> Toned:
        return self.rated("target")

    @property
    def trend(self) -> Toned:
        text, tone = rules.trend(self.annual_loss_before, self.annual_loss)
        return Toned(text, tone)

    @property
    def review_is_overdue(self) -> bool:
        return self.state in OPEN and self.next_review is not None and self.next_review < localdate()

"""What people estimated, what facts feed it, and what each computation found."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from remit.identify.risks import bindings, curves, rules, wording
from remit.identify.risks.models.common import computed_money
from remit.identify.risks.models.register import Risk
from remit.kernel.money import CurrencyField
from remit.kernel.records import Record


class Estimate(Record):
    """One person's judgement of one input of a scenario, kept as it was given; its owner gave it.

    `path` names the input ("magnitude", "frequency.mean"), `distribution` is as in `fair.model`.
    """

    prefix = "EST"
    seen_with = "risk"
    as_made = ("risk", "path", "distribution", "low", "high", "likely", "confidence", "reason")
    risk = models.ForeignKey(Risk, models.PROTECT, related_name="estimates")
    path = models.CharField("input", max_length=200)
    distribution = models.JSONField(default=dict, editable=False)
    low = models.FloatField("from", null=True, help_text="In one case of twenty it is below this.")
    likely = models.FloatField("most likely", null=True)
    high = models.FloatField("to", null=True, help_text="In one case of twenty it is above this.")
    confidence = models.PositiveSmallIntegerField(
        default=90, validators=[MinValueValidator(50), MaxValueValidator(99)], help_text="Per cent, of the interval."
    )
    reason = models.TextField(blank=True, default="")
    weight = models.FloatField(
        default=1.0, validators=[MinValueValidator(0.0)], help_text="How much it counts among others; 0: not at all."
    )

    class Meta(Record.Meta):
        indexes = (models.Index(fields=("risk", "path", "-id"), name="estimate_of_input"),)

    def __str__(self) -> str:
        return f"{self.path}: {self.distribution.get('distribution', 'value')}" if self.pk else "estimate"


class Binding(Record):
    """An input of a scenario that follows a fact: a figure, the tests of a control, counted incidents."""

    prefix = "BND"
    seen_with = "risk"

    class Source(models.TextChoices):
        FIGURE = "figure", "Figure"
        CONTROL = "control", "Reliability of a control"
        COUNT = "count", "Counted events"

    risk = models.ForeignKey(Risk, models.PROTECT, related_name="bindings")
    path = models.CharField("input", max_length=200, help_text="As in the scenario: frequency.vulnerability, say.")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.FIGURE)
    name = models.CharField(max_length=120, help_text="Of the figure, or the reference of the control (CTL-3).")
    transform = models.CharField(
        max_length=16, choices=[(name, words) for name, words in bindings.KINDS.items()], default="same"
    )
    points = models.CharField(
        max_length=300,
        blank=True,
        default="",
        help_text="For a line: “fact: input” pairs such as 0: 0.05, 200: 0.4. For a rate: events: 2, years: 3.",
    )
    active = models.BooleanField(default=True)
    fact = models.FloatField("last fact", null=True, editable=False)
    applied = models.FloatField("last input", null=True, editable=False)
    applied_at = models.DateTimeField("applied", null=True, editable=False)

    class Meta(Record.Meta):
        constraints = (models.UniqueConstraint(fields=("risk", "path"), name="one_binding_an_input"),)

    def __str__(self) -> str:
        return f"{self.path} from {self.name}" if self.pk else "binding"

    def clean(self) -> None:
        try:
            bindings.read(self.transform, self.points)
        except bindings.BindingError as error:
            raise ValidationError({"points": str(error)}) from error


class Cause(models.TextChoices):
    """What led to an assessment."""

    SCENARIO = "scenario", "Scenario changed"
    ESTIMATE = "estimate", "Estimate given"
    TREATMENT = "treatment", "Treatment changed"
    FACTS = "facts", "Facts moved"
    ASKED = "asked", "Somebody asked"
    NIGHTLY = "nightly", "Nightly"


class Assessment(Record):
    """One computed result of a risk, kept as it was found: what went in, what came out, by what, when, by whom.

    `inputs` holds the scenarios computed (current, inherent, target), bindings applied; `numbers` their results as
    `fair` gives them; `drivers` what changed the mean since the one before, input by input, in money.
    """

    prefix = "ASM"
    seen_with = "risk"
    as_made = ("risk", "cause", "method", "trials", "seed", "engine", "inputs", "numbers", "drivers", "annual_loss")
    risk = models.ForeignKey(Risk, models.PROTECT, related_name="assessments")
    cause = models.CharField(max_length=12, choices=Cause.choices, default=Cause.ASKED)
    method = models.CharField(max_length=12, default="fft")
    trials = models.PositiveBigIntegerField(null=True)
    seed = models.BigIntegerField(null=True)
    engine = models.CharField(max_length=40, default="")
    currency = CurrencyField()
    annual_loss = computed_money("annual loss")
    loss_var95 = computed_money("loss at 95 %")
    loss_var99 = computed_money("loss at 99 %")
    loss_es99 = computed_money("mean of the worst 1 %")
    inputs = models.JSONField(default=dict, editable=False)
    numbers = models.JSONField(default=dict, editable=False)
    drivers = models.JSONField(default=list, editable=False)
    limitation = models.TextField(blank=True, default="", editable=False)
    """What the numbers do not say, in words for the reader."""

    class Meta(Record.Meta):
        verbose_name = "risk assessment"
        indexes = (models.Index(fields=("risk", "-id"), name="assessment_of_risk"),)

    def __str__(self) -> str:
        return f"{self.get_cause_display()} · {self.created_at:%d %b %Y}" if self.pk else "assessment"

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say in words what went in."""
        return tuple(wording.sentences(self.inputs.get("current", {}), self.currency))

    @property
    def stages(self) -> tuple[tuple[str, str, dict[str, Any]], ...]:
        """Return (name, colour, numbers) of the stages that were computed."""
        names = (("current", "Now", ""), ("inherent", "Without controls", "soft"), ("target", "Once treated", "good"))
        return tuple((name, tone, self.numbers[key]) for key, name, tone in names if self.numbers.get(key))

    @property
    def curve(self) -> curves.Curve | None:
        """Draw the stages; one that looks like the present one is left out."""
        now = (self.numbers.get("current") or {}).get("exceedance")
        series = [
            (name, tone, found["exceedance"])
            for name, tone, found in reversed(self.stages)
            if found.get("exceedance") and (name == "Now" or found["exceedance"] != now)
        ]
        limits = (("mean", self.annual_loss, ""),) if self.annual_loss else ()
        return curves.curve(series, limits, self.currency)

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        """Lay out the numbers of each stage in rows, the first the heading; simulated ones with their error."""
        heads = ("", *(name for name, _, _ in self.stages))
        rows = [heads]
        for label, path in NUMBERS:
            rows.append((label, *(_number(found, path, self.currency) for _, _, found in self.stages)))
        return tuple(rows)


NUMBERS = (
    ("Expected annual loss", ("mean",)),
    ("Standard deviation", ("sd",)),
    ("Chance of a year without loss", ("p_zero",)),
    ("Median year", ("quantiles", "0.5")),
    ("One year in ten", ("quantiles", "0.9")),
    ("One year in twenty", ("quantiles", "0.95")),
    ("One year in a hundred", ("quantiles", "0.99")),
    ("Mean of the worst 1 %", ("es99",)),
)


def _number(found: Any, path: tuple[str, ...], currency: str) -> str:
    error: Any = found.get("standard_error") or {}
    for key in path:
        found, error = (found or {}).get(key), (error or {}).get(key)
    if found is None:
        return "–"
    if path == ("p_zero",):
        return wording.per_cent(found)
    return rules.money(found, currency) + (f" ± {rules.money(1.96 * error)}" if error else "")

"""Controls, and the tests that say whether they work."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from remit.kernel.lifecycle import Move, StateField
from remit.kernel.records import Record


class Control(Record):
    """Something that keeps a risk small; how reliable it is, its tests say."""

    prefix = "CTL"

    class Kind(models.TextChoices):
        PREVENTIVE = "preventive", "Preventive"
        DETECTIVE = "detective", "Detective"
        CORRECTIVE = "corrective", "Corrective"

    title = models.CharField(max_length=200)
    kind_of = models.CharField("kind", max_length=12, choices=Kind.choices, default=Kind.PREVENTIVE)
    text = models.TextField("what it does", blank=True, default="")
    coverage = models.FloatField(
        default=1.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Share of what it should protect that it does protect, 0 to 1.",
    )
    reliability = models.FloatField(null=True, editable=False)
    tests_counted = models.PositiveIntegerField("tests", default=0, editable=False)
    tested_on = models.DateField("last tested", null=True, editable=False)
    state = StateField(
        Move("put_in_place", "planned", "operating"),
        Move("suspend", "operating", "suspended", danger=True),
        Move("resume", "suspended", "operating"),
        Move("retire", ("planned", "operating", "suspended"), "retired", danger=True),
        tones={"planned": "soft", "operating": "good", "suspended": "act", "retired": "soft"},
    )


class ControlTest(Record):
    """One test of a control; what proves it is attached as evidence."""

    prefix = "CTT"

    class Result(models.TextChoices):
        PASS = "pass", "Pass"
        PARTIAL = "partial", "Partial"
        FAIL = "fail", "Fail"

    control = models.ForeignKey(Control, models.CASCADE, related_name="tests")
    tested_on = models.DateField("tested")
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.PASS)
    sample_size = models.PositiveIntegerField("samples", null=True, blank=True, help_text="Empty: no sample drawn.")
    failures = models.PositiveIntegerField(null=True, blank=True, help_text="Of the samples.")
    notes = models.TextField(blank=True, default="")

    class Meta(Record.Meta):
        verbose_name = "control test"
        ordering = ("-tested_on", "-id")  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.get_result_display()} on {self.tested_on}" if self.pk else "control test"

    def clean(self) -> None:
        """Refuse more failures than samples, and failures without a sample."""
        if self.failures and self.failures > (self.sample_size or 0):
            raise ValidationError({"failures": "There cannot be more than samples: give their number."})

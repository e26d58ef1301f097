"""The stored readings of figures."""

from django.db import models
from django.db.models.functions import Now


class Reading(models.Model):
    """What a figure said about a unit and everything below it on one day."""

    figure = models.CharField(max_length=80)
    unit = models.ForeignKey("kernel.Unit", models.CASCADE, related_name="+")
    on = models.DateField()
    value = models.FloatField(null=True)
    at = models.DateTimeField(db_default=Now())
    ledger_entry = models.BigIntegerField(default=0)
    """The newest ledger entry when it was read."""

    class Meta:
        db_table = "figure_reading"
        constraints = (models.UniqueConstraint(fields=("figure", "unit", "on"), name="reading_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.figure} {self.on}: {self.value}"

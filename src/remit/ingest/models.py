"""Imports: what was taken in, from where, and what it changed."""

from __future__ import annotations

from django.db import models

from remit.kernel.lifecycle import Move, StateField
from remit.kernel.records import Record


class Import(Record):
    """One file taken in: its digest, what it says of itself, and what came of it."""

    prefix = "IMP"

    class Coverage(models.TextChoices):
        PARTIAL = "partial", "Partial: closes nothing"
        COMPLETE = "complete", "Complete: what it no longer sees is fixed"

    name = models.CharField("file", max_length=255)
    digest = models.CharField("SHA-256", max_length=64, db_index=True)
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    format = models.CharField(max_length=40, blank=True, default="")
    tool = models.CharField(max_length=80, blank=True, default="")
    coverage = models.CharField(max_length=10, choices=Coverage.choices, default=Coverage.PARTIAL)
    scanned_at = models.DateTimeField("scanned", null=True)
    observations = models.IntegerField("items", default=0)
    assets_new = models.IntegerField("new assets", default=0)
    weaknesses_new = models.IntegerField("new weaknesses", default=0)
    occurrences_new = models.IntegerField("new findings", default=0)
    occurrences_seen = models.IntegerField("seen again", default=0)
    occurrences_reopened = models.IntegerField("reopened", default=0)
    occurrences_closed = models.IntegerField("closed", default=0)
    components_seen = models.IntegerField("components", default=0)
    code = models.CharField("refused because", max_length=60, blank=True, default="")
    place = models.CharField(max_length=300, blank=True, default="")
    hint = models.CharField("remedy", max_length=500, blank=True, default="")
    state = StateField(
        Move("load", "waiting", "loaded", system=True),
        Move("ask", "waiting", "to_confirm", system=True),
        Move("confirm", "to_confirm", "waiting", danger=True),
        Move("refuse", ("waiting", "to_confirm"), "refused", system=True),
        Move("withdraw", ("to_confirm", "waiting"), "withdrawn", danger=True),
        tones={"waiting": "soft", "loaded": "good", "to_confirm": "attend", "refused": "act", "withdrawn": "soft"},
    )

    class Meta(Record.Meta):
        indexes = (models.Index(fields=("tool", "scanned_at"), name="import_by_tool"),)

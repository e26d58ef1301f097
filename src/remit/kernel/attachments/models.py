"""Comments, evidence files and links between records; their policies ask the record's own."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Attachment(models.Model):
    """The base of what hangs on a record: `kind` and `record_id` name it."""

    kind = models.CharField(max_length=80)
    record_id = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        ordering = ("id",)


class Comment(Attachment):
    """What somebody has to say about a record; never edited."""

    text = models.TextField(max_length=10_000)

    class Meta(Attachment.Meta):
        db_table = "attached_comment"
        indexes = (models.Index(fields=("kind", "record_id"), name="comment_of_record"),)

    def __str__(self) -> str:
        return self.text[:80]


class Evidence(Attachment):
    """A file that proves something about a record, kept under the hash of its content."""

    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    size = models.BigIntegerField(help_text="Bytes.")
    digest = models.CharField("SHA-256", max_length=64)
    source = models.CharField(max_length=200, blank=True)

    class Meta(Attachment.Meta):
        db_table = "attached_evidence"
        indexes = (models.Index(fields=("kind", "record_id"), name="evidence_of_record"),)

    def __str__(self) -> str:
        return self.name


class RecordLink(Attachment):
    """A typed tie from one record to another, seen by those who see both."""

    class Kind(models.TextChoices):
        RELATES_TO = "relates_to", "relates to"
        CAUSES = "causes", "causes"
        MITIGATES = "mitigates", "mitigates"
        DUPLICATES = "duplicates", "duplicates"
        EVIDENCES = "evidences", "is evidence for"

    link = models.CharField("tie", max_length=20, choices=Kind.choices, default=Kind.RELATES_TO)
    to_kind = models.CharField(max_length=80)
    to_id = models.BigIntegerField()

    class Meta(Attachment.Meta):
        db_table = "attached_link"
        indexes = (models.Index(fields=("to_kind", "to_id"), name="link_to_record"),)
        constraints = (
            models.UniqueConstraint(fields=("kind", "record_id", "link", "to_kind", "to_id"), name="link_once"),
        )

    def __str__(self) -> str:
        return f"{self.get_link_display()} {self.to_kind} {self.to_id}"

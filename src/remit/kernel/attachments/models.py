"""Comments, evidence files, holds and links between records; their policies ask the record's own.

Beside them what only the system sees: the files that evidence is kept in; and the rules for how long.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from remit.kernel.keys.models import KeyHolder


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


class StoredFile(KeyHolder):
    """A content in the data folder, kept once under its SHA-256 and sealed by a key of its own, which is wrapped here.

    Without a wrapped key it lies there in the clear, as earlier versions kept it, unless it was removed: then the key
    is gone and with it whatever copy of the file is left. The row stays.
    """

    digest = models.CharField("SHA-256", max_length=64, unique=True)
    size = models.BigIntegerField(help_text="Bytes.")
    stored_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stored_file"
        indexes = (models.Index(fields=("wrapped_by",), name="stored_file_by_key"),)

    def __str__(self) -> str:
        return self.digest

    def key_context(self) -> str:
        return f"stored_file {self.digest}"

    @property
    def sealed(self) -> bool:
        return bool(self.wrapped_by)


class Evidence(Attachment):
    """A file that proves something about a record, kept under the hash of its content.

    When its content was removed, the row stays and says when and by which rule.
    """

    stored = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="evidence")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    size = models.BigIntegerField(help_text="Bytes.")
    digest = models.CharField("SHA-256", max_length=64)
    source = models.CharField(max_length=200, blank=True)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=200, blank=True, db_default="", help_text="The rule.")

    class Meta(Attachment.Meta):
        db_table = "attached_evidence"
        indexes = (models.Index(fields=("kind", "record_id"), name="evidence_of_record"),)

    def __str__(self) -> str:
        return self.name


class LegalHold(Attachment):
    """A record, or one file about it, that is kept whatever rules say, until somebody lifts the hold."""

    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="holds")
    """The file that is held; null where the record and every file about it are."""
    reason = models.CharField(max_length=500)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(Attachment.Meta):
        db_table = "legal_hold"
        indexes = (models.Index(fields=("kind", "record_id"), name="hold_of_record"),)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "record_id", "evidence"),
                condition=models.Q(lifted_at=None),
                nulls_distinct=False,
                name="held_once",
            ),
        )

    def __str__(self) -> str:
        return self.reason


class RetentionRule(models.Model):
    """For how many days evidence about records of one kind is kept; without a rule it is kept for good."""

    kind = models.CharField(max_length=80, unique=True)
    days = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "retention_rule"

    def __str__(self) -> str:
        return f"{self.kind}: {self.days} days"


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

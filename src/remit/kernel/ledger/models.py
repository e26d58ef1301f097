"""The ledger's entries, pending until they are sealed. The application may not even read the table itself."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class LedgerEntry(models.Model):
    """One statement's effect on one table, or one read or refusal worth recording."""

    txid = models.BigIntegerField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    system = models.TextField(default="")
    """The system's reason, where no person acted."""
    verb = models.CharField(max_length=40)
    kind = models.CharField(max_length=80)
    count = models.IntegerField()
    records = ArrayField(models.BigIntegerField(), null=True)
    """The keys of all rows, however many, so that each record finds the entries it is part of."""
    changes = models.JSONField(null=True)
    """[{"id", "before", "after"}] for up to 100 rows, only what differs. Null for more: then `digest` covers them."""
    digest = models.BinaryField(null=True)
    note = models.TextField(default="")

    class Meta:
        db_table = "ledger_entry"
        indexes = (
            GinIndex(fields=("records",), name="ledger_records"),
            models.Index(fields=("kind", "id"), name="ledger_by_kind"),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.verb} {self.kind}"

"""The keys of the ring as they are stored: wrapped."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class RingKey(models.Model):
    """A key with one purpose; what is secret of it is wrapped by the key-encryption key named in `wrapped_by`."""

    class Purpose(models.TextChoices):
        LEDGER = "ledger", "signs the ledger (Ed25519)"

    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    name = models.CharField(max_length=80)
    """For a signing key the name in its signatures (C2SP signed note)."""
    public = models.BinaryField(max_length=32)
    wrapped = models.BinaryField()
    wrapped_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ring_key"
        constraints = (
            models.UniqueConstraint(
                fields=("purpose",), condition=models.Q(retired_at=None), name="one_key_in_use_by_purpose"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.purpose}"

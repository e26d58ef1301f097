"""Keys as they are stored: wrapped."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class KeyHolder(models.Model):
    """A row that has a key, wrapped by the key-encryption key `wrapped_by`; where that is empty it has none.

    Rotation finds the subclasses by themselves. Only the system may see and change such a table (access.sql).
    """

    wrapped = models.BinaryField()
    wrapped_by = models.CharField(max_length=80)

    class Meta:
        abstract = True

    def key_context(self) -> str:
        """Say what the wrapped key is bound to: its table and what tells this row from all others, for good."""
        raise NotImplementedError


class RingKey(KeyHolder):
    """A key with one purpose; what is secret of it is wrapped by the key-encryption key named in `wrapped_by`."""

    class Purpose(models.TextChoices):
        LEDGER = "ledger", "signs the ledger (Ed25519)"
        SECRETS = "secrets", "seals secrets in the database (AES-256)"

    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    name = models.CharField(max_length=80)
    """For a signing key the name in its signatures (C2SP signed note)."""
    public = models.BinaryField(max_length=32)
    """The public half; empty for a key that has none."""
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

    def key_context(self) -> str:
        return f"ring_key {self.purpose} {self.name} {bytes(self.public).hex()}"

"""The tables of the ledger. Of these the application writes only anchors and checks, and reads checkpoints besides."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


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
    """The Merkle root (RFC 6962, section 2.1) over `rows`; of entries older than `rows`, a SHA-256 over their rows."""
    rows = models.BinaryField(null=True)
    """For more than 100 rows, the leaf hash of each as jsonb, 32 bytes after 32, in the order of `records`."""
    note = models.TextField(default="")

    class Meta:
        db_table = "ledger_entry"
        indexes = (
            GinIndex(fields=("records",), name="ledger_records"),
            models.Index(fields=("kind", "id"), name="ledger_by_kind"),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.verb} {self.kind}"


class LedgerPending(models.Model):
    """An entry that waits to be sealed, by the transaction that wrote it."""

    pk = models.CompositePrimaryKey("txid", "entry_id")
    txid = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    class Meta:
        db_table = "ledger_pending"

    def __str__(self) -> str:
        return f"{self.entry_id}"


class LedgerLeaf(models.Model):
    """A sealed entry: its place in the log, from 0 without a gap, and the hash of its data."""

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_leaf"

    def __str__(self) -> str:
        return f"{self.position}"


class LedgerNode(models.Model):
    """A node of the log's tree: those of level 8, 16 … whose subtree is whole, so that roots need few hashes."""

    pk = models.CompositePrimaryKey("level", "place")
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_node"

    def __str__(self) -> str:
        return f"{self.level}/{self.place}"


class Checkpoint(models.Model):
    """The root of the log at a size, signed; `note` is what is signed and handed out (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_checkpoint"
        ordering = ("-size",)

    def __str__(self) -> str:
        return f"{self.size}"


class Anchor(models.Model):
    """A place outside of Remit that keeps checkpoints."""

    class Kind(models.TextChoices):
        SYSLOG = "syslog", "Syslog (RFC 5424)"
        FOLDER = "folder", "Folder, written once"
        MAIL = "mail", "Mail to an auditor"
        TIMESTAMP = "timestamp", "Timestamp (RFC 3161)"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    target = models.CharField(max_length=300)
    """udp://, tcp:// or unix:// address; absolute path; mail address; http or https address of the authority."""
    certificate = models.TextField(default="", blank=True)
    """For timestamps: the certificates (PEM) that the authority's answers must lead to."""
    every = models.PositiveIntegerField(default=60)
    """The least number of seconds between two checkpoints it gets."""
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_anchor"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Anchoring(models.Model):
    """One checkpoint on its way to one anchor, or there."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"

    anchor = models.ForeignKey(Anchor, models.CASCADE, related_name="anchorings")
    size = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, default="")
    receipt = models.BinaryField(null=True)

    class Meta:
        db_table = "ledger_anchoring"
        constraints = (
            models.UniqueConstraint(fields=("anchor", "size"), name="anchored_once"),
            models.UniqueConstraint(
                fields=("anchor",), condition=models.Q(state="waiting"), name="one_checkpoint_under_way"
            ),
        )

    def __str__(self) -> str:
        return f"{self.anchor_id} {self.size} {self.state}"


class LedgerCheck(models.Model):
    """What came of comparing a stretch of the log with its checkpoints; `fault` says what does not fit, or nothing."""

    first = models.BigIntegerField()
    size = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())
    fault = models.CharField(max_length=300, default="")

    class Meta:
        db_table = "ledger_check"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.first}–{self.size}: {self.fault or 'fits'}"

"""Webhooks and what they are told, mails that wait or were sent, and what people want to be told."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from remit.kernel.outbox.rules import usual_parts


class Webhook(models.Model):
    """A subscription: which events are told to which address, in the name of whom."""

    name = models.CharField(max_length=80)
    host = models.CharField(max_length=255)
    """The host of the address, for people to recognise it by."""
    url = models.TextField()
    """The whole address, sealed: its path is often as good as a password."""
    signing_secret = models.TextField()
    old_signing_secret = models.TextField(default="")
    old_until = models.DateTimeField(null=True)
    """Until when what is sent is signed by the old secret too."""
    kinds = ArrayField(models.CharField(max_length=80))
    verbs = ArrayField(models.CharField(max_length=40))
    unit = models.ForeignKey("kernel.Unit", models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    active = models.BooleanField(default=True)
    stopped = models.CharField(max_length=200, default="")
    """Why it is not active."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outbox_webhook"
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """How a webhook's receiver has been doing; apart from the subscription, whose changes are on the ledger."""

    webhook = models.OneToOneField(Webhook, models.CASCADE, related_name="lane", primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    """In a row."""
    resting_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox_lane"


class Waiting(models.Model):
    """Something to be sent: what deliveries and mails share."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        EMPTY = "empty", "Nothing to tell"

    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    asked_at = models.DateTimeField(db_default=Now())
    """From when the time is counted after which it is given up."""
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, default="")

    class Meta:
        abstract = True


class Delivery(Waiting):
    """One event told to one webhook; its `key` is the same however often it is sent."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    entry_id = models.BigIntegerField(null=True)
    """The ledger's entry; null for a test message."""
    kind = models.CharField(max_length=80)
    verb = models.CharField(max_length=40)
    record_id = models.BigIntegerField(null=True)
    """Null where one message tells of many records."""
    records = ArrayField(models.BigIntegerField(), null=True)
    count = models.PositiveIntegerField(default=1)
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    """The status of the last answer."""

    class Meta:
        db_table = "outbox_delivery"
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("webhook", "next_try_at"), name="outbox_delivery_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=("ended_at",), name="outbox_delivery_ended"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("webhook", "entry_id", "record_id"),
                name="outbox_delivery_once",
                condition=models.Q(entry_id__isnull=False),
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind}.{self.verb}"


class Mail(Waiting):
    """A mail to one person or address. What it says is made when it is sent, so that nothing of it is kept here."""

    key = models.CharField(max_length=120, unique=True)
    """What makes asking for it twice ask once: "digest:7:2027-03-01"."""
    purpose = models.CharField(max_length=40)
    message_id = models.CharField(max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    address = models.EmailField(default="")
    """Where there is no person."""
    arguments = models.JSONField(default=dict)

    class Meta:
        db_table = "outbox_mail"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("next_try_at",), name="outbox_mail_due", condition=models.Q(state="waiting")),
            models.Index(fields=("ended_at",), name="outbox_mail_ended"),
        )

    def __str__(self) -> str:
        return self.purpose


class Preference(models.Model):
    """What a person wants to be told by mail, and the calendar feed they may have."""

    class Frequency(models.TextChoices):
        OFF = "off", "Never"
        DAILY = "daily", "Every day"
        WEEKLY = "weekly", "Once a week"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=8, choices=Frequency.choices, default=Frequency.DAILY)
    weekday = models.PositiveSmallIntegerField(default=0)
    """0 is Monday."""
    hour = models.PositiveSmallIntegerField(default=7)
    """Of the person's own zone."""
    parts = ArrayField(models.CharField(max_length=12), default=usual_parts)
    decisions_at_once = models.BooleanField(default=True)
    changed_at = models.DateTimeField(db_default=Now())
    calendar = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique where there is one
    """SHA-256 of the feed's token, in hex."""
    calendar_made_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox_preference"


class Position(models.Model):
    """How far the ledger has been read, in the order in which entries became certain: transaction, then entry."""

    txid = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    above = models.BigIntegerField(default=0)
    """Entries up to this one are never told: they came from another server, whose transactions counted differently."""

    class Meta:
        db_table = "outbox_position"

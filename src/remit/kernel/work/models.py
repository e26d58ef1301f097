"""Work: one record type for everything someone owes."""

from django.conf import settings
from django.db import models

from remit.kernel.lifecycle import Move, StateField
from remit.kernel.records import Record
from remit.kernel.work import rules


class Work(Record):
    """A task or a decision that its owner owes by a day, about another record or about none."""

    prefix = "WRK"
    owner_always = True
    known_by = ("about_kind", "about_id")

    class Type(models.TextChoices):
        TASK = "task", "Task"
        APPROVAL = "approval", "Approval"
        REVIEW = "review", "Review"
        ANSWER = "answer", "Answer"

    type = models.CharField(max_length=12, choices=Type.choices, default=Type.TASK)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    due_on = models.DateField("due", null=True, blank=True, db_index=True)
    about_kind = models.CharField(max_length=80, blank=True, default="", editable=False)
    about_id = models.BigIntegerField(null=True, editable=False)
    about_move = models.CharField(max_length=40, blank=True, default="", editable=False)
    """The move of that record which approving takes."""
    refuse_move = models.CharField(max_length=40, blank=True, default="", editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    reason = models.TextField("answer", blank=True, default="", editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    state = StateField(
        Move("finish", "open", "done", stamp="answered_at", guard=rules.is_no_decision),
        Move(
            "approve",
            "open",
            "approved",
            stamp="answered_at",
            decision=True,
            guard=rules.is_decision,
            asks=("reason",),
        ),
        Move(
            "refuse", "open", "refused", stamp="answered_at", decision=True, guard=rules.is_decision, asks=("reason",)
        ),
        Move("cancel", "open", "cancelled", danger=True),
        Move("reopen", ("done", "cancelled"), "open"),
        tones={"open": "attend", "done": "good", "approved": "good", "refused": "act", "cancelled": "soft"},
    )

    class Meta(Record.Meta):
        verbose_name_plural = "work"
        indexes = (
            models.Index(fields=("owner", "state", "due_on"), name="work_of_owner"),
            models.Index(fields=("about_kind", "about_id"), name="work_about"),
        )

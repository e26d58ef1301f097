"""Access reviews: what was granted on the day one began, and what was decided about each grant."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from remit.kernel.access.models import Unit, User
from remit.kernel.access.roles import ROLES


class AccessReview(models.Model):
    """A look at every grant of a unit and below it: is each still needed?"""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="access_reviews")
    due_on = models.DateField("due")
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("unit",), condition=models.Q(finished_at__isnull=True), name="one_open_review_a_unit"
            ),
        )

    def __str__(self) -> str:
        return f"Access review of {self.unit}"

    @property
    def ref(self) -> str:
        return f"ARV-{self.pk}"


class ReviewedGrant(models.Model):
    """One person's role by one grant, as it stood when the review began; what is decided is added once."""

    review = models.ForeignKey(AccessReview, models.CASCADE, related_name="lines")
    grant_id = models.BigIntegerField()
    """The grant itself, which may be gone by now."""
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    person_name = models.CharField(max_length=120, blank=True)
    person_email = models.EmailField(blank=True)
    group_id = models.BigIntegerField(null=True)
    group_name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=32, choices=[(role.name, role.title) for role in ROLES.values()])
    privileged = models.BooleanField()
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit_name = models.CharField(max_length=120)
    engagement_title = models.CharField(max_length=120, blank=True)
    granted_on = models.DateField()
    last_day = models.DateField(null=True)
    last_sign_in = models.DateTimeField(null=True)
    unused_days = models.IntegerField(null=True)
    """Days without a sign-in when the review began; null for who never signed in."""
    may_sign_in = models.BooleanField()
    decision = models.CharField(max_length=8, blank=True, choices=[("keep", "Keep"), ("revoke", "Revoke")])
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("person_name", "unit_name", "role", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("review", "grant_id", "person"), name="reviewed_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(decision="", decided_at__isnull=True)
                | (~models.Q(decision="") & models.Q(decided_at__isnull=False)),
                name="decided_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_name or self.group_name}: {self.get_role_display()} of {self.unit_name}"

"""Forms that were sent: what makes the same form, sent twice, one deed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from remit.kernel import actor

KEPT = timedelta(days=1)


class Submission(models.Model):
    """A form that a person sent and where it led them; `digest` is over its one-time token, address and values."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    location = models.CharField(max_length=2000, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "digest"), name="submission_once"),)

    def __str__(self) -> str:
        return self.location


def claim(user_id: int, digest: str) -> bool:
    """Note a form as sent, in the caller's transaction; False where it was sent before.

    Waits while another transaction does the same form, and then knows what came of it.
    """
    Submission.objects.bulk_create([Submission(user_id=user_id, digest=digest)], ignore_conflicts=True)
    return not Submission.objects.filter(user_id=user_id, digest=digest).exclude(location="").exists()


def conclude(user_id: int, digest: str, location: str) -> None:
    """Note where the form led; without a `location` it may be sent again."""
    claimed = Submission.objects.filter(user_id=user_id, digest=digest)
    if location:
        claimed.update(location=location[:2000])
    else:
        claimed.delete()


def location(user_id: int, digest: str) -> str:
    """Return where a form that was sent before led."""
    return Submission.objects.values_list("location", flat=True).get(user_id=user_id, digest=digest)


def forget_submissions(now: datetime) -> int:
    """Delete what was sent over a day ago and return how many; nobody sends a form that late by mistake."""
    with actor.system("forgetting sent forms"):
        return Submission.objects.filter(created_at__lt=now - KEPT).delete()[0]

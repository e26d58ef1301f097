"""One row for each piece of long work a person or the clock asked for."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class JobRun(models.Model):
    """What a job is doing: written by the worker as it goes, watched by the person who asked."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    name = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED, db_index=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    message = models.CharField(max_length=500, default="")
    result_url = models.CharField(max_length=200, default="")
    cancel_asked = models.BooleanField(default=False)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=120, blank=True, default="")
    """What makes asking twice ask once: a request's token, a schedule's due time."""
    restarts = models.PositiveSmallIntegerField(default=0)
    """How often it was found half done because its worker had died."""
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        db_table = "job_run"
        constraints = (
            models.UniqueConstraint(
                fields=("name", "user", "key"), name="job_run_once", condition=~models.Q(key=""), nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.title

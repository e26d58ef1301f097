"""Saved views: a list's address under a name."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class SavedView(models.Model):
    """A person's filter, sort and columns of one list, for themselves or shared with everybody."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    slug = models.CharField(max_length=60, db_index=True)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("user", "slug", "name"), name="saved_view_once"),)

    def __str__(self) -> str:
        return self.name

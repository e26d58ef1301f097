"""Rows that are one person's own."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Personal(models.Model):
    """What belongs to one person alone: nobody else reads it, heads of security and who views as them included.

    The database enforces it (`kernel.database.install`). It is no record: it has no page, and is not on the ledger.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        abstract = True

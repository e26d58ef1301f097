"""What several of the models share."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


def money_field(label: str = "", **options: Any) -> models.FloatField[float, float]:
    """A sum of money in the record's currency; never negative."""
    return models.FloatField(label or None, validators=[MinValueValidator(0.0), MaxValueValidator(1e15)], **options)


def share_field(label: str = "", **options: Any) -> models.FloatField[float, float]:
    """A share from 0 to 1."""
    return models.FloatField(label or None, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)], **options)


def level_field(label: str) -> models.PositiveSmallIntegerField[int | None, int | None]:
    """The number of a level of the risk's matrix, from 1."""
    limits = [MinValueValidator(1), MaxValueValidator(9)]
    return models.PositiveSmallIntegerField(label, null=True, blank=True, validators=limits)


def computed_money(label: str) -> models.FloatField[float | None, float | None]:
    """What an assessment found; nobody types it."""
    return models.FloatField(label, null=True, editable=False)

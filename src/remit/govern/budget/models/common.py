"""What the records of the budget share."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.core.validators import MinValueValidator
from django.db import models

POSITIVE: Final = [MinValueValidator(Decimal(0))]


class Spending(models.TextChoices):
    PEOPLE = "people", "People"
    LICENCES = "licences", "Licences"
    SERVICES = "services", "Services"
    HARDWARE = "hardware", "Hardware"
    TRAINING = "training", "Training"
    CONTINGENCY = "contingency", "Contingency"


class Function(models.TextChoices):
    """The functions of the NIST Cybersecurity Framework 2.0."""

    GOVERN = "govern", "Govern"
    IDENTIFY = "identify", "Identify"
    PROTECT = "protect", "Protect"
    DETECT = "detect", "Detect"
    RESPOND = "respond", "Respond"
    RECOVER = "recover", "Recover"

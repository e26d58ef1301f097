"""Keeping what was chosen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from remit.govern.budget.asking import Asked
from remit.govern.budget.losses import scenarios
from remit.govern.budget.models import Choice
from remit.govern.budget.rules import cents
from remit.kernel import actor


def keep(asked: Asked, problem: dict[str, Any], answer: dict[str, Any]) -> Choice:
    """Save a choice as it was computed; nothing changes it afterwards."""
    return Choice.objects.create(
        title=asked.title,
        unit_id=asked.unit_id,
        owner_id=actor.actor().user_id,
        currency=asked.currency,
        budget=_amount(sum(asked.money.values())),
        cost=_amount(answer["cost"]),
        loss_before=_amount(answer["annual_loss_before"]),
        loss_after=_amount(answer["annual_loss_after"]),
        gap=answer["gap"],
        status=answer["status"],
        problem=problem,
        answer=answer,
    )


def scenarios_of(problem: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the scenarios of a problem's risks that are in its currency, by reference."""
    return scenarios([each["id"] for each in problem["scenarios"]], problem["currency"])


def _amount(value: float) -> Decimal:
    return cents(Decimal(str(value)))

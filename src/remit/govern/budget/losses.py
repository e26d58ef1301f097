"""The seam to the risk register: what each risk costs a year, read by the register's name and not by its code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from remit.kernel.records import record_types

REGISTER: Final = "risks.risk"
ASSESSMENTS: Final = "risks.assessment"
MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Loss:
    """A risk that is open: its reference, what it is called, its expected loss a year and in which currency."""

    ref: str
    title: str
    annual_loss: float
    currency: str
    url: str


def losses(units: Sequence[int] | None = None, *, restricted: bool = True) -> list[Loss]:
    """Return the risks the reader sees that have a number, the dearest first; none where there is no register.

    `units` narrows them to units; without `restricted` ones, for what people see who do not need to know those.
    """
    risk: Any = next((model for model in record_types() if model.kind() == REGISTER), None)
    if risk is None:
        return []
    known = risk._default_manager.filter(annual_loss__gt=0).exclude(state="closed").order_by("-annual_loss", "-pk")
    if units is not None:
        known = known.filter(unit_id__in=units)
    if not restricted:
        known = known.filter(restricted=False)
    return [
        Loss(each.ref, str(each), float(each.annual_loss), each.currency, each.get_absolute_url())
        for each in known[:MOST]
    ]


def scenarios(refs: Sequence[str], currency: str) -> dict[str, dict[str, Any]]:
    """Return the scenarios behind risks as they were last assessed, by reference, of those in this currency.

    Restricted risks, and those the reader does not see, are not among them.
    """
    assessment: Any = next((model for model in record_types() if model.kind() == ASSESSMENTS), None)
    keys = [int(number) for ref in refs if (number := ref.rpartition("-")[2]).isascii() and number.isdigit()]
    if assessment is None:
        return {}
    newest = (
        assessment._default_manager.filter(risk__in=keys, risk__restricted=False, currency=currency)
        .order_by("risk_id", "-pk")
        .distinct("risk_id")
        .select_related("risk")
    )
    wanted = set(refs)
    return {each.risk.ref: dict(each.inputs["current"]) for each in newest if each.risk.ref in wanted}

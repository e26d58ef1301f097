"""A run of a portfolio as one reader may see it: the names of risks they see now, the numbers of all.

Who reads a portfolio may reach fewer of its risks than who simulated it, and a risk may be restricted afterwards. So a
run keeps no names: they are looked up for each reader, and a risk they do not see is a number without one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from remit.identify.risks.models import Assessment, PortfolioRun, Risk
from remit.kernel.access.need_to_know import note_reads

OUT_OF_SIGHT: Final = "a risk out of your sight"


def seen(run: PortfolioRun) -> PortfolioRun:
    """Return a run, for showing only, whose `parts` and `left_out` name the risks that the reader sees: one query.

    Of the others `id` and `assessment` are None and `ref` is empty; a gone risk is one of them. Reads of restricted
    risks are noted.
    """
    ids = {each["id"] for each in (*run.parts, *run.left_out)}
    known = {risk.pk: risk for risk in Risk.objects.filter(pk__in=ids).only("title", "restricted")}
    note_reads(known.values())
    shown = copy.copy(run)
    shown.parts = [_named(each, known) for each in run.parts]
    shown.left_out = [_named(each, known) for each in run.left_out]
    return shown


def _named(row: Mapping[str, Any], known: Mapping[int, Risk]) -> dict[str, Any]:
    risk = known.get(row["id"])
    if risk is not None:
        return {**row, "title": risk.title}
    return {**row, "id": None, "ref": "", "title": OUT_OF_SIGHT, "assessment": None}


def risk_url(row: Mapping[str, Any]) -> str:
    """Return where the risk of a row is shown; "" for one out of sight."""
    return f"/risks/{row['id']}/" if row["id"] else ""


def assessment_url(row: Mapping[str, Any]) -> str:
    """Return where the assessment is shown by which the risk of a row was counted; "" for one out of sight."""
    return f"/risk-assessments/{assessment_key(row)}/" if row["assessment"] else ""


def assessment_key(row: Mapping[str, Any]) -> int:
    """Return the key of the assessment by which a risk was counted; old runs keep it bare, newer ones its reference."""
    return int(str(row["assessment"]).removeprefix(f"{Assessment.prefix}-"))

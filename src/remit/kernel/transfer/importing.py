"""Taking in a table of records: first a plan that shows what every row would do, then exactly that plan, in one go.

    plan = make_plan(resource, standing, read_table(file))
    plan.count("new"), plan.previews()         # what the person is shown
    apply(plan)                                # all of it, or with only_good=True what is right of it

Every write goes through Edit, so that validation, verbs, row-level security and versions hold as on the screens.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from remit.kernel import actor
from remit.kernel.ledger.reading import note
from remit.kernel.records import Record, StaleRecordError
from remit.kernel.transfer.planning import Plan, make_plan
from remit.kernel.transfer.row_edit import RowEdit

__all__ = ("Applied", "Plan", "PlanRefusedError", "apply", "make_plan")


BATCH = 100
"""Up to so many rows the ledger keeps what each of them holds."""


class PlanRefusedError(Exception):
    """A plan that is not applied; nothing was changed. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Applied:
    """How many records were added and changed, how many rows were the same, and how many were left out as wrong."""

    new: int
    changed: int
    same: int
    left_out: int


def apply(plan: Plan, *, only_good: bool = False, shown: str = "") -> Applied:
    """Do what a plan says, in one transaction: all of it, or nothing.

    `shown` is the token of the plan that the person agreed to; where the two differ, a record has changed since.
    Raises PlanRefusedError, in which case nothing was changed.
    """
    if shown and shown != plan.token:
        raise PlanRefusedError("Records have changed since you looked at this import; look at what it would do now.")
    wrong = plan.count("wrong")
    if wrong and not only_good:
        raise PlanRefusedError(f"{wrong:,} rows are wrong; correct them, or choose to apply the good ones only.")
    try:
        with transaction.atomic():
            with actor.verb("import"):
                _add(plan)
                for row in plan.rows:
                    if row.edit is not None and row.edit.record is not None:
                        _save(row.line, row.edit)
            done = Counter(row.outcome for row in plan.rows)
            counts = f"{done['new']} new, {done['changed']} changed, {done['same']} same, {wrong} left out"
            note("import", plan.resource.kind, text=f"table {plan.digest}: {counts}")
    except StaleRecordError as error:
        raise PlanRefusedError(f"{error} Nothing was imported; look at what the import would do now.") from error
    return Applied(done["new"], done["changed"], done["same"], wrong)


def _add(plan: Plan) -> None:
    """Add the new records, a hundred at a time so that the ledger keeps every value; one by one if saving does more."""
    model = plan.resource.model
    new = [(row.line, row.edit) for row in plan.rows if row.edit is not None and row.edit.record is None]
    if model.save is not Record.save:
        for line, edit in new:
            _save(line, edit)
        return
    for start in range(0, len(new), BATCH):
        some = new[start : start + BATCH]
        try:
            with transaction.atomic():
                model._default_manager.bulk_create([edit.form.instance for _, edit in some])
        except IntegrityError as error:
            raise _contradiction(f"One of the lines {some[0][0]} to {some[-1][0]}", error) from error


def _save(line: int, edit: RowEdit) -> None:
    try:
        edit.save()
    except IntegrityError as error:
        raise _contradiction(f"Line {line}", error) from error


def _contradiction(line: str, error: IntegrityError) -> PlanRefusedError:
    """Name the line and the rule, not the values: they may be of a record out of reach."""
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "a rule of the database"
    return PlanRefusedError(f"{line} contradicts another record ({rule}); nothing was imported.")

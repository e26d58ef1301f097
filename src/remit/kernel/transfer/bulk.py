"""Changing many records at once: first what would happen and what is refused, then exactly that, in one transaction.

    chosen = select(listing)                                         # or the keys that were ticked
    plan = plan_change(resource, standing, chosen, {"owner": 5})     # or plan_move(…, "start", {})
    done = apply(plan)

Each record is asked the verb "bulk" and the verb of what is done to it. Fields are set by one statement for a hundred
records, so that the ledger keeps every value; types with checks of their own, and moves, go record by record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from remit.kernel import step_up
from remit.kernel.access.standing import Standing
from remit.kernel.editing import edit_some, form_class
from remit.kernel.lifecycle import MoveRefusedError
from remit.kernel.listing import Listing
from remit.kernel.records import Record, StaleRecordError, remember_doers
from remit.kernel.resources import Resource
from remit.kernel.transfer.cells import asked
from remit.kernel.transfer.cells import shown as shown_value
from remit.kernel.transfer.shaping import lists

MOST: Final = 10_000
BATCH: Final = 100
"""Up to so many rows the ledger keeps what each was."""


class BulkRefusedError(Exception):
    """Nothing was changed; the message says why and what to do."""


@dataclass(frozen=True)
class Refusal:
    """A record that is left as it is, and why."""

    record: Record
    reason: str


@dataclass(frozen=True)
class BulkPlan:
    """What would be done to which records: a change of fields, or a move with what it asks for."""

    resource: Resource
    standing: Standing
    records: tuple[Record, ...]
    """Those it would be done to."""
    refused: tuple[Refusal, ...]
    unchanged: int
    """How many hold the new values already."""
    changes: Mapping[str, Any]
    move: str = ""
    words: tuple[str, ...] = ()
    """What would be done, in sentences."""
    undo: str = ""

    @property
    def versions(self) -> dict[int, int]:
        return {record.pk: record.version for record in self.records}


@dataclass(frozen=True, slots=True)
class Done:
    """How many records were changed, held the values already, and were refused; and how to go back."""

    changed: int
    unchanged: int
    refused: int
    undo: str


def select(listing: Listing) -> list[int]:
    """Return the keys of everything that matches a list's filter. BulkRefusedError for more than MOST."""
    if listing.errors:
        raise BulkRefusedError("The filter is not valid; correct it first.")
    keys = list(listing.records.values_list("pk", flat=True)[: MOST + 1])
    if len(keys) > MOST:
        raise BulkRefusedError(f"More than {MOST:,} records match; narrow the list with a filter and go in parts.")
    return keys


def _held(resource: Resource, ids: Iterable[int]) -> list[Record]:
    """Return the chosen records within reach, in the order chosen; those out of reach are as missing ones."""
    keys = [key for key in dict.fromkeys(ids) if 0 < key < 2**63]
    if len(keys) > MOST:
        raise BulkRefusedError(f"Choose at most {MOST:,} records at once.")
    found = resource.queryset(("unit", "owner")).in_bulk(keys)
    return [found[key] for key in keys if key in found]


def plan_change(resource: Resource, standing: Standing, ids: Iterable[int], values: Mapping[str, Any]) -> BulkPlan:
    """Say what setting these fields (of Resource.bulk) would do. `values` are as a form sends them.

    Raises PermissionDenied without the verb "bulk", ValidationError (by field) for a value that is wrong.
    """
    _may(resource, standing)
    unknown = [name for name in values if name not in resource.bulk or name not in resource.form_fields]
    if unknown or not values:
        raise ValidationError(
            dict.fromkeys(unknown or ["field"], "This field cannot be changed for many records at once.")
        )
    cleaned = _cleaned(resource, values)
    fields: dict[str, Any] = {name: resource.field(name) for name in cleaned}
    records, refused, unchanged = [], [], 0
    before: dict[str, Counter[str]] = {name: Counter() for name in cleaned}
    for record in _held(resource, ids):
        if not _differs(record, cleaned, fields):
            unchanged += 1
        elif reason := _refusal(standing, record, cleaned):
            refused.append(Refusal(record, reason))
        else:
            records.append(record)
            for name in cleaned:
                before[name][_said(fields[name], getattr(record, name))] += 1
    words = tuple(f"{resource.label(n)} becomes {_said(fields[n], v)}." for n, v in cleaned.items())
    undo = " ".join(f"{resource.label(n)} was {_counted(found)}." for n, found in before.items() if found)
    return BulkPlan(
        resource,
        standing,
        tuple(records),
        tuple(refused),
        unchanged,
        cleaned,
        words=words,
        undo=f"{undo} Each record's history holds its own." if undo else "",
    )


def changeable(
    resource: Resource, standing: Standing, ids: Iterable[int]
) -> tuple[tuple[Record, ...], tuple[Refusal, ...]]:
    """Part the chosen records into those this person may change, whatever the values, and those they may not."""
    _may(resource, standing)
    judged = [(record, _refusal(standing, record, {})) for record in _held(resource, ids)]
    return tuple(r for r, reason in judged if not reason), tuple(Refusal(r, reason) for r, reason in judged if reason)


def plan_move(
    resource: Resource, standing: Standing, ids: Iterable[int], name: str, values: Mapping[str, Any]
) -> BulkPlan:
    """Say which of these records could take a move. `values` are what the move asks for.

    Raises PermissionDenied without the verb "bulk", ValidationError for a move or a value that is wrong.
    """
    _may(resource, standing)
    move = resource.model.moves().get(name)
    if move is None or move.system:
        raise ValidationError({"move": "There is no such move."})
    if unexpected := set(values) - set(move.asks):
        raise ValidationError(dict.fromkeys(sorted(unexpected), f"“{move.label}” does not take this."))
    values = asked(resource.model, values)
    records, refused = [], []
    held = _held(resource, ids)
    for deed in set(move.apart_from) - {"owner"}:
        remember_doers(held, deed)
    for record in held:
        reason = "" if standing.may_do("bulk", record) else "You may not change many of these at once."
        reason = reason or (
            ""
            if standing.may_do("decide" if move.decision else "move", record)
            else "You may see this record but not move it."
        )
        if reason := reason or record.refusal(name):
            refused.append(Refusal(record, reason))
        else:
            records.append(record)
    states = Counter(str(record.get_state_display()) for record in records)  # type: ignore[attr-defined]
    words = (f"{move.label}: they become {move.target.replace('_', ' ')}.",)
    undo = f"They were {_counted(states)}; each record offers the moves that lead back." if states else ""
    return BulkPlan(resource, standing, tuple(records), tuple(refused), 0, dict(values), name, words, undo)


def apply(plan: BulkPlan, *, versions: Mapping[int, int] | None = None, allowed_only: bool = False) -> Done:
    """Do what a plan says in one transaction, or nothing. `versions` are those the person was shown.

    Raises BulkRefusedError where some are refused and `allowed_only` was not chosen, or where one has changed since.
    """
    if plan.refused and not allowed_only:
        raise BulkRefusedError(
            f"{len(plan.refused):,} records are refused; take them out, or choose to change only the others."
        )
    if versions is not None and dict(versions) != plan.versions:
        raise BulkRefusedError("Some of these records have changed since you looked; look again at what would happen.")
    if plan.move:
        move = plan.resource.model.moves()[plan.move]
        if move.decision or move.step_up:  # a decision on many at once is always sensitive
            step_up.require()
    try:
        with transaction.atomic():
            if plan.move:
                for record in plan.records:
                    record.move(plan.move, **plan.changes)
            elif _plain(plan.resource.model):
                _update(plan)
            else:
                _one_by_one(plan)
    except (StaleRecordError, MoveRefusedError) as error:
        raise BulkRefusedError(f"{error} Nothing was changed; look again at what would happen.") from error
    except IntegrityError as error:
        raise BulkRefusedError("Two of these records would be the same; nothing was changed.") from error
    return Done(len(plan.records), plan.unchanged, len(plan.refused), plan.undo)


def _may(resource: Resource, standing: Standing) -> None:
    if not standing.may("bulk", resource.kind):
        raise PermissionDenied


def _cleaned(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Read the values once, by the fields of the resource's form."""
    cleaned: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    form = form_class(resource)
    for name, value in values.items():
        made: forms.Field = form.base_fields[name]
        try:
            cleaned[name] = made.clean(made.widget.value_from_datadict({name: value}, {}, name))
        except ValidationError as error:
            errors[name] = error.messages
    if errors:
        raise ValidationError(errors)
    return {name: _stored(resource.field(name), value) for name, value in cleaned.items()}


def _stored(field: Any, value: Any) -> Any:
    return (
        None
        if value == "" and field.null
        else field.to_python(value)
        if not isinstance(field, models.ForeignKey)
        else value
    )


def _differs(record: Record, cleaned: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return any(
        getattr(record, fields[n].attname) != (v.pk if isinstance(v, models.Model) else v) for n, v in cleaned.items()
    )


def _refusal(standing: Standing, record: Record, cleaned: Mapping[str, Any]) -> str:
    """Say why this person may not change this record so: neither as it is nor as it would be."""
    if not standing.may_do("bulk", record):
        return "You may not change many of these at once."
    if not standing.may_do("change", record):
        return "You may see this record but not change it."
    unit, owner = cleaned.get("unit"), cleaned.get("owner")
    after = type(record)(
        unit_id=unit.pk if unit else record.unit_id,
        owner_id=getattr(owner, "pk", None) if "owner" in cleaned else record.owner_id,
    )
    if standing.may_do("bulk", after) and standing.may_do("change", after):
        return ""
    return "You may not keep records of this type in that unit, or not without owning them."


def _plain(model: type[Record]) -> bool:
    """Say whether a type has no checks of its own."""
    return (
        model.clean is models.Model.clean and model.save is Record.save and model.full_clean is models.Model.full_clean
    )


def _update(plan: BulkPlan) -> None:
    """Set the fields a hundred records at a time; a record that changed meanwhile undoes all of it."""
    manager = plan.resource.model._default_manager
    for start in range(0, len(plan.records), BATCH):
        some = plan.records[start : start + BATCH]
        now = dict(
            manager.filter(pk__in=[r.pk for r in some]).order_by("pk").select_for_update().values_list("pk", "version")
        )
        for record in some:
            if now.get(record.pk) != record.version:
                raise StaleRecordError(record)
        manager.filter(pk__in=list(now)).update(
            **plan.changes, version=models.F("version") + 1, updated_at=timezone.now()
        )


def _one_by_one(plan: BulkPlan) -> None:
    for record in plan.records:
        values = {name: value.pk if isinstance(value, models.Model) else value for name, value in plan.changes.items()}
        values = {**lists(plan.resource, record), **values}
        edit = edit_some(plan.resource, plan.standing, record, values, version=record.version)
        if not edit.is_valid():
            said = "; ".join(str(each) for errors in edit.form.errors.values() for each in errors)
            raise BulkRefusedError(f"{record.ref}: {said} Nothing was changed.")
        edit.save()


def _said(field: models.Field[Any, Any], value: Any) -> str:
    return str(value) if isinstance(value, models.Model) else shown_value(field, value)


def _counted(found: Counter[str]) -> str:
    """Write what records held before: "Carol (12), nobody (3)"."""
    shown = [f"{value} ({count:,})" for value, count in found.most_common(5)]
    return ", ".join(shown) + (f" and {len(found) - 5} more" if len(found) > 5 else "")

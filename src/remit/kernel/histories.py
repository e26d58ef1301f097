"""The history of a record as one reader may be told it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import models

from remit.kernel import actor
from remit.kernel.ledger.reading import Entry, history
from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.sight import in_reach, in_sight, references
from remit.kernel.transfer.shaping import Named, names_by_key

Side = dict[str, Any]
"""Values by column: of a whole row that was made or removed, or what a change found or left."""
Targets = Mapping[str, type[models.Model]]
"""Which model each relation leads to, by column ("owner_id")."""


def history_in_sight(
    resource: Resource, record: int, *, before: int | None = None, most: int
) -> tuple[list[Entry], Named]:
    """Return the newest entries about a record, and what the relations in them are called.

    A relation out of reach is as one that is not there, and structures are told as `in_sight` tells them. Two queries,
    and one more for each type that a structure names.
    """
    entries = history(resource.kind, record, before=before, most=most)
    targets = _targets(resource.model)
    called = names_by_key(_keys(_sides(entries), targets))
    shown = [replace(entry, change=_within(entry.change, targets, called)) for entry in entries]
    _tell(shown, resource.model.speaks_of)
    return shown, called


def telling(model: type[Record], told: Sequence[Sequence[Side]]) -> list[bool]:
    """Say of each of these, which cannot be told in part, whether they tell of a record that is there, out of reach."""
    targets = _targets(model)
    keys = _keys((side for sides in told for side in sides), targets)
    named = {each for sides in told for side in sides for each in _references(side, model)}
    called, seen = names_by_key(keys), {each.ref for each in in_reach(named)}
    with actor.system("what a proof would tell"):
        hidden = names_by_key(keys).keys() - called.keys()
        unseen = {each.ref for each in in_reach(named)} - seen
    return [
        any(
            not unseen.isdisjoint(_references(side, model))
            or any((target._meta.label_lower, side.get(column)) in hidden for column, target in targets.items())
            for side in sides
        )
        for sides in told
    ]


def _targets(model: type[Record]) -> Targets:
    return {f.column: f.related_model for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey)}


def _keys(sides: Iterable[Side], targets: Targets) -> dict[type[models.Model], set[int]]:
    keys: dict[type[models.Model], set[int]] = {}
    for side in sides:
        for column in side.keys() & targets.keys():
            if side[column] is not None:
                keys.setdefault(targets[column], set()).add(side[column])
    return keys


def _references(side: Side, model: type[Record]) -> set[str]:
    return {each for column in model.speaks_of for each in references(side.get(column))}


def _within(change: Mapping[str, Any] | None, targets: Targets, called: Named) -> dict[str, Any] | None:
    """Return a change without relations out of reach; one that led from such to such is not told at all."""
    if change is None:
        return None
    told = dict(change)
    sides = [name for name in ("before", "after") if name in change]
    for name in sides:
        told[name] = {
            column: None if column in targets and (targets[column]._meta.label_lower, value) not in called else value
            for column, value in change[name].items()
        }
    for column in {column for name in sides for column in told[name]} & targets.keys():
        if all(told[name].get(column) is None for name in sides):
            for name in sides:
                told[name].pop(column, None)
    return told


def _tell(entries: Sequence[Entry], columns: Sequence[str]) -> None:
    """Put structures that speak of others as the reader may be told them."""
    held = [(side, column) for side in _sides(entries) for column in columns if column in side]
    for (side, column), told in zip(held, in_sight([side[column] for side, column in held]), strict=True):
        side[column] = told


def _sides(entries: Sequence[Entry]) -> Iterator[Side]:
    for entry in entries:
        yield from (entry.change[name] for name in ("before", "after") if entry.change and name in entry.change)

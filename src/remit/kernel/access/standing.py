"""What one person may do where: their roles by unit, read once a request, in one query."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q

from remit.kernel.access.roles import ROLES, Level
from remit.kernel.actor import Actor, actor

if TYPE_CHECKING:
    from remit.kernel.records import Record


_read: ContextVar[tuple[Actor, Standing] | None] = ContextVar("standing", default=None)
"""The standing last read, with the very `Actor` it was read for: the next request of the same person is another."""


@dataclass(frozen=True, slots=True)
class ReachedUnit:
    """A unit the person may name, and the roles they hold in it (none for the units above theirs)."""

    id: int
    code: str
    name: str
    parent_id: int | None
    depth: int
    roles: frozenset[str]
    limits: tuple[tuple[str, frozenset[str]], ...] = ()
    """Roles that hold over these kinds of record only: an auditor's, where their engagement is confined."""

    def roles_over(self, kind: str) -> frozenset[str]:
        """Return the roles that hold over this kind of record."""
        out = {role for role, kinds in self.limits if kind not in kinds}
        return self.roles - out if out else self.roles

    def level(self, kind: str) -> Level:
        return max((ROLES[role].level(kind) for role in self.roles_over(kind)), default=Level.NONE)

    @property
    def reads_figures(self) -> bool:
        return any(ROLES[role].figures for role in self.roles_over("kernel.reading"))


@dataclass(frozen=True)
class Standing:
    """The roles of one person. The database enforces reach; this says which verbs to offer and to accept."""

    user_id: int
    units: tuple[ReachedUnit, ...]

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role for unit in self.units for role in unit.roles)

    def may(self, verb: str, kind: str, unit_id: int | None = None) -> bool:
        """Say whether any role (in that unit, where one is named) has this verb over this kind of record."""
        return any(
            ROLES[role].may(verb, kind)
            for unit in self.units
            if unit_id is None or unit.id == unit_id
            for role in unit.roles_over(kind)
        )

    def may_do(self, verb: str, record: Record) -> bool:
        """Say whether this person may do this to this record; roles over one's own need it to be owned."""
        kind = record.kind()
        if record.owner_always and record.owner_id == self.user_id and self.may(verb, kind):
            return True
        for role in self.in_unit(record.unit_id, kind):
            least = Level.EDIT if verb not in {"view", "export"} else Level.VIEW
            level = ROLES[role].level(kind)
            if ROLES[role].may(verb, kind) and (
                level >= least or (level >= Level.OWN and record.owner_id == self.user_id)
            ):
                return True
        return False

    def in_unit(self, unit_id: int, kind: str = "") -> frozenset[str]:
        """Return the roles held in a unit: all, or those that hold over one kind of record."""
        held = next((unit for unit in self.units if unit.id == unit_id), None)
        if held is None:
            return frozenset()
        return held.roles_over(kind) if kind else held.roles

    def within(self, kind: str) -> Q | None:
        """Say in keys what row-level security says by functions, so that the planner knows how few rows are meant.

        None for who reaches everything, where it would tell nothing. It never hides what the database would show.
        """
        whole = [unit.id for unit in self.units if unit.level(kind) >= Level.VIEW]
        if any(unit.parent_id is None and unit.id in whole for unit in self.units):
            return None
        if not self.owns(kind):
            return Q(unit__in=whole)
        return Q(unit__in=whole) | Q(owner=self.user_id) if whole else Q(owner=self.user_id)

    def owns(self, kind: str) -> bool:
        """Say whether some role lets this person see what is theirs of this kind, beyond what they see whole."""
        return any(unit.level(kind) == Level.OWN for unit in self.units)

    def sees(self, kind: str) -> bool:
        return any(
            ROLES[role].level(kind) and ROLES[role].may("view", kind)
            for unit in self.units
            for role in unit.roles_over(kind)
        )

    @property
    def reads_figures(self) -> bool:
        return any(unit.reads_figures for unit in self.units)

    @property
    def administers(self) -> bool:
        return any(ROLES[role].administers for role in self.roles)

    @property
    def privileged(self) -> bool:
        return any(ROLES[role].privileged for role in self.roles)

    def below(self, unit_id: int) -> list[int]:
        """Return the ids of a unit and of every reached unit under it."""
        found = [unit_id]
        for unit in self.units:
            if unit.parent_id in found and unit.id not in found:
                found.append(unit.id)
        return found


def standing(user_id: int) -> Standing:
    """Read a person's standing; parents come before their children."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("select remit_standing(%s)", (user_id,))
        (units,) = cursor.fetchone()
    return remembered(standing_in(user_id, units))


def standing_in(user_id: int, units: str) -> Standing:
    """Return the standing that the database's `remit_standing` says of a person."""
    return Standing(user_id, tuple(_tree(json.loads(units))))


def remembered(found: Standing) -> Standing:
    """Let `within` narrow lists by this standing, as long as its person acts."""
    if actor().user_id == found.user_id:
        _read.set((actor(), found))
    return found


def within(model: type[Record]) -> Q:
    """Return `Standing.within` of whoever acts, where their standing was read since they began; else no condition.

    Added to a list it leaves out what is merely lent, and changes nothing else but how soon the answer comes.
    """
    held = _read.get()
    if held is None or held[0] is not actor() or hasattr(model, "seen_through"):
        return Q()
    if model.seen_with or model.for_units_below:
        return Q()  # the policy lets through more than the units and owners that would be named here
    found, user_id = held[1].within(model.kind()), held[1].user_id
    if found is None:
        return Q()
    return found | Q(owner=user_id) if model.owner_always else found


_Row = tuple[int, str, str, int | None, list[str], list[str | None]]


def _tree(rows: Iterable[_Row]) -> Iterable[ReachedUnit]:
    rows = list(rows)
    known = {row[0] for row in rows}

    def under(parent: int | None, depth: int) -> Iterable[ReachedUnit]:
        for id_, code, name, parent_id, roles, kinds in rows:
            if parent_id == parent or (parent is None and parent_id not in known):
                held = frozenset(roles) - {"above"}
                yield ReachedUnit(id_, code, name, parent_id, depth, held, tuple(_limits(held, roles, kinds)))
                yield from under(id_, depth + 1)

    yield from under(None, 0)


def _limits(held: frozenset[str], roles: list[str], kinds: list[str | None]) -> Iterable[tuple[str, frozenset[str]]]:
    """Name the roles that hold over some kinds only; a role held over all kinds as well has no limit."""
    for role in sorted(held):
        over = {kind for each, kind in zip(roles, kinds, strict=True) if each == role}
        if None not in over:
            yield role, frozenset(kind for kind in over if kind)

"""Who can do what, and why, over plain values: the table of roles, one person's reach, and who reaches one record.

What a person may do is what `roles.ROLES` says, once for each unit and record type; here is only said which grant it
comes from. The database decides by itself (`kernel/database/access.sql`); the tests hold the two to one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from remit.kernel.access.roles import ROLES, VERBS, Level, Role


@dataclass(frozen=True, slots=True)
class Kind:
    """A record type: "assets.asset", what its list is called, and the CSF function it belongs to."""

    kind: str
    title: str
    area: str


@dataclass(frozen=True, slots=True)
class Place:
    """A unit, and the one above it."""

    id: int
    name: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class Given:
    """A grant as it reaches one person: directly, or by a group they are in; an auditor's by an engagement."""

    id: int
    person_id: int
    person: str
    role: str
    unit_id: int
    group: str = ""
    engagement: str = ""
    kinds: frozenset[str] | None = None
    """The record types in scope; None for all."""
    since: date | None = None
    until: date | None = None

    def holds(self, today: date) -> bool:
        return (self.since is None or self.since <= today) and (self.until is None or today <= self.until)

    def covers(self, kind: str) -> bool:
        return self.kinds is None or kind in self.kinds


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody may: by which grant, and from which unit it comes down ("" where it was given in this very one)."""

    grant: Given
    inherited_from: str

    @property
    def text(self) -> str:
        """Say it in words: "Auditor by the engagement PCI DSS, inherited from Halvern, until 31 January 2027"."""
        grant = self.grant
        parts = [ROLES[grant.role].title]
        parts += [f"by the group {grant.group}"] if grant.group else ["given directly"]
        parts += [f"in the engagement {grant.engagement}"] if grant.engagement else []
        parts += [f"inherited from {self.inherited_from}"] if self.inherited_from else []
        parts += [f"until {grant.until:%-d %B %Y}" if grant.until else "with no last day"]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Line:
    """What a person may do with some record types of one unit, and why."""

    kinds: tuple[Kind, ...]
    verbs: tuple[str, ...]
    """What they may do with every record of these types here."""
    own_verbs: tuple[str, ...]
    """What they may do beyond that with those they own."""
    why: tuple[Why, ...]

    @property
    def titles(self) -> str:
        """Name the record types in a sentence."""
        return ", ".join(kind.title if place == 0 else kind.title.lower() for place, kind in enumerate(self.kinds))


@dataclass(frozen=True, slots=True)
class AtUnit:
    """A unit, what a person may do in it, and the units below it where all of that is the same."""

    unit: Place
    lines: tuple[Line, ...]
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """What one role may do with one record type; `own` where only with those the person owns."""

    role: str
    verbs: tuple[str, ...]
    own: bool


def cell(role: Role, kind: str) -> Cell:
    level = role.level(kind)
    verbs = tuple(verb for verb in VERBS if level and role.may(verb, kind))
    return Cell(role.name, verbs, level == Level.OWN and bool(verbs))


def matrix(
    kinds: Iterable[Kind], *, role: str = "", kind: str = "", verb: str = ""
) -> list[tuple[Kind, tuple[Cell, ...]]]:
    """Return the table role × record type × verb; narrowed to one role, one record type or one verb where named."""
    shown = [held for held in ROLES.values() if role in {"", held.name}]
    rows = []
    for each in kinds:
        if kind not in {"", each.kind}:
            continue
        cells = [cell(held, each.kind) for held in shown]
        if verb:
            cells = [replace(c, verbs=(verb,) if verb in c.verbs else (), own=c.own and verb in c.verbs) for c in cells]
        rows.append((each, tuple(cells)))
    return rows


def above(unit_id: int, places: Mapping[int, Place]) -> list[Place]:
    """Return a unit and those over it, the nearest first; what is not in `places` is not known and ends the way up."""
    found: list[Place] = []
    here = places.get(unit_id)
    while here is not None and here not in found:
        found.append(here)
        here = places.get(here.parent_id) if here.parent_id is not None else None
    return found


def reasons(unit_id: int, grants: Iterable[Given], places: Mapping[int, Place], today: date) -> list[Why]:
    """Return the grants that hold in a unit today, with where each comes down from."""
    names = {place.id: place.name for place in above(unit_id, places)}
    return [
        Why(grant, "" if grant.unit_id == unit_id else names[grant.unit_id])
        for grant in grants
        if grant.unit_id in names and grant.holds(today)
    ]


def allowed(kind: str, why: Iterable[Why]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what these grants allow with every record of a type, and what beyond that with those one owns."""
    everything: set[str] = set()
    own: set[str] = set()
    for each in why:
        role = ROLES[each.grant.role]
        verbs = {verb for verb in VERBS if role.may(verb, kind)}
        level = role.level(kind)
        if level >= Level.EDIT:
            everything |= verbs
        elif level == Level.VIEW:
            everything |= verbs & {"view", "export"}
            own |= verbs
        elif level == Level.OWN:
            own |= verbs
    return in_order(everything), in_order(own - everything)


def in_order(verbs: Iterable[str]) -> tuple[str, ...]:
    held = set(verbs)
    return tuple(verb for verb in VERBS if verb in held)


def explain_unit(kinds: Iterable[Kind], why: Iterable[Why]) -> tuple[Line, ...]:
    """Return what may be done in one unit: record types with the same answer for the same reasons stand in one line."""
    why = tuple(why)
    lines: dict[tuple[object, ...], list[Kind]] = {}
    for kind in kinds:
        because = tuple(
            each for each in why if each.grant.covers(kind.kind) and ROLES[each.grant.role].level(kind.kind)
        )
        everything, own = allowed(kind.kind, because)
        if everything or own:
            lines.setdefault((everything, own, because), []).append(kind)
    return tuple(Line(tuple(found), *key) for key, found in lines.items())  # type: ignore[arg-type]


def explain(
    grants: Iterable[Given], places: Mapping[int, Place], shown: Iterable[int], kinds: Iterable[Kind], today: date
) -> list[AtUnit]:
    """Return what one person may do in each unit of `shown` (parents first), and why.

    A unit where everything is as in the one above it is only named there, so that a tree of a hundred units reads as
    the few lines that differ.
    """
    grants, kinds, shown = tuple(grants), tuple(kinds), tuple(shown)
    found: dict[int, AtUnit] = {}
    told_at: dict[int, int] = {}
    for unit_id in shown:
        why = reasons(unit_id, grants, places, today)
        ids = [each.grant.id for each in why]
        place = places[unit_id]
        over = told_at.get(place.parent_id or 0)
        if over is not None and ids == [g.id for g in _held_at(over, grants, places, today)]:
            told_at[unit_id] = over
            found[over] = replace(found[over], below=(*found[over].below, place.name))
        elif lines := explain_unit(kinds, why):
            told_at[unit_id] = unit_id
            found[unit_id] = AtUnit(place, lines)
    return list(found.values())


def _held_at(unit_id: int, grants: Iterable[Given], places: Mapping[int, Place], today: date) -> list[Given]:
    return [why.grant for why in reasons(unit_id, grants, places, today)]


@dataclass(frozen=True, slots=True)
class Subject:
    """A record, or (without an owner) any record of a type in a unit."""

    kind: str
    unit_id: int
    owner_id: int | None = None
    owner: str = ""
    restricted: bool = False
    owner_always: bool = False
    """Whether its owner sees it in whatever unit, as with work."""


@dataclass(frozen=True, slots=True)
class Seer:
    """Somebody who sees a record, what they may do with it, and each reason why."""

    person_id: int
    person: str
    verbs: tuple[str, ...]
    reasons: tuple[str, ...]


def who_sees(
    subject: Subject,
    grants: Iterable[Given],
    places: Mapping[int, Place],
    need_to_know: Mapping[int, str],
    today: date,
) -> list[Seer]:
    """Return everybody who sees a record, by name; `need_to_know` says why of those named for a restricted one."""
    by_person: dict[int, list[Why]] = {}
    for why in reasons(subject.unit_id, grants, places, today):
        level = ROLES[why.grant.role].level(subject.kind)
        owns = why.grant.person_id == subject.owner_id
        if why.grant.covers(subject.kind) and (level >= Level.VIEW or (level == Level.OWN and owns)):
            by_person.setdefault(why.grant.person_id, []).append(why)
    seers = []
    for person_id, held in by_person.items():
        owns = person_id == subject.owner_id
        if subject.restricted and not owns and person_id not in need_to_know:
            continue
        everything, own = allowed(subject.kind, held)
        said = ["Owns it"] if owns else []
        said += (
            [f"Needs to know: {need_to_know[person_id]}"] if subject.restricted and person_id in need_to_know else []
        )
        said += [why.text for why in held]
        verbs = in_order((*everything, *own)) if owns else everything
        seers.append(Seer(person_id, held[0].grant.person, verbs, tuple(said)))
    if subject.owner_always and subject.owner_id is not None and subject.owner_id not in by_person:
        seers.append(Seer(subject.owner_id, subject.owner, ("view",), ("Owns it, which for this type is enough",)))
    return sorted(seers, key=lambda seer: seer.person.lower())

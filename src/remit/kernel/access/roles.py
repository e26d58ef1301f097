"""The roles of the product as one table: which record types each sees, at which level, and with which verbs.

`level` is what the database enforces (row-level security); the verbs say what the pages and the API offer on top. Kinds
are model labels such as "vulnerabilities.occurrence"; "*" stands for every record type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How far a role reaches into the rows of one record type within a unit."""

    NONE = 0
    OWN = 1
    """Only records whose owner is the person: seen and answered."""
    VIEW = 2
    EDIT = 3


READ = frozenset({"view", "export"})
ANSWER = frozenset({"view", "change", "comment", "attach", "move"})
WRITE = READ | ANSWER | {"add", "bulk", "import", "link", "work"}
RULE = WRITE | {"delete", "decide", "hold"}
MEANINGS: Mapping[str, str] = {
    "view": "open it",
    "export": "take it out as a file",
    "add": "create one",
    "change": "edit its fields",
    "bulk": "change many at once",
    "import": "create and change many from a file",
    "delete": "delete it",
    "move": "take a move of its lifecycle",
    "decide": "take a move that is a decision: accept, dismiss, grant, approve",
    "comment": "comment on it",
    "attach": "attach evidence to it",
    "link": "tie it to another record",
    "work": "ask somebody for work about it",
    "hold": "put it under legal hold, and lift that",
    "break_glass": "open a restricted record for some hours, in an emergency",
}
"""Each verb, and what it lets one do with a record."""
EXERCISE = "risks.exercise"
"""How well somebody judges is theirs to know, and their head of security's."""
VERBS = tuple(MEANINGS)


def in_words(verbs: Iterable[str]) -> str:
    """Say verbs as people read them: "view, break glass"."""
    return ", ".join(verb.replace("_", " ") for verb in verbs)


@dataclass(frozen=True)
class Role:
    """A row of the table: `levels` and `verbs` by kind, the most particular kind winning over "*"."""

    name: str
    title: str
    purpose: str
    levels: Mapping[str, Level]
    verbs: Mapping[str, frozenset[str]]
    privileged: bool = False
    """Must have a second factor."""
    administers: bool = False
    """May manage people, units and grants."""
    gives: frozenset[str] = frozenset()
    """The roles ("*" for all) that it gives and takes back where it administers; others are not its to manage."""
    figures: bool = False
    """May see figures and reports of the unit even where the rows behind are out of reach."""

    def level(self, kind: str) -> Level:
        return self.levels.get(kind, self.levels.get("*", Level.NONE))

    def may(self, verb: str, kind: str) -> bool:
        return verb in self.verbs.get(kind, self.verbs.get("*", frozenset()))

    def may_give(self, role: str) -> bool:
        return self.administers and (role in self.gives or "*" in self.gives)


ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role(
            "head_of_security",
            "Head of security",
            "Knows where we stand, decides, reports to the board",
            {"*": Level.EDIT},
            {"*": RULE | {"break_glass"}},
            privileged=True,
            administers=True,
            gives=frozenset({"*"}),
            figures=True,
        ),
        Role(
            "analyst",
            "Security analyst or lead",
            "Works a queue: findings, reviews, requests",
            {"*": Level.EDIT, EXERCISE: Level.OWN},
            {"*": WRITE},
            privileged=True,
            figures=True,
        ),
        Role("owner", "Control, risk or asset owner", "Answers what is asked of them", {"*": Level.OWN}, {"*": ANSWER}),
        Role(
            "auditor",
            "Auditor",
            "Samples and verifies evidence, read-only",
            {"*": Level.VIEW, EXERCISE: Level.NONE},
            {"*": READ},
            figures=True,
        ),
        Role(
            "executive",
            "Executive or board member",
            "One page, in money and in words",
            {"*": Level.NONE, "kernel.work": Level.OWN},
            {"kernel.work": ANSWER},
            figures=True,
        ),
        Role(
            "vendor",
            "Vendor, client or regulator contact",
            "Fills in or receives one thing",
            {"kernel.work": Level.OWN},
            {"kernel.work": ANSWER},
        ),
        Role(
            "employee",
            "Employee",
            "Attests, trains, reports something odd",
            {"kernel.work": Level.OWN},
            {"kernel.work": ANSWER},
        ),
        Role(
            "administrator",
            "Platform administrator",
            "Keeps it running; sees no security data",
            {"*": Level.NONE, "kernel.work": Level.OWN},
            {"kernel.work": ANSWER},
            privileged=True,
            administers=True,
            gives=frozenset({"owner", "vendor", "employee", "administrator"}),
        ),
    )
}


def levels(kinds: Iterable[str]) -> list[tuple[str, str, int]]:
    """Return (role, kind, level) for every role and kind that reaches anything: the table the database joins.

    A role that another gives is a kind too, such as "gives:owner".
    """
    given = [
        (role.name, f"gives:{other}", int(Level.EDIT))
        for role in ROLES.values()
        for other in ROLES
        if role.may_give(other)
    ]
    return (
        given
        + [
            (role.name, kind, int(role.level(kind)))
            for role in ROLES.values()
            for kind in kinds
            if role.level(kind) is not Level.NONE
        ]
        + [(role.name, "kernel.reading", int(Level.VIEW)) for role in ROLES.values() if role.figures]
    )

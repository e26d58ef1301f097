"""Lifecycles: the states a record can be in, and the named moves between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

Guard = Callable[[Any, Any], str]
Effect = Callable[[Any], None]


class MoveRefusedError(Exception):
    """The lifecycle does not allow this move now; the message says why."""


@dataclass(frozen=True)
class Move:
    """One named step from one state (or several) to another.

    `guard(record, user_id)` returns a reason to refuse, or "". `stamp` names a date or time field set to now. A
    `system` move is taken by jobs and imports, never by people. A `decision` needs the verb "decide". `asks` names
    fields the person fills in as part of the move. `danger` asks for confirmation. `four_eyes` names moves of the same
    record ("ask"), or "create", "change" or "owner": who took that last, made the record, changed it last or owns it
    does not take this one. `step_up` asks the person to confirm who they are if they have not lately.
    """

    name: str
    source: str | tuple[str, ...]
    target: str
    guard: Guard | None = None
    stamp: str = ""
    system: bool = False
    decision: bool = False
    danger: bool = False
    asks: tuple[str, ...] = ()
    four_eyes: str | tuple[str, ...] = ()
    step_up: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,) if isinstance(self.source, str) else self.source

    @property
    def apart_from(self) -> tuple[str, ...]:
        """The deeds whose doer does not take this move."""
        return (self.four_eyes,) if isinstance(self.four_eyes, str) else self.four_eyes

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def refusal(self, record: Any, user_id: int | None) -> str:
        """Say why this person (None: the system) may not take this move on `record` now, or return ""."""
        if record.state not in self.sources:
            return f"A record that is {words(record.state)} cannot be moved by “{words(self.name)}”."
        if self.system and user_id is not None:
            return f"“{self.label}” is taken by the system only."
        return self.guard(record, user_id) if self.guard else ""

    def four_eyes_refusal(self, doers: Mapping[str, int | None], user_id: int | None) -> str:
        """Say whose part the other pair of eyes is, or return ""; `doers` tells who did each deed of `apart_from`."""
        did = next((deed for deed in self.apart_from if user_id is not None and doers.get(deed) == user_id), None)
        if did is None:
            return ""
        said = {"create": "made", "change": "changed", "owner": "own"}.get(did, "")
        said = f"{said} this record" if said else f"took “{words(did)}” here"
        return f"You {said}; somebody else must take “{words(self.name)}” (four eyes)."


def words(name: str) -> str:
    return name.replace("_", " ")


class StateField(models.CharField[str, str]):
    """The state column of a record type; it is declared by its moves. The first move's first source is where it starts.

    `tones` gives a state its colour on the page: "act", "attend", "good" or "soft".
    """

    def __init__(self, *moves: Move, tones: dict[str, str] | None = None, **options: Any) -> None:
        self.moves = {move.name: move for move in moves}
        self.tones = tones or {}
        if moves:
            states = dict.fromkeys(s for move in moves for s in (*move.sources, move.target))
            options |= {
                "choices": [(state, words(state).capitalize()) for state in states],
                "default": moves[0].sources[0],
                "max_length": 32,
                "editable": False,
                "db_index": True,
            }
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """Migrations see a plain text column, so a new state needs no migration."""
        name, _, args, options = super().deconstruct()
        options.pop("choices", None)
        return name, "django.db.models.CharField", args, options


def state_field(model: type[models.Model]) -> StateField | None:
    """Return the lifecycle of a record type, or None where it has none."""
    return next((f for f in model._meta.concrete_fields if isinstance(f, StateField)), None)


_effects: dict[tuple[str, str], list[Effect]] = defaultdict(list)


def after(label: str, move: str) -> Callable[[Effect], Effect]:
    """Run the decorated function after a move, in its transaction: `@after("policies.policy", "publish")`."""

    def subscribe(effect: Effect) -> Effect:
        _effects[label, move].append(effect)
        return effect

    return subscribe


def effects_of(label: str, move: str) -> Iterable[Effect]:
    return tuple(_effects[label, move])


def subscriptions() -> Iterable[tuple[str, str]]:
    """Return every (label, move) that has an effect, so that start-up can refuse one that does not exist."""
    return tuple(key for key, effects in _effects.items() if effects)

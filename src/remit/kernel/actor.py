"""Who acts: every transaction runs on behalf of a person, or of the system for a stated reason.

The database enforces access by the settings `remit.user`, `remit.system`, `remit.viewer` and `remit.scope` (what
narrows the reach of a person's API token), made local to each transaction by `remit.kernel.database`. With no actor
nothing is visible.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection


@dataclass(frozen=True, slots=True)
class Actor:
    """A person by their id, or the system with its reason; never both.

    `viewer_id` is who looks at what that person sees; while there is one, the database refuses every change.
    """

    user_id: int | None = None
    system: str = ""
    viewer_id: int | None = None
    scope: str = ""
    """What narrows the person's reach for as long as a token speaks for them, as JSON (`identity.scope`); or ""."""


NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


def actor() -> Actor:
    """Return on whose behalf the code runs."""
    return _actor.get()


@contextmanager
def acting(user_id: int | None, *, scope: str = "") -> Iterator[None]:
    """Act as the person with this id, within a token's scope where there is one; None is nobody, who sees nothing."""
    with _being(Actor(user_id=user_id, viewer_id=actor().viewer_id, scope=scope)):
        yield


@contextmanager
def viewing(user_id: int, viewer_id: int) -> Iterator[None]:
    """See what this person sees, as far as the viewer may see it too, and change nothing; the ledger says who looks."""
    with _being(Actor(user_id=user_id, viewer_id=viewer_id)):
        yield


def refuse_to_viewers() -> None:
    """Refuse, with PermissionDenied, what nobody does in another's name: taking files out, say."""
    if actor().viewer_id is not None:
        raise PermissionDenied


@contextmanager
def system(reason: str) -> Iterator[None]:
    """Act as the system, which sees everything; the ledger shows `reason`."""
    if not reason:
        raise ValueError("The system acts for a stated reason only.")
    with _being(Actor(system=reason, viewer_id=actor().viewer_id)):
        yield


@contextmanager
def _being(who: Actor) -> Iterator[None]:
    token = _actor.set(who)
    tell_database()
    try:
        yield
    except BaseException:
        _actor.reset(token)
        with suppress(
            DatabaseError
        ):  # the transaction may be past saving; the error that made it so is the one to tell
            tell_database()
        raise
    _actor.reset(token)
    tell_database()


@contextmanager
def verb(name: str, note: str = "") -> Iterator[None]:
    """Let the ledger call what happens inside by this name ("approve") instead of create, change or delete.

    `note` is what somebody said about it (a reason), and stands in each of its entries.
    """
    _set("remit.verb", name)
    _set("remit.note", note[:500])
    yield
    _set("remit.verb", "")  # after an error the transaction is rolled back, and the name with it
    _set("remit.note", "")


def tell_database() -> None:
    """Tell a transaction that is already open who acts now; a new one is told as it begins."""
    if connection.in_atomic_block and not connection.needs_rollback:
        who = _actor.get()
        with connection.cursor() as cursor:
            cursor.execute(SETTINGS, settings_of(who))


SETTINGS = """select set_config('remit.user', %s, true), set_config('remit.system', %s, true),
    set_config('remit.viewer', %s, true), set_config('remit.scope', %s, true)"""


def settings_of(who: Actor) -> tuple[str, str, str, str]:
    return (_key(who.user_id), who.system, _key(who.viewer_id), who.scope)


def _key(user_id: int | None) -> str:
    return "" if user_id is None else str(user_id)


def _set(name: str, value: str) -> None:
    if connection.in_atomic_block and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("select set_config(%s, %s, true)", (name, value))

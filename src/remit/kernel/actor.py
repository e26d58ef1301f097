"""Who acts: every transaction runs on behalf of a person, or of the system for a stated reason.

The database enforces access by settings, `remit.user` and `remit.system`, made local to each transaction by
`remit.kernel.database`; `remit.scope` narrows what a person's API token reaches. With no actor nothing is visible.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import DatabaseError, connection


@dataclass(frozen=True, slots=True)
class Actor:
    """A person by their id, or the system with its reason; never both."""

    user_id: int | None = None
    system: str = ""
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
    with _being(Actor(user_id=user_id, scope=scope)):
        yield


@contextmanager
def system(reason: str) -> Iterator[None]:
    """Act as the system, which sees everything; the ledger shows `reason`."""
    if not reason:
        raise ValueError("The system acts for a stated reason only.")
    with _being(Actor(system=reason)):
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
def verb(name: str) -> Iterator[None]:
    """Let the ledger call what happens inside by this name ("approve") instead of create, change or delete."""
    _set("remit.verb", name)
    yield
    _set("remit.verb", "")  # after an error the transaction is rolled back, and the name with it


def tell_database() -> None:
    """Tell a transaction that is already open who acts now; a new one is told as it begins."""
    if connection.in_atomic_block and not connection.needs_rollback:
        who = _actor.get()
        with connection.cursor() as cursor:
            cursor.execute(SETTINGS, settings_of(who))


SETTINGS = (
    "select set_config('remit.user', %s, true), set_config('remit.system', %s, true),"
    " set_config('remit.scope', %s, true)"
)


def settings_of(who: Actor) -> tuple[str, str, str]:
    return ("" if who.user_id is None else str(who.user_id), who.system, who.scope)


def _set(name: str, value: str) -> None:
    if connection.in_atomic_block and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("select set_config(%s, %s, true)", (name, value))

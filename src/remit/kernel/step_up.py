"""Step-up: before what is sensitive, a person says once more who they are (password, second factor).

Whoever serves a browser's request says how to find out whether its person did so lately (`asked`). Outside of one, in
jobs and on the command line, there is nobody to ask: `require` lets them pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from allauth.core.exceptions import ReauthenticationRequired

Confirmed = Callable[[], bool]

_confirmed: ContextVar[Confirmed | None] = ContextVar("confirmed", default=None)


class StepUpRequiredError(ReauthenticationRequired):  # type: ignore[misc]
    """The person must confirm who they are first; on a page they are asked and then go on where they were."""


@contextmanager
def asked(confirmed: Confirmed) -> Iterator[None]:
    """Let `require` ask this function, and only when something sensitive is done: the answer may cost queries."""
    token = _confirmed.set(confirmed)
    try:
        yield
    finally:
        _confirmed.reset(token)


def require() -> None:
    """Raise StepUpRequiredError unless the person confirmed lately who they are."""
    confirmed = _confirmed.get()
    if confirmed is not None and not confirmed():
        raise StepUpRequiredError

"""What workers do every few seconds: each in a thread of its own, in every worker.

A beat is short, does nothing where nothing is to do, and is right however many workers do it at once. What fails is
told once and tried again with the next beat.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

log = logging.getLogger("remit.jobs")

LAST_SECONDS = 5.0
"""How long a beat under way is waited for when the worker ends; its transaction is then left to be undone."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A function that is called every so many seconds."""

    name: str
    seconds: float
    function: Callable[[], None]


_beats: dict[str, Beat] = {}


def beat(name: str, *, seconds: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare what every worker does each `seconds`: `@beat("seal the ledger", seconds=2)`."""

    def declare(function: Callable[[], None]) -> Callable[[], None]:
        _beats[name] = Beat(name, seconds, function)
        return function

    return declare


@contextmanager
def beating() -> Iterator[None]:
    """Let all that was declared go on while the block runs."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=_go_on, args=(each, stop), name=each.name, daemon=True) for each in _beats.values()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(LAST_SECONDS)


def _go_on(each: Beat, stop: threading.Event) -> None:
    told = ""
    while not stop.wait(each.seconds):
        try:
            each.function()
            told = ""
        except Exception as error:
            if told != str(error):
                told = str(error)
                log.error("It was not possible to %s: %s", each.name, told)  # noqa: TRY400 - told once, in a line
            connection.close()  # it may be past use; the next query opens another
    connection.close()

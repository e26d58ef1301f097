"""The jobs that the areas declare, by name, and when those run that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.kernel.jobs.schedule import Schedule

if TYPE_CHECKING:
    from remit.kernel.jobs.progress import Progress

Work = Callable[..., None]


class JobError(Exception):
    """A job cannot do what was asked; the message is meant for the person who asked and says what to do."""


@dataclass(frozen=True)
class Job:
    """A piece of long work: `function(progress, **arguments)`, run in one transaction with the mark that it is done.

    `title` may name arguments ("Import {name}"). `retries` is how often a fault is tried again. Exceptions of
    `refusals` carry a message for people and are never tried again.
    """

    name: str
    title: str
    function: Work
    retries: int = 0
    refusals: tuple[type[Exception], ...] = ()

    def __call__(self, progress: Progress, **arguments: Any) -> None:
        self.function(progress, **arguments)


_jobs: dict[str, Job] = {}
_schedules: dict[str, Schedule] = {}


def job(
    name: str, *, title: str, retries: int = 0, refusals: tuple[type[Exception], ...] = ()
) -> Callable[[Work], Job]:
    """Declare a job: `@job("ingest.load", title="Import {name}")`. ValueError for a name taken by another function."""

    def declare(function: Work) -> Job:
        known = _jobs.get(name)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"The job {name!r} is declared twice.")
        _jobs[name] = Job(name, title, function, retries, refusals)
        return _jobs[name]

    return declare


def every(period: str, *, minute: int = 0, hour: int = 0, weekday: int = 0) -> Callable[[Job], Job]:
    """Let a job without arguments run "hourly", "daily" or "weekly" as the system, at a time of UTC; Monday is 0.

    A time that passed while no worker ran is made up for once, as soon as one does.
    """
    schedule = Schedule(period, minute=minute, hour=hour, weekday=weekday)

    def declare(periodic: Job) -> Job:
        _schedules[periodic.name] = schedule
        return periodic

    return declare


def find(name: str) -> Job:
    """Return the job of this name; KeyError for none."""
    return _jobs[name]


def jobs() -> tuple[Job, ...]:
    return tuple(_jobs.values())


def schedules() -> dict[str, Schedule]:
    """Return the schedule of each periodic job, by the job's name."""
    return dict(_schedules)


@dataclass(frozen=True)
class Errand:
    """A short piece of work that workers do outside of any transaction: it speaks to other machines, and says itself
    on whose behalf it acts. `cron` (seconds last) lets it run by the clock; then it is given the time, else arguments.
    """

    name: str
    function: Callable[..., None]
    cron: str = ""


_errands: dict[str, Errand] = {}


def errand(name: str, *, cron: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare an errand. It may be cut off and begun again at any point, and keeps track of its effects by itself."""

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        _errands[name] = Errand(name, function, cron)
        return function

    return declare


def errands() -> tuple[Errand, ...]:
    return tuple(_errands.values())

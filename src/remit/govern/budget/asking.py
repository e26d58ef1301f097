"""What is chosen among: investments and risks as the plain problem that `remit budget choose` reads.

A choice is read by everybody who reaches its unit. So it is made of what lies in that unit and below, and of nothing
that is restricted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from django.utils.timezone import localdate

from remit.govern.budget import rules
from remit.govern.budget.exchange import rate
from remit.govern.budget.losses import Loss, losses
from remit.govern.budget.models import Investment

OPEN: Final = ("candidate", "approved")
MOST: Final = 2_000


class NothingToChooseError(Exception):
    """There is nothing to choose among, or an amount cannot be converted; the message says what to do."""


@dataclass(frozen=True)
class Asked:
    """What somebody wants to know: money and days of work by year (in order), and what is settled beforehand.

    `people` of a year that is None is no limit. `must` and `without` are references of investments.
    """

    title: str
    unit_id: int
    units: tuple[int, ...]
    currency: str
    money: dict[str, float]
    people: dict[str, float | None] = field(default_factory=dict)
    must: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON, for a job's arguments."""
        return asdict(self)

    @classmethod
    def read(cls, said: dict[str, Any]) -> Self:
        listed = {name: tuple(said[name]) for name in ("units", "must", "without")}
        return cls(**{**said, **listed})


def candidates(units: Sequence[int]) -> list[Investment]:
    """Return the investments that can be chosen, of these units."""
    found = Investment.objects.filter(state__in=OPEN, unit_id__in=units, restricted=False)
    return list(found.order_by("pk")[:MOST])


def problem(asked: Asked) -> dict[str, Any]:
    """Return what is asked in the shape of `remit budget choose`; money in the asked currency at today's rates.

    NothingToChooseError without candidates or without risks that have a number, and where a rate is missing.
    """
    open_ones, known = candidates(asked.units), losses(asked.units, restricted=False)
    if not open_ones:
        raise NothingToChooseError("There is no investment to choose from. Add some, with what they take off risks.")
    if not known:
        raise NothingToChooseError("No risk here has a number yet. Give risks a scenario in the register first.")
    rates = _rates({one.currency for one in open_ones} | {loss.currency for loss in known}, asked.currency)
    return _stated(asked, open_ones, known, rates)


def _rates(currencies: set[str], into: str) -> dict[str, float]:
    try:
        return {code: float(rate(code, into, localdate())) for code in currencies}
    except rules.MissingRateError as missing:
        raise NothingToChooseError(str(missing)) from missing


def _stated(
    asked: Asked, open_ones: Sequence[Investment], known: Sequence[Loss], rates: dict[str, float]
) -> dict[str, Any]:
    years = list(asked.money)
    refs = {each.ref for each in open_ones}
    done = {f"INV-{pk}" for pk in Investment.objects.filter(state="done").values_list("pk", flat=True)}
    people = {year: most for year, most in asked.people.items() if most is not None}
    said: dict[str, Any] = {
        "currency": asked.currency,
        "budgets": dict(asked.money),
        "scenarios": [{"id": loss.ref, "annual_loss": loss.annual_loss * rates[loss.currency]} for loss in known],
        "candidates": [_candidate(each, {loss.ref for loss in known}, refs, years, rates) for each in open_ones],
        "must_have": sorted({each.ref for each in open_ones if each.must_have} | (set(asked.must) & refs)),
        "forbidden": sorted((set(asked.without) & refs) | _impossible(open_ones, refs, done)),
        "plan": [each.ref for each in open_ones if each.planned],
    }
    if people:
        said["people"] = people
    return said


def _candidate(
    one: Investment, risks: set[str], refs: set[str], years: Sequence[str], rates: dict[str, float]
) -> dict[str, Any]:
    by_rate = rates[one.currency]
    days = dict(zip(years, one.person_days, strict=False))
    said: dict[str, Any] = {
        "id": one.ref,
        "cost": {"one_off": float(one.one_off) * by_rate, "yearly": float(one.yearly) * by_rate},
        "effects": {ref: effect for ref, effect in one.effects.items() if ref in risks and effect},
        "requires": [ref for ref in one.requires if ref in refs],
        "excludes": [ref for ref in one.excludes if ref in refs],
    }
    if days:
        said["people"] = {year: float(number) for year, number in days.items()}
    return said | ({"group": one.group} if one.group else {})


def _impossible(open_ones: Sequence[Investment], refs: set[str], done: set[str]) -> set[str]:
    """Return what needs something that is neither open nor done, or cannot go with what is done."""
    return {
        each.ref for each in open_ones
        if any(ref not in refs and ref not in done for ref in each.requires) or done & set(each.excludes)
    }  # fmt: skip

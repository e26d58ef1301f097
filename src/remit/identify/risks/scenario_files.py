"""Scenario sets in files: what one would change in the register, and the change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from remit.identify.risks import engine, rules, services
from remit.identify.risks.models import OPEN, Risk
from remit.kernel import actor
from remit.kernel.access.standing import standing

MOST: Final = 2 * 1024 * 1024
"""Bytes of a file that are read."""
MOST_SCENARIOS: Final = 500


class ScenarioFileError(ValueError):
    """A file that cannot be taken in; the text names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a scenario of the file would do to the risk it names."""

    risk: Risk
    scenario: dict[str, Any]
    before: str
    after: str
    same: bool


def decoded(content: bytes) -> str:
    """Return a file's text; ScenarioFileError for one that is too long or not UTF-8."""
    if len(content) > MOST:
        raise ScenarioFileError(f"The file is larger than {MOST // 2**20} MB. Split the set into several files.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioFileError(f"Byte {error.start:,} is not UTF-8 text. Save the file as UTF-8.") from error


def changes(text: str) -> list[Change]:
    """Read a set; its scenarios name risks by their reference. ScenarioFileError names what is wrong and what to do."""
    from remit.identify.risks import fair  # noqa: PLC0415

    if not text.strip():
        raise ScenarioFileError("The file is empty. Choose a file with a set of scenarios as JSON.")
    if len(text) > MOST:
        raise ScenarioFileError(f"The file is larger than {MOST // 2**20} MB. Split the set into several files.")
    try:
        held = fair.loads(text)
    except fair.InputError as error:
        raise ScenarioFileError(str(error)) from error
    if len(held.scenarios) > MOST_SCENARIOS:
        raise ScenarioFileError(f"Hand in at most {MOST_SCENARIOS} scenarios at once.")
    risks = _called([scenario.id for scenario in held.scenarios])
    found = []
    for number, scenario in enumerate(held.scenarios):
        risk = risks.get(scenario.id.upper())
        if risk is None:
            raise ScenarioFileError(
                f"scenarios[{number}].id: there is no open risk {scenario.id} within your reach. "
                "Give the reference of a risk, such as RSK-3; add new risks in the register first."
            )
        if held.currency not in {risk.currency, "XXX"}:
            raise ScenarioFileError(
                f"currency: {risk.ref} is in {risk.currency}, the file in {held.currency}. Convert it first."
            )
        written = {name: value for name, value in fair.write_scenario(scenario).items() if name != "title"}
        written = engine.checked(written, risk.ref)
        found.append(_change(risk, written))
    return found


def _called(refs: Iterable[str]) -> dict[str, Risk]:
    """Return the open risks of these references within reach, by reference."""
    prefix = f"{Risk.prefix}-"
    numbers = [ref.upper().removeprefix(prefix) for ref in refs]
    keys = [int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 19]
    return {risk.ref: risk for risk in Risk.objects.filter(pk__in=keys, state__in=OPEN)}


def _change(risk: Risk, scenario: dict[str, Any]) -> Change:
    before = engine.mean(risk.scenario) if risk.scenario else None
    return Change(
        risk,
        scenario,
        before=rules.money(before, risk.currency) if before is not None else "nothing in numbers",
        after=rules.money(engine.mean(scenario), risk.currency),
        same=risk.scenario == scenario,
    )


@transaction.atomic
def apply(found: Sequence[Change], reason: str) -> int:
    """Give the risks their new scenarios, all or none; returns how many changed.

    PermissionDenied where one of them is not the actor's to change, ScenarioFileError without a reason.
    """
    if not reason.strip():
        raise ScenarioFileError("Say why: the reason stays with every estimate that the file brings.")
    user_id = actor.actor().user_id
    held = standing(user_id) if user_id is not None else None
    moved = [change for change in found if not change.same]
    for change in moved:
        if held is not None and not held.may_do("change", change.risk):
            raise PermissionDenied
        services.set_scenario(change.risk, change.scenario, reason=reason.strip())
    return len(moved)

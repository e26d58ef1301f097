"""What the investments and risks of a choice are called, as its reader sees them now.

A choice keeps references. Who reads it may reach fewer of them than who asked, and some may be restricted since: those
are numbers without a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from remit.govern.budget.models import Choice, Investment
from remit.kernel.access.need_to_know import note_reads
from remit.kernel.records import Record, record_types
from remit.kernel.reports.model import Value

_QUOTED: Final = re.compile("“([A-Z]+-[0-9]+)”")


@dataclass(frozen=True)
class Names:
    """What references are called, for those the reader sees."""

    known: Mapping[str, str]

    def word(self, ref: str) -> str:
        """Return what a reference is called, or that it is out of sight."""
        return self.known.get(ref) or ("an investment" if _is_investment(ref) else "a risk") + " out of your sight"

    def of(self, ref: str) -> Value:
        if ref not in self.known:
            return Value(self.word(ref))
        slug = "investments" if _is_investment(ref) else "risks"
        return Value(self.known[ref], f"/{slug}/{ref.partition('-')[2]}/")

    def said(self, sentence: str) -> str:
        """Put names where a sentence has references."""
        told = _QUOTED.sub(
            lambda found: f"“{self.known[found[1]]}”" if found[1] in self.known else self.word(found[1]), sentence
        )
        return told[:1].upper() + told[1:]

    def listed(self, refs: Iterable[str]) -> str:
        """List investments: those in sight by name, the others by their number."""
        all_of_them = list(refs)
        told = [self.known[ref] for ref in all_of_them if ref in self.known]
        if hidden := [ref for ref in all_of_them if ref not in self.known]:
            told.append(f"{len(hidden)} investments out of your sight" if len(hidden) > 1 else self.word(hidden[0]))
        return ", ".join(told) or "nothing"


def names_of(choice: Choice) -> Names:
    """Look up every investment and risk of a choice: two queries. Reads of restricted ones are noted."""
    risks: Any = next((model for model in record_types() if model.kind() == "risks.risk"), None)
    wanted = [each["id"] for each in choice.problem.get("candidates", ())]
    investments = list(Investment.objects.filter(pk__in=_keys(wanted, Investment.prefix)))
    known, held = {one.ref: one.title for one in investments}, list[Record](investments)
    if risks is not None:
        ids = [each["id"] for each in choice.problem.get("scenarios", ())]
        found = list(risks._default_manager.filter(pk__in=_keys(ids, risks.prefix)))
        known |= {each.ref: str(each) for each in found}
        held += found
    note_reads(held)
    return Names(known)


def _is_investment(ref: str) -> bool:
    return ref.startswith(f"{Investment.prefix}-")


def _keys(refs: Iterable[str], prefix: str) -> list[int]:
    parts = (ref.partition("-") for ref in refs)
    return [int(number) for before, _, number in parts if before == prefix and number.isdigit()]

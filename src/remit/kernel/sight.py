"""Structures that name records by reference (`Record.speaks_of`), as one reader may be told them.

A reference out of reach becomes a number, the same wherever it stands in one structure, so that what hangs together
still does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from remit.kernel.access.need_to_know import note_reads
from remit.kernel.records import Record
from remit.kernel.resources import resources

OUT_OF_SIGHT: Final = "out of sight"
_REFERENCE: Final = re.compile(r"\b([A-Z]{2,5})-([0-9]{1,18})\b")
_OWN_KEY: Final = "id"


def in_sight(values: Sequence[Any]) -> list[Any]:
    """Return structures without the references that the reader does not reach: one query for each type they name.

    Reads of restricted records among the others are noted.
    """
    named = {reference for value in values for reference in references(value)}
    found = in_reach(named)
    note_reads(found)
    hidden = {each for each in named if each.partition("-")[0] in _models()} - {each.ref for each in found}
    return [without(value, hidden) for value in values]


def in_reach(named: Collection[str]) -> list[Record]:
    """Return the records of these references that the actor reaches: one query for each type."""
    models = _models()
    keys: dict[str, list[int]] = {}
    for prefix, _, number in (each.partition("-") for each in named):
        if prefix in models and int(number) < 2**63:
            keys.setdefault(prefix, []).append(int(number))
    return [each for prefix in sorted(keys) for each in models[prefix]._default_manager.filter(pk__in=keys[prefix])]


def _models() -> dict[str, type[Record]]:
    return {each.model.prefix: each.model for each in resources()}


def references(value: Any) -> Iterator[str]:
    """Yield every reference ("RSK-12") in a structure: in its keys, its texts, and within sentences."""
    if isinstance(value, str):
        yield from (found[0] for found in _REFERENCE.finditer(value))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from references(key)
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def without(value: Any, hidden: Collection[str]) -> Any:
    """Return a structure in which each of the hidden references is "out of sight 1", "out of sight 2" and so on.

    An "id" beside a hidden "ref" is the same record's key and becomes None.
    """
    named = dict.fromkeys(each for each in references(value) if each in hidden)
    words = {each: f"{OUT_OF_SIGHT} {number}" for number, each in enumerate(named, 1)}

    def said(found: re.Match[str]) -> str:
        return words.get(found[0], found[0])

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return _REFERENCE.sub(said, value)
        if isinstance(value, list):
            return [told(each) for each in value]
        if isinstance(value, dict):
            kept = {told(key): told(each) for key, each in value.items()}
            if value.get("ref") in hidden and _OWN_KEY in kept:
                kept[_OWN_KEY] = None
            return kept
        return value

    return told(value)

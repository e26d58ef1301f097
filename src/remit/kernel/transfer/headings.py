"""Which column of an imported table speaks of which field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from remit.kernel.resources import Resource
from remit.kernel.transfer.exporting import identifier


@dataclass(frozen=True)
class Headings:
    """`fields` gives the places of the columns of each field, the precise one first ("Owner mail" before "Owner")."""

    fields: dict[str, tuple[int, ...]]
    ref: int | None
    """The place of the column with references, or None."""
    key: int | None
    """The place of the column with keys ("Id"), or None."""
    unused: tuple[str, ...]
    """Columns that exist but are not set by imports: states, times, computed values."""
    unknown: tuple[str, ...]


def headings(resource: Resource, header: Iterable[str]) -> Headings:
    """Recognise columns by label or by name, in any case."""
    names = list(header)
    precise, loose = _spellings(resource)
    fields: dict[str, list[int]] = {}
    known = {spelling for name in (*resource.columns, *resource.fact_names, "version", "state", "unit_id", "owner_id")
             for spelling in _both(resource, name)}  # fmt: skip
    ref = key = None
    unused, unknown = [], []
    for place, name in enumerate(names):
        said = " ".join(name.casefold().split())
        if said == "ref":
            ref = place
        elif said == "id":
            key = place
        elif (field := precise.get(said)) is not None:
            fields.setdefault(field, []).insert(0, place)
        elif (field := loose.get(said)) is not None:
            fields.setdefault(field, []).append(place)
        elif said in known or any(said == f"{each} {end}" for each in known for end in ("ref", "mail", "code")):
            unused.append(name)
        else:
            unknown.append(name)
    return Headings({n: tuple(p) for n, p in fields.items()}, ref, key, tuple(unused), tuple(unknown))


def _spellings(resource: Resource) -> tuple[dict[str, str], dict[str, str]]:
    precise: dict[str, str] = {}
    loose: dict[str, str] = {}
    for name in resource.form_fields:
        field: Any = resource.field(name)
        for spelling in _both(resource, name):
            loose.setdefault(spelling, name)
            if isinstance(field, models.ForeignKey):
                precise[f"{spelling} {identifier(field)}"] = name
        if isinstance(field, models.ForeignKey):
            for end in ("id", "ref", identifier(field)):
                precise[f"{name}_{end}"] = name
    return precise, loose


def _both(resource: Resource, name: str) -> tuple[str, str, str]:
    return name.casefold(), name.replace("_", " ").casefold(), resource.label(name).casefold()

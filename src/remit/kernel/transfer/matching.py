"""Which record a row of an imported table speaks of, asked for all rows at once."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import models

from remit.kernel.records import Record
from remit.kernel.resources import Resource
from remit.kernel.transfer.headings import Headings
from remit.kernel.transfer.lookups import Lookup, Wrong, token
from remit.kernel.transfer.tables import MISSING, Line


class Matcher:
    """Finds records within reach by reference, by key, or by the fields that name one (Resource.key)."""

    def __init__(self, resource: Resource, found: Headings) -> None:
        self.resource, self.headings = resource, found
        self.lookup = _ByReference(resource.model)
        self.by_key: dict[tuple[Any, ...], list[Record]] = defaultdict(list)

    def load(self, lines: tuple[Line, ...], values: list[dict[str, Any]]) -> None:
        """Read every record that a row may speak of: one query by reference, one by name."""
        self.lookup.want(word for line in lines if (word := self._word(line)))
        self.lookup.load()
        if not self.resource.key:
            return
        keys = {
            key
            for each, line in zip(values, lines, strict=True)
            if not self._word(line) and (key := self.key(each)) is not None
        }
        if not keys:
            return
        condition = {f"{name}__in": {key[at] for key in keys} for at, name in enumerate(self.resource.key)}
        for record in _with_holders(self.resource.model).filter(**condition):
            self.by_key[self._key_of(record)].append(record)

    def match(self, line: Line, values: dict[str, Any]) -> Record | None:
        """Return the record of a row, or None for a new one. Raises Wrong for a reference that leads nowhere."""
        if word := self._word(line):
            try:
                found: Record = self.lookup.get(word)
            except Wrong as wrong:
                raise Wrong(f"Column “Ref”: {wrong}") from None
            return found
        key = self.key(values)
        candidates = self.by_key.get(key, []) if key is not None else []
        if len(candidates) > 1 and (unit := values.get("unit")) is not None:
            candidates = [record for record in candidates if record.unit_id == unit.pk] or candidates
        if len(candidates) > 1:
            refs = ", ".join(record.ref for record in candidates[:3])
            raise Wrong(
                f"{len(candidates)} {self.resource.title.lower()} have this name ({refs}); say which in a column “Ref”."
            )
        return candidates[0] if candidates else None

    def key(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """Return what names the record of a row among its type, or None where the row does not say."""
        if not self.resource.key:
            return None
        parts = tuple(
            value.pk if isinstance(value := values.get(name), models.Model) else value for name in self.resource.key
        )
        return None if any(part in {None, ""} for part in parts) else parts

    def _key_of(self, record: Record) -> tuple[Any, ...]:
        fields: list[Any] = [self.resource.field(name) for name in self.resource.key]
        return tuple(getattr(record, field.attname) for field in fields)

    def _word(self, line: Line) -> str:
        places = (self.headings.ref, self.headings.key)
        words = (token(line.values[at]) for at in places if at is not None and line.values[at] is not MISSING)
        return next((word for word in words if word), "")


class _ByReference(Lookup):
    """A lookup by reference only, never by name: a column of references names nothing else."""

    def _records(self) -> models.QuerySet[Any]:
        return _with_holders(self.model)

    def _names(self) -> tuple[str, ...]:
        return ()


def _with_holders(model: Any) -> models.QuerySet[Any]:
    """Return records with their unit and owner only: a join to more would lose those that point out of reach."""
    return model._default_manager.order_by().select_related("unit", "owner")  # type: ignore[no-any-return]

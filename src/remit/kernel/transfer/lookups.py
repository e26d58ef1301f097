"""What the cells of an imported table name: units, people and records, asked for all rows at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import models

from remit.kernel.records import Record
from remit.kernel.transfer.shaping import name_field


class Wrong(Exception):  # noqa: N818  (it is an answer to the person who sent the file, not a fault)
    """A cell that cannot be taken in; the message names the remedy."""


def token(value: Any) -> str:
    """Reduce what a cell says of a relation to one word: its key, its reference, its code, its address or its name."""
    if isinstance(value, dict):
        value = value.get("id") or value.get("ref") or value.get("name") or ""
    return str(value if value is not None else "").strip()


class Lookup:
    """Related records of one model by whatever a cell may call them, read in two queries for any number of cells."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.tokens: set[str] = set()
        self._keys: dict[str, set[int]] = defaultdict(set)
        self._found: dict[int, Any] = {}

    @property
    def called(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def want(self, words: Iterable[str]) -> None:
        self.tokens.update(word for word in words if word)

    def load(self) -> None:
        """Ask for everything wanted; what is out of the actor's reach stays unknown, as if it were not there."""
        wanted = self.tokens - set(self._keys)
        if not wanted:
            return
        condition = models.Q()
        if ids := {key for word in wanted if (key := self._key(word)) is not None}:
            condition |= models.Q(pk__in=ids)
        for name in self._names():
            condition |= models.Q(**{f"{name}__in": {word.lower() if name == "email" else word for word in wanted}})
        for found in self._records().filter(condition):
            self._found[found.pk] = found
            for name in self._names():
                self._keys[_folded(name, getattr(found, name))].add(found.pk)

    def get(self, word: str) -> Any:
        """Return the one record a cell names. Raises Wrong where there is none, or more than one, within reach."""
        key = self._key(word)
        if key is not None and key in self._found:
            return self._found[key]
        keys = self._keys.get(word, set()) or self._keys.get(word.lower(), set())
        if len(keys) == 1:
            return self._found[next(iter(keys))]
        if keys:
            raise Wrong(
                f"{len(keys)} {self.model._meta.verbose_name_plural} are called “{word[:80]}”; write {self._precise()}."
            )
        raise Wrong(
            f"There is no {self.called} “{word[:80]}” within your reach; write {self._precise()} or the exact name."
        )

    def _records(self) -> models.QuerySet[Any]:
        return self.model._default_manager.order_by()

    def _names(self) -> tuple[str, ...]:
        special = {"kernel.user": ("email", "name"), "kernel.unit": ("code", "name")}
        if found := special.get(self.label):
            return found
        name = name_field(self.model)
        return () if name == "pk" else (name,)

    def _precise(self) -> str:
        if issubclass(self.model, Record):
            return f"its reference ({self.model.prefix}-12)"
        return {"kernel.user": "the mail address", "kernel.unit": "the unit's code"}.get(self.label, "its number")

    def _key(self, word: str) -> int | None:
        """Read a key: a number, or for records a reference in any case."""
        number = word
        if issubclass(self.model, Record) and "-" in word:
            prefix, _, number = word.upper().partition("-")
            if prefix != self.model.prefix:
                return None
        return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _folded(name: str, value: str) -> str:
    return value.lower() if name == "email" else value

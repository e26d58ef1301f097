"""Reading a mapping key by key, so that each error names its place and nothing unknown passes unseen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from remit.identify.risks.fair.errors import InputError, refuse_unknown

MISSING: Final = object()


def at(where: str, key: str | int) -> str:
    """The path of a key or an index below a path."""
    if isinstance(key, int):
        return f"{where}[{key}]"
    return f"{where}.{key}" if where else key


def number(value: object, where: str) -> float:
    """A finite float; InputError for words, truth values, NaN and infinities."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(where, f"{_shown(value)} is not a number", "Give a number.")
    try:
        found = float(value)
    except OverflowError:
        raise InputError(where, "the number is too large", "Give a number below 1e100.") from None
    if not math.isfinite(found):
        raise InputError(where, f"{found} is not a finite number", "Give a finite number.")
    if abs(found) > 1e100:
        raise InputError(where, "the number is too large", "Give a number below 1e100.")
    return found


def bounded(value: float, where: str, low: float = -math.inf, high: float = math.inf) -> float:
    """The value, where it lies between low and high (both included)."""
    if value < low:
        remedy = "Give a number of 0 or more." if low == 0 else f"Give {low:g} or more."
        raise InputError(where, f"{value:g} is below {low:g}", remedy)
    if value > high:
        raise InputError(where, f"{value:g} is above {high:g}", f"Give a number from {low:g} to {high:g}.")
    return value


def positive(value: float, where: str) -> float:
    """The value, where it is above 0."""
    if value <= 0:
        raise InputError(where, f"{value:g} is not above 0", "Give a number above 0.")
    return value


def _shown(value: object) -> str:
    return "nothing" if value is None else f"“{str(value)[:60]}”"


class Fields:
    """A mapping with its path; what has been taken from it is known, and `done` refuses the rest."""

    def __init__(self, data: object, where: str, what: str) -> None:
        if not isinstance(data, Mapping):
            raise InputError(where, f"{_shown(data)} is not {what}", "Give an object with named fields.")
        self._data = {str(key): value for key, value in data.items()}
        self.where, self._taken = where, set[str]()

    def __contains__(self, key: str) -> bool:
        return self._data.get(key) is not None

    def path(self, key: str) -> str:
        return at(self.where, key)

    def get(self, key: str, default: object = None) -> object:
        """What stands under the key; null is as good as absent."""
        self._taken.add(key)
        found = self._data.get(key)
        return default if found is None else found

    def need(self, key: str, remedy: str = "") -> object:
        """What stands under the key; InputError where nothing does."""
        found = self.get(key, MISSING)
        if found is MISSING:
            raise InputError(self.path(key), "is missing", remedy or f"Add “{key}”.")
        return found

    def number(self, key: str, default: float | None = None) -> float:
        if key not in self and default is not None:
            self._taken.add(key)
            return default
        return number(self.need(key), self.path(key))

    def text(self, key: str, default: str | None = None, longest: int = 200) -> str:
        found = self.get(key, default)
        if found is None:
            found = self.need(key)
        if not isinstance(found, str) or len(found) > longest:
            raise InputError(
                self.path(key), f"{_shown(found)} is not a text", f"Give a text of at most {longest} characters."
            )
        return found

    def flag(self, key: str) -> bool:
        found = self.get(key, False)
        if not isinstance(found, bool):
            raise InputError(self.path(key), f"{_shown(found)} is neither true nor false", "Give true or false.")
        return found

    def items(self, key: str) -> list[object]:
        """A list under the key; an empty one where nothing stands there."""
        found = self.get(key, [])
        if not isinstance(found, list | tuple):
            raise InputError(self.path(key), f"{_shown(found)} is not a list", "Give a list.")
        return list(found)

    def within(self, key: str) -> Fields:
        """The object under the key."""
        return Fields(self.need(key), self.path(key), "an object")

    def names(self) -> list[str]:
        return list(self._data)

    def rest(self, keys: Iterable[str]) -> None:
        """Count these keys as known."""
        self._taken.update(keys)

    def done(self, what: str = "field", also: Iterable[str] = ()) -> None:
        """InputError for the first key that nobody asked for."""
        for key in self._data:
            if key not in self._taken:
                refuse_unknown(key, self._taken | set(also), self.path(key), what)

"""What a report has said so far: each asset and weakness is yielded once, each further alike occurrence is numbered."""

from __future__ import annotations


class Seen:
    """Kept by a parser for one report."""

    def __init__(self) -> None:
        self._assets: set[str] = set()
        self._weaknesses: set[tuple[str, str]] = set()
        self._places: dict[tuple[str, str, str, str], int] = {}

    def asset(self, key: str) -> bool:
        """True the first time `key` is asked about."""
        before = len(self._assets)
        self._assets.add(key)
        return len(self._assets) > before

    def weakness(self, source: str, rule: str) -> bool:
        """True the first time this rule of this source is asked about."""
        before = len(self._weaknesses)
        self._weaknesses.add((source, rule))
        return len(self._weaknesses) > before

    def ordinal(self, source: str, rule: str, asset: str, location: str) -> int:
        """How many occurrences of this weakness at this place came before: 0, 1, 2, …"""
        place = (source, rule, asset, location)
        number = self._places.get(place, 0)
        self._places[place] = number + 1
        return number

"""The assets on record that could be meant, held in memory while a report's assets are recognised one after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from remit.identify.assets.rules import Identifiers, KnownAsset, resolve

NAMED = "name"
"""The scheme of last resort, for what has no identifier of `rules.SCHEMES`: name and network."""


class KnownAssets:
    """Assets by their identifiers."""

    def __init__(self) -> None:
        self._assets: dict[int, KnownAsset] = {}
        self._holders: dict[tuple[str, str], list[int]] = defaultdict(list)

    @classmethod
    def sharing(cls, cursor: CursorWrapper, units: list[int]) -> KnownAssets:
        """Those in `units` that share an identifier with `staged_identifier`, with all their identifiers."""
        cursor.execute(
            """
            select a.id, a.kind_of, i.scheme, i.value from assets_identifier i join assets_asset a on a.id = i.asset_id
            where i.asset_id in (
              select h.asset_id from staged_identifier s
              join assets_identifier h on h.scheme = s.scheme and h.value = s.value)
              and a.unit_id = any(%s)
            order by a.id
            """,
            [units],
        )
        held: dict[tuple[int, str], list[tuple[str, str]]] = defaultdict(list)
        for asset, kind, scheme, value in cursor.fetchall():
            held[asset, kind].append((scheme, value))
        known = cls()
        for (asset, kind), values in held.items():
            known.add(asset, Identifiers(kind, frozenset(values)))
        return known

    def add(self, asset: int, identifiers: Identifiers) -> None:
        """Let the asset have these identifiers too; its kind is the one it was first added with."""
        before = self._assets.get(asset)
        had = before.identifiers.values if before else frozenset()
        kind = before.identifiers.kind if before else identifiers.kind
        self._assets[asset] = KnownAsset(asset, Identifiers(kind, had | identifiers.values))
        for pair in identifiers.values - had:
            self._holders[pair].append(asset)

    def resolve(self, observed: Identifiers) -> int | None:
        """Which asset is meant; None for a new one."""
        found = resolve(observed, self._holding(observed.values))
        if found:
            return found.asset
        named = self._holding(pair for pair in observed.values if pair[0] == NAMED)
        return min((a.id for a in named if a.identifiers.kind == observed.kind), default=None)

    def _holding(self, values: Iterable[tuple[str, str]]) -> list[KnownAsset]:
        ids = {asset for pair in values for asset in self._holders.get(pair, ())}
        return [self._assets[asset] for asset in sorted(ids)]

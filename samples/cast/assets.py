"""The whole inventory, and how to find one asset in it."""

from __future__ import annotations

from samples.cast.asset import Asset
from samples.cast.clouds import cloud_resources
from samples.cast.hosts import blind_spots, hosts
from samples.cast.products import applications, containers, networks, repositories, services


class Estate:
    """Everything there is: `inventory` in the order of assets.csv, and `unknown`, which only scanners see."""

    def __init__(self, seed: int) -> None:
        self.inventory: tuple[Asset, ...] = (
            *applications(), *services(), *hosts(seed), *cloud_resources(), *containers(), *repositories(), *networks()
        )  # fmt: skip
        self.unknown: tuple[Asset, ...] = tuple(blind_spots())
        self._by_name = {asset.name: asset for asset in self.inventory}

    def __getitem__(self, name: str) -> Asset:
        """Return the asset of the inventory with this name; KeyError where there is none."""
        return self._by_name[name]

    def scanned(self, *units: str) -> list[Asset]:
        """Return what a host scanner sees in units with these codes, and below them."""
        return [
            asset
            for asset in self.inventory + self.unknown
            if asset.seen_by and any(asset.unit == unit or asset.unit.startswith(unit + "-") for unit in units)
        ]

    def having(self, kind: str, *profiles: str) -> list[Asset]:
        """Return the inventory's assets of a kind, of any of the profiles where profiles are named."""
        return [asset for asset in self.inventory if asset.kind == kind and (not profiles or asset.profile in profiles)]

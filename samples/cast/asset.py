"""What an asset of the sample is: a row of the inventory, and what scanners find out about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AssetKind = Literal["host", "application", "cloud_resource", "repository", "container", "service", "network"]
Exposure = Literal["internet", "partner", "internal", "isolated"]
Environment = Literal["production", "staging", "development", "test"]
Lifecycle = Literal["planned", "active", "retiring", "retired"]

COLUMNS = (
    "name", "kind", "unit", "owner", "criticality", "exposure", "environment", "data_classes", "lifecycle", "fqdn",
    "addresses", "cloud_id", "serial", "agent_id", "operating_system", "description",
)  # fmt: skip
"""The columns of assets.csv, in order; `data_classes` and `addresses` are separated by ";"."""


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One asset. `profile` and `seen_by` are for the scanners and do not reach the inventory."""

    name: str
    kind: AssetKind
    unit: str
    owner: str
    criticality: int
    exposure: Exposure = "internal"
    environment: Environment = "production"
    data_classes: tuple[str, ...] = ("internal",)
    lifecycle: Lifecycle = "active"
    fqdn: str = ""
    addresses: tuple[str, ...] = ()
    cloud_id: str = ""
    serial: str = ""
    agent_id: str = ""
    operating_system: str = ""
    description: str = ""
    profile: str = ""
    """What runs there, in the catalogue's words: "windows-server", "netscaler", "s3"."""
    seen_by: Literal["", "fqdn", "agent", "address"] = ""
    """By what a host scanner names it; "" where no host scanner looks."""
    scanned_address: str = ""
    """The address of the scan where the inventory holds none (leases change)."""
    inventoried: bool = True
    """False for what only a scanner knows: a blind spot."""

    def row(self) -> tuple[str, ...]:
        """Return the inventory's row, in the order of COLUMNS."""
        values = {name: getattr(self, name) for name in COLUMNS}
        return tuple(";".join(value) if isinstance(value, tuple) else str(value) for value in values.values())

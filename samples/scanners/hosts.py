"""What host scanners find on which machine, whatever format the report has."""

from __future__ import annotations

from dataclasses import dataclass

from samples.cast.asset import Asset
from samples.catalogue import HostCheck, host_checks, placed
from samples.chance import chance
from samples.scanners.finding import ALWAYS, Finding, Weeks, course

_TAGS: dict[str, tuple[str, ...]] = {
    "domain-controller": ("windows", "windows-server"),
    "windows-server": ("windows", "windows-server"),
    "exchange": ("windows", "windows-server", "exchange"),
    "sharepoint": ("windows", "windows-server", "sharepoint"),
    "sql-server": ("windows", "windows-server", "sql-server"),
    "backup-server": ("windows", "windows-server", "backup"),
    "file-transfer": ("windows", "windows-server", "file-transfer"),
    "workstation": ("windows", "workstation"),
    "legacy-windows": ("legacy",),
    "linux-server": ("linux", "linux-server", "rhel"),
    "linux-web": ("linux", "ubuntu", "web"),
    "java-server": ("linux", "rhel", "java"),
    "database": ("linux", "rhel", "database"),
    "wiki": ("linux", "ubuntu", "wiki"),
    "build-server": ("linux", "ubuntu", "build"),
    "esxi": ("appliance", "esxi"),
    "vcenter": ("appliance", "vcenter"),
    "netscaler": ("appliance", "netscaler"),
    "fortigate": ("appliance", "fortigate"),
    "ssl-vpn": ("appliance", "ssl-vpn"),
    "switch": ("appliance", "switch"),
    "printer": ("printer",),
    "controller": ("controller",),
}

NEWLY_EXPLOITED = "CVE-2025-5777"
"""Its entry in the sample's list of exploited vulnerabilities is dated three days before the anchor."""

_ONLY_IN: dict[str, Weeks] = {
    "hq-fax01": (True, False, False),
    "hq-lab07": (False, False, True),
    "fh-nas02": (False, False, True),
}
"""Machines that vanish or appear."""

_CARE = {"FERN": 1.35, "HAL-IND": 1.15, "TALLY": 0.8}
"""How much more (or less) is left open, by the unit's code or its start."""


@dataclass(frozen=True, kw_only=True)
class HostFinding(Finding):
    """A check that hit a host."""

    check: HostCheck
    host: Asset


def find_on_hosts(seed: int, source: str, hosts: list[Asset]) -> list[HostFinding]:
    """Return what `source` ("nessus" or "qualys") finds on the hosts in the three weeks."""
    return [finding for host in hosts for finding in _find(seed, source, host)]


def _find(seed: int, source: str, host: Asset) -> list[HostFinding]:
    rng = chance(seed, source, host.name)
    tags = {"any", *_TAGS[host.profile]}
    care = next((factor for unit, factor in _CARE.items() if host.unit.startswith(unit)), 1.0)
    lived = _ONLY_IN.get(host.name, ALWAYS)
    by_hand, found = placed(), []
    for check in host_checks():
        hit, weeks = rng.random() < check.share * (care if check.severity else 1.0), course(rng)
        put = next((by_hand[at] for cve in check.vulnerabilities if (at := (host.name, cve.cve)) in by_hand), None)
        if put is None and (not hit or tags.isdisjoint(check.tags)):
            continue
        steady = put or (ALWAYS if check.severity == 0 else weeks)
        found.append(
            HostFinding(
                source=source, rule=check.plugin if source == "nessus" else check.qid, asset=host.name,
                location=f"{check.port}/{check.protocol}", severity=check.severity,
                weeks=steady if lived == ALWAYS else lived,
                check=check, host=host, placed=put is not None,
            )
        )  # fmt: skip
    return found

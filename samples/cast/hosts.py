"""Servers, appliances and workstations: head office, warehouses, payment sites and the company being bought."""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from samples.cast.asset import Asset, Environment, Exposure
from samples.cast.people import email
from samples.cast.units import DOMAINS
from samples.chance import chance, identifier

OPERATING_SYSTEMS = {
    "domain-controller": "Microsoft Windows Server 2022",
    "windows-server": "Microsoft Windows Server 2019",
    "exchange": "Microsoft Windows Server 2019",
    "sharepoint": "Microsoft Windows Server 2019",
    "sql-server": "Microsoft Windows Server 2022",
    "backup-server": "Microsoft Windows Server 2019",
    "workstation": "Microsoft Windows 11 Enterprise",
    "legacy-windows": "Microsoft Windows Server 2012 R2",
    "linux-server": "Red Hat Enterprise Linux 9",
    "linux-web": "Ubuntu 22.04",
    "java-server": "Red Hat Enterprise Linux 8",
    "database": "Red Hat Enterprise Linux 9",
    "wiki": "Ubuntu 22.04",
    "build-server": "Ubuntu 22.04",
    "file-transfer": "Microsoft Windows Server 2019",
    "esxi": "VMware ESXi 8.0",
    "vcenter": "VMware Photon OS",
    "netscaler": "NetScaler ADC 13.1",
    "fortigate": "FortiOS 7.2",
    "ssl-vpn": "PAN-OS 11.1",
    "switch": "Cisco IOS XE 17.9",
    "printer": "Embedded printer controller",
    "controller": "Embedded industrial controller",
}

_SECRETIVE = ("credentials", "internal")
_PERSONAL = ("personal", "internal")
_PAYMENT = ("payment", "personal")


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Hosts alike: `names` are short names; addresses count up from `first` within `network`."""

    names: tuple[str, ...]
    unit: str
    owner: str
    criticality: int
    profile: str
    network: str
    first: int
    about: str
    exposure: Exposure = "internal"
    environment: Environment = "production"
    data: tuple[str, ...] = ("internal",)
    seen_by: Literal["fqdn", "agent", "address"] = "fqdn"
    retiring: bool = False


def _numbered(stem: str, count: int, start: int = 1) -> tuple[str, ...]:
    return tuple(f"{stem}{number:02d}" for number in range(start, start + count))


_HEAD_OFFICE = (
    _Group(names=_numbered("hq-dc", 3), unit="HAL-IT", owner="Greta Sundaram", criticality=5, profile="domain-controller", network="10.10.1", first=10, data=_SECRETIVE, about="Domain controller of the group directory"),
    _Group(names=("hq-idp01", "hq-ca01"), unit="HAL-IT", owner="Greta Sundaram", criticality=5, profile="windows-server", network="10.10.1", first=20, data=_SECRETIVE, about="Sign-in federation and certificate services"),
    _Group(names=_numbered("hq-mail", 2), unit="HAL-IT", owner="Greta Sundaram", criticality=4, profile="exchange", network="10.10.2", first=10, exposure="internet", data=_PERSONAL, about="Mail server"),
    _Group(names=("hq-share01",), unit="HAL-IT", owner="Greta Sundaram", criticality=4, profile="sharepoint", network="10.10.2", first=20, exposure="partner", data=("confidential", "personal"), about="Document sites shared with partners"),
    _Group(names=_numbered("hq-file", 3), unit="HAL-IT", owner="Greta Sundaram", criticality=3, profile="windows-server", network="10.10.2", first=30, data=_PERSONAL, about="File server"),
    _Group(names=("hq-mft01",), unit="HAL-IT", owner="Greta Sundaram", criticality=4, profile="file-transfer", network="192.0.2", first=20, exposure="internet", data=_PERSONAL, about="Managed file transfer with clients and banks"),
    _Group(names=("hq-adc01", "hq-adc02"), unit="HAL-IT", owner="Farida Jansen", criticality=5, profile="netscaler", network="192.0.2", first=10, exposure="internet", data=_SECRETIVE, about="Remote access and load balancing gateway"),
    _Group(names=("hq-fw01", "hq-fw02"), unit="HAL-IT", owner="Farida Jansen", criticality=5, profile="fortigate", network="192.0.2", first=2, exposure="internet", about="Perimeter firewall"),
    _Group(names=_numbered("hq-sw", 6), unit="HAL-IT", owner="Farida Jansen", criticality=3, profile="switch", network="10.10.254", first=2, about="Distribution switch"),
    _Group(names=_numbered("hq-esx", 4), unit="HAL-IT", owner="Greta Sundaram", criticality=4, profile="esxi", network="10.10.3", first=11, about="Virtualisation host"),
    _Group(names=("hq-vc01",), unit="HAL-IT", owner="Greta Sundaram", criticality=5, profile="vcenter", network="10.10.3", first=10, data=_SECRETIVE, about="Virtualisation management"),
    _Group(names=("hq-bkp01", "hq-bkp02"), unit="HAL-IT", owner="Greta Sundaram", criticality=5, profile="backup-server", network="10.10.3", first=30, data=_SECRETIVE, about="Backup server"),
    _Group(names=("hq-build01", "hq-build02"), unit="HAL-IT", owner="Greta Sundaram", criticality=4, profile="build-server", network="10.10.4", first=10, data=("confidential", "credentials"), about="Build and deployment server"),
    _Group(names=("hq-wiki01",), unit="HAL-IT", owner="Oskar Mbeki", criticality=3, profile="wiki", network="10.10.4", first=20, about="Wiki of the group"),
    _Group(names=("hq-mon01", "hq-log01", "hq-ntp01", "hq-jump01", "hq-dns01", "hq-proxy01"), unit="HAL-IT", owner="Greta Sundaram", criticality=3, profile="linux-server", network="10.10.4", first=30, about="Infrastructure service"),
    _Group(names=_numbered("hq-web", 3), unit="HAL-IT", owner="Greta Sundaram", criticality=3, profile="linux-web", network="192.0.2", first=40, exposure="internet", data=("public",), about="Web server of the group's sites"),
    _Group(names=("hq-erp-app01", "hq-erp-app02"), unit="HAL-FIN", owner="Colm Abernathy", criticality=5, profile="java-server", network="10.10.5", first=10, data=_PERSONAL, about="Application server of the finance system"),
    _Group(names=("hq-erp-db01",), unit="HAL-FIN", owner="Colm Abernathy", criticality=5, profile="database", network="10.10.5", first=20, data=("personal", "payment"), about="Database of the finance system"),
    _Group(names=("hq-tre-app01",), unit="HAL-FIN", owner="Colm Abernathy", criticality=4, profile="sql-server", network="10.10.5", first=30, data=("payment", "internal"), about="Treasury and bank connections"),
    _Group(names=("hq-hr-app01",), unit="HAL-HR", owner="Beatriz Holloway", criticality=4, profile="java-server", network="10.10.6", first=10, data=("personal", "health"), about="Application server of the people system"),
    _Group(names=("hq-hr-db01",), unit="HAL-HR", owner="Beatriz Holloway", criticality=5, profile="sql-server", network="10.10.6", first=20, data=("personal", "health"), about="Database of the people system"),
    _Group(names=("hq-fax01",), unit="HAL-HR", owner="Beatriz Holloway", criticality=1, profile="legacy-windows", network="10.10.6", first=30, about="Fax gateway, to be switched off", retiring=True),
    _Group(names=_numbered("ind-scada", 2), unit="HAL-IND", owner="Viktor Asante", criticality=5, profile="windows-server", network="10.12.1", first=10, exposure="isolated", data=("confidential",), about="Control server for field equipment"),
    _Group(names=("ind-hist01",), unit="HAL-IND", owner="Viktor Asante", criticality=4, profile="sql-server", network="10.12.1", first=20, data=("confidential",), about="Plant data historian"),
    _Group(names=_numbered("ind-plc", 6), unit="HAL-IND", owner="Viktor Asante", criticality=4, profile="controller", network="10.12.9", first=2, exposure="isolated", data=("internal",), about="Programmable controller of a test rig"),
    _Group(names=_numbered("hq-prn", 5), unit="HAL-IT", owner="Oskar Mbeki", criticality=1, profile="printer", network="10.10.9", first=2, about="Office printer"),
    _Group(names=_numbered("HQ-WS-", 48, 101), unit="HAL-IT", owner="Oskar Mbeki", criticality=2, profile="workstation", network="10.10.20", first=20, data=_PERSONAL, about="Workstation at head office", seen_by="agent"),
)  # fmt: skip

_BRENNMARK = (
    _Group(names=_numbered("br-dc", 2), unit="BREN", owner="Ewan Bakker", criticality=5, profile="domain-controller", network="10.40.1", first=10, data=_SECRETIVE, about="Domain controller of Brennmark"),
    _Group(names=("br-gw01",), unit="BREN", owner="Ewan Bakker", criticality=5, profile="ssl-vpn", network="198.51.100", first=10, exposure="internet", data=_SECRETIVE, about="Remote access gateway of the warehouses", seen_by="address"),
    _Group(names=("br-wms-app01", "br-wms-app02"), unit="BREN-OPS", owner="Lotte Fischer", criticality=5, profile="java-server", network="10.40.2", first=10, about="Application server of the warehouse system"),
    _Group(names=("br-wms-db01",), unit="BREN-OPS", owner="Lotte Fischer", criticality=5, profile="database", network="10.40.2", first=20, data=_PERSONAL, about="Database of the warehouse system"),
    _Group(names=("br-edi01",), unit="BREN-OPS", owner="Lotte Fischer", criticality=4, profile="linux-server", network="198.51.100", first=20, exposure="partner", about="Order exchange with clients"),
    _Group(names=("br-route01", "br-label01", "br-scan01"), unit="BREN-OPS", owner="Lotte Fischer", criticality=3, profile="windows-server", network="10.40.2", first=30, about="Route planning, labels and scanning"),
    _Group(names=("br-portal01", "br-portal02"), unit="BREN-DIG", owner="Zofia Martel", criticality=4, profile="linux-web", network="198.51.100", first=40, exposure="internet", data=_PERSONAL, about="Customer portal server"),
    _Group(names=("br-n-file01", "br-n-sw01"), unit="BREN-OPS", owner="Ewan Bakker", criticality=2, profile="windows-server", network="10.41.1", first=10, about="Server at warehouse North"),
    _Group(names=("br-s-file01", "br-s-sw01"), unit="BREN-OPS", owner="Ewan Bakker", criticality=2, profile="windows-server", network="10.42.1", first=10, about="Server at warehouse South"),
    _Group(names=_numbered("br-n-plc", 4), unit="BREN-OPS", owner="Ewan Bakker", criticality=4, profile="controller", network="10.41.9", first=2, exposure="isolated", about="Conveyor controller at warehouse North"),
    _Group(names=_numbered("BR-N-WS-", 16, 11), unit="BREN-OPS", owner="Ewan Bakker", criticality=2, profile="workstation", network="10.41.20", first=20, about="Workstation at warehouse North", seen_by="agent"),
    _Group(names=_numbered("BR-S-WS-", 14, 11), unit="BREN-OPS", owner="Ewan Bakker", criticality=2, profile="workstation", network="10.42.20", first=20, about="Workstation at warehouse South", seen_by="agent"),
)  # fmt: skip

_TALLYMOOR = (
    _Group(names=_numbered("tm-dc", 2), unit="TALLY", owner="Dario Whitlock", criticality=5, profile="domain-controller", network="10.80.1", first=10, data=_SECRETIVE, about="Domain controller of Tallymoor"),
    _Group(names=_numbered("tm-hsm-proxy", 2), unit="TALLY-PLAT", owner="Dario Whitlock", criticality=5, profile="linux-server", network="10.80.2", first=10, data=("payment", "credentials"), about="Gateway to the hardware security modules"),
    _Group(names=_numbered("tm-switch", 3), unit="TALLY-PLAT", owner="Noor Eriksen", criticality=5, profile="java-server", network="10.80.2", first=20, exposure="partner", data=_PAYMENT, about="Card scheme switch"),
    _Group(names=_numbered("tm-pgdb", 3), unit="TALLY-PLAT", owner="Emeka Rossi", criticality=5, profile="database", network="10.80.2", first=30, data=_PAYMENT, about="On-premises ledger database"),
    _Group(names=_numbered("tm-term", 3), unit="TALLY-ACQ", owner="Hana Petrov", criticality=4, profile="linux-server", network="203.0.113", first=20, exposure="internet", data=_PAYMENT, about="Payment terminal gateway"),
    _Group(names=_numbered("tm-web", 3), unit="TALLY-ACQ", owner="Hana Petrov", criticality=4, profile="linux-web", network="203.0.113", first=40, exposure="internet", data=_PERSONAL, about="Merchant site server"),
    _Group(names=("tm-fraud01", "tm-recon01", "tm-report01"), unit="TALLY-PLAT", owner="Emeka Rossi", criticality=4, profile="windows-server", network="10.80.3", first=10, data=_PAYMENT, about="Fraud scoring, reconciliation and reporting"),
    _Group(names=("tm-stage01", "tm-stage02"), unit="TALLY-PLAT", owner="Dario Whitlock", criticality=2, profile="java-server", network="10.80.5", first=10, environment="staging", about="Staging copy of the switch"),
    _Group(names=("tm-build01", "tm-mon01", "tm-jump01"), unit="TALLY-PLAT", owner="Dario Whitlock", criticality=4, profile="build-server", network="10.80.4", first=10, data=_SECRETIVE, about="Build, monitoring and administration server"),
    _Group(names=_numbered("tm-k8s-node", 6), unit="TALLY-PLAT", owner="Dario Whitlock", criticality=4, profile="linux-server", network="172.20.10", first=11, data=_PAYMENT, about="Worker node of the payments cluster", seen_by="agent"),
    _Group(names=_numbered("TM-WS-", 22, 201), unit="TALLY", owner="Oskar Mbeki", criticality=2, profile="workstation", network="10.80.20", first=20, about="Workstation at Tallymoor", seen_by="agent"),
)  # fmt: skip

_FERNHOLLOW = (
    _Group(names=("fh-ad01",), unit="FERN", owner="Idris Coleman", criticality=4, profile="legacy-windows", network="172.28.1", first=5, data=_SECRETIVE, about="Only domain controller of Fernhollow", seen_by="address"),
    _Group(names=("fh-mail01",), unit="FERN", owner="Idris Coleman", criticality=4, profile="exchange", network="172.28.1", first=6, exposure="internet", data=_PERSONAL, about="Mail server", seen_by="address"),
    _Group(names=("fh-vpn01",), unit="FERN", owner="Idris Coleman", criticality=4, profile="fortigate", network="172.28.1", first=1, exposure="internet", about="Firewall and remote access", seen_by="address"),
    _Group(names=("fh-git01", "fh-wiki01"), unit="FERN", owner="Idris Coleman", criticality=4, profile="wiki", network="172.28.1", first=20, exposure="internet", data=("confidential",), about="Source code and wiki", seen_by="address"),
    _Group(names=("fh-files01", "fh-erp01", "fh-cad01"), unit="FERN", owner="Idris Coleman", criticality=3, profile="legacy-windows", network="172.28.1", first=30, data=("confidential", "personal"), about="Office server", seen_by="address"),
    _Group(names=("fh-web01", "fh-support01"), unit="FERN", owner="Idris Coleman", criticality=3, profile="linux-web", network="172.28.2", first=10, exposure="internet", data=_PERSONAL, about="Web site and customer support", seen_by="address"),
    _Group(names=("fh-esx01", "fh-esx02"), unit="FERN", owner="Idris Coleman", criticality=4, profile="esxi", network="172.28.1", first=40, about="Virtualisation host", seen_by="address"),
    _Group(names=_numbered("fh-rig", 4), unit="FERN", owner="Idris Coleman", criticality=3, profile="controller", network="172.28.9", first=10, data=("confidential",), about="Robot test rig", seen_by="address"),
    _Group(names=_numbered("FH-WS-", 8), unit="FERN", owner="Idris Coleman", criticality=2, profile="workstation", network="172.28.20", first=20, about="Workstation at Fernhollow", seen_by="address"),
)  # fmt: skip


def _hosts(groups: tuple[_Group, ...], seed: int, agent: str) -> list[Asset]:
    made = []
    for group in groups:
        for position, name in enumerate(group.names):
            leased = group.seen_by == "agent"
            address = f"{group.network}.{group.first + position}"
            rng = chance(seed, "host", name)
            has_serial = group.profile in {"esxi", "switch", "fortigate", "netscaler", "workstation"}
            made.append(
                Asset(
                    name=name, kind="host", unit=group.unit, owner=email(group.owner), criticality=group.criticality,
                    exposure=group.exposure, environment=group.environment, data_classes=group.data,
                    lifecycle="retiring" if group.retiring else "active",
                    fqdn="" if group.seen_by == "address" and rng.random() < 0.7
                    else f"{name.lower()}.{DOMAINS[group.unit]}",
                    addresses=() if leased else (address,), scanned_address=address,
                    serial=identifier("serial", name) if has_serial else "",
                    agent_id=agent_id(agent, name) if leased else "",
                    operating_system=OPERATING_SYSTEMS[group.profile], description=group.about, profile=group.profile,
                    seen_by=group.seen_by,
                )
            )  # fmt: skip
    return made


def agent_id(tool: str, name: str) -> str:
    """Return the stable id a scanner's agent has on a machine, as "tool:value"."""
    if tool == "qualys":
        return f"qualys:{int(identifier('agent', name)[:7], 16)}"
    return f"{tool}:{identifier('agent', name)}"


def hosts(seed: int) -> list[Asset]:
    """Return every host of the inventory."""
    nessus = _hosts(_HEAD_OFFICE + _BRENNMARK + _FERNHOLLOW, seed, "nessus")
    return nessus + _hosts(_TALLYMOOR, seed, "qualys")


def blind_spots() -> list[Asset]:
    """Return what scanners see and the inventory does not hold."""
    found = (
        ("hq-lab07", "HAL-IT", "linux-web", "10.10.4.99"),
        ("hq-cam03", "HAL-IT", "printer", "10.10.9.77"),
        ("br-n-kiosk02", "BREN-OPS", "legacy-windows", "10.41.20.200"),
        ("tm-poc-db", "TALLY-PLAT", "database", "10.80.5.66"),
        ("fh-nas02", "FERN", "linux-server", "172.28.1.88"),
    )
    return [
        Asset(
            name=name, kind="host", unit=unit, owner="", criticality=1, fqdn=f"{name}.{DOMAINS[unit]}",
            addresses=(address,), scanned_address=address, profile=profile, seen_by="address", inventoried=False,
            operating_system=OPERATING_SYSTEMS[profile],
        )
        for name, unit, profile, address in found
    ]  # fmt: skip

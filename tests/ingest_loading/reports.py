"""Small Nessus reports for the tests of loading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from remit.kernel import actor

MONDAY = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)

Items = dict[str, list[tuple[int, int]]]
"""By address: pairs of plugin and port."""


def nessus(
    path: Path,
    items: Items,
    *,
    day: int = 0,
    names: dict[str, str] | None = None,
    outputs: str = "seen",
    severity: int = 3,
) -> Path:
    """Write a report of the scan made `day` days after MONDAY; returns `path`."""
    ended = (MONDAY + timedelta(days=day)).strftime("%a %b %d %H:%M:%S %Y")
    hosts = []
    for address, found in items.items():
        fqdn = (names or {}).get(address, f"host-{address.replace('.', 'x')}.corp.example")
        tags = {"host-ip": address, "host-fqdn": fqdn, "HOST_END": ended}
        properties = "".join(f'<tag name="{name}">{value}</tag>' for name, value in tags.items() if value)
        rows = "".join(
            f'<ReportItem port="{port}" protocol="tcp" severity="{severity}" pluginID="{plugin}" '
            f'pluginName="Rule {plugin}">'
            f"<cve>CVE-2026-{plugin}</cve><description>About {plugin}</description>"
            f"<cvss3_base_score>8.8</cvss3_base_score><cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H</cvss3_vector>"
            f"<plugin_output>{outputs}</plugin_output></ReportItem>"
            for plugin, port in found
        )
        hosts.append(f'<ReportHost name="{address}"><HostProperties>{properties}</HostProperties>{rows}</ReportHost>')
    path.write_text(
        f'<?xml version="1.0"?><NessusClientData_v2><Report name="r">{"".join(hosts)}</Report></NessusClientData_v2>'
    )
    return path


def many(hosts: int = 4, each: int = 5) -> Items:
    return {f"10.1.0.{host}": [(1000 + n, 443) for n in range(each)] for host in range(1, hosts + 1)}


def rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What a query gives to the system."""
    with actor.system("test"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def states() -> dict[str, int]:
    return dict(rows("select state, count(*) from vulnerabilities_occurrence group by state"))

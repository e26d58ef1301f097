"""A large organisation in a fresh database, made by SQL in one to two minutes for a million findings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.house import owning

if TYPE_CHECKING:
    from remit.kernel.postgres import Server

SQL = Path(__file__).with_name("seed.sql")
HEAVY = ("assets_asset", "vulnerabilities_weakness", "vulnerabilities_occurrence")
HISTORY = 600
"""Ledger entries about the one record whose history is long."""


@dataclass(frozen=True)
class Size:
    """How many records there are of each type."""

    findings: int
    assets: int
    weaknesses: int

    @property
    def name(self) -> str:
        return f"{self.findings}"


FULL = Size(1_000_000, 100_000, 20_000)
SHORT = Size(50_000, 5_000, 2_000)


def seeded(server: Server, size: Size) -> bool:
    """Fill an empty database; return whether anything was to do."""
    with owning(server) as connection:
        if (connection.execute("select count(*) from kernel_user").fetchone() or (0,))[0]:
            return False
        text = SQL.read_text()
        for name in ("findings", "assets", "weaknesses"):
            text = text.replace(f":{name}", str(getattr(size, name)))
        # The ledger would be a million digests about nothing; everything else (search, reach) works as ever.
        _ledger(connection, "disable")
        try:
            with connection.transaction():
                connection.execute(text)
        finally:
            _ledger(connection, "enable")
        connection.execute(_LONG_HISTORY.format(HISTORY))
        connection.execute("vacuum analyze")
    return True


def _ledger(connection: object, deed: str) -> None:
    for table in HEAVY:
        for verb in ("insert", "update", "delete"):
            connection.execute(f"alter table {table} {deed} trigger ledger_{verb}")  # type: ignore[attr-defined]


_LONG_HISTORY = """
do $$ begin
  for n in 1 .. {} loop
    update assets_asset set description = 'Note ' || n, version = version + 1
    where id = (select min(id) + 1 from assets_asset);
  end loop;
end $$
"""

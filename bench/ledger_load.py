"""What the ledger costs those who write, and whether sealing keeps up with them.

    python -m bench.ledger_load [--seconds N] [--rounds N] [--writers N]

Eight writers at once change single records, as the application and each in a transaction of its own: with the ledger's
trigger and, by turns in the same run, without it. Then one statement of 100,000 rows, with it and without. At last all
that was written is sealed, at once, with a checkpoint each thousand.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import house
from remit.kernel.postgres import programs

if TYPE_CHECKING:
    import psycopg

    from remit.kernel.postgres import Server

PROMISE = 0.6
"""Of the transactions per second without the ledger, how many there must be with it."""
RECORDS = 5_000
ROWS = 100_000
CHANGE = f"""\\set id random(1, {RECORDS})
begin;
select set_config('remit.user', '', true), set_config('remit.system', 'bench', true);
update assets_asset set description = md5(random()::text), version = version + 1, updated_at = now() where id = :id;
commit;
"""
RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.ledger_load", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=3, help="of one run (default 3)")
    parser.add_argument("--rounds", type=int, default=5, help="of runs with and without (default 5)")
    parser.add_argument("--writers", type=int, default=8, help="at once (default 8)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="remit-bench-") as folder, house.opened(Path(folder) / "data") as server:
        with house.owning(server) as owner:
            owner.execute("insert into kernel_unit (code, name, kind) values ('bench', 'Bench', 'company')")
            _fill(owner, RECORDS)
            ratio = load(server, owner, Path(folder), options)
            bulk(owner)
        sealing(server)
    return 0 if ratio >= PROMISE else 1


def load(server: Server, owner: psycopg.Connection, folder: Path, options: argparse.Namespace) -> float:
    """Measure writers with the ledger and without, by turns; return the ratio of the medians."""
    script = folder / "change.sql"
    script.write_text(CHANGE)
    rates: dict[str, list[float]] = {"enable": [], "disable": []}
    for round_ in range(options.rounds + 1):
        for deed, measured in rates.items():
            owner.execute(f"alter table assets_asset {deed} trigger ledger_update")
            rate = _writers(server, script, options.writers, options.seconds if round_ else 1)
            if round_:  # the first only warms up
                measured.append(rate)
    owner.execute("alter table assets_asset enable trigger ledger_update")
    on, off = (statistics.median(rates[deed]) for deed in ("enable", "disable"))
    print(
        f"{options.writers} writers: {on:.0f} transactions a second with the ledger, {off:.0f} without: {on / off:.0%}"
    )
    return on / off


def _writers(server: Server, script: Path, writers: int, seconds: int) -> float:
    """Run the script with pgbench, whose own share of the work is small, and return transactions a second."""
    command = [
        str(programs.installed() / "bin" / "pgbench"),
        "-n",
        "-M",
        "prepared",
        "-c",
        str(writers),
        "-j",
        "2",
        "-T",
        str(seconds),
    ]
    done = subprocess.run([*command, "-f", str(script), server.uri("app")], capture_output=True, text=True, check=False)
    found = RATE.search(done.stdout)
    if found is None:
        raise RuntimeError(done.stderr)
    return float(found[1])


def bulk(owner: psycopg.Connection, rounds: int = 3) -> None:
    """Measure one statement over many rows."""
    times: dict[str, list[float]] = {"enable": [], "disable": []}
    for _ in range(rounds):
        for deed, measured in times.items():
            owner.execute(f"alter table assets_asset {deed} trigger ledger_insert")
            began = time.perf_counter()
            _fill(owner, ROWS)
            measured.append(time.perf_counter() - began)
            owner.execute("alter table assets_asset disable trigger ledger_delete")
            owner.execute(f"delete from assets_asset where id > {RECORDS}")
            owner.execute("alter table assets_asset enable trigger ledger_delete")
    owner.execute("alter table assets_asset enable trigger ledger_insert")
    on, off = (statistics.median(times[deed]) for deed in ("enable", "disable"))
    print(f"{ROWS:,} rows in one statement: {on:.2f} s with the ledger, {off:.2f} s without")


def _fill(owner: psycopg.Connection, count: int) -> None:
    owner.execute(
        """insert into assets_asset (unit_id, name, kind_of, criticality, exposure, environment, data_classes,
             operating_system, description, fqdn, addresses, cloud_id, agent_id, serial, source, state)
           select (select min(id) from kernel_unit), 'asset-' || n, 'host', 3, 'internal', 'production', '{}',
             'Debian 12', md5(n::text), 'host-' || n || '.example', '{}', '', '', '', 'nessus', 'in_use'
           from generate_series(1, %s) n""",
        (count,),
    )


def sealing(server: Server) -> None:
    """Measure how soon what was written is sealed."""
    from remit.kernel.ledger.sealing import seal

    with house.owning(server) as owner:
        cpu, began = time.process_time(), time.perf_counter()
        done = seal(checkpoint=True)
        took = time.perf_counter() - began
        (checkpoints,) = owner.execute("select count(*) from ledger_checkpoint").fetchone() or (0,)
    print(
        f"{done.entries:,} entries sealed in {took:.1f} s ({done.entries / took:,.0f} a second),"
        f" {checkpoints} checkpoints, {time.process_time() - cpu:.1f} s of CPU beside the database's"
    )


if __name__ == "__main__":
    sys.exit(main())

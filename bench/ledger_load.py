"""What the ledger costs those who write, and whether sealing keeps up with them.

    python -m bench.ledger_load [--seconds N] [--rounds N] [--writers N] [--lag-seconds N]

Eight writers at once change single records, as the application and each in a transaction of its own: with the ledger's
trigger and, by turns in the same run, without it. Then one statement of 100,000 rows, with it and without. All that was
written is sealed, at once, with a checkpoint each thousand. At last the writers go on while another process seals every
two seconds, as a worker does: how old is what waits, and how soon is all sealed after they stop?
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
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
    parser.add_argument("--lag-seconds", type=int, default=20, help="of writing while it is sealed (default 20)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="remit-bench-") as folder, house.opened(Path(folder) / "data") as server:
        with house.owning(server) as owner:
            owner.execute("insert into kernel_unit (code, name, kind) values ('bench', 'Bench', 'company')")
            _fill(owner, RECORDS)
            ratio = load(server, owner, Path(folder), options)
            bulk(owner)
        sealing(server)
        lag(server, Path(folder), options)
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


WAITING = """select count(*), coalesce(extract(epoch from clock_timestamp() - min(e.at)), 0)
    from ledger_pending p join ledger_entry e on e.id = p.entry_id"""


def lag(server: Server, folder: Path, options: argparse.Namespace) -> None:
    """Measure how far sealing is behind while writers write, and when it has caught up with them."""
    most, oldest = 0, 0.0
    sealer = subprocess.Popen([sys.executable, "-W", "ignore", "-c", SEALER])
    try:
        with house.owning(server) as owner, ThreadPoolExecutor(1) as pool:
            script = folder / "change.sql"
            writing = pool.submit(_writers, server, script, options.writers, options.lag_seconds)
            while not writing.done():
                waiting, age = owner.execute(WAITING).fetchone() or (0, 0)
                most, oldest = max(most, waiting), max(oldest, float(age))
                time.sleep(0.25)
            ended = time.perf_counter()
            while (owner.execute(WAITING).fetchone() or (0,))[0] and time.perf_counter() - ended < 60:
                time.sleep(0.05)
            caught_up = time.perf_counter() - ended
    finally:
        sealer.terminate()
        sealer.wait()
    print(
        f"sealed while {options.writers} writers write {writing.result():.0f} transactions a second for"
        f" {options.lag_seconds} s: at most {most:,} entries waited, the oldest {oldest:.1f} s;"
        f" all was sealed {caught_up:.1f} s after the end"
    )


SEALER = """
import time, django
django.setup()
from remit.kernel.ledger.sealing import seal
while True:
    seal()
    time.sleep(2)
"""


if __name__ == "__main__":
    sys.exit(main())

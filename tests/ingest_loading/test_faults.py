"""Two loads at once, and one that is killed: nothing doubled, nothing half done. In a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from remit.kernel import postgres
from tests.conftest import DATA, create_migrated
from tests.ingest_loading.reports import many, nessus

SCRIPT = """
import sys, time
import django
django.setup()
from pathlib import Path
from remit.ingest import services
if len(sys.argv) > 2:
    merge = services.merge
    def slow(*arguments):
        counts = merge(*arguments)
        print("merged", flush=True)
        time.sleep(60)
        return counts
    services.merge = slow
print(services.import_one(Path(sys.argv[1]))["state"], flush=True)
"""


@pytest.fixture(scope="module")
def uri() -> Iterator[str]:
    if postgres.external_uri("app"):
        pytest.skip("makes a database of its own, which only the embedded server allows")
    name = f"remit_loading_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with postgres.running(DATA) as server:
        create_migrated(server, name)
        yield server.uri("app", database=name)


def importing(uri: str, file: Path, *options: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "REMIT_DATABASE_URI": uri, "DJANGO_SETTINGS_MODULE": "remit.settings"}
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(file), *options]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def counted(uri: str) -> list[int]:
    tables = "ingest_import", "assets_asset", "vulnerabilities_weakness", "vulnerabilities_occurrence"
    with psycopg.connect(uri) as connection:
        connection.execute("select set_config('remit.system', 'test', true)")
        rows = [connection.execute(f"select count(*) from {table}").fetchone() for table in tables]
    return [row[0] for row in rows if row]


def test_killed_in_the_middle_leaves_nothing_and_can_be_done_again(tmp_path: Path, uri: str) -> None:
    file = nessus(tmp_path / "a.nessus", many())
    before = counted(uri)
    with importing(uri, file, "slow") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "merged\n"
        process.kill()
    assert counted(uri) == before
    again = importing(uri, file)
    assert again.communicate()[0] == "loaded\n"
    assert [now - was for now, was in zip(counted(uri), before, strict=True)] == [1, 4, 5, 20]


def test_two_at_once_wait_for_each_other(tmp_path: Path, uri: str) -> None:
    before = counted(uri)
    hosts = {f"10.9.0.{n}": [(7000 + n, 443)] for n in range(1, 9)}
    same = nessus(tmp_path / "a.nessus", hosts)
    other = nessus(tmp_path / "b.nessus", dict(reversed(hosts.items())), day=1)
    states = [process.communicate()[0] for process in [importing(uri, file) for file in (same, same, other)]]
    assert sorted(states) == ["loaded\n", "loaded\n", "unchanged\n"]
    assert [now - was for now, was in zip(counted(uri), before, strict=True)] == [2, 8, 8, 8]

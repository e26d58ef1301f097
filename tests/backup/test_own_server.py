"""Backing up to and restoring from a PostgreSQL of the administrator's own, where Debian's is at hand."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from remit.kernel.backup import restoring
from tests.backup.conftest import House

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
pytestmark = [
    pytest.mark.skipif(not PROGRAMS, reason="Debian's PostgreSQL is not installed here (apt-get install postgresql)"),
    pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("runuser"), reason="root, and no runuser"),
]


@dataclass(frozen=True)
class OwnHouse(House):
    """A data folder beside a server of its own."""

    uris: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **self.uris}

    def tables(self) -> int:
        with psycopg.connect(self.uris["DATABASE_OWNER_URL"]) as connection:
            query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
            return int((connection.execute(query).fetchone() or (0,))[0])


def as_postgres(*command: object) -> None:
    before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*before, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def own(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnHouse]:
    """An empty database on Debian's server, with the roles that `remit db roles` makes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    programs = PROGRAMS[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="remit-own-"))  # not pytest's, which other users cannot reach
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    try:
        as_postgres(programs / "initdb", "-D", folder / "data", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        as_postgres(
            programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-s", "start", "-o", options
        )
        done = house.run("db", "roles", "--host", "127.0.0.1", "--port", port)
        uris = dict(re.findall(r"(DATABASE\w*_URL)='?([^'\s]+)'?", done.stderr))
        with psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres") as connection:
            name = connection.info.user
        script = tmp_path_factory.mktemp("roles") / "roles.sql"
        script.write_text(done.stdout)
        subprocess.run(
            [programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port), "-U", name,
             "-d", "postgres", "-f", script],
            check=True,
        )  # fmt: skip
        made = OwnHouse(tmp_path_factory.mktemp("own") / "data", uris)
        shutil.copytree(house.data / "keys", made.data / "keys")
        yield made
    finally:
        as_postgres(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-s", "stop")
        shutil.rmtree(folder)


def test_from_the_embedded_server_to_ones_own_and_back_into_a_file(
    house: House, backup: Path, own: OwnHouse, tmp_path: Path
) -> None:
    verifier = json.loads(house.ok("backup", tmp_path / "now.backup", "--json"))["signers"][-1]
    state = house.state()
    # What is refused after loading is taken out again.
    keys, aside = own.data / "keys", own.data / "keys.aside"
    keys.rename(aside)
    assert "needs a key that is not here" in own.refused("restore", tmp_path / "now.backup", "--key", verifier)
    shutil.rmtree(keys)
    aside.rename(keys)
    assert own.tables() == 0
    own.ok("restore", tmp_path / "now.backup", "--key", verifier)
    assert own.state() == state
    assert own.inside("ledger")["fits"]
    assert "not empty" in own.refused("restore", tmp_path / "now.backup", "--replace")
    own.ok("backup", tmp_path / "back.backup")
    own.ok("restore", "--check", tmp_path / "back.backup")
    house.ok("restore", "--replace", tmp_path / "back.backup")
    assert house.state() == state


def test_what_fails_after_loading_leaves_the_database_empty(own: OwnHouse, tmp_path: Path, house: House) -> None:
    path = tmp_path / "edited.backup"
    with psycopg.connect(own.uris["DATABASE_OWNER_URL"]) as connection:
        if connection.execute("select to_regclass('ledger_entry') is null").fetchone() == (True,):
            pytest.skip("nothing was restored there")
        connection.execute("alter table ledger_entry disable trigger keeps")
        connection.execute("update ledger_entry set note = 'x' where id = (select min(id) from ledger_entry)")
        connection.execute("alter table ledger_entry enable trigger keeps")
    own.ok("backup", path)
    restoring.empty(own.uris["DATABASE_OWNER_URL"])
    assert own.tables() == 0
    assert "--broken-ledger" in own.refused("restore", path, "--trust-file")
    assert own.tables() == 0

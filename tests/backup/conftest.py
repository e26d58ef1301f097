"""One installation for all the tests of restoring, with a backup of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from remit.kernel import postgres


@dataclass(frozen=True)
class House:
    """A data folder of its own, and commands run on it."""

    data: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REMIT_"))}
        own.pop("DJANGO_SETTINGS_MODULE", None)
        return {**own, "REMIT_DATA": str(self.data), "PYTHONWARNINGS": "ignore"}

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "remit", *map(str, arguments)]

    def run(self, *arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False, **more
        )

    def ok(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: object) -> str:
        """Run what must be refused, without a trace of the program, and return what it said."""
        done = self.run(*arguments)
        assert done.returncode in {1, 2}, done.stdout + done.stderr
        assert "internal error" not in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    def inside(self, what: str, *arguments: object) -> Any:
        command = [sys.executable, "-m", "tests.backup.house", what, *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def state(self) -> Any:
        return self.inside("state")

    def sql(self, statement: str) -> list[Any]:
        """Run one statement as the owner who is the system."""
        with postgres.running(self.data) as server, psycopg.connect(server.uri("owner")) as connection:
            connection.execute("select set_config('remit.system', 'test', false)")
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A filled installation."""
    made = House(tmp_path_factory.mktemp("house") / "data")
    with postgres.running(made.data, settings={"fsync": "off", "full_page_writes": "off"}):
        made.ok("db", "migrate")
        made.inside("fill")
    yield made
    postgres.destroy(made.data)


@pytest.fixture(scope="session")
def backup(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    path = tmp_path_factory.mktemp("backups") / "one.backup"
    house.ok("backup", path)
    return path

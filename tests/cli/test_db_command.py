"""`remit db` beside a running server and without one, and the roles on a server of the administrator's own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from remit.kernel import postgres


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with a data folder of the test's own and the embedded database."""
    data = tmp_path / "data"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REMIT_"))}
    yield {**own, "REMIT_DATA": str(data)}
    postgres.destroy(data)


def remit(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "remit", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def user_of(uri: str) -> str:
    with psycopg.connect(uri) as connection:
        found = connection.execute("select current_user").fetchone()
    assert found is not None
    return str(found[0])


def test_uri_answers_until_stopped(environment: dict[str, str]) -> None:
    first = remit(environment, "db", "uri")
    assert first.returncode == 0, first.stderr
    assert "remit db stop" in first.stderr
    assert user_of(first.stdout.strip()) == "remit_app"
    owner = remit(environment, "db", "uri", "--role", "owner")
    assert owner.stderr == ""
    assert user_of(owner.stdout.strip()) == "remit_owner"
    assert remit(environment, "db", "stop").stdout == "The database is stopped.\n"
    assert remit(environment, "db", "stop").stdout == "The database was not running.\n"


def test_stop_refuses_while_it_is_used(environment: dict[str, str]) -> None:
    with postgres.running(Path(environment["REMIT_DATA"]), settings={"fsync": "off"}):
        assert remit(environment, "db", "uri").stderr == ""
        refused = remit(environment, "db", "stop")
    assert refused.returncode == 1
    assert "in use" in refused.stderr


def test_uri_of_a_server_of_ones_own(environment: dict[str, str]) -> None:
    app, owner = "postgresql://a:b@db.example/remit", "postgresql://o:b@db.example/remit"
    environment |= {"DATABASE_URL": app, "DATABASE_OWNER_URL": owner}
    assert remit(environment, "db", "uri").stdout.strip() == app
    assert remit(environment, "db", "uri", "--role", "owner").stdout.strip() == owner
    environment["DATABASE_URL"] = "mysql://a/b"
    wrong = remit(environment, "db", "uri")
    assert wrong.returncode == 1
    assert "DATABASE_URL" in wrong.stderr


def test_roles_prints_sql_and_settings_apart(environment: dict[str, str]) -> None:
    done = remit(environment, "db", "roles", "--host", "db.example", "--port", "5433", "--database", "remit_live")
    assert done.returncode == 0
    settings = dict(line.removeprefix("export ").split("=", 1) for line in done.stderr.splitlines()[1:])
    assert sorted(settings) == ["DATABASE_OWNER_URL", "DATABASE_URL"]
    for uri in settings.values():
        assert uri.endswith("@db.example:5433/remit_live'")
        assert uri.split(":")[2].split("@")[0] not in done.stdout
    assert "NOBYPASSRLS" in done.stdout
    wrong = remit(environment, "db", "roles", "--database", "x;y")
    assert (wrong.returncode, wrong.stdout) == (2, "")

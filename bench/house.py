"""A house to measure in: a data folder of its own, migrated by the owner, used by the application."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from remit.kernel import postgres

if TYPE_CHECKING:
    import psycopg


@contextmanager
def opened(folder: Path) -> Iterator[postgres.Server]:
    """Run the database of `folder`, bring it up to date and make Django ready in this process as the application.

    Once a process: Django's settings are read here, so nothing may import a model before.
    """
    os.environ["REMIT_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "remit.settings"
    with postgres.running(folder) as server:
        migrate(server)
        os.environ["REMIT_DATABASE_URI"] = server.uri("app")
        import django

        django.setup()
        yield server
        from django.db import connections

        connections.close_all()


def migrate(server: postgres.Server) -> None:
    environment = {**os.environ, "REMIT_DATABASE_URI": server.uri("owner")}
    command = [sys.executable, "-W", "ignore", "-m", "django", "migrate", "-v0", "--skip-checks"]
    subprocess.run(command, env=environment, check=True)


@contextmanager
def owning(server: postgres.Server) -> Iterator[psycopg.Connection]:
    """Connect as the owner who is the system, for seeding."""
    import psycopg

    with psycopg.connect(server.uri("owner"), autocommit=True) as connection:
        connection.execute("select set_config('remit.system', 'bench', false)")
        yield connection


def data_folder(name: str) -> Path:
    """Return the data folder of one part of the bench, in BENCH_DATA or beside the user's caches."""
    return Path(os.environ.get("BENCH_DATA") or Path.home() / ".cache" / "remit-bench") / name

"""An installation that has auditors already: each gets an engagement, and reads on."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg

from tests.conftest import migrate
from tests.security.helpers import stored_database

TO = """
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from remit.kernel import actor
executor = MigrationExecutor(connection)
wanted = next(key for key in executor.loader.graph.nodes if key[1].endswith("engagements_and_reviews"))
before = [key for key in executor.loader.get_migration(*wanted).dependencies if key[0] == "kernel"]
with actor.system("test"):
    executor.migrate({})
"""
TABLES = ("kernel_grant", "kernel_unit", "kernel_user")


def to(uri: str, target: str) -> None:
    """Bring the tables to where they were before the migration ("before") or after it, the guards left as they are."""
    environment = {**os.environ, "REMIT_DATABASE_URI": uri, "DJANGO_SETTINGS_MODULE": "remit.settings"}
    command = [sys.executable, "-W", "ignore", "-c", TO.format(target)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_auditors_there_already_are_engaged(database: str) -> None:
    with stored_database() as stored:
        to(stored.owner_uri, "before")
        with psycopg.connect(stored.owner_uri) as connection:
            connection.execute("select set_config('remit.system', 'test', true)")
            for table in TABLES:  # the guards are those of today
                connection.execute(f"alter table {table} disable trigger user")
            connection.execute(
                """with u as (insert into kernel_unit (code, name, kind)
                     values ('a', 'A', 'group'), ('b', 'B', 'group') returning id),
                   p as (insert into kernel_user (password, email, name, title, time_zone, is_active, session_salt)
                     values ('', 'fay@remit.example', 'Fay', '', 'UTC', true, '') returning id)
                   insert into kernel_grant (user_id, role, unit_id, expires_on)
                     select p.id, role, u.id, till
                     from p, u, (values ('auditor', current_date + 9), ('owner', null)) g(role, till)"""
            )
        to(stored.owner_uri, "[wanted]")
        with psycopg.connect(stored.owner_uri) as connection:
            for table in TABLES:
                connection.execute(f"alter table {table} enable trigger user")
        migrate(stored.owner_uri)
        query = """select given.role, audit.title, audit.ends_on - current_date, reach.until - current_date
                   from kernel_grant given left join kernel_engagement audit on audit.id = given.engagement_id
                   join access_reach reach
                     on (reach.user_id, reach.unit_id, reach.role) = (given.user_id, given.unit_id, given.role)
                   order by given.role, audit.title"""
        assert stored.as_owner(query) == [
            ("auditor", "Audit of A", 9, 9),
            ("auditor", "Audit of B", 9, 9),
            ("owner", None, None, None),
            ("owner", None, None, None),
        ]

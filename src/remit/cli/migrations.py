"""Bringing the database up to date, as its owner."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .output import say

# Any number that nothing else here takes; two starts at once then migrate one after the other.
MIGRATION_LOCK = 7_246_810


def migrate_if_needed() -> int:
    """Apply the migrations that are missing. Django is set up as the owner.

    Returns:
        How many there were.
    """
    from django.core.management import call_command  # noqa: PLC0415 - Django is ready only when this is called

    if not pending():
        _guard()
        return 0
    with _alone():
        names = pending()
        if names:
            say(f"Updating the database: {len(names)} migration{'s' if len(names) > 1 else ''} …")
            with _one_wait_for_the_disk():
                call_command("migrate", interactive=False, verbosity=0)
    return len(names)


def _guard() -> None:
    """Bring policies and triggers into line with the code, which may have changed without a migration."""
    from django.db import connection  # noqa: PLC0415

    from remit.kernel.database.install import install_if_changed  # noqa: PLC0415

    with _alone():
        install_if_changed(connection, os.environ["REMIT_APP_ROLE"])


def pending() -> list[str]:
    """Names of the migrations that the database lacks, in order."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown(applied: Iterable[str]) -> list[str]:
    """Return those of the migrations ("kernel.0001_initial") that this release does not have."""
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in (*loader.disk_migrations, *loader.replacements)}
    return sorted(set(applied) - known)


@contextmanager
def _one_wait_for_the_disk() -> Iterator[None]:
    """Let the commits of many small migrations reach the disk together: 3 s instead of 10 s on a slow one.

    They reach it in order, so a crash loses none but the last ones, whole, and they are applied again.
    """
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("reset synchronous_commit")
        # Any change that is waited for brings all before it to the disk.
        cursor.execute("comment on table django_migrations is 'what has been applied, in order'")


@contextmanager
def _alone() -> Iterator[None]:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [MIGRATION_LOCK])

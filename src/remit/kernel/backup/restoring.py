"""Restoring a backup that has been checked: into a database of its own, compared, and only then put in place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import psycopg

from remit.kernel.backup import making
from remit.kernel.backup.manifest import BackupRefusedError, Manifest
from remit.kernel.backup.staging import Stage
from remit.kernel.ledger.export_format import reading
from remit.kernel.ledger.exporting import export
from remit.kernel.ledger.notes import Verifier
from remit.kernel.ledger.verifying import verify

NEW, FORMER = "remit_restoring", "remit_before_restore"
"""The databases beside the main one."""
TOLD = 3
ANOTHER = "Use another backup."


def load(uri: str, stage: Stage, *, alone: bool) -> None:
    """Fill an empty database from the staged dump; by two connections at once, or all or nothing where not `alone`.

    Policies are left out: this release makes its own afterwards, and foreign keys could not be checked under them.
    """
    how = ["--jobs=2"] if alone else ["--single-transaction"]
    making.run_program(
        "pg_restore", uri, "--no-owner", "--no-privileges", "--exit-on-error", "--no-policies", *how, str(stage.dump)
    )


def compare(uri: str, manifest: Manifest) -> None:
    """Refuse a loaded database that differs in its rows from what was backed up."""
    with _reading(uri) as connection:
        found = making.counts(connection)
    odd = [
        f"{table}: {found.get(table, 'missing')} instead of {manifest.counts.get(table, 'none')}"
        for table in sorted({*found, *manifest.counts})
        if found.get(table) != manifest.counts.get(table)
    ]
    if odd:
        raise BackupRefusedError("database.dump", f"What was loaded differs: {'; '.join(odd[:TOLD])}.", ANOTHER)


def compare_guards(uri: str, manifest: Manifest) -> None:
    """Refuse where policies or triggers differ from those at the backup; for one of this version of the tables."""
    with _reading(uri) as connection:
        policies, triggers = making.guards(connection)
    if (policies, triggers) != (manifest.policies, manifest.triggers):
        found, wanted = (f"{p} policies and {t} triggers" for p, t in
                         ((policies, triggers), (manifest.policies, manifest.triggers)))  # fmt: skip
        raise BackupRefusedError("guards", f"There are {found} instead of {wanted}.", ANOTHER)


def compare_files(uri: str, stage: Stage, manifest: Manifest) -> None:
    """Refuse where a row names a file that was not in the backup, or the other way round."""
    with _reading(uri) as connection:
        named = sum(1 for _ in making.files_named(connection, stage.files))
    if named != manifest.files:
        raise BackupRefusedError("files", f"{named} are named and {manifest.files} are there.", ANOTHER)


def verify_ledger(uri: str, manifest: Manifest, folder: Path) -> int:
    """Verify the whole restored ledger against the checkpoint of the manifest; return its entries.

    BackupRefusedError with the first entry that does not fit.
    """
    if not manifest.checkpoint:
        return 0
    keys = [Verifier.parse(key) for key in manifest.signers]
    with psycopg.connect(uri) as connection, tempfile.TemporaryDirectory(dir=folder) as held:
        path = Path(held) / "ledger"
        export(connection, path)
        with reading(path) as exported:
            report = verify(exported, keys=keys, checkpoints=[("the manifest's checkpoint", manifest.checkpoint)])
    if not report.fits:
        raise BackupRefusedError("ledger", report.faults[0].words, "Use another backup; keep this one as evidence.")
    return manifest.ledger


def adopt(uri: str) -> None:
    """Let what was pending be sealed here, and end the sessions that were open when the backup was made."""
    with psycopg.connect(uri) as connection:
        connection.execute("select set_config('remit.system', %s, false)", ("restore",))
        connection.execute("select remit_ledger_adopt()")
        connection.execute("delete from django_session")


def trusted_here(uri: str) -> list[Verifier]:
    """Return the verifier keys of the installation that is there, if there is one."""
    try:
        with _reading(uri) as connection:
            rows = connection.execute(
                "select name, public from ring_key where purpose = 'ledger' order by id"
            ).fetchall()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return []
    return [Verifier(name, bytes(public)) for name, public in rows]


def holds_data(uri: str) -> bool:
    """Say whether somebody works with this database: it has people."""
    with _reading(uri) as connection:
        there = connection.execute("select to_regclass('public.kernel_user') is not null").fetchone()
        return (
            bool(there and there[0]) and connection.execute("select 1 from kernel_user limit 1").fetchone() is not None
        )


def is_empty(uri: str) -> bool:
    """Say whether a database has no table at all."""
    with _reading(uri) as connection:
        tables = "select 1 from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace limit 1"
        return connection.execute(tables).fetchone() is None


def missing_keys(manifest: Manifest, at_hand: Iterable[str]) -> list[str]:
    """Name the key-encryption keys without which what is sealed in the backup stays so."""
    return sorted(set(manifest.wrapped_by) - set(at_hand))


def _reading(uri: str) -> psycopg.Connection:
    connection = psycopg.connect(uri)
    connection.execute("select set_config('remit.system', %s, true)", ("restore",))
    return connection

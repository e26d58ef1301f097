"""Restoring a backup that has been checked: into a database of its own, compared, and only then put in place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from remit.kernel.backup import making
from remit.kernel.backup.manifest import BackupRefusedError, Guards, Manifest
from remit.kernel.backup.staging import Stage
from remit.kernel.ledger.export_format import reading
from remit.kernel.ledger.exporting import export
from remit.kernel.ledger.notes import Verifier
from remit.kernel.ledger.verifying import verify

NEW, FORMER = "remit_restoring", "remit_before_restore"
"""The databases beside the main one."""
SYSTEM = "restore"
TOLD = 3
KNOWS_TRANSACTION_TIMEOUT = 170_000
"""The first version of PostgreSQL with a setting that pg_restore makes first of all, whatever the server's version."""
ANOTHER = "Use another backup."


def load(uri: str, stage: Stage, *, alone: bool) -> None:
    """Fill an empty database from the staged dump; by two connections at once, or all or nothing where not `alone`.

    Policies are left out: this release makes its own afterwards, and foreign keys could not be checked under them. So
    are comments: one of them says which guards are installed. Triggers come after the rows, so none fires.
    """
    what = ["--no-owner", "--no-privileges", "--no-comments", "--no-policies", str(stage.dump)]
    with psycopg.connect(uri) as connection:
        knows = connection.info.server_version >= KNOWS_TRANSACTION_TIMEOUT
    if not knows:
        making.run_program("pg_restore", uri, *what, suffered="transaction_timeout")
    else:
        how = ["--jobs=2"] if alone else ["--single-transaction"]
        making.run_program("pg_restore", uri, "--exit-on-error", *how, *what)


def compare(uri: str, manifest: Manifest) -> None:
    """Refuse a loaded database that differs in its rows from what was backed up."""
    with making.reading(uri, SYSTEM) as connection:
        found = making.counts(connection)
    odd = [
        f"{table}: {found.get(table, 'missing')} instead of {manifest.counts.get(table, 'none')}"
        for table in sorted({*found, *manifest.counts})
        if found.get(table) != manifest.counts.get(table)
    ]
    if odd:
        raise BackupRefusedError("database.dump", f"What was loaded differs: {'; '.join(odd[:TOLD])}.", ANOTHER)


def empty(uri: str) -> None:
    """Empty a database again, which was empty before, where filling it did not succeed."""
    with psycopg.connect(uri) as connection:
        for kind, name in connection.execute(_MADE).fetchall():
            connection.execute(sql.SQL("drop {} if exists {} cascade").format(sql.SQL(kind), sql.SQL(name)))


_MADE = """
select 'table', oid::regclass::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
union all
select 'sequence', oid::regclass::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'
union all
select 'routine', oid::regprocedure::text from pg_proc p where pronamespace = 'public'::regnamespace
  and pg_get_userbyid(proowner) = current_user
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union all
select 'type', oid::regtype::text from pg_type t where typnamespace = 'public'::regnamespace
  and (typtype in ('e', 'd') or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))"""


def compare_guards(uri: str, manifest: Manifest, application_role: str, installed: str) -> list[str]:
    """Refuse tables with fewer policies or triggers than at the backup; return those that are guarded otherwise.

    What guards a table is made here by this release, whatever was backed up: a difference means that somebody had
    changed it by hand. It is compared where both were made by the same code (`installed`).
    """
    if manifest.installed != installed:
        return []
    with making.reading(uri, SYSTEM) as connection:
        found = making.guards(connection, application_role)
    none = Guards(0, 0, "")
    fewer = [
        name
        for name, was in manifest.guards.items()
        if (now := found.get(name, none)).policies < was.policies or now.triggers < was.triggers
    ]
    if fewer:
        raise BackupRefusedError(
            "guards",
            f"Policies or triggers are missing: {', '.join(fewer[:TOLD])}.",
            "Report this; nothing was changed.",
        )
    return [name for name, was in manifest.guards.items() if found[name] != was]


def compare_files(uri: str, stage: Stage, manifest: Manifest) -> None:
    """Refuse where a row names a file that was not in the backup, or the other way round."""
    with making.reading(uri, SYSTEM) as connection:
        named = sum(1 for _ in making.files_named(connection, stage.files))
    if named != manifest.files:
        raise BackupRefusedError("files", f"{named} are named and {manifest.files} are there.", ANOTHER)


def damaged(uri: str) -> Iterator[tuple[str, str]]:
    """Yield (digest, what is wrong) of each file of FILES_DIR that cannot be opened or is not what its row says."""
    from remit.kernel.attachments.files import verified  # noqa: PLC0415 - Django is ready only when this is called
    from remit.kernel.attachments.refused import AttachmentRefusedError  # noqa: PLC0415
    from remit.kernel.keys.wrapping import KeyRefusedError  # noqa: PLC0415

    with making.reading(uri, SYSTEM) as connection, connection.cursor("files") as cursor:
        cursor.execute("select digest from stored_file where removed_at is null order by digest")
        for (digest,) in cursor:
            try:
                if not verified(digest):
                    yield digest, "Its content has another digest."
            except (AttachmentRefusedError, KeyRefusedError) as refused:
                yield digest, refused.hint


def verify_ledger(uri: str, manifest: Manifest, folder: Path) -> list[str]:
    """Verify the whole restored ledger against the checkpoint of the manifest; return what does not fit."""
    if not manifest.checkpoint:
        return []
    keys = [Verifier.parse(key) for key in manifest.signers]
    with psycopg.connect(uri) as connection, tempfile.TemporaryDirectory(dir=folder) as held:
        path = Path(held) / "ledger"
        _, lost = export(connection, path)
        with reading(path) as exported:
            report = verify(exported, keys=keys, checkpoints=[("the manifest's checkpoint", manifest.checkpoint)])
    gone = [f"{lost} entries were deleted before they were sealed."] if lost else []
    return [*(fault.words for fault in report.faults), *gone]


def settle(uri: str) -> None:
    """Let what was pending be sealed here, and end what must not go on by itself from the past.

    Sessions of then are ended. A token or a calendar's link that was revoked since would hold again, so all are
    revoked; what waited to be sent was sent long ago, so it is not sent again, and webhooks wait to be started.
    """
    with psycopg.connect(uri) as connection:
        connection.execute("select set_config('remit.system', %s, false)", (SYSTEM,))
        connection.execute("select remit_ledger_adopt()")
        for table, statement in _SETTLED:
            there = connection.execute("select to_regclass(%s) is not null", (f"public.{table}",)).fetchone()
            if there and there[0]:
                connection.execute(statement)


_SETTLED: tuple[tuple[str, LiteralString], ...] = (
    ("django_session", "delete from django_session"),
    ("identity_session", "delete from identity_session"),
    ("identity_token", "update identity_token set revoked_at = now() where revoked_at is null"),
    ("outbox_delivery", "update outbox_delivery set state = 'cancelled', ended_at = now() where state = 'waiting'"),
    ("outbox_mail", "update outbox_mail set state = 'cancelled', ended_at = now() where state = 'waiting'"),
    ("outbox_preference", "update outbox_preference set calendar = null where calendar is not null"),
    ("outbox_webhook", "update outbox_webhook set active = false, stopped = 'restored from a backup' where active"),
)
"""What each table's rows become, in this order."""


def trusted_here(uri: str) -> list[Verifier]:
    """Return the verifier keys of the installation that is there, if there is one."""
    try:
        with making.reading(uri, SYSTEM) as connection:
            rows = connection.execute(
                "select name, public from ring_key where purpose = 'ledger' order by id"
            ).fetchall()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return []
    return [Verifier(name, bytes(public)) for name, public in rows]


def holds_data(uri: str) -> bool:
    """Say whether somebody works with this database: it has people."""
    with making.reading(uri, SYSTEM) as connection:
        there = connection.execute("select to_regclass('public.kernel_user') is not null").fetchone()
        return (
            bool(there and there[0]) and connection.execute("select 1 from kernel_user limit 1").fetchone() is not None
        )


def is_empty(uri: str) -> bool:
    """Say whether a database has no table at all."""
    with making.reading(uri, SYSTEM) as connection:
        tables = "select 1 from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace limit 1"
        return connection.execute(tables).fetchone() is None


def missing_keys(manifest: Manifest, at_hand: Iterable[str]) -> list[str]:
    """Name the key-encryption keys without which what is sealed in the backup stays so."""
    return sorted(set(manifest.wrapped_by) - set(at_hand))

"""Making a backup: one snapshot of the database, the files that its rows name, and the ledger's newest checkpoint."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from remit import __version__
from remit.kernel.backup.archive import Archive, Sign, writing
from remit.kernel.backup.manifest import DUMP, BackupRefusedError, Guards, Manifest
from remit.kernel.ledger.notes import Verifier
from remit.kernel.postgres.programs import installed as programs

Say = Callable[[str], None]
Check = Callable[[Path], object]
SYSTEM = "backup"
"""Why the system reads everything, as the ledger would show it."""
OPTIONS = f"-c remit.system={SYSTEM} -c timezone=UTC -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"


@dataclass(frozen=True)
class Source:
    """What is backed up, and where.

    The database as its owner, the role that the application connects as, the folder of files, the key files to add, and
    a folder for what is written in between, which is not sealed: where the database lies, not where the backup goes.
    """

    owner_uri: str
    application_role: str
    files: Path
    between: Path
    keys: tuple[tuple[str, Path], ...] = ()


def make(
    path: Path, source: Source, sign: Sign, check: Check, say: Say, *, passphrase: str = "", over: bool = False
) -> Manifest:
    """Write a backup, check it, and return its manifest. BackupRefusedError, and no file, where that cannot be done."""
    if source.keys and not passphrase:
        raise BackupRefusedError("--with-keys", "Keys are put into an encrypted backup only.", "Give a passphrase.")
    with (
        writing(path, passphrase=passphrase, over=over, check=check) as archive,
        reading(source.owner_uri, SYSTEM) as connection,
    ):
        say("Dumping the database …")
        _add_dump(archive, connection, source)
        say("Adding the files …")
        for name, place in files_named(connection, source.files):
            _add(archive, name, place)
        for name, place in source.keys:
            _add(archive, f"keys/{name}", place)
        say("Counting …")
        manifest = _manifest(connection, archive, source.application_role)
        archive.finish(sign(manifest.text()))
    return manifest


def reading(uri: str, system: str) -> psycopg.Connection[Any]:
    """Open a connection that reads everything as of now, for as long as it takes."""
    connection = psycopg.connect(uri)
    connection.execute("set transaction isolation level repeatable read, read only")
    connection.execute("select set_config('remit.system', %s, false)", (system,))
    connection.execute("set idle_in_transaction_session_timeout = 0")
    connection.execute("set statement_timeout = 0")
    return connection


def _add_dump(archive: Archive, connection: psycopg.Connection[Any], source: Source) -> None:
    """Add the database as of the connection's snapshot, by way of a file without a name, which ends with us."""
    snapshot = _one(connection, "select pg_export_snapshot()")
    with tempfile.TemporaryFile(dir=source.between) as dump:
        run_program(
            "pg_dump", source.owner_uri, "--format=custom", "--compress=1", "--enable-row-security", "--no-owner",
            "--no-privileges", "--no-comments", f"--snapshot={snapshot}", stdout=dump,
        )  # fmt: skip
        size = dump.seek(0, os.SEEK_END)
        dump.seek(0)
        archive.add(DUMP, dump, size)


def files_named(connection: psycopg.Connection[Any], folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name in the archive, place) of the content of each row that has one: sealed or, from earlier, clear."""
    with connection.cursor("files") as cursor:
        cursor.execute("select digest from stored_file where removed_at is null order by digest")
        for (digest,) in cursor:
            places = [folder / digest[:2] / f"{digest}.sealed", folder / digest[:2] / digest]
            place = next((each for each in places if each.exists()), None)
            if place is None:
                raise BackupRefusedError(
                    str(places[0]), "This file of evidence is missing.",
                    "Try again, in case retention removed it just now; else put it back from an earlier backup.",
                )  # fmt: skip
            yield f"files/{digest[:2]}/{place.name}", place


def counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the rows of each table, as the system sees them."""
    tables = connection.execute(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname"
    ).fetchall()
    query = sql.SQL("select count(*) from {}")
    return {name: _one(connection, query.format(sql.Identifier(name))) for (name,) in tables}


_GUARDS = """
select c.relname,
  (select count(*) from pg_policy p where p.polrelid = c.oid),
  (select count(*) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal),
  encode(sha256(convert_to(concat_ws(E'\\n', c.relrowsecurity, c.relforcerowsecurity,
    (select string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles = '{0}',
        pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)), E'\\n' order by p.polname)
      from pg_policy p where p.polrelid = c.oid),
    (select string_agg(concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid)), E'\\n' order by t.tgname)
      from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal),
    (select string_agg(has_table_privilege(%s, c.oid, verb)::text, ' ' order by verb)
      from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'trigger']) verb)), 'UTF8')), 'hex')
from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by c.relname"""


def guards(connection: psycopg.Connection[Any], application_role: str) -> dict[str, Guards]:
    """Return what guards each table: its policies, its triggers, and what the application may do with it."""
    rows = connection.execute(_GUARDS, (application_role,)).fetchall()
    return {table: Guards(policies, triggers, digest[:32]) for table, policies, triggers, digest in rows}


def _manifest(connection: psycopg.Connection[Any], archive: Archive, application_role: str) -> Manifest:
    newest = connection.execute("select note from ledger_checkpoint order by size desc limit 1").fetchone()
    installed = "select obj_description(to_regprocedure('remit_actor()'), 'pg_proc')"
    wrapped = "select wrapped_by from ring_key union select wrapped_by from stored_file order by 1"
    return Manifest(
        remit=__version__,
        made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        postgresql=_one(connection, "show server_version"),
        migrations=[f"{app}.{name}" for app, name in connection.execute(
            "select app, name from django_migrations order by app, name").fetchall()],
        counts=counts(connection),
        guards=guards(connection, application_role),
        installed=_one(connection, installed) or "",
        ledger=_one(connection, "select coalesce(max(position) + 1, 0) from ledger_leaf"),
        pending=_one(connection, "select count(*) from ledger_pending"),
        checkpoint=newest[0] if newest else "",
        wrapped_by=[name for (name,) in connection.execute(wrapped).fetchall() if name],
        members=archive.listing.digest(),
        files=archive.listing.files,
        size=archive.listing.size,
        signers=[str(Verifier(name, bytes(public))) for name, public in connection.execute(
            "select name, public from ring_key where purpose = 'ledger' order by id").fetchall()],
    )  # fmt: skip


def run_program(program: str, uri: str, *arguments: str, stdout: IO[bytes] | None = None, suffered: str = "") -> None:
    """Run one of PostgreSQL's own programs on a database, as the system. BackupRefusedError with what it said.

    `suffered` is the one word whose errors the program may meet and go on.
    """
    environment = {**os.environ, "PGOPTIONS": OPTIONS, "PGCONNECT_TIMEOUT": "10"}
    with password_file(uri) as (named, secret):
        done = subprocess.run(  # noqa: S603 - a program of ours with arguments of ours
            [programs() / "bin" / program, "--no-password", f"--dbname={named}", *arguments],
            env={**environment, "PGPASSFILE": str(secret), "LC_ALL": "C"},
            stdout=stdout, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    said = done.stderr.decode(errors="replace").strip().splitlines()
    errors = [line for line in said if "error:" in line and not (suffered and suffered in line)]
    if done.returncode and (errors or not suffered):
        raise BackupRefusedError(
            program, " / ".join(errors or said)[:500] or "It failed.", "Nothing was changed; mend that and try again."
        )


@contextmanager
def password_file(uri: str) -> Iterator[tuple[str, Path]]:
    """Lend the URI without its password, and a file for the password, since arguments are seen by other accounts."""
    given = psycopg.conninfo.conninfo_to_dict(uri)
    password = str(given.pop("password", "") or "")
    with tempfile.NamedTemporaryFile("w", prefix="remit-") as file:  # made for this account only
        file.write("*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n")
        file.flush()
        yield psycopg.conninfo.make_conninfo("", **given), Path(file.name)


def _add(archive: Archive, name: str, place: Path) -> None:
    with place.open("rb") as file:
        archive.add(name, file, os.fstat(file.fileno()).st_size)


def _one(connection: psycopg.Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None

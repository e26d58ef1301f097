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
from typing import Any, BinaryIO, cast

import psycopg
from psycopg import sql

from remit import __version__
from remit.kernel.backup.archive import Archive, Sign, writing
from remit.kernel.backup.manifest import DUMP, BackupRefusedError, Manifest
from remit.kernel.ledger.notes import Verifier
from remit.kernel.postgres.programs import installed

Say = Callable[[str], None]
SYSTEM = "backup"
"""Why the system reads everything, as the ledger would show it."""


@dataclass(frozen=True)
class Source:
    """What is backed up: the database as its owner, the folder of files, the key files to add, the name for errors."""

    owner_uri: str
    files: Path
    keys: tuple[tuple[str, Path], ...] = ()


def make(path: Path, source: Source, sign: Sign, say: Say, *, passphrase: str = "", over: bool = False) -> Manifest:
    """Write a backup and return its manifest. BackupRefusedError, and no file, where that cannot be done."""
    if source.keys and not passphrase:
        raise BackupRefusedError("--with-keys", "Keys are put into an encrypted backup only.", "Give a passphrase.")
    with (
        writing(path, passphrase=passphrase, over=over) as archive,
        psycopg.connect(source.owner_uri) as connection,
        tempfile.TemporaryFile(dir=path.parent) as dump,
    ):
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("select set_config('remit.system', %s, false)", (SYSTEM,))
        snapshot = _one(connection, "select pg_export_snapshot()")
        say("Dumping the database …")
        run_program("pg_dump", source.owner_uri, "--format=custom", "--compress=1", "--enable-row-security", "--no-owner",
                    "--no-privileges", f"--snapshot={snapshot}", stdout=dump)  # fmt: skip
        archive.add(DUMP, cast(BinaryIO, dump), _rewound(cast(BinaryIO, dump)))
        say("Adding the files …")
        for name, place in files_named(connection, source.files):
            _add(archive, name, place)
        for name, place in source.keys:
            _add(archive, f"keys/{name}", place)
        say("Counting …")
        manifest = _manifest(connection, archive)
        archive.finish(sign(manifest.text()))
    return manifest


def files_named(connection: psycopg.Connection[Any], folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name in the archive, place) of the content of each row that has one, sealed or, from earlier, in the clear."""
    with connection.cursor("files") as cursor:
        cursor.execute("select digest from stored_file where removed_at is null order by digest")
        for (digest,) in cursor:
            places = [folder / digest[:2] / f"{digest}.sealed", folder / digest[:2] / digest]
            place = next((each for each in places if each.exists()), None)
            if place is None:
                raise BackupRefusedError(
                    str(places[0]), "This file of evidence is missing.", "Restore it; `remit check` names all that are."
                )
            yield f"files/{digest[:2]}/{place.name}", place


def counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the rows of each table, as the system sees them."""
    tables = connection.execute(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname"
    ).fetchall()
    query = sql.SQL("select count(*) from {}")
    return {name: _one(connection, query.format(sql.Identifier(name))) for (name,) in tables}


def guards(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Return how many policies and triggers there are."""
    policies = "select count(*) from pg_policy"
    triggers = "select count(*) from pg_trigger where not tgisinternal"
    return _one(connection, policies), _one(connection, triggers)


def _manifest(connection: psycopg.Connection[Any], archive: Archive) -> Manifest:
    newest = connection.execute("select note from ledger_checkpoint order by size desc limit 1").fetchone()
    policies, triggers = guards(connection)
    wrapped = "select wrapped_by from ring_key union select wrapped_by from stored_file order by 1"
    return Manifest(
        remit=__version__,
        made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        postgresql=_one(connection, "show server_version"),
        migrations=[f"{app}.{name}" for app, name in connection.execute(
            "select app, name from django_migrations order by app, name").fetchall()],
        counts=counts(connection),
        policies=policies,
        triggers=triggers,
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


def run_program(program: str, uri: str, *arguments: str, stdout: Any = None) -> None:
    """Run one of PostgreSQL's own programs on a database, as the system. BackupRefusedError with what it said."""
    environment = {**os.environ, "PGOPTIONS": f"-c remit.system={SYSTEM} -c timezone=UTC", "PGCONNECT_TIMEOUT": "10"}
    with password_file(uri) as (named, secret):
        done = subprocess.run(  # noqa: S603 - a program of ours with arguments of ours
            [installed() / "bin" / program, "--no-password", f"--dbname={named}", *arguments],
            env={**environment, "PGPASSFILE": str(secret)}, stdout=stdout, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BackupRefusedError(
            program, " / ".join(said)[:500] or "It failed.", "Nothing was changed; mend that and try again."
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


def _rewound(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _one(connection: psycopg.Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None

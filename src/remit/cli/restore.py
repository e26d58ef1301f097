"""`remit restore`: check a backup, and put what is in it in the place of what is there."""

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from remit.kernel import postgres

from .backup import passphrase
from .errors import BAD_INPUT, FAILURE, CommandError
from .output import say

if TYPE_CHECKING:
    from remit.kernel.backup.archive import Checked
    from remit.kernel.backup.staging import Stage
    from remit.kernel.ledger.notes import Verifier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, whom to trust, and what to do with what is there."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what `remit backup` wrote")
    parser.add_argument("--check", action="store_true", help="only check the file; nothing is changed")
    parser.add_argument("--replace", action="store_true", help="take the place of an instance that has people")
    parser.add_argument("--key", action="append", default=[], metavar="VKEY", help="trust backups signed by this key")
    parser.add_argument("--trust-file", action="store_true", help="trust the key that the file itself names")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="the passphrase of an encrypted backup")
    parser.add_argument("--discard-former", action="store_true", help="do not keep what was there before")


def run(arguments: argparse.Namespace) -> int:
    """Check, stage, load, compare, verify, and only then change places."""
    from remit.kernel.backup.manifest import BackupRefusedError  # noqa: PLC0415

    try:
        with _target() as (server, uri):
            return _restore(arguments, server, uri)
    except BackupRefusedError as refused:
        raise CommandError(f"{refused.where}: {refused.what}", refused.hint, FAILURE) from None


@contextmanager
def _target() -> Iterator[tuple[postgres.Server | None, str]]:
    """The database to restore to; the embedded one must be used by nobody else."""
    external = postgres.external_uri("owner")
    if external is not None:
        yield None, external
        return
    postgres.stop()  # refuses while somebody uses it
    with postgres.running() as server:
        yield server, server.uri("owner")


def _restore(arguments: argparse.Namespace, server: postgres.Server | None, uri: str) -> int:
    from remit.kernel.backup import archive, restoring  # noqa: PLC0415
    from remit.kernel.backup.staging import Stage  # noqa: PLC0415

    trusted = _trusted(arguments, uri)
    stage, secret = Stage(postgres.data_folder()), passphrase(arguments.passphrase_file)
    if arguments.check:
        say("Checking every byte …")
        _tell(archive.read(arguments.file, trusted, passphrase=secret), trusted)
        return 0
    if server is not None:
        finish_swap(server, stage)
    if restoring.holds_data(uri) and not arguments.replace:
        raise CommandError(
            "There is an instance with people here.", "Give --replace to take its place; it is kept aside.", BAD_INPUT
        )
    if server is None and not restoring.is_empty(uri):
        raise CommandError(
            "The database of DATABASE_OWNER_URL is not empty.", "Create an empty one and name it there.", BAD_INPUT
        )
    with ExitStack() as undoing:
        stage.begin()
        undoing.callback(stage.clear)
        say("Unpacking and checking every byte …")
        checked = archive.read(arguments.file, trusted, passphrase=secret, sink=stage.open)
        _tell(checked, trusted)
        if server is not None:
            server.create_database(restoring.NEW)
            undoing.callback(server.drop_database, restoring.NEW)
            uri = server.uri("owner", database=restoring.NEW)
        entries = _fill(server, uri, stage, checked, arguments.file)
        if server is not None:
            say("Putting it in place …")
            stage.mark()
            server.replace_database(restoring.NEW, restoring.FORMER)
        undoing.pop_all()
    stage.swap_files()
    if arguments.discard_former:
        if server is not None:
            server.drop_database(restoring.FORMER)
        stage.discard_former()
    print(f"Restored {sum(checked.manifest.counts.values()):,} rows and {checked.manifest.files:,} files of "
          f"{checked.manifest.made_at}; {entries:,} ledger entries verified.")  # fmt: skip
    return 0


def _fill(server: postgres.Server | None, uri: str, stage: "Stage", checked: "Checked", file: Path) -> int:
    """Load the staged dump into the database at `uri`, compare, verify and note it there; return the entries verified."""
    from remit.kernel.backup import restoring  # noqa: PLC0415

    _django(server, uri)
    _keys_at_hand(stage, checked)
    say("Loading the database …")
    restoring.load(uri, stage, alone=server is not None)
    restoring.compare(uri, checked.manifest)
    restoring.compare_files(uri, stage, checked.manifest)
    if not _migrate():
        restoring.compare_guards(uri, checked.manifest)
    say("Verifying the ledger …")
    entries = restoring.verify_ledger(uri, checked.manifest, stage.root)
    restoring.adopt(uri)
    _note(checked, file)
    return entries


def _django(server: postgres.Server | None, uri: str) -> None:
    """Load Django on the database that is being filled, as its owner."""
    application = postgres.external_uri("app") if server is None else server.uri("app", database="remit_restoring")
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415

    os.environ["REMIT_DATABASE_URI"] = uri
    os.environ["REMIT_APP_ROLE"] = unquote(urlsplit(application or "").username or "remit_app")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "remit.settings")
    import django  # noqa: PLC0415

    django.setup()


def _keys_at_hand(stage: "Stage", checked: "Checked") -> None:
    from django.conf import settings  # noqa: PLC0415

    from remit.kernel.backup import restoring  # noqa: PLC0415
    from remit.kernel.keys.ring import provider  # noqa: PLC0415

    if added := stage.add_keys(Path(settings.KEYS_DIR), Path(settings.DATA_DIR) / "secret-key"):
        say(f"Keys taken from the backup: {', '.join(added)}")
    if missing := restoring.missing_keys(checked.manifest, provider().names()):
        raise CommandError(
            f"What is sealed in this backup needs a key that is not here: {', '.join(missing)}.",
            f"Put its file into {settings.KEYS_DIR}, or set REMIT_KEY or REMIT_FORMER_KEYS. Nothing was changed.",
        )


def _migrate() -> int:
    """Bring tables and guards to this release; return how many migrations that took."""
    from django.db import connection  # noqa: PLC0415

    from remit.kernel.database.install import install  # noqa: PLC0415

    from .migrations import migrate_if_needed  # noqa: PLC0415

    if count := migrate_if_needed():
        say(f"{count} migrations since that backup applied.")
    install(connection, os.environ["REMIT_APP_ROLE"])  # policies and privileges are not in the dump
    return count


def _note(checked: "Checked", file: Path) -> None:
    from django.db import connections, transaction  # noqa: PLC0415

    from remit.kernel import actor  # noqa: PLC0415
    from remit.kernel.ledger.reading import note  # noqa: PLC0415
    from remit.kernel.ledger.sealing import seal  # noqa: PLC0415

    signers = ", ".join(str(key) for key in checked.signed_by)
    with actor.system("restore"), transaction.atomic():
        note(
            "restore", "kernel.backup", text=f"{file.name} of {checked.manifest.made_at}, signed by {signers}", count=1
        )
    seal(checkpoint=True)
    connections.close_all()


def _trusted(arguments: argparse.Namespace, uri: str) -> "list[Verifier]":
    from remit.kernel.backup.restoring import trusted_here  # noqa: PLC0415
    from remit.kernel.ledger.notes import NoteRejected, Verifier  # noqa: PLC0415

    try:
        given = [Verifier.parse(text) for text in arguments.key]
    except NoteRejected as error:
        raise CommandError(
            f"--key: {error}.", "Give it as `remit ledger checkpoint --key` prints it.", BAD_INPUT
        ) from None
    if given or arguments.trust_file:
        return given
    if here := trusted_here(uri):
        return here
    raise CommandError(
        "There is no installation here whose key could be trusted.",
        "Name the key of the one that made the backup with --key, or give --trust-file to trust what the file says.",
        BAD_INPUT,
    )


def _tell(checked: "Checked", trusted: "list[Verifier]") -> None:
    by = ", ".join(str(key) for key in checked.signed_by)
    say(f"Whole and signed by {by}" + ("." if trusted else ", a key that only the file itself vouches for."))
    made = checked.manifest
    say(f"Made {made.made_at} by Remit {made.remit}: {sum(made.counts.values()):,} rows, {made.files:,} files.")


def finish_swap(server: postgres.Server, stage: "Stage") -> None:
    """End a restore that was killed between changing databases and changing files."""
    from remit.kernel.backup.restoring import NEW  # noqa: PLC0415

    if stage.marked:
        if NEW in server.databases():  # it was killed before
            stage.clear()
        else:
            stage.swap_files()

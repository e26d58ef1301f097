"""`remit restore`: check a backup, and put what is in it in the place of what is there."""

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from remit.kernel import postgres

from .alone import only_one
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
    parser.add_argument("--broken-ledger", action="store_true", help="restore a ledger that does not verify, too")
    parser.add_argument("--discard-former", action="store_true", help="do not keep what was there before")


def run(arguments: argparse.Namespace) -> int:
    """Check, stage, load, compare, verify, and only then change places."""
    from remit.kernel.backup.manifest import BackupRefusedError  # noqa: PLC0415

    try:
        if arguments.check:
            return _check(arguments)
        with only_one(postgres.data_folder(), "a restore"), _target() as (server, uri):
            return _restore(arguments, server, uri)
    except BackupRefusedError as refused:
        raise CommandError(f"{refused.where}: {refused.what}", refused.hint, FAILURE) from None
    except OSError as error:
        raise CommandError(
            f"{error.filename or arguments.file}: {error.strerror or error}.", "Nothing was changed; mend that first."
        ) from error


def _check(arguments: argparse.Namespace) -> int:
    """Read the whole file; the database is asked for its keys only where none was named."""
    from remit.kernel.backup import archive  # noqa: PLC0415

    with ExitStack() as used:
        uri = postgres.external_uri("owner") or ""
        if not uri and not (arguments.key or arguments.trust_file) and (postgres.data_folder() / "postgres").exists():
            uri = used.enter_context(postgres.running()).uri("owner")
        trusted = _trusted(arguments, uri)
    say("Checking every byte …")
    _tell(archive.read(arguments.file, trusted, passphrase=passphrase(arguments.passphrase_file)), trusted)
    return 0


@contextmanager
def _target() -> Iterator[tuple[postgres.Server | None, str]]:
    """The database to restore to; the embedded one must be used by nobody else."""
    external = postgres.external_uri("owner")
    if external is not None:
        yield None, external
        return
    postgres.stop()  # refuses while somebody uses it
    with postgres.running() as server:
        finish_swap(server)
        yield server, server.uri("owner")


def _restore(arguments: argparse.Namespace, server: postgres.Server | None, uri: str) -> int:
    from remit.kernel.backup import archive, restoring  # noqa: PLC0415
    from remit.kernel.backup.staging import Stage  # noqa: PLC0415

    trusted = _trusted(arguments, uri)
    stage, secret = Stage(postgres.data_folder()), passphrase(arguments.passphrase_file)
    _require_room(server, uri, replace=arguments.replace)
    with ExitStack() as undoing:
        undoing.callback(stage.clear)
        stage.begin()
        say("Unpacking and checking every byte …")
        checked = archive.read(arguments.file, trusted, passphrase=secret, sink=stage.open)
        _tell(checked, trusted)
        if server is None:
            undoing.callback(restoring.empty, uri)
        else:
            undoing.callback(server.drop_database, restoring.NEW)
            server.create_database(restoring.NEW)
            uri = server.uri("owner", database=restoring.NEW)
        if added := stage.add_keys(undoing):
            say(f"Keys taken from the backup: {', '.join(added)}")
        _fill(server, uri, stage, checked, arguments)
        if server is not None:
            say("Putting it in place …")
            undoing.callback(stage.unmark)
            stage.mark()
            server.replace_database(restoring.NEW, restoring.FORMER)
        undoing.pop_all()
    stage.swap_files()
    if arguments.discard_former:
        if server is not None:
            server.drop_database(restoring.FORMER)
        stage.discard_former()
    made = checked.manifest
    rows = sum(made.counts.values())
    print(f"Restored {rows:,} rows, {made.files:,} files, {made.ledger:,} sealed ledger entries of {made.made_at}.")
    print(NEXT)
    return 0


NEXT = """People, roles and grants are as they were then: take away again what was taken away since.
Sessions are ended, API tokens and calendar links revoked, webhooks stopped, waiting mail cancelled."""


def _require_room(server: postgres.Server | None, uri: str, *, replace: bool) -> None:
    """Refuse to go over an instance that has people, and over any table of a database that is not ours to rename."""
    from remit.kernel.backup import restoring  # noqa: PLC0415

    if server is None and not restoring.is_empty(uri):
        raise CommandError(
            "The database of DATABASE_OWNER_URL is not empty.", "Create an empty one and name it there.", BAD_INPUT
        )
    if server is not None and restoring.holds_data(uri) and not replace:
        raise CommandError(
            "There is an instance with people here.", "Give --replace to take its place; it is kept aside.", BAD_INPUT
        )


def _fill(
    server: postgres.Server | None, uri: str, stage: "Stage", checked: "Checked", arguments: argparse.Namespace
) -> None:
    """Load the staged dump into the database at `uri`, compare, verify and note it there."""
    from remit.kernel.backup import restoring  # noqa: PLC0415

    _django(server, uri)
    _require_known(checked)
    _require_keys(checked)
    say("Loading the database …")
    restoring.load(uri, stage, alone=server is not None)
    restoring.compare(uri, checked.manifest)
    _migrate(uri, checked)
    say("Comparing the files …")
    restoring.compare_files(uri, stage, checked.manifest)
    _open_files(uri, stage)
    say("Verifying the ledger …")
    faults = restoring.verify_ledger(uri, checked.manifest, stage.root)
    if faults and not arguments.broken_ledger:
        raise CommandError(
            f"The ledger in this backup does not verify: {faults[0]}",
            "Use an earlier backup and keep this one as evidence, or give --broken-ledger. Nothing was changed.",
        )
    restoring.settle(uri)
    _note(checked, arguments.file, faults)


def _django(server: postgres.Server | None, uri: str) -> None:
    """Load Django on the database that is being filled, as its owner."""
    application = postgres.external_uri("app") if server is None else server.uri("app")
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415

    os.environ["REMIT_DATABASE_URI"] = uri
    os.environ["REMIT_APP_ROLE"] = unquote(urlsplit(application or "").username or "remit_app")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "remit.settings")
    import django  # noqa: PLC0415

    django.setup()


def _require_known(checked: "Checked") -> None:
    from .migrations import unknown  # noqa: PLC0415

    if newer := unknown(checked.manifest.migrations):
        raise CommandError(
            f"This backup is of a newer release ({checked.manifest.remit}): it has {newer[0]}, which is unknown here.",
            "Install that release of Remit and restore with it. Nothing was changed.",
        )


def _require_keys(checked: "Checked") -> None:
    from django.conf import settings  # noqa: PLC0415

    from remit.kernel.backup import restoring  # noqa: PLC0415
    from remit.kernel.keys.ring import provider  # noqa: PLC0415

    if missing := restoring.missing_keys(checked.manifest, provider().names()):
        raise CommandError(
            f"What is sealed in this backup needs a key that is not here: {', '.join(missing)}.",
            f"Put its file into {settings.KEYS_DIR}, or set REMIT_KEY or REMIT_FORMER_KEYS. Nothing was changed.",
        )


def _migrate(uri: str, checked: "Checked") -> None:
    """Bring tables and guards to this release."""
    from django.db import connection  # noqa: PLC0415

    from remit.kernel.backup import restoring  # noqa: PLC0415
    from remit.kernel.database.install import fingerprint, install_if_changed  # noqa: PLC0415

    from .migrations import migrate_if_needed  # noqa: PLC0415

    if count := migrate_if_needed():
        say(f"{count} migrations since that backup applied.")
    role = os.environ["REMIT_APP_ROLE"]
    install_if_changed(connection, role)
    for table in restoring.compare_guards(uri, checked.manifest, role, fingerprint(role)):
        say(f"WARNING: {table} was guarded otherwise than its release does; that is put right here.")


def _open_files(uri: str, stage: "Stage") -> None:
    """Say which files do not open. They lay so when they were backed up: every byte of the backup fits."""
    from django.conf import settings  # noqa: PLC0415

    from remit.kernel.backup import restoring  # noqa: PLC0415

    settings.FILES_DIR = stage.files
    for digest, why in restoring.damaged(uri):
        say(f"WARNING: the file {digest[:12]}… was damaged before it was backed up: {why}")


def _note(checked: "Checked", file: Path, faults: list[str]) -> None:
    import getpass  # noqa: PLC0415

    from django.db import connections, transaction  # noqa: PLC0415

    from remit.kernel import actor  # noqa: PLC0415
    from remit.kernel.ledger.reading import note  # noqa: PLC0415
    from remit.kernel.ledger.sealing import SealBrokenError, seal  # noqa: PLC0415

    made, signers = checked.manifest, ", ".join(str(key) for key in checked.signed_by)
    text = f"{file.name} of {made.made_at}, members {made.members[:16]}, by {getpass.getuser()}, signed by {signers}"
    if faults:
        text = f"ledger does not verify: {faults[0][:150]} · {text}"
    with actor.system("restore"), transaction.atomic():
        note("restore", "kernel.backup", text=text, count=1)
    try:
        seal(checkpoint=True)
    except SealBrokenError as broken:
        if not faults:
            raise
        say(f"WARNING: {broken}")
    connections.close_all()


def _trusted(arguments: argparse.Namespace, uri: str) -> "list[Verifier]":
    from remit.kernel.backup.restoring import trusted_here  # noqa: PLC0415
    from remit.kernel.ledger.notes import NoteRejected, Verifier  # noqa: PLC0415

    try:
        given = [Verifier.parse(text) for text in arguments.key]
    except NoteRejected as error:
        raise CommandError(
            f"--key: {error}.", "Give it as `remit backup` and `remit restore --check` print it.", BAD_INPUT
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


def finish_swap(server: postgres.Server) -> None:
    """End a restore that was killed between changing databases and changing files; nobody else may be at it."""
    if not (postgres.data_folder() / "files.restoring").exists():
        return
    from remit.kernel.backup.restoring import NEW  # noqa: PLC0415
    from remit.kernel.backup.staging import Stage  # noqa: PLC0415

    stage = Stage(postgres.data_folder())
    if stage.marked and NEW not in server.databases():
        stage.swap_files()
    else:  # it was killed before
        server.drop_database(NEW)
        stage.clear()

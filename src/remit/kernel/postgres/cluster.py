"""Making a new cluster: initdb, roles and database, all of it or nothing."""

import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import PostgresError
from .places import Place, unusable
from .process import ROOTLESS_HINT, child_options, explain, write_private
from .roles import (
    DATABASE,
    database_statements,
    role_statements,
    schema_statements,
    scram_verifier,
)

ADMINISTRATOR = "remit_admin"


@dataclass(frozen=True)
class _Workshop:
    """Where a cluster is built, and how programs are run there.

    Attributes:
        options: arguments for `subprocess`: user, group, environment.
    """

    place: Place
    programs: Path
    cluster: Path
    options: dict[str, Any]

    def initdb(self, *choices: str) -> None:
        """Run initdb on the cluster."""
        self._run("initdb", "-D", str(self.cluster), *choices)

    def single(self, database: str, statements: list[str]) -> None:
        """Run statements in single-user mode: no socket is open and nobody needs a password yet."""
        text = "".join(f"{statement};\n\n" for statement in statements)
        choices = ["--single", "-j", "-F", "-c", "exit_on_error=on", "-D", str(self.cluster), database]
        self._run("postgres", *choices, text=text)

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        command = [str(self.programs / "bin" / program), *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - our own program with our own arguments
                command, input=text, capture_output=True, text=True, check=False, **self.options
            )
        except (PermissionError, subprocess.SubprocessError) as error:
            raise PostgresError(f"PostgreSQL cannot be run: {error}.", ROOTLESS_HINT) from error
        if done.returncode:
            raise explain(done.stderr + done.stdout, self.place)


def initialise(place: Place, programs: Path, *, durable: bool) -> None:
    """Make the cluster of a place that has none. The caller holds the start lock.

    It is built aside, by initdb and then the server in single-user mode, and renamed into place when whole: what an
    interrupted try left behind is cleared by the next.

    Args:
        place: where to.
        programs: folder of the PostgreSQL programs.
        durable: wait until everything is on the disk.

    Raises:
        PostgresError: no space, no permission, or initdb failed.
    """
    try:
        workshop = _workshop(place, programs)
        try:
            _build(workshop, durable=durable)
            _hand_over(workshop)
            workshop.cluster.rename(place.cluster)
            workshop.cluster.parent.rmdir()
        except BaseException:
            shutil.rmtree(workshop.cluster, ignore_errors=True)
            raise
    except OSError as error:
        raise unusable(place.root, error) from error


def _workshop(place: Place, programs: Path) -> _Workshop:
    """An empty folder to build in.

    initdb insists on a user with an account. For root that is `nobody`, with the place's own number as its group: the
    folder above is open to this group alone, so other processes of `nobody` cannot come in.
    """
    folder = place.root / "cluster.new"
    folder.mkdir(mode=0o700, exist_ok=True)
    for leftover in folder.iterdir():
        shutil.rmtree(leftover)
    cluster = folder / "pgdata"
    cluster.mkdir(mode=0o700)
    if place.user is None:
        return _Workshop(place, programs, cluster, child_options(None))
    try:
        nobody = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise PostgresError("This system has no user `nobody`, which initdb would run as.", ROOTLESS_HINT) from None
    os.chown(folder, 0, place.user)
    folder.chmod(0o710)
    os.chown(cluster, nobody, place.user)
    return _Workshop(place, programs, cluster, child_options(nobody, place.user))


def _build(workshop: _Workshop, *, durable: bool) -> None:
    passwords = {name: secrets.token_urlsafe(32) for name in ("admin", "owner", "app")}
    workshop.initdb(
        f"--username={ADMINISTRATOR}",
        "--auth=reject",
        "--encoding=UTF8",
        "--locale=C",
        # Built in: sorts and folds alike on every machine, whatever its C library.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--text-search-config=english",
        "--data-checksums",
        "--no-instructions",
        "--no-sync",
    )
    admin = f"ALTER ROLE {ADMINISTRATOR} PASSWORD '{scram_verifier(passwords['admin'])}'"
    roles = role_statements({"owner": passwords["owner"], "app": passwords["app"]})
    create = f"CREATE DATABASE {DATABASE} OWNER remit_owner"
    workshop.single("postgres", [admin, *roles, create, *database_statements(DATABASE)])
    workshop.single(DATABASE, schema_statements())
    if durable:
        workshop.initdb("--sync-only")
    write_private(workshop.place.secrets, passwords)


def _hand_over(workshop: _Workshop) -> None:
    """Give everything to the user that the server runs as."""
    place = workshop.place
    if place.user is None:
        return
    place.give(workshop.cluster)
    for folder, folders, files in os.walk(workshop.cluster):
        for name in folders + files:
            place.give(Path(folder) / name)

"""One server, many users: who starts it, who stops it, and what a process may ask of it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from . import places, process
from .cluster import ADMINISTRATOR, initialise
from .errors import PostgresError
from .places import Place, data_folder, system_folder
from .programs import installed, reachable_copy
from .roles import DATABASE, ROLE_NAMES, Role, check_database_name, database_statements, schema_statements


@dataclass(frozen=True)
class Server:
    """The embedded server of one data folder, while the process that holds this uses it."""

    place: Place
    programs: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def socket_folder(self) -> Path:
        """Folder of the Unix socket: the `host` of a connection."""
        postmaster = process.read_pid_file(self.place)
        return postmaster.socket_folder if postmaster else self.place.socket_folder()

    def uri(self, role: Role = "app", *, database: str = DATABASE) -> str:
        """Connection URI with the password, for psycopg and psql.

        Args:
            role: "app" for the application, "owner" for migrations.
            database: another database made by `create_database`.
        """
        return self._uri(ROLE_NAMES[role], role, database)

    def _uri(self, user: str, secret: str, database: str) -> str:
        try:
            password = json.loads(self.place.secrets.read_text())[secret]
        except (OSError, ValueError, KeyError) as error:
            raise PostgresError(
                f"The passwords of the database cannot be read from {self.place.secrets}: {error}.",
                "Restore that file from a backup of the data folder.",
            ) from error
        return f"postgresql://{user}:{password}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def ensure_running(self) -> bool:
        """Start the server again if it is gone, as after a kill. Safe to call often: 0.1 ms when all is well.

        Returns:
            Whether it had to be started.

        Raises:
            PostgresError: it does not start.
        """
        if process.running(self.place):
            return False
        with _locked(self.place.start_lock):
            if process.running(self.place):
                return False
            process.start(self.place, self.programs, self.settings)
        return True

    def create_database(self, name: str, *, like: str = "") -> None:
        """Make a database with the rights of the main one, in place of one of that name: for tests.

        It is empty, or a copy of another (`like`) that nobody is connected to.

        Raises:
            ValueError: a name is not a plain identifier.
        """
        self.drop_database(name)
        check_database_name(like or name)
        create = f"CREATE DATABASE {name} OWNER remit_owner" + (f" TEMPLATE {like}" if like else "")
        self._administer("postgres", [create, *database_statements(name)])
        if not like:
            self._administer(name, schema_statements())

    def drop_database(self, name: str) -> None:
        """Remove a database made by `create_database`, closing its connections; no error if there is none."""
        check_database_name(name)
        if name == DATABASE:
            raise ValueError(f"{DATABASE} is the main database and is not dropped")
        self._administer("postgres", [f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"])

    def databases(self) -> set[str]:
        """Name every database there is."""
        import psycopg  # noqa: PLC0415

        with psycopg.connect(self._uri(ADMINISTRATOR, "admin", "postgres")) as connection:
            return {name for (name,) in connection.execute("select datname from pg_database").fetchall()}

    def replace_database(self, new: str, former: str) -> None:
        """Let the database `new` be the main one, and the main one be called `former`: both or neither.

        An earlier database called `former` is removed.

        Raises:
            PostgresError: somebody is connected to one of them.
        """
        import psycopg  # noqa: PLC0415

        check_database_name(new)
        self.drop_database(former)
        try:
            self._administer("postgres", ["BEGIN", f"ALTER DATABASE {DATABASE} RENAME TO {former}",
                                          f"ALTER DATABASE {new} RENAME TO {DATABASE}", "COMMIT"])  # fmt: skip
        except psycopg.errors.ObjectInUse as error:
            raise PostgresError(
                "The database is in use.", "Stop `remit up`, workers and psql, then try again."
            ) from error

    def _administer(self, database: str, statements: list[str]) -> None:
        import psycopg  # noqa: PLC0415 - 0.1 s that ordinary use does without

        with psycopg.connect(self._uri(ADMINISTRATOR, "admin", database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def running(
    data: Path | None = None, *, keep: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Use the embedded server of a data folder: made at the first use, started by the first user, stopped by the last.

    Every user, in whatever process, holds a shared lock that the system releases even after kill -9.

    Args:
        data: the data folder; $REMIT_DATA or ~/.local/share/remit when left out.
        keep: leave it running after the last user, until `stop` or until a later `running` without users beside it.
        settings: postgresql.conf entries that win over ours when this call starts the server, as `{"fsync": "off"}`
            for tests.

    Raises:
        PostgresError: it cannot be made or started; the hint says what to do.
    """
    place = places.make(data_folder(data))
    programs = installed()
    if place.user is not None:
        programs = reachable_copy(programs, system_folder() / "programs")
    extra = dict(settings or {})
    process_here = os.getpid()
    users = _open(place.users_lock)
    try:
        with _locked(place.start_lock):
            if not place.cluster.exists():
                initialise(place, programs, durable=extra.get("fsync") != "off")
            process.start(place, programs, extra)
            fcntl.flock(users, fcntl.LOCK_SH)
        yield Server(place, programs, extra)
    finally:
        try:
            # A forked child shares the lock; it must not give it up for its parent.
            if os.getpid() == process_here:
                _leave(place, users, keep=keep)
        finally:
            os.close(users)


def _leave(place: Place, users: int, *, keep: bool) -> None:
    if keep or not place.cluster.exists():
        return
    with _locked(place.start_lock), suppress(BlockingIOError):
        # Nobody can join while the start lock is held, so to get this lock is to be the last.
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.stop(place)


def in_use(data: Path | None = None) -> bool:
    """Whether the server of this data folder runs now."""
    place = places.find(data_folder(data))
    return place is not None and process.running(place) is not None


def stop(data: Path | None = None) -> bool:
    """Stop a server that nobody uses.

    Returns:
        Whether there was one running.

    Raises:
        PostgresError: it is in use.
    """
    place = places.find(data_folder(data))
    if place is None or process.running(place) is None:
        return False
    users = _open(place.users_lock)
    try:
        with _locked(place.start_lock):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PostgresError(
                    f"The database of {place.data} is in use.", "Stop `remit up` and other commands first."
                ) from None
            process.stop(place)
    finally:
        os.close(users)
    return True


def destroy(data: Path) -> None:
    """Stop the server of a data folder and remove its database for good, wherever it lives: for tests.

    Raises:
        PostgresError: it is in use.
    """
    place = places.find(data_folder(data))
    if place is None:
        return
    stop(data)
    link = place.data / "postgres"
    with suppress(OSError):
        socket_folder = place.socket_folder()
        if socket_folder.parent != place.root:
            shutil.rmtree(socket_folder)
    shutil.rmtree(place.root)
    if link.is_symlink():
        link.unlink()


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise places.unusable(path.parent, error) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _open(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)

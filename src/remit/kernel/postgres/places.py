"""Where the embedded database lives, and as which user it runs.

For an ordinary user: in the data folder, as that user.

PostgreSQL refuses to run as root. For root it runs as a numeric user of its own, one that has no account and owns
nothing else. Such a user often cannot reach the data folder (root's home is closed to others), and no folder is opened
for its sake: then the database lives below /var/lib/remit and the data folder holds a link to it.
"""

import os
import pwd
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import PostgresError
from .programs import open_to_others
from .settings import LONGEST_SOCKET_FOLDER

SYSTEM_FOLDER = Path("/var/lib/remit")
# Numbers that systemd sets aside for users without an account.
FIRST_USER, LAST_USER = 61184, 65519


@dataclass(frozen=True)
class Place:
    """The folder of one embedded database and what is in it.

    Attributes:
        data: the data folder it belongs to, as the user names it.
        root: the folder itself, owned by whoever runs Remit.
        user: the numeric user the server runs as, or None for the current one.
    """

    data: Path
    root: Path
    user: int | None

    @property
    def cluster(self) -> Path:
        """PGDATA."""
        return self.root / "cluster"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.root / "server.log"

    @property
    def secrets(self) -> Path:
        """Passwords of the roles, readable by whoever runs Remit only."""
        return self.root / "passwords.json"

    @property
    def start_lock(self) -> Path:
        """Held while the server is started or stopped."""
        return self.root / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by every process that uses the server."""
        return self.root / "users.lock"

    def socket_folder(self) -> Path:
        """The private folder of the socket, made if it is missing."""
        folder = self.root / "run"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            folder = self._short_folder()
        if not folder.is_dir():
            folder.mkdir(mode=0o700)
            self.give(folder)
        return folder

    def _short_folder(self) -> Path:
        """A folder with a short path, remembered in a file since its name is random."""
        memo = self.root / "run.path"
        with suppress(OSError):
            folder = Path(memo.read_text())
            if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == self.owner:
                return folder
        parent = SYSTEM_FOLDER if self.user is not None else Path(tempfile.gettempdir())
        if len(os.fsencode(parent)) > LONGEST_SOCKET_FOLDER - 20:
            parent = Path("/tmp")  # noqa: S108 - the folder made in it is private and its name is random
        folder = Path(tempfile.mkdtemp(prefix="remit-", dir=parent))
        self.give(folder)
        memo.write_text(str(folder))
        return folder

    @property
    def owner(self) -> int:
        """The numeric user the server runs as."""
        return os.geteuid() if self.user is None else self.user

    def give(self, path: Path) -> None:
        """Hand `path` to the server's user."""
        if self.user is not None:
            os.chown(path, self.user, self.user, follow_symlinks=False)


def data_folder(data: Path | None = None) -> Path:
    """The data folder: `data`, else $REMIT_DATA, else ~/.local/share/remit; absolute, not made yet."""
    if data is None:
        named = os.environ.get("REMIT_DATA")
        data = Path(named) if named else Path.home() / ".local" / "share" / "remit"
    return data.expanduser().absolute()


def find(data: Path) -> Place | None:
    """The place of the database of this data folder, or None if there is none yet."""
    link = data / "postgres"
    try:
        root = link.resolve(strict=True)
        user = None if os.geteuid() else _user_of(root)
    except FileNotFoundError:
        if link.is_symlink():
            raise PostgresError(
                f"The database of {data} is gone: {link} leads to {link.readlink()}, which does not exist.",
                "Mount or restore that folder; or remove the link to begin with an empty database.",
            ) from None
        return None
    except OSError as error:
        raise unusable(data, error) from error
    return Place(data=data, root=root, user=user)


def make(data: Path) -> Place:
    """The place of the database of this data folder, made if there is none yet.

    Raises:
        PostgresError: a folder cannot be made or written.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = find(data)
        if place is None:
            place = _new(data) if os.geteuid() else _new_for_root(data)
        _check_writable(place.root)
    except OSError as error:
        raise unusable(data, error) from error
    return place


def _new(data: Path) -> Place:
    root = data / "postgres"
    root.mkdir(mode=0o700, exist_ok=True)
    return Place(data=data, root=root.resolve(), user=None)


def _new_for_root(data: Path) -> Place:
    """Finished under a name of its own and then put in place in one step, since two processes may come here at once."""
    inside = open_to_others(data / "postgres")
    name = secrets.token_hex(6)
    root = data / f".postgres-{name}" if inside else system_folder() / name
    user = _free_user()
    root.mkdir(mode=0o700)
    cluster = root / "cluster.new"
    cluster.mkdir(mode=0o700)
    os.chown(cluster, user, user)
    root.chmod(0o711)
    link = data / "postgres"
    try:
        if inside:
            root.rename(link)
        else:
            (root / "origin").write_text(f"{data}\n")
            link.symlink_to(root)
    except OSError:  # the other process was first
        cluster.rmdir()
        (root / "origin").unlink(missing_ok=True)
        root.rmdir()
    place = find(data)
    if place is None:
        raise PostgresError(f"{link} could not be made.", "Try again.")
    return place


def system_folder() -> Path:
    """/var/lib/remit, root's, which others may traverse but not list."""
    try:
        SYSTEM_FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
        SYSTEM_FOLDER.chmod(0o711)
        if SYSTEM_FOLDER.is_symlink() or SYSTEM_FOLDER.stat().st_uid != 0:
            raise PermissionError(f"{SYSTEM_FOLDER} is not root's own folder")
    except OSError as error:
        raise unusable(SYSTEM_FOLDER, error) from error
    return SYSTEM_FOLDER


def _user_of(root: Path) -> int:
    """The user an existing place was made for: the owner of its cluster."""
    with suppress(FileNotFoundError):
        return (root / "cluster").stat().st_uid
    with suppress(FileNotFoundError):
        # While the cluster is made, the user is this folder's group.
        return (root / "cluster.new").stat().st_gid or _free_user()
    return _free_user()


def _free_user() -> int:
    """A numeric user without an account and without a process."""
    busy = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            busy.add(process.stat().st_uid)
    while True:
        user = FIRST_USER + secrets.randbelow(LAST_USER - FIRST_USER + 1)
        if user in busy:
            continue
        try:
            pwd.getpwuid(user)
        except KeyError:
            return user


def _check_writable(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass


def unusable(folder: Path, error: OSError) -> PostgresError:
    """The error for a folder that cannot be written, with the remedy for its cause."""
    reason = error.strerror or str(error)
    if error.errno == 28:
        return PostgresError(f"No space left for the database in {folder}.", DISK_FULL_HINT)
    return PostgresError(
        f"The data folder {folder} cannot be used: {reason}.",
        "Give yourself write permission there, or choose another folder with REMIT_DATA.",
    )


DISK_FULL_HINT = "Free at least 100 MB there, or choose a folder on another disk with REMIT_DATA, and run it again."

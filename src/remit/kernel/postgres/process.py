"""Starting, watching and stopping the server process of one place."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import PostgresError
from .places import DISK_FULL_HINT, Place, unusable
from .programs import MAJOR
from .settings import HBA, SOCKET_NAME, configuration

POLL_SECONDS = 0.01
LOOK_AGAIN_SECONDS = 0.3
# Recovery after a crash replays at most max_wal_size and may take a while on a slow disk.
START_SECONDS = 300.0
LEFTOVER_SECONDS = 10.0
STOP_SECONDS = 60.0
LARGEST_LOG = 10_000_000


@dataclass(frozen=True)
class Postmaster:
    """What postmaster.pid says: the process, its socket folder and whether it takes connections."""

    pid: int
    socket_folder: Path
    ready: bool


def read_pid_file(place: Place) -> Postmaster | None:
    """The server that postmaster.pid names, alive or not; None when there is no such file or it is half written."""
    try:
        lines = (place.cluster / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")
    except (OSError, ValueError, IndexError):
        return None


def alive(place: Place, postmaster: Postmaster) -> bool:
    """Whether that process exists and is the server of this place, not a later process with the same number.

    A server in another container has no number here but answers on its socket.
    """
    try:
        return Path(f"/proc/{postmaster.pid}/cwd").samefile(place.cluster)
    except PermissionError:  # root in a container without CAP_SYS_PTRACE
        return _serves(Path(f"/proc/{postmaster.pid}"), place)
    except OSError:
        return _answers(postmaster.socket_folder)


def _serves(process: Path, place: Place) -> bool:
    """Whether the command line of a process names this cluster."""
    with suppress(OSError):
        return os.fsencode(place.cluster) in (process / "cmdline").read_bytes().split(b"\0")
    return False


def _answers(socket_folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_folder / SOCKET_NAME))
        except OSError:
            return False
    return True


def running(place: Place) -> Postmaster | None:
    """The server of this place if it is alive and takes connections."""
    postmaster = read_pid_file(place)
    return postmaster if postmaster and postmaster.ready and alive(place, postmaster) else None


def child_options(user: int | None, group: int | None = None) -> dict[str, Any]:
    """Arguments for `subprocess` that run a program as the server's user, knowing nothing of our environment."""
    options: dict[str, Any] = {
        "cwd": "/",
        "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        "umask": 0o077,
    }
    if user is not None:
        options |= {"user": user, "group": user if group is None else group, "extra_groups": []}
    return options


def start(place: Place, programs: Path, extra: Mapping[str, str]) -> Postmaster:
    """Start the server unless it runs, and wait until it takes connections. The caller holds the start lock.

    Raises:
        PostgresError: it does not start; the message gives the cause where the log tells it.
    """
    check_version(place)
    deadline = time.monotonic() + START_SECONDS
    leftovers_until = time.monotonic() + LEFTOVER_SECONDS
    while time.monotonic() < deadline:
        postmaster = read_pid_file(place)
        if postmaster is not None and alive(place, postmaster):
            if postmaster.ready:
                return postmaster
            time.sleep(POLL_SECONDS)
            continue
        log_start = _launch(place, programs, extra)
        postmaster = _wait(place, deadline)
        if postmaster is not None:
            return postmaster
        said = _log_since(place, log_start)
        # The children of a killed server leave a moment after it.
        if "pre-existing shared memory block" not in said or time.monotonic() > leftovers_until:
            raise explain(said, place)
        time.sleep(0.1)
    raise PostgresError(
        f"PostgreSQL did not become ready within {START_SECONDS:.0f} s.", f"The log is {place.log}; try again."
    )


def _launch(place: Place, programs: Path, extra: Mapping[str, str]) -> int:
    """Run the server in a session of its own, so that Ctrl-C at this terminal does not reach it.

    Returns:
        Size of the log before this start, bytes.
    """
    try:
        socket_folder = place.socket_folder()
        # Left by a killed server. PostgreSQL would take a zombie, or another process of that number, for the server.
        for leftover in (place.cluster / "postmaster.pid", socket_folder / f"{SOCKET_NAME}.lock"):
            leftover.unlink(missing_ok=True)
        hba, conf = place.root / "pg_hba.conf", place.root / "postgresql.conf"
        _replace(hba, HBA)
        _replace(conf, configuration(socket_folder=socket_folder, hba_file=hba, extra=extra))
        if place.log.exists() and place.log.stat().st_size > LARGEST_LOG:
            place.log.rename(place.log.with_suffix(".log.1"))
        log = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise unusable(place.root, error) from error
    try:
        log_start = os.fstat(log).st_size
        command = [str(programs / "bin" / "postgres"), "-D", str(place.cluster), f"--config-file={conf}"]
        # The shell leaves at once: the server is nobody's child and outlives whoever started it.
        subprocess.run(  # noqa: S603 - our own program with our own arguments
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            check=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **child_options(place.user),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresError(f"PostgreSQL cannot be run: {error}.", ROOTLESS_HINT) from error
    finally:
        os.close(log)
    return log_start


ROOTLESS_HINT = "Run Remit as an ordinary user, or set DATABASE_URL to use a server of your own."


def _wait(place: Place, deadline: float) -> Postmaster | None:
    """The server once it is ready, or None when it has gone."""
    appeared = False
    patience = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        postmaster = read_pid_file(place)
        if postmaster is not None and alive(place, postmaster):
            if postmaster.ready:
                return postmaster
            appeared = True
        elif appeared or time.monotonic() > patience or _gave_up(place):
            return None
        time.sleep(POLL_SECONDS)
    return None


def _gave_up(place: Place) -> bool:
    """Whether no process of this cluster is left although none has written its pid file.

    Asked twice, some time apart: while a process becomes another its command line is empty.
    """
    if not Path("/proc/self").exists():
        return False
    for look in range(2):
        if look:
            time.sleep(LOOK_AGAIN_SECONDS)
        if any(_serves(process, place) for process in Path("/proc").glob("[0-9]*")) or read_pid_file(place):
            return False
    return True


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.replace(path)


def write_private(path: Path, value: dict[str, str]) -> None:
    """Write JSON that only its owner may read, all of it or nothing."""
    fresh = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def stop(place: Place) -> None:
    """Stop the server: connections are closed, everything committed is written. The caller holds the start lock."""
    postmaster = read_pid_file(place)
    if postmaster is None or not alive(place, postmaster):
        return
    for request in (signal.SIGINT, signal.SIGQUIT):
        with suppress(ProcessLookupError):
            os.kill(postmaster.pid, request)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not alive(place, postmaster):
                return
            time.sleep(POLL_SECONDS)
    raise PostgresError(
        f"PostgreSQL (process {postmaster.pid}) does not stop.", f"Its log is {place.log}; end it by hand."
    )


def check_version(place: Place) -> None:
    """Refuse a cluster that another major version made, or that is none."""
    try:
        version = (place.cluster / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise PostgresError(
            f"{place.cluster} holds no PostgreSQL database.",
            "Restore it from a backup, or move the folder away to begin with an empty one.",
        ) from error
    if version != str(MAJOR):
        raise PostgresError(
            f"The database in {place.data} was made by PostgreSQL {version}; this release of Remit brings {MAJOR}.",
            "Back it up with the release that made it and restore it here, or choose another folder with REMIT_DATA.",
        )


def _log_since(place: Place, start: int) -> str:
    with suppress(OSError), place.log.open("rb") as log:
        log.seek(start)
        return log.read(100_000).decode("utf-8", "replace")
    return ""


def explain(said: str, place: Place) -> PostgresError:
    """The error for what initdb or the server said before it left."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return PostgresError(f"No space left for the database in {place.root}.", DISK_FULL_HINT)
    if "could not look up effective user ID" in said:
        return PostgresError(
            f"The user number {os.geteuid()} has no account, which PostgreSQL's initdb needs.",
            "Give it an account (an entry in /etc/passwd), or set DATABASE_URL to use a server of your own.",
        )
    return PostgresError(f"PostgreSQL did not start in {place.root}: {_cause(said)}.", f"The whole log is {place.log}.")


def _cause(said: str) -> str:
    """The line of a log that tells most: what precedes "contains errors", else the first fatal one, else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    telling = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
    chosen = (telling or lines[-1:])[0]
    if "contains errors" in chosen:
        chosen = lines[0]
    return re.sub(r"^.*?(LOG|FATAL|PANIC|error): +", "", chosen).rstrip(".")

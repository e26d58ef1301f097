"""What must be alone in a data folder: `remit up`, and a restore."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import CommandError


@contextmanager
def only_one(data: Path, what: str) -> Iterator[None]:
    """Refuse a second `remit up`, or whatever else must be alone (`what`), in the same data folder."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CommandError(
            f"The data folder {data} cannot be used: {error.strerror}.",
            "Give yourself write permission there, or choose another folder with REMIT_DATA.",
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.read(lock, 200).decode(errors="replace").strip()
            raise CommandError(
                f"Remit already runs with the data folder {data}: {who}.",
                "Use that one, stop it, or choose another folder with REMIT_DATA.",
            ) from None
        os.truncate(lock, 0)
        os.write(lock, f"process {os.getpid()}, {what}\n".encode())
        yield
    finally:
        os.close(lock)

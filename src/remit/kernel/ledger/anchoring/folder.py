"""A folder whose files cannot be changed once written (WORM): each checkpoint is a file of its own."""

from __future__ import annotations

import os
from pathlib import Path

from remit.kernel.disk import sync_folder
from remit.kernel.ledger.anchoring.refused import AnchorRefusedError

MOST_PARTS = 5
"""Files that a killed process may have left half written under one name; more are no accident."""


def problem(target: str) -> str:
    """Say what is wrong with a folder, or nothing."""
    if not target.startswith("/") or "\x00" in target:
        return "Name the folder by its whole path, such as /mnt/worm/remit."
    if not Path(target).is_dir():
        return f"There is no folder {target}. Make it on the machine where the worker runs, or mount it."
    if not os.access(target, os.W_OK | os.X_OK):
        return f"Remit may not write in {target}. Let the account it runs as do so."
    return ""


def deliver(target: str, size: int, note: str) -> None:
    """Write the note as checkpoint-SIZE.txt: never over another file, on the disk when this returns, then read-only.

    AnchorRefusedError where a file of that name holds something else. OSError as it comes.
    """
    content = note.encode()
    for part in range(MOST_PARTS):
        path = Path(target) / f"checkpoint-{size:016d}{f'.{part}' if part else ''}.txt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        except FileExistsError:
            found = path.read_bytes()
            if found == content:
                return
            if content.startswith(found):
                continue  # a process was killed while it wrote this one
            raise AnchorRefusedError(
                f"{path} holds another checkpoint of {size} entries. Keep it, and verify the ledger against it."
            ) from None
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o444)
        sync_folder(Path(target))
        return
    raise AnchorRefusedError(
        f"{target} holds {MOST_PARTS} half-written files of one checkpoint. See whether it is full."
    )

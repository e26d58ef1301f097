"""The file of an import between its dry run and its application: on this server's disk, one person's, for an hour.

The name on disk is made here from the person's key and a random word; nothing of what they called it is used.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.conf import settings

from remit.kernel.rejected import ImportRejected
from remit.kernel.transfer.tables import FILE_BYTES, MIB

KEPT_SECONDS: Final = 3600
KEPT_FILES: Final = 5
"""Of one person; the oldest goes first."""
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{32}")


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep(user_id: int, file: Any) -> str:
    """Store an uploaded file; return the word by which only this person gets it back. ImportRejected if too large."""
    if (file.size or 0) > FILE_BYTES:
        raise ImportRejected(
            "too-large", f"byte {FILE_BYTES}", f"Split the file: a table may have {FILE_BYTES // MIB} MB."
        )
    clear(user_id)
    word = secrets.token_urlsafe(24)
    descriptor = os.open(_folder() / f"{user_id}.{word}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    return word


def kept(user_id: int, word: str) -> BinaryIO:
    """Open a person's stored file. ImportRejected where there is none of theirs by this word, or not any more."""
    path = _folder() / f"{user_id}.{word}"
    if _WORD.fullmatch(word):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime < KEPT_SECONDS:
                return path.open("rb")
    raise ImportRejected("upload-gone", "the file", "The checked file is not kept any more; choose it again.")


def forget(user_id: int, word: str) -> None:
    """Remove a person's stored file."""
    if _WORD.fullmatch(word):
        (_folder() / f"{user_id}.{word}").unlink(missing_ok=True)


def clear(user_id: int) -> None:
    """Remove everybody's files that are too old, and this person's oldest ones."""
    now, mine = time.time(), []
    for path in _folder().iterdir():
        with contextlib.suppress(FileNotFoundError):
            made = path.stat().st_mtime
            if now - made > KEPT_SECONDS:
                path.unlink()
            elif path.name.startswith(f"{user_id}."):
                mine.append((made, path))
    for _, path in sorted(mine)[: max(0, len(mine) - KEPT_FILES + 1)]:
        path.unlink(missing_ok=True)

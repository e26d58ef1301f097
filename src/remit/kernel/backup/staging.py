"""Where a restored instance stands before it takes the place of the present one, and the step by which it does."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from remit.kernel.backup.manifest import DUMP
from remit.kernel.disk import sync_folder
from remit.kernel.keys.folder import write_whole

FORMER_FILES, NEW_FILES = "files.before-restore", "files.restoring"


@dataclass(frozen=True)
class Stage:
    """The folder in the data folder in which a backup is unpacked; its files move as a whole, never one by one."""

    data: Path

    @property
    def root(self) -> Path:
        return self.data / NEW_FILES

    @property
    def dump(self) -> Path:
        return self.root / DUMP

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def files(self) -> Path:
        return self.root / "files"

    def open(self, name: str) -> BinaryIO:
        """Open a member's place for writing; its name is one that `archive.read` let through."""
        place = self.root / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def begin(self) -> None:
        """Empty the stage, also of what a restore that was killed left."""
        self.clear()
        self.files.mkdir(mode=0o700, parents=True)

    def clear(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def marked(self) -> bool:
        """Whether the databases were about to change places, or have."""
        return (self.root / "swapping").exists()

    def mark(self) -> None:
        """Write down, on the disk, that the databases change places next."""
        with (self.root / "swapping").open("w") as file:
            os.fsync(file.fileno())
        sync_folder(self.root)

    def unmark(self) -> None:
        (self.root / "swapping").unlink(missing_ok=True)

    def discard_former(self) -> None:
        """Remove the files that were there before."""
        shutil.rmtree(self.data / FORMER_FILES, ignore_errors=True)

    def swap_files(self) -> None:
        """Put the restored files in place and keep the former ones aside; done again after a kill, it ends the same."""
        present, former = self.data / "files", self.data / FORMER_FILES
        if self.files.is_dir():
            if present.is_dir():
                shutil.rmtree(former, ignore_errors=True)
                present.rename(former)
            self.files.rename(present)
        self.clear()

    def add_keys(self, undoing: ExitStack) -> list[str]:
        """Put keys of the backup where there are none of their name; return the names of those added.

        `undoing` takes them away again.
        """
        added = []
        for key in sorted(self.keys.glob("*")) if self.keys.is_dir() else ():
            place = self.data / (key.name if key.name == "secret-key" else f"keys/{key.name}")
            if not place.exists():
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                undoing.callback(place.unlink, missing_ok=True)
                write_whole(place, key.read_text("latin-1"))
                added.append(key.name)
        return added

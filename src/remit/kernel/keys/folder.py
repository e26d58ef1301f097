"""Key-encryption keys in files of this account's own: <data folder>/keys/<name>.key, and `current`, which names one."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path

from remit.kernel.disk import sync_folder
from remit.kernel.keys.wrapping import SIZE, KeyRefusedError, LocalKeys, name_of, read_key

RETIRED = "retired"
"""The folder, within that of the keys, of those that nothing is wrapped by any more; backups may still need them."""


class FolderKeys(LocalKeys):
    """The keys of a folder. What another process adds or makes current is seen at the next use."""

    def __init__(self, folder: Path) -> None:
        super().__init__({}, "")
        self._folder, self._seen = folder, (0, 0)
        self._read()

    @property
    def current(self) -> str:
        self._read()
        return self._current

    def names(self) -> Sequence[str]:
        self._read()
        return super().names()

    def make(self) -> str:
        """Make a key file and let `current` name it, each whole on the disk before the next step."""
        name = new_key_file(self._folder)
        write_whole(self._folder / "current", name, over=True)
        self._read()
        return name

    def retire(self, name: str) -> str:
        """Move a key's file to the folder of retired ones. KeyRefusedError for the one in use or one there is not."""
        if name == self.current or name not in self.names():
            raise KeyRefusedError(f"{name} is not a key to retire.", "`remit keys list` names them.")
        kept = self._folder / RETIRED
        kept.mkdir(mode=0o700, exist_ok=True)
        (self._folder / f"{name}.key").rename(kept / f"{name}.key")
        self._seen = (0, 0)
        return f"{name}.key was moved to {kept}. Backups made before today need it: keep it with them."

    def _key(self, name: str) -> bytes:
        if name not in self._keys:
            self._seen = (0, 0)
        self._read()
        return super()._key(name)

    def _read(self) -> None:
        pointer = self._folder / "current"
        try:
            facts = pointer.stat()
            if (seen := (facts.st_ino, facts.st_mtime_ns)) == self._seen:
                return
            found = sorted(self._folder.glob("*.key"))
            self._keys = {path.stem: read_key(path.read_text("latin-1"), str(path)) for path in found}
            self._current, self._seen = pointer.read_text().strip(), seen
        except OSError as error:
            raise KeyRefusedError(
                f"The keys in {self._folder} cannot be read: {error.strerror}.",
                "Restore the folder of keys from where you keep a copy, readable by Remit's account.",
            ) from None
        if self._current not in self._keys:
            raise KeyRefusedError(
                f"The key file {self._folder / self._current}.key is missing.",
                "Restore the folder of keys from where you keep a copy.",
            )


def from_folder(folder: Path) -> FolderKeys:
    """Return the keys of a folder, one file each, readable by this account only; the first is made where there is none.

    KeyRefusedError for a file that holds no key, and where the one in use is missing.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / "current").exists():
            write_whole(folder / "current", new_key_file(folder))
    except OSError as error:
        raise KeyRefusedError(
            f"No key can be kept in {folder}: {error.strerror}.", "Make room there, and let Remit's account write."
        ) from None
    return FolderKeys(folder)


def new_key_file(folder: Path) -> str:
    """Make a new key in a file of its own and return its name."""
    key = os.urandom(SIZE)
    name = name_of("file", key)
    write_whole(folder / f"{name}.key", base64.b64encode(key).decode())
    return name


def write_whole(path: Path, text: str, *, over: bool = False) -> None:
    """Write a file whole or not at all, on the disk when this returns; over another only where that is said."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        if over:
            draft.rename(path)
        else:
            os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)

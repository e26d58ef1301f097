"""Key-encryption keys: they wrap other keys and nothing else (NIST SP 800-57 part 1, key-wrapping key).

A provider holds them, in a file or in the environment; plain Python, without Django or database.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SIZE = 32
"""Bytes of every key: AES-256."""


class KeyRefusedError(Exception):
    """A key is missing, damaged or not the one that is needed; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key as it may be stored: sealed by the key-encryption key called `by`."""

    by: str
    sealed: bytes


class KeyProvider(Protocol):
    """What holds key-encryption keys. `current` names the one that new keys are wrapped by."""

    @property
    def current(self) -> str: ...

    def wrap(self, key: bytes, context: str) -> Wrapped:
        """Seal a key; it can be opened again only for the same context."""
        ...

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        """Open what `wrap` returned. KeyRefusedError where the key is missing or does not fit."""
        ...


class LocalKeys:
    """Key-encryption keys at hand, by name; the base of those from files and from the environment."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._keys = dict(keys)
        self.current = current

    def wrap(self, key: bytes, context: str) -> Wrapped:
        nonce = os.urandom(12)
        return Wrapped(self.current, nonce + AESGCM(self._keys[self.current]).encrypt(nonce, key, context.encode()))

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        if (key := self._keys.get(wrapped.by)) is None:
            raise KeyRefusedError(
                f"The key-encryption key {wrapped.by} is not here.",
                "Put back the key file of that name, or the environment variable that held it.",
            )
        try:
            return AESGCM(key).decrypt(wrapped.sealed[:12], wrapped.sealed[12:], context.encode())
        except InvalidTag:
            raise KeyRefusedError(
                f"A key wrapped by {wrapped.by} was changed, or belongs elsewhere.", "Restore it from a backup."
            ) from None


def from_folder(folder: Path) -> LocalKeys:
    """Return the keys of a folder, one file each, readable by this account only; the first is made where there is none.

    `current` in the folder names the one in use. KeyRefusedError for a file that holds no key.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pointer = folder / "current"
    if not pointer.exists():
        _write_once(pointer, new_key_file(folder))
    keys = {path.stem: _read(path.read_text(), str(path)) for path in sorted(folder.glob("*.key"))}
    current = pointer.read_text().strip()
    if current not in keys:
        raise KeyRefusedError(
            f"The key file {folder / current}.key is missing.", "Restore the folder of keys from where you keep a copy."
        )
    return LocalKeys(keys, current)


def from_environment(text: str, former: str = "") -> LocalKeys:
    """Return the key that a variable holds in base64, and with it former ones, parted by commas."""
    keys = [_read(each, "REMIT_KEY") for each in (text, *filter(None, former.split(",")))]
    names = [name_of("environment", key) for key in keys]
    return LocalKeys(dict(zip(names, keys, strict=True)), names[0])


def new_key_file(folder: Path) -> str:
    """Make a new key in a file of its own and return its name."""
    key = os.urandom(SIZE)
    name = name_of("file", key)
    _write_once(folder / f"{name}.key", base64.b64encode(key).decode())
    return name


def name_of(kind: str, key: bytes) -> str:
    """Name a key by where it is from and the start of its digest, which tells nothing of the key."""
    return f"{kind}-{hashlib.sha256(b'remit key name' + key).hexdigest()[:12]}"


def _read(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != SIZE:
        raise KeyRefusedError(f"{where} holds no key.", "It takes 32 random bytes in base64: openssl rand -base64 32")
    return key


def _write_once(path: Path, text: str) -> None:
    """Write a file whole or not at all, and never over another."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

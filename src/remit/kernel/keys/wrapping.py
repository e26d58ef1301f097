"""Key-encryption keys: they wrap other keys and nothing else (NIST SP 800-57 part 1, key-wrapping key).

A provider holds them: in files, in the environment, in a key management service, or in several of these where an
installation moves from one to another. Plain Python, without Django or database.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

    def names(self) -> Sequence[str]:
        """Name every key at hand, the current one included."""
        ...

    def wrap(self, key: bytes, context: str) -> Wrapped:
        """Seal a key; it can be opened again only for the same context."""
        ...

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        """Open what `wrap` returned. KeyRefusedError where the key is missing or does not fit."""
        ...

    def rewrap(self, wrapped: Wrapped, context: str) -> Wrapped:
        """Wrap the same key by the current key-encryption key."""
        ...

    def make(self) -> str:
        """Make a new key, which is current from now on, and name it. KeyRefusedError where it is not ours to make."""
        ...

    def retire(self, name: str) -> str:
        """Take a key out of use that nothing is wrapped by any more; say in a sentence what was or is to be done."""
        ...


class LocalKeys:
    """Key-encryption keys at hand, by name; the base of those from files and from the environment."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._keys = dict(keys)
        self._current = current

    @property
    def current(self) -> str:
        return self._current

    def names(self) -> Sequence[str]:
        return tuple(self._keys)

    def wrap(self, key: bytes, context: str) -> Wrapped:
        name, nonce = self.current, os.urandom(12)
        return Wrapped(name, nonce + AESGCM(self._key(name)).encrypt(nonce, key, context.encode()))

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        key = self._key(wrapped.by)
        try:
            return AESGCM(key).decrypt(wrapped.sealed[:12], wrapped.sealed[12:], context.encode())
        except (InvalidTag, ValueError):
            raise KeyRefusedError(
                f"A key wrapped by {wrapped.by} was changed, or belongs elsewhere.", "Restore it from a backup."
            ) from None

    def rewrap(self, wrapped: Wrapped, context: str) -> Wrapped:
        return self.wrap(self.unwrap(wrapped, context), context)

    def make(self) -> str:
        raise KeyRefusedError(
            "The key-encryption key is given by the environment.",
            "Put a new one into REMIT_KEY (openssl rand -base64 32), the present one into REMIT_FORMER_KEYS, restart,"
            " and rotate again.",
        )

    def retire(self, name: str) -> str:
        return f"Take {name} out of REMIT_FORMER_KEYS."

    def _key(self, name: str) -> bytes:
        if (key := self._keys.get(name)) is None:
            raise KeyRefusedError(
                f"The key-encryption key {name} is not here.",
                "Put back the key file of that name, or the environment variable that held it.",
            )
        return key


class Several:
    """Several providers as one: the first wraps and makes keys, each opens what it wrapped."""

    def __init__(self, first: KeyProvider, others: Sequence[KeyProvider]) -> None:
        self._first, self._others = first, tuple(others)

    @property
    def current(self) -> str:
        return self._first.current

    def names(self) -> Sequence[str]:
        return tuple(name for each in (self._first, *self._others) for name in each.names())

    def wrap(self, key: bytes, context: str) -> Wrapped:
        return self._first.wrap(key, context)

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        return self._holder(wrapped.by).unwrap(wrapped, context)

    def rewrap(self, wrapped: Wrapped, context: str) -> Wrapped:
        holder = self._holder(wrapped.by)
        if holder is self._first:
            return holder.rewrap(wrapped, context)
        return self._first.wrap(holder.unwrap(wrapped, context), context)

    def make(self) -> str:
        return self._first.make()

    def retire(self, name: str) -> str:
        return self._holder(name).retire(name)

    def _holder(self, name: str) -> KeyProvider:
        """Who holds a key of this name; a name's first part says which kind of provider that is."""
        return next((each for each in self._others if name in each.names()), self._first)


def from_environment(text: str, former: str = "") -> LocalKeys:
    """Return the key that a variable holds in base64, and with it former ones, parted by commas."""
    if not text:
        raise KeyRefusedError("REMIT_KEY is not set.", "Set it to 32 random bytes in base64: openssl rand -base64 32")
    keys = [read_key(each, "REMIT_KEY") for each in (text, *filter(None, former.split(",")))]
    names = [name_of("environment", key) for key in keys]
    return LocalKeys(dict(zip(names, keys, strict=True)), names[0])


def name_of(kind: str, key: bytes) -> str:
    """Name a key by where it is from and the start of its digest, which tells nothing of the key."""
    return f"{kind}-{hashlib.sha256(b'remit key name' + key).hexdigest()[:12]}"


def read_key(text: str, where: str) -> bytes:
    """Read 32 bytes in base64. KeyRefusedError, naming `where`, for anything else."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != SIZE:
        raise KeyRefusedError(f"{where} holds no key.", "It takes 32 random bytes in base64: openssl rand -base64 32")
    return key

"""The key ring in use: which provider holds the key-encryption keys, and the keys that they wrap."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from remit.kernel import actor
from remit.kernel.keys.folder import from_folder
from remit.kernel.keys.models import KeyHolder, RingKey
from remit.kernel.keys.vault import VaultKeys
from remit.kernel.keys.wrapping import SIZE, KeyProvider, KeyRefusedError, Several, Wrapped, from_environment

KINDS = ("file", "environment", "vault")
REMEMBERED = 300
"""Seconds for which an opened key stays in memory."""
MOST_REMEMBERED = 1000

_opened: dict[tuple[str, bytes, str], tuple[float, bytes]] = {}


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key; `name` is what its signatures are made under, `public` its 32 bytes."""

    name: str
    public: bytes
    private: Ed25519PrivateKey


@lru_cache(maxsize=1)
def provider() -> KeyProvider:
    """Return what holds the key-encryption keys here, by REMIT_KEY_PROVIDER: else the environment, else the folder.

    What other providers are still set up with can be opened too, so that a rotation moves everything to the chosen one.
    KeyRefusedError, saying what to do, where the chosen one cannot be used.
    """
    chosen = settings.KEY_PROVIDER or ("environment" if settings.KEY_IN_ENVIRONMENT else "file")
    if chosen not in KINDS:
        raise KeyRefusedError(f"There is no key provider “{chosen}”.", f"Set REMIT_KEY_PROVIDER to one of {KINDS}.")
    first, others = _provider(chosen), []
    there = {
        "file": (settings.KEYS_DIR / "current").exists(),
        "environment": bool(settings.KEY_IN_ENVIRONMENT),
        "vault": bool(settings.VAULT["address"]),
    }
    for kind in KINDS:
        if kind != chosen and there[kind]:
            with suppress(KeyRefusedError):
                others.append(_provider(kind))
    return Several(first, others) if others else first


def forget() -> None:
    """Forget the provider and every opened key; tests and a change of settings need this."""
    provider.cache_clear()
    _opened.clear()


def wrap(holder: KeyHolder, key: bytes) -> None:
    """Give a row its key, wrapped; the caller saves it."""
    wrapped = provider().wrap(key, holder.key_context())
    holder.wrapped, holder.wrapped_by = wrapped.sealed, wrapped.by


def unwrap(holder: KeyHolder) -> bytes:
    """Return a row's key. KeyRefusedError where its key-encryption key is not at hand, or it was changed."""
    wrapped = Wrapped(holder.wrapped_by, bytes(holder.wrapped))
    asked, now = (wrapped.by, wrapped.sealed, holder.key_context()), time.monotonic()
    known = _opened.get(asked)
    if known is not None and now - known[0] < REMEMBERED:
        return known[1]
    key = provider().unwrap(wrapped, holder.key_context())
    if len(_opened) >= MOST_REMEMBERED:
        _opened.clear()
    _opened[asked] = (now, key)
    return key


def signing_key(purpose: str = RingKey.Purpose.LEDGER) -> SigningKey:
    """Return the key in use for this purpose, made where there is none yet.

    KeyRefusedError where its key-encryption key is not at hand.
    """
    held = _in_use(purpose)
    return SigningKey(held.name, bytes(held.public), Ed25519PrivateKey.from_private_bytes(unwrap(held)))


def public_keys(purpose: str = RingKey.Purpose.LEDGER) -> list[tuple[str, bytes]]:
    """Return (name, public key) of every key there ever was for this purpose, the oldest first."""
    with actor.system("key ring"), transaction.atomic():
        held = RingKey.objects.filter(purpose=purpose).order_by("pk")
        return [(key.name, bytes(key.public)) for key in held]


def secret_key(number: int | None = None) -> tuple[int, bytes]:
    """Return (number, key) of the key that seals secrets in the database: the one in use, or that of a number.

    KeyRefusedError where there is none of this number, or its key-encryption key is not at hand.
    """
    if number is None:
        held = _in_use(RingKey.Purpose.SECRETS)
        return held.pk, unwrap(held)
    with actor.system("key ring"), transaction.atomic():
        found = RingKey.objects.filter(pk=number, purpose=RingKey.Purpose.SECRETS).first()
    if found is None:
        raise KeyRefusedError(f"The key {number} of the ring is missing.", "Restore the database from a backup.")
    return number, unwrap(found)


def _in_use(purpose: str) -> RingKey:
    with actor.system("key ring"), transaction.atomic():
        return RingKey.objects.filter(purpose=purpose, retired_at=None).first() or _make(purpose)


def _make(purpose: str) -> RingKey:
    if purpose == RingKey.Purpose.SECRETS:
        raw, public, name = os.urandom(SIZE), b"", f"secrets-{secrets.token_hex(6)}"
    else:
        private = Ed25519PrivateKey.generate()
        former = RingKey.objects.filter(purpose=purpose).order_by("pk").first()
        raw, public = private.private_bytes_raw(), private.public_key().public_bytes_raw()
        name = former.name if former else f"remit/{secrets.token_hex(6)}"
    key = RingKey(purpose=purpose, name=name, public=public)
    wrap(key, raw)
    made, _ = RingKey.objects.get_or_create(
        purpose=purpose,
        retired_at=None,
        defaults={"name": name, "public": public, "wrapped": key.wrapped, "wrapped_by": key.wrapped_by},
    )
    return made


def _provider(kind: str) -> KeyProvider:
    match kind:
        case "environment":
            return from_environment(settings.KEY_IN_ENVIRONMENT, settings.FORMER_KEYS_IN_ENVIRONMENT)
        case "vault":
            return VaultKeys(**settings.VAULT)
    return from_folder(settings.KEYS_DIR)

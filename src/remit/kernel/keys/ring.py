"""The key ring in use: which provider holds the key-encryption keys, and the keys that they wrap."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from remit.kernel import actor
from remit.kernel.keys.models import RingKey
from remit.kernel.keys.wrapping import KeyProvider, Wrapped, from_environment, from_folder


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key; `name` is what its signatures are made under, `public` its 32 bytes."""

    name: str
    public: bytes
    private: Ed25519PrivateKey


@lru_cache(maxsize=1)
def provider() -> KeyProvider:
    """Return what holds the key-encryption keys here: the environment if it names one, else the data folder."""
    if settings.KEY_IN_ENVIRONMENT:
        return from_environment(settings.KEY_IN_ENVIRONMENT, settings.FORMER_KEYS_IN_ENVIRONMENT)
    return from_folder(settings.KEYS_DIR)


def signing_key(purpose: str = RingKey.Purpose.LEDGER) -> SigningKey:
    """Return the key in use for this purpose, made where there is none yet.

    KeyRefusedError where its key-encryption key is not at hand.
    """
    with actor.system("key ring"), transaction.atomic():
        held = RingKey.objects.filter(purpose=purpose, retired_at=None).first() or _make(purpose)
    raw = provider().unwrap(Wrapped(held.wrapped_by, bytes(held.wrapped)), context(held))
    return SigningKey(held.name, bytes(held.public), Ed25519PrivateKey.from_private_bytes(raw))


def public_keys(purpose: str = RingKey.Purpose.LEDGER) -> list[tuple[str, bytes]]:
    """Return (name, public key) of every key there ever was for this purpose, the oldest first."""
    with actor.system("key ring"), transaction.atomic():
        held = RingKey.objects.filter(purpose=purpose).order_by("pk")
        return [(key.name, bytes(key.public)) for key in held]


def context(key: RingKey) -> str:
    """Say what a wrapped key is bound to: its place in the ring and its public half."""
    return f"ring_key {key.purpose} {key.name} {bytes(key.public).hex()}"


def _make(purpose: str) -> RingKey:
    private = Ed25519PrivateKey.generate()
    former = RingKey.objects.filter(purpose=purpose).order_by("pk").first()
    key = RingKey(
        purpose=purpose,
        name=former.name if former else f"remit/{secrets.token_hex(6)}",
        public=private.public_key().public_bytes_raw(),
    )
    wrapped = provider().wrap(private.private_bytes_raw(), context(key))
    made, _ = RingKey.objects.get_or_create(
        purpose=purpose,
        retired_at=None,
        defaults={"name": key.name, "public": key.public, "wrapped": wrapped.sealed, "wrapped_by": wrapped.by},
    )
    return made

"""Sealing of small secrets at rest: AES-256-GCM under a key of this installation, bound to what they are for."""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(text: str, purpose: str) -> str:
    """Encrypt `text`; it can be read again only for the same purpose."""
    nonce = os.urandom(12)
    return base64.b64encode(nonce + AESGCM(_key(purpose)).encrypt(nonce, text.encode(), purpose.encode())).decode()


def unseal(sealed: str, purpose: str) -> str:
    """Decrypt what `seal` returned; InvalidTag if it was changed or sealed for something else."""
    raw = base64.b64decode(sealed)
    return AESGCM(_key(purpose)).decrypt(raw[:12], raw[12:], purpose.encode()).decode()


def _key(purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"remit.seal.{purpose}".encode()).derive(
        settings.SECRET_KEY.encode()
    )

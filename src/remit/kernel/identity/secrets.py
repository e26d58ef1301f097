"""The text of an API token: `remit_pat_`, 256 random bits, and a checksum that tells a typing error from a secret.

The prefix lets secret scanners find tokens that were committed by mistake; the checksum (CRC-32) lets them, and us,
tell at once what never was one.
"""

from __future__ import annotations

import re
import secrets
import string
from hashlib import sha256
from zlib import crc32

PREFIX = "remit_pat_"
SECRET_CHARACTERS = 43
"""Base 62: 43 characters hold 256 bits."""
CHECK_CHARACTERS = 6
HINT_CHARACTERS = len(PREFIX) + 4
FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{SECRET_CHARACTERS + CHECK_CHARACTERS}}}", re.ASCII)
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def new_secret() -> str:
    """Return a token that nobody has seen before."""
    body = _base62(secrets.randbits(256), SECRET_CHARACTERS)
    return f"{PREFIX}{body}{_check(body)}"


def is_well_formed(text: str) -> bool:
    """Say whether this could be a token at all."""
    if not FORM.fullmatch(text):
        return False
    body = text[len(PREFIX) : -CHECK_CHARACTERS]
    return text.endswith(_check(body))


def digest_of(text: str) -> bytes:
    """Return what is stored instead of a secret: SHA-256, which 256 random bits need no salt for."""
    return sha256(text.encode()).digest()


def hint_of(text: str) -> str:
    """Return the part of a secret by which its person knows it again."""
    return text[:HINT_CHARACTERS]


def _check(body: str) -> str:
    return _base62(crc32(body.encode()), CHECK_CHARACTERS)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))

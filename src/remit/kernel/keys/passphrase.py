"""A key from a passphrase, by scrypt (RFC 7914): for files that leave the installation, such as backups."""

from __future__ import annotations

import base64
import os
import re

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from remit.kernel.keys.streams import StreamRefusedError

COST = 17
"""Binary logarithm of N: 128 MiB and about half a second, as RFC 7914 and OWASP advise for what is kept long."""
HIGHEST_COST = 20
LEAST = 12
_NAMED = re.compile(rb"scrypt:(\d{1,2}):([A-Za-z0-9+/]{22}==)")


def passphrase_key(passphrase: str, key_id: bytes = b"") -> tuple[bytes, bytes]:
    """Return (key of 32 bytes, key id). Give the key id that a sealed stream's header names to get its key again.

    ValueError for a new passphrase under 12 characters; StreamRefusedError for a key id that names no passphrase.
    """
    if key_id:
        if (named := _NAMED.fullmatch(key_id)) is None or int(named[1]) > HIGHEST_COST:
            raise StreamRefusedError("This file is not sealed by a passphrase.", "Check which file is meant.")
        cost, salt = int(named[1]), base64.b64decode(named[2])
    else:
        if len(passphrase) < LEAST:
            raise ValueError(f"Choose a passphrase of at least {LEAST} characters.")
        cost, salt = COST, os.urandom(16)
        key_id = b"scrypt:%d:%s" % (cost, base64.b64encode(salt))
    return Scrypt(salt=salt, length=32, n=2**cost, r=8, p=1).derive(passphrase.encode()), key_id

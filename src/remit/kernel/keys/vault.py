"""Key-encryption keys in HashiCorp Vault or OpenBao: the Transit secrets engine, by its HTTP API.

The keys never leave it: it wraps and unwraps what it is sent. What a wrapped key is bound to is wrapped with it, since
Transit's own associated data is not kept by its rewrap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from remit.kernel.keys.wrapping import SIZE, KeyRefusedError, Wrapped

SECONDS = 5
REMEMBERED = 60
"""Seconds for which the latest version of the key is not asked for again."""
MOST_BYTES = 1024 * 1024
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SEALED = re.compile(r"vault:v(\d+):[A-Za-z0-9+/=]+")


class VaultKeys:
    """One Transit key and its versions. `address` is https, or http on this machine; `authority` a file of CAs."""

    def __init__(self, address: str, token: str, key: str, *, mount: str = "transit", authority: str = "") -> None:
        parts = urlsplit(address)
        if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
            raise KeyRefusedError("REMIT_VAULT_ADDRESS is no https address.", "Set it to https://vault.example:8200")
        if not token or not key:
            raise KeyRefusedError(
                "REMIT_VAULT_TOKEN or REMIT_VAULT_KEY is not set.", "Set both, or choose another REMIT_KEY_PROVIDER."
            )
        self._parts, self._token, self._key, self._mount = parts, token, key, mount.strip("/")
        self._authority, self._latest, self._asked = authority, 0, -REMEMBERED * 1.0

    @property
    def current(self) -> str:
        return self._name(self._version())

    def names(self) -> Sequence[str]:
        return tuple(self._name(version) for version in range(self._version(), 0, -1))

    def wrap(self, key: bytes, context: str) -> Wrapped:
        plain = base64.b64encode(key + _digest(context)).decode()
        return self._wrapped(self._ask("POST", f"encrypt/{self._key}", {"plaintext": plain}))

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        sent = {"ciphertext": wrapped.sealed.decode("latin-1")}
        try:
            plain = base64.b64decode(self._ask("POST", f"decrypt/{self._key}", sent)["plaintext"], validate=True)
        except (KeyError, TypeError, binascii.Error):
            raise self._odd() from None
        if len(plain) != 2 * SIZE or not hmac.compare_digest(plain[SIZE:], _digest(context)):
            raise KeyRefusedError(f"A key wrapped by {wrapped.by} belongs elsewhere.", "Restore it from a backup.")
        return plain[:SIZE]

    def rewrap(self, wrapped: Wrapped, context: str) -> Wrapped:
        """Wrap under the latest version without the key leaving Vault; the context goes with it unread."""
        return self._wrapped(self._ask("POST", f"rewrap/{self._key}", {"ciphertext": wrapped.sealed.decode("latin-1")}))

    def make(self) -> str:
        self._ask("POST", f"keys/{self._key}/rotate", {})
        self._asked = -REMEMBERED * 1.0
        return self.current

    def retire(self, name: str) -> str:
        version = int(name.rpartition("-v")[2]) + 1
        where = f"{self._mount}/keys/{self._key}"
        return f"Run: vault write {where}/config min_decryption_version={version}. Backups made before need {name}."

    def _version(self) -> int:
        if time.monotonic() - self._asked > REMEMBERED:
            try:
                self._latest = int(self._ask("GET", f"keys/{self._key}")["latest_version"])
            except (KeyError, TypeError, ValueError):
                raise self._odd() from None
            self._asked = time.monotonic()
        return self._latest

    def _name(self, version: int) -> str:
        return f"vault-{self._key}-v{version}"

    def _wrapped(self, answered: Mapping[str, Any]) -> Wrapped:
        text = answered.get("ciphertext")
        if not isinstance(text, str) or (found := _SEALED.fullmatch(text)) is None:
            raise self._odd()
        return Wrapped(self._name(int(found[1])), text.encode())

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Ask once, following no redirect and no proxy; the token goes nowhere else."""
        place = f"{self._parts.path.rstrip('/')}/v1/{quote(self._mount)}/{quote(path)}"
        headers = {"X-Vault-Token": self._token, "X-Vault-Request": "true", "Content-Type": "application/json"}
        connection = self._connection()
        try:
            connection.request(method, place, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read(MOST_BYTES)
        except (OSError, HTTPException) as error:
            raise KeyRefusedError(
                f"Vault at {self._parts.netloc} does not answer: {error}.", "Start or unseal it, or check the address."
            ) from None
        finally:
            connection.close()
        if response.status not in {200, 204}:
            raise self._refused(response.status, text)
        return _data(text)

    def _connection(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return HTTPConnection(host, port or 80, timeout=SECONDS)
        trusted = ssl.create_default_context(cafile=self._authority or None)
        return HTTPSConnection(host, port or 443, timeout=SECONDS, context=trusted)

    def _refused(self, status: int, text: bytes) -> KeyRefusedError:
        try:
            said = "; ".join(map(str, json.loads(text)["errors"]))[:200]
        except (ValueError, KeyError, TypeError):
            said = ""
        remedy = {
            403: "Give the token a policy over encrypt, decrypt, rewrap and keys of that key, or renew it.",
            404: f"Make the key: vault write -f {self._mount}/keys/{self._key}",
            503: "Unseal Vault.",
        }.get(status, "Look into Vault's log.")
        return KeyRefusedError(f"Vault refused ({status}{': ' if said else ''}{said}).", remedy)

    def _odd(self) -> KeyRefusedError:
        return KeyRefusedError(
            f"What answers at {self._parts.netloc} is no Transit engine.", "Check REMIT_VAULT_ADDRESS and mount."
        )


def _digest(context: str) -> bytes:
    return hashlib.sha256(context.encode()).digest()


def _data(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text).get("data") if text else {}
    except (ValueError, AttributeError):
        found = None
    return found if isinstance(found, dict) else {}

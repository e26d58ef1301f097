"""A server that speaks as much of Vault's Transit API as Remit asks for, for tests: real HTTP, keys in memory."""

from __future__ import annotations

import base64
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.a-token"


class Transit(ThreadingHTTPServer):
    """Serves one key, "remit", on a free port of loopback; `sealed` answers as a Vault that must be unsealed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.versions = [os.urandom(32)]
        self.sealed = False
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def encrypt(self, plain: bytes) -> str:
        nonce = os.urandom(12)
        return (
            f"vault:v{len(self.versions)}:"
            + base64.b64encode(nonce + AESGCM(self.versions[-1]).encrypt(nonce, plain, b"")).decode()
        )

    def decrypt(self, text: str) -> bytes:
        version, raw = re.fullmatch(r"vault:v(\d+):(.*)", text).groups()  # type: ignore[union-attr]
        sealed = base64.b64decode(raw)
        return AESGCM(self.versions[int(version) - 1]).decrypt(sealed[:12], sealed[12:], b"")


class _Handler(BaseHTTPRequestHandler):
    server: Transit

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}"))

    def _serve(self, body: dict[str, str]) -> None:
        transit = self.server
        action = self.path.removeprefix("/v1/transit/")
        transit.asked.append(action)
        if transit.sealed:
            return self._answer(503, {"errors": ["Vault is sealed"]})
        if self.headers["X-Vault-Token"] != TOKEN:
            return self._answer(403, {"errors": ["permission denied"]})
        match action:
            case "keys/remit":
                return self._answer(200, {"data": {"latest_version": len(transit.versions)}})
            case "keys/remit/rotate":
                transit.versions.append(os.urandom(32))
                return self._answer(200, {"data": {"latest_version": len(transit.versions)}})
            case "encrypt/remit":
                return self._answer(200, {"data": {"ciphertext": transit.encrypt(base64.b64decode(body["plaintext"]))}})
            case "decrypt/remit":
                plain = base64.b64encode(transit.decrypt(body["ciphertext"])).decode()
                return self._answer(200, {"data": {"plaintext": plain}})
            case "rewrap/remit":
                return self._answer(200, {"data": {"ciphertext": transit.encrypt(transit.decrypt(body["ciphertext"]))}})
        return self._answer(404, {"errors": ["encryption key not found"]})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

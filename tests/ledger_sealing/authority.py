"""A timestamp authority of the tests' own: `openssl ts` behind a local web server (RFC 3161)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.13762.3
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@dataclass
class Authority:
    """Where it is asked and the certificate of its root; `mood` chooses what it answers."""

    url: str
    certificate: str
    mood: str = "honest"


def made(folder: Path, name: str) -> str:
    """Make keys and certificates, and return the root's as PEM."""
    folder.mkdir(exist_ok=True)
    (folder / "serial").write_text("01\n")
    (folder / "conf").write_text(CONFIGURATION.format(folder=folder, name=name))
    (folder / "signer.conf").write_text(CONFIGURATION.format(folder=folder, name=f"{name} signer"))

    def at(name: str) -> Path:
        return folder / name

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    root = ("-x509", "-days", "30", "-config", at("conf"), "-extensions", "root")
    openssl(*new, *root, "-keyout", at("root.key"), "-out", at("root.pem"))
    openssl(*new, "-config", at("signer.conf"), "-keyout", at("signer.key"), "-out", at("signer.csr"))
    by_root = ("-CA", at("root.pem"), "-CAkey", at("root.key"), "-CAcreateserial", "-days", "30")
    extensions = ("-extfile", at("conf"), "-extensions", "signer")
    openssl("x509", "-req", "-in", at("signer.csr"), *by_root, *extensions, "-out", at("signer.pem"))
    return (folder / "root.pem").read_text()


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """Serve timestamps on a loopback port."""
    certificate = made(folder, "Test root")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if found.mood == "redirect":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                return
            (folder / "query").write_bytes(body)
            if found.mood != "replay":
                by = ("-config", folder / "conf", "-section", "tsa_config")
                openssl("ts", "-reply", *by, "-queryfile", folder / "query", "-out", folder / "reply")
            answer = (folder / "reply").read_bytes()
            answer = {"nonsense": b"<html>", "endless": b"x" * 10_000_000}.get(found.mood, answer)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Authority(f"http://127.0.0.1:{server.server_address[1]}/tsa", certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

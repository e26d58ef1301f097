"""The one way out: HTTP requests that no name, redirect, proxy or slow answer can lead elsewhere.

A name is resolved once. What it resolves to is judged, and the connection is made to that very address, so that a name
that changes its mind between the check and the connection changes nothing.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from remit import __version__
from remit.kernel.outbound.addresses import refusal

HEADERS = {"User-Agent": f"Remit/{__version__}", "Accept-Encoding": "identity", "Connection": "close"}
CHUNK = 64 * 1024


class RequestFailedError(Exception):
    """No answer was had. `code` is one word for programs; the text is for people and repeats nothing that was received.

    Codes: "url", "name", "address" (it must not be reached), "connect", "tls", "timeout", "protocol", "too-large".
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; header names are in lower case. A redirect is an answer like any other."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    address: str
    """The network address that answered."""


def allowed_hosts() -> frozenset[str]:
    """Return the hosts that the operator lets Remit reach at private addresses and without TLS."""
    said = os.environ.get("REMIT_OUTBOUND_HOSTS", "")
    return frozenset(host.strip().lower().rstrip(".") for host in said.split(",") if host.strip())


def url_refusal(url: str, *, allow_private: bool = False, allow_plain: bool = False) -> str:
    """Say what is wrong with an address before anything is asked of the network, or return ""."""
    try:
        _taken_apart(url, allow_private, allow_plain)
    except RequestFailedError as error:
        return str(error)
    return ""


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout: float = 10.0,
    largest: int = 64 * 1024,
    allow_private: bool = False,
    allow_plain: bool = False,
    authority: str = "",
) -> Answer:
    """Send one request and return its answer; redirects are not followed, and no proxy of the environment is used.

    `timeout` (seconds) bounds the whole exchange from the name's resolution on, `largest` (bytes) the answer's body.
    `allow_private` is for addresses that the operator has configured, never for those that people type; so is
    `authority`, the file of a certificate authority to trust instead of the system's. `allow_plain` lets an address go
    without TLS whose answer proves itself by a signature. Raises RequestFailedError.
    """
    parts, private = _taken_apart(url, allow_private, allow_plain)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    deadline = _Deadline(timeout)
    with _told_plainly(host), deadline:
        raw = _connected(_resolved(host, port, timeout), private, timeout)
        deadline.guard(raw)
        try:
            stream = _secured(raw, host, authority) if parts.scheme == "https" else raw
        except BaseException:
            raw.close()
            raise
        with stream:
            peer = stream.getpeername()[0]
            with _asked(stream, parts, method, headers or {}, body) as response:
                named = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, named, _received(response, largest), peer)


def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """Ask the system's resolver; apart, so that tests can answer in its place."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _taken_apart(url: str, allow_private: bool, allow_plain: bool) -> tuple[SplitResult, bool]:
    """Return the parts of a URL, and whether its host may be at a private address."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
        host.encode("idna")
    except ValueError:
        raise RequestFailedError("url", "This is no web address. Write it like https://hooks.example.com/in.") from None
    if not host or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        raise RequestFailedError("url", "This is no web address. Write it like https://hooks.example.com/in.")
    if parts.username is not None or parts.password is not None:
        raise RequestFailedError("url", "Leave name and password out of the address.")
    private = allow_private or host in allowed_hosts()
    if parts.scheme != "https" and not (parts.scheme == "http" and (private or allow_plain)):
        raise RequestFailedError("url", "The address must begin with https://.")
    if _is_literal(host) and (why := refusal(host, allow_private=private)):
        raise RequestFailedError("address", f"{host} must not be reached from here: it is {why}.")
    return parts, private


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resolved(host: str, port: int, timeout: float) -> list[tuple[Any, ...]]:
    """Resolve in a thread of its own, since the resolver knows no time limit."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(resolve(host, port))
        except OSError as error:
            found.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(timeout)
    if not found:
        raise TimeoutError
    if isinstance(found[0], OSError):
        raise RequestFailedError("name", f"The name {host} is not known.")
    return list(found[0])


def _connected(found: list[tuple[Any, ...]], private: bool, timeout: float) -> socket.socket:
    """Connect to the first address that may be reached, and make sure that it is the one that answers."""
    why, failed = "", False
    for family, kind, protocol, _, place in found:
        if reason := refusal(place[0], allow_private=private):
            why = why or reason
            continue
        raw = socket.socket(family, kind, protocol)
        raw.settimeout(timeout)
        try:
            raw.connect(place)
            peer = raw.getpeername()[0]
        except OSError as error:
            raw.close()
            if isinstance(error, TimeoutError):
                raise
            failed = True
            continue
        if reason := refusal(peer, allow_private=private):
            raw.close()
            why = why or reason
            continue
        return raw
    if why and not failed:
        raise RequestFailedError("address", f"This host must not be reached from here: it is at {why}.")
    raise RequestFailedError("connect", "Nobody answers at this address.")


def _secured(raw: socket.socket, host: str, authority: str) -> ssl.SSLSocket:
    """Begin TLS and hold the certificate against the name."""
    context = ssl.create_default_context(cafile=authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context.wrap_socket(raw, server_hostname=host)


def _asked(
    stream: socket.socket, parts: SplitResult, method: str, headers: Mapping[str, str], body: bytes
) -> http.client.HTTPResponse:
    """Speak HTTP/1.1 over a connection that is already made."""
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.sock = stream
    connection.auto_open = 0
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, body=body or None, headers={**HEADERS, "Host": parts.netloc, **headers})
    return connection.getresponse()


def _received(response: http.client.HTTPResponse, largest: int) -> bytes:
    received, promised = bytearray(), response.length or 0  # 0 where a status has no body
    while promised <= largest and (piece := response.read(min(CHUNK, largest + 1 - len(received)))):
        received += piece
        promised = max(promised, len(received))
    if promised > largest:
        raise RequestFailedError("too-large", f"The answer is larger than {largest:,} bytes.")
    if len(received) < promised:
        raise http.client.IncompleteRead(bytes(received))
    return bytes(received)


class _Deadline:
    """Shuts the connection when the time is over, however busily the other side sends single bytes."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def guard(self, raw: socket.socket) -> None:
        # TLS takes the socket's number away from it: a copy of its own can be shut at any time.
        self._socket = raw.dup()
        if self.over:
            self._end()

    def _end(self) -> None:
        self.over = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()
        if self.over and (error is None or isinstance(error, Exception)):
            raise TimeoutError from error


@contextmanager
def _told_plainly(host: str) -> Iterator[None]:
    """Turn every way to fail into one class, in words that repeat nothing of what the other side sent."""
    try:
        yield
    except RequestFailedError:
        raise
    except TimeoutError:
        raise RequestFailedError("timeout", f"{host} took too long to answer.") from None
    except ssl.SSLCertVerificationError as error:
        raise RequestFailedError("tls", f"The certificate of {host} is not valid: {error.verify_message}.") from None
    except ssl.SSLError:
        raise RequestFailedError("tls", f"No secure connection to {host} could be made.") from None
    except (http.client.HTTPException, ValueError):
        raise RequestFailedError("protocol", f"{host} does not speak HTTP as it should.") from None
    except OSError:
        raise RequestFailedError("connect", f"The connection to {host} was broken.") from None

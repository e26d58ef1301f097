"""A checkpoint as a message of syslog (RFC 5424) over UDP, TCP (octet counting, RFC 6587) or a local socket."""

from __future__ import annotations

import json
import os
import socket
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from remit.kernel.ledger.anchoring.refused import AnchorRefusedError
from remit.kernel.outbound.addresses import refusal

PRIORITY = 13 * 8 + 5
"""Facility 13 (log audit), severity 5 (notice): RFC 5424, section 6.2.1."""
PORT = 514
SECONDS = 10.0
FORM = "Write it as udp://log.example.org:514, tcp://log.example.org:514 or unix:///dev/log."


def problem(target: str) -> str:
    """Say what is wrong with an address, or nothing."""
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError:
        return f"This is no address. {FORM}"
    if parts.scheme == "unix":
        return "" if parts.path.startswith("/") and not parts.netloc else f"A local socket has a whole path. {FORM}"
    if parts.scheme not in {"udp", "tcp"} or not parts.hostname or port == 0 or parts.path not in {"", "/"}:
        return FORM
    return ""


def message(note: str, at: datetime, host: str, process: int) -> bytes:
    """Lay a note out as one message: UTF-8 after its mark, the note as a JSON string, since messages are one line."""
    head = f"<{PRIORITY}>1 {at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {host or '-'} remit {process} checkpoint - "
    return head.encode("ascii", "replace") + b"\xef\xbb\xbf" + json.dumps(note, ensure_ascii=False).encode()


def deliver(target: str, note: str) -> None:
    """Send it. Nothing answers: with UDP it is sent, with TCP and local sockets it is handed over.

    AnchorRefusedError for a name that is not found or at an address for nobody's log; OSError where nobody listens.
    """
    parts = urlsplit(target)
    said = message(note, datetime.now(UTC), socket.gethostname()[:255], os.getpid())
    if parts.scheme == "unix":
        _local(parts.path, said)
    elif parts.scheme == "udp":
        _udp(parts, said)
    else:
        with closing(_connected(parts, socket.SOCK_STREAM)) as stream:
            stream.sendall(b"%d %s" % (len(said), said))
            stream.shutdown(socket.SHUT_WR)


def _udp(parts: SplitResult, said: bytes) -> None:
    with closing(_connected(parts, socket.SOCK_DGRAM)) as sender:
        sender.send(said)


def _connected(parts: SplitResult, of_kind: socket.SocketKind) -> socket.socket:
    """Resolve the host once and connect to what it is at; log hosts are private, yet not just anywhere."""
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or PORT, type=of_kind)
    except socket.gaierror:
        raise AnchorRefusedError(f"There is no host {parts.hostname}. Look at the address.") from None
    failed = OSError("Nobody answers at this address")
    for family, kind, _, _, address in found:
        if why := refusal(str(address[0]), allow_private=True):
            raise AnchorRefusedError(f"{parts.hostname} must not be reached from here: it is at {why}.")
        stream = socket.socket(family, kind)
        stream.settimeout(SECONDS)
        try:
            stream.connect(address)
        except OSError as error:
            stream.close()
            failed = error
        else:
            return stream
    raise failed


def _local(path: str, said: bytes) -> None:
    try:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as sender:
            sender.settimeout(SECONDS)
            sender.connect(path)
            sender.send(said)
    except OSError:  # some daemons take streams only
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as sender:
            sender.settimeout(SECONDS)
            sender.connect(path)
            sender.sendall(said + b"\n")

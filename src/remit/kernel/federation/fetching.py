"""The one way to an identity provider's addresses. No redirect is followed, no proxy of the environment is used."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests

LARGEST = 512 * 1024
SECONDS = 10.0


class FetchFailedError(Exception):
    """No useful answer was had; the text is for people and repeats nothing that was received."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def send(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """Send one request and return its answer of at most 512 KiB. FetchFailedError where there is none."""
    host = _reachable(url)
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.request(
                method, url, headers=dict(headers or {}), data=body or None, timeout=SECONDS, allow_redirects=False,
                stream=True,
            ) as got:  # fmt: skip
                content = got.raw.read(LARGEST + 1, decode_content=True)
                answer = Answer(got.status_code, {k.lower(): v for k, v in got.headers.items()}, content)
    except requests.exceptions.SSLError:
        raise FetchFailedError(f"No secure connection to {host} could be made.") from None
    except requests.exceptions.Timeout:
        raise FetchFailedError(f"{host} took too long to answer.") from None
    except (requests.exceptions.RequestException, OSError, ValueError):
        raise FetchFailedError(f"Nobody answers at {host}.") from None
    if len(content) > LARGEST:
        raise FetchFailedError(f"The answer of {host} is larger than {LARGEST:,} bytes.")
    return answer


def read(url: str, *, headers: Mapping[str, str] | None = None) -> bytes:
    """Return what stands at an address; FetchFailedError unless it is answered with status 200."""
    answer = send("GET", url, headers=headers)
    if answer.status != 200:
        where = urlsplit(url)
        raise FetchFailedError(f"{where.hostname} answered {where.path or '/'} with status {answer.status}.")
    return answer.body


def read_json(url: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the JSON object that stands at an address; FetchFailedError where there is none."""
    return as_object(read(url, headers=headers), url)


def as_object(content: bytes, url: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        raise FetchFailedError(f"{urlsplit(url).hostname} did not answer with a JSON object.")
    return found


def url_refusal(url: str) -> str:
    """Say what is wrong with an address before anything is asked of the network, or return ""."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        host = ""
    if not host or not url.isascii() or any(c <= " " for c in url) or "@" in parts.netloc:
        return "This is no web address. Write it like https://id.example.com."
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _allowed()):
        return "The address must begin with https://."
    return ""


def _reachable(url: str) -> str:
    """Return the host of an address that may be reached: a public one, or one that the operator allows."""
    if refusal := url_refusal(url):
        raise FetchFailedError(refusal)
    host = (urlsplit(url).hostname or "").lower()
    if host in _allowed():
        return host
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise FetchFailedError(f"The name {host} is not known.") from None
    if not all(ip_address(place[0]).is_global for *_, place in found):
        raise FetchFailedError(f"{host} must not be reached from here: it is at a private address.")
    return host


def _allowed() -> frozenset[str]:
    """Return the hosts that the operator lets Remit reach at private addresses and without TLS."""
    said = os.environ.get("REMIT_OUTBOUND_HOSTS", "")
    return frozenset(host.strip().lower() for host in said.split(",") if host.strip())

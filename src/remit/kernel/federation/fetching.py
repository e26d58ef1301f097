"""The one way to an identity provider's addresses. No redirect is followed, no proxy of the environment is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from remit.kernel.outbound import client
from remit.kernel.outbound.client import Answer, url_refusal

__all__ = ("Answer", "FetchFailedError", "as_object", "read", "read_json", "send", "url_refusal")

LARGEST = 512 * 1024
SECONDS = 10.0


class FetchFailedError(Exception):
    """No useful answer was had; the text is for people and repeats nothing that was received."""


def send(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """Send one request and return its answer of at most 512 KiB. FetchFailedError where there is none."""
    try:
        return client.request(method, url, headers=headers, body=body, timeout=SECONDS, largest=LARGEST)
    except client.RequestFailedError as error:
        raise FetchFailedError(str(error)) from None


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

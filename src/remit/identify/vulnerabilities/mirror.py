"""Feed files from the mirror that the administrator has configured: a folder, or an http(s) address they lie under."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from remit.ingest.limits import FILE_BYTES
from remit.ingest.rejected import ImportRejected

NAMES: Final = (
    "known_exploited_vulnerabilities.json",
    "epss_scores-current.csv.gz",
    "nvdcve-2.0-recent.json.gz",
    "nvdcve-2.0-modified.json.gz",
)
"""As CISA, FIRST and NIST publish them."""
_SECONDS: Final = 60
_BLOCK: Final = 1 << 20


class _Stay(HTTPRedirectHandler):
    """A mirror answers itself: a redirect could lead anywhere."""

    def redirect_request(  # noqa: PLR0917  (as urllib calls it)
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        return None


@contextmanager
def files(mirror: str) -> Iterator[list[Path]]:
    """The feed files of `mirror`, for as long as the context lasts; those it lacks are passed over.

    Raises ImportRejected("bad-mirror") for an address that is none, "unreachable" where nothing can be had.
    """
    parts = urlsplit(mirror)
    if parts.scheme not in ("http", "https"):
        yield _in_folder(Path(mirror).expanduser())
        return
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        hint = (
            "Give REMIT_FEEDS_MIRROR a folder, or an address as https://mirror.example/feeds without name or password."
        )
        raise ImportRejected("bad-mirror", "REMIT_FEEDS_MIRROR", hint)
    with TemporaryDirectory(prefix="remit-feeds-") as folder:
        found = [path for name in NAMES if (path := _fetched(f"{mirror.rstrip('/')}/{name}", Path(folder) / name))]
        if not found:
            raise ImportRejected("unreachable", mirror, f"The mirror has none of the files {', '.join(NAMES)}.")
        yield found


def _in_folder(folder: Path) -> list[Path]:
    names = dict.fromkeys(each for name in NAMES for each in (name, name.removesuffix(".gz")))
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise ImportRejected("unreachable", str(folder), f"The folder has none of the files {', '.join(NAMES)}.")
    return found


def _fetched(address: str, path: Path) -> Path | None:
    """Fetch one file, at most FILE_BYTES; None where the mirror has it not (404)."""
    opener = build_opener(_Stay, ProxyHandler({}))
    try:
        with opener.open(address, timeout=_SECONDS) as answer, path.open("wb") as file:
            if int(answer.headers.get("Content-Length") or 0) > FILE_BYTES:
                raise _too_large(address)
            left = FILE_BYTES
            while block := answer.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise _too_large(address)
                file.write(block)
    except (URLError, HTTPException, OSError) as error:
        if getattr(error, "code", 0) == 404:
            return None
        raise ImportRejected("unreachable", address, f"The file cannot be fetched: {error}.") from None
    return path


def _too_large(address: str) -> ImportRejected:
    return ImportRejected("too-large", address, f"A feed file may have {FILE_BYTES >> 20} MB.")

"""File names that strangers give: cleaned for show, never used on disk."""

from __future__ import annotations

import unicodedata

from remit.kernel.attachments.refused import AttachmentRefusedError

LONGEST = 200
CONFIGURATION = {
    ".htaccess",
    ".htpasswd",
    ".user.ini",
    "php.ini",
    "web.config",
    "nginx.conf",
    "httpd.conf",
    "crossdomain.xml",
}
"""Names by which a web server would take a file for its own settings."""


def clean(name: str) -> str:
    """Return a name that is safe to show and to send: no path, no control or direction marks, at most 200 characters.

    AttachmentRefusedError for a name of a server's configuration.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] not in "CZ" or c == " ")
    kept = "".join(" " if c in '"<>:|?*' else c for c in kept)
    kept = " ".join(kept.split()).rstrip(". ")
    if kept.lower() in CONFIGURATION:
        raise AttachmentRefusedError(
            "server-configuration", f"name {kept}", "Rename the file: a web server would obey one called so."
        )
    return _cut(kept.lstrip(".").strip() or "file")


def extension(name: str) -> str:
    """Return the extension in lower case without its dot: "png", or ""."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def _cut(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    ending = f".{extension(name)}" if 0 < len(extension(name)) <= 10 else ""
    return name[: LONGEST - len(ending)] + ending

"""The formats Remit reads. Each is a module with `NAME`, `sniff` and `parse`; packages add theirs by entry point.

An installed package offers a format by an entry point of the group "remit.formats" that names such a module. Remit's
own are declared in the same way, and listed here so that they also work from a checkout and are tried in this order.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from remit.ingest.observations import AnyObservation
from remit.ingest.rejected import ImportRejected
from remit.ingest.streams import head_of

GROUP: Final = "remit.formats"
BUILT_IN: Final = {
    name: f"remit.ingest.formats.{name}"
    for name in ("nessus", "qualys", "sarif", "trivy", "cyclonedx", "ocsf", "prowler")
}
_ENTRY: Final = re.compile(r"^\s*([\w.-]+)\s*=\s*([\w.]+)\s*$")


class Format(Protocol):
    """A module of this package, or one like it."""

    NAME: str

    def sniff(self, head: bytes, /) -> bool:
        """Whether a report that begins with `head` is of this format: decides by content and never raises.

        `head` is UTF-8 or the file's own 8-bit encoding, at most HEAD_BYTES, without a byte order mark or white space
        before the text.
        """

    def parse(self, stream: BinaryIO, /) -> Iterator[AnyObservation]:
        """The report's statements. `stream` is at its start and may be read again by seek(0). Raises ImportRejected."""


@cache
def load() -> dict[str, Format]:
    """Every format by its name: Remit's own first, then those of installed packages."""
    modules = dict(BUILT_IN)
    for name, module in _installed():
        modules.setdefault(name, module)
    return {name: cast(Format, import_module(module)) for name, module in modules.items()}


def recognise(stream: BinaryIO) -> Format:
    """The format of the report in `stream`, which is left at its start.

    Raises ImportRejected: "empty" for a file of nothing or white space, "unknown-format" naming the formats tried.
    """
    head = head_of(stream)
    if not head:
        raise ImportRejected("empty", "byte 0", "The file is empty; export the report anew.")
    formats = load()
    for candidate in formats.values():
        if candidate.sniff(head):
            return candidate
    hint = f"This is none of the formats tried: {', '.join(formats)}; export the report in one of them."
    raise ImportRejected("unknown-format", "byte 0", hint)


def _installed() -> Iterator[tuple[str, str]]:
    """Entry points of our group, read straight from the metadata: `importlib.metadata` takes ten times as long."""
    for folder in sys.path:
        for kind in ("*.dist-info", "*.egg-info"):
            for path in sorted(Path(folder).glob(f"{kind}/entry_points.txt")) if folder else ():
                yield from _section(path.read_text("utf-8", "replace"))


def _section(text: str) -> Iterator[tuple[str, str]]:
    if f"[{GROUP}]" not in text:
        return
    for line in text.split(f"[{GROUP}]", 1)[1].splitlines():
        if line.startswith("["):
            return
        if entry := _ENTRY.match(line):
            yield entry.group(1), entry.group(2)

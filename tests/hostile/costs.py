"""What a piece of work in this process costs and does: seconds, growth of memory, sockets, files written, processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 2.0
MEGABYTES = 64.0
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass
class Cost:
    """Seconds of this process (others keep the machine busy), megabytes, and what was done that reaches out of it."""

    seconds: float = 0.0
    megabytes: float = 0.0
    reached: list[str] = field(default_factory=list)


_watched: list[tuple[Cost, tuple[str, ...]]] = []
_hooked: list[bool] = []


@contextmanager
def cost(*folders: Path) -> Iterator[Cost]:
    """Measure what happens inside; files may be written under `folders` only."""
    if not _hooked:
        sys.addaudithook(_look)
        _hooked.append(True)
    found = Cost()
    _reset_peak()
    before = _status("VmRSS")
    _watched.append((found, tuple(str(folder) for folder in folders)))
    began = time.process_time()
    try:
        yield found
    finally:
        found.seconds = time.process_time() - began
        _watched.pop()
        found.megabytes = max(0.0, _status("VmHWM") - before)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched:
        return
    found, folders = _watched[-1]
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        found.reached.append(f"socket {arguments[1]}")
    elif event == "subprocess.Popen":
        found.reached.append(f"program {arguments[0]}")
    elif event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING and arguments[0]:
        name = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else str(arguments[0])
        if not name.startswith((*folders, "/dev/", "/proc/")) and not name.isdigit():
            found.reached.append(f"file {name}")


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _status(name: str) -> float:
    """A value of /proc/self/status in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)

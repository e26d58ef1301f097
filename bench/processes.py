"""What processes cost, read from /proc: CPU seconds of PostgreSQL, memory of a tree of processes (Linux only)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.kernel.postgres import Server

TICKS = os.sysconf("SC_CLK_TCK")


def postgres_cpu(server: Server) -> float:
    """CPU seconds that the server and all its processes, ended ones included, have used so far."""
    pid = postmaster(server)
    ended = sum(_times(pid)[2:])
    return ended + sum(sum(_times(each)[:2]) for each in tree(pid))


def postmaster(server: Server) -> int:
    return int((server.place.cluster / "postmaster.pid").read_text().split()[0])


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from tree(int(child))


def memory(pid: int) -> float:
    """Proportional share of memory (PSS) of a process and all below it, in MB."""
    return sum(_pss(each) for each in tree(pid))


def _pss(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _times(pid: int) -> tuple[float, float, float, float]:
    """User, system, and those of ended children, in seconds."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return (0.0, 0.0, 0.0, 0.0)
    user, system, below, below_system = (int(n) / TICKS for n in fields[11:15])
    return (user, system, below, below_system)

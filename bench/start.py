"""What starting costs: `remit --help`, a first and a second `remit up`, and the memory that it holds when idle.

Run `python -m bench.start`, or with `--empty` to leave the sample organisation out.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.processes import memory, tree

SETTLE = 8.0
"""Seconds after the first page until memory is read."""


@dataclass(frozen=True)
class Start:
    what: str
    amount: float
    unit: str
    promise: float


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.start", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--empty", action="store_true", help="without the sample organisation")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="remit-bench-") as folder:
        results = [help_time(), *up(Path(folder), [] if options.empty else ["--sample"])]
    print("| what | measured | promise |\n|---|--:|--:|")
    for r in results:
        print(f"| {r.what} | {r.amount:.2f} {r.unit} | {r.promise:g} {r.unit} |")
    return 0 if all(r.amount <= r.promise for r in results) else 1


def help_time() -> Start:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "remit", "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return Start("remit --help", sorted(times)[2], "s", 0.3)


def up(folder: Path, options: list[str]) -> Iterator[Start]:
    """Start twice in one data folder; the first time makes the database."""
    for what, promise in (("remit up, first", 60.0), ("remit up, second", 10.0)):
        port = _free_port()
        began = time.perf_counter()
        command = [sys.executable, "-m", "remit", "up", *options, "--port", str(port)]
        process = subprocess.Popen(command, env={**os.environ, "REMIT_DATA": str(folder)}, stdout=subprocess.DEVNULL)
        try:
            _first_page(port, process)
            yield Start(what, time.perf_counter() - began, "s", promise)
            time.sleep(SETTLE)
            yield Start("web and worker when idle", _web_and_worker(process.pid), "MB", 300)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _first_page(port: int, process: subprocess.Popen[bytes], most: float = 120) -> None:
    until = time.monotonic() + most
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/") as reply:
                reply.read()
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"remit up gave no page within {most:.0f} s.")


def _web_and_worker(pid: int) -> float:
    """PSS of everything `remit up` runs, PostgreSQL apart (MB)."""
    database = [each for each in tree(pid) if b"postgres" in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")[0]]
    return memory(pid) - sum(memory(each) for each in database[:1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())

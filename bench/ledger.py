"""Verifying a ledger: an export of 1,000,000 entries of some 400 bytes, verified by `remit ledger verify`.

Run `python -m bench.ledger`, or with `--entries N`; `--gzip` compresses the file as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from remit.kernel.ledger.export_format import Header, writing
from remit.kernel.ledger.merkle import CompactRange, leaf_hash
from remit.kernel.ledger.notes import Checkpoint, signed, verifier

ORIGIN = "bench.example/ledger"
EVERY = 1000
"""Entries between two checkpoints."""
PROMISE = 10.0
"""Seconds that 1,000,000 entries may take."""
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Cost:
    """What one verification cost: seconds of CPU and of wall time, and the most memory (MB)."""

    what: str
    cpu: float
    wall: float
    memory: float
    status: int


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.ledger", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--gzip", action="store_true", help="compress the file too")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="remit-bench-") as folder:
        file = Path(folder) / f"ledger.export{'.gz' if options.gzip else ''}"
        key = write(file, options.entries)
        size = file.stat().st_size / options.entries
        costs = [verify(f"{options.entries:,} entries, {size:.0f} bytes each", file, "--key", key)]
        costs.append(verify("the same against itself as an earlier export", file, "--key", key, "--against", str(file)))
    print("| what | CPU s | wall s | memory MB | promise |\n|---|--:|--:|--:|--:|")
    for cost in costs:
        print(f"| {cost.what} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.0f} | |")
    promise = PROMISE * options.entries / 1_000_000
    kept = min(costs[0].cpu, costs[0].wall) <= promise and not any(cost.status for cost in costs)
    print(f"\nPromised for the first: {promise:g} s; {'kept' if kept else 'missed'}.")
    return 0 if kept else 1


def write(file: Path, entries: int) -> str:
    """Write an export as an honest log would have it; return the verifier key."""
    key = Ed25519PrivateKey.generate()
    public = verifier(ORIGIN, key)
    tree = CompactRange()
    with writing(file, Header(ORIGIN, (public,))) as export:
        for position in range(entries):
            data = leaf(position)
            export.entry(position, leaf_hash(data), data)
            tree.append(leaf_hash(data))
            if tree.size % EVERY == 0 or tree.size == entries:
                checkpoint = Checkpoint(ORIGIN, tree.size, tree.root(), BEGAN + timedelta(seconds=tree.size))
                export.checkpoint(signed(checkpoint.text(), ORIGIN, key))
    return str(public)


def leaf(position: int) -> bytes:
    """Leaf data of a finding that changed, keys in the order of PostgreSQL's jsonb."""
    before = {"state": "open", "due_on": "2026-04-01", "priority_why": "exploited in the wild, reachable"}
    after = {"state": "mended", "due_on": None, "priority_why": f"seen mended by scan {position % 977}"}
    said = {
        "at": 1_772_442_000_000_000 + position,
        "id": position + 1,
        "kind": "vulnerabilities.finding",
        "note": "",
        "txid": 700 + position,
        "verb": "change",
        "actor": position % 50,
        "count": 1,
        "digest": None,
        "system": "",
        "changes": [{"id": position % 9000, "before": before, "after": after}],
        "records": [position % 9000],
        "position": position,
    }
    return json.dumps(said).encode()


def verify(what: str, *arguments: str | Path) -> Cost:
    command = [sys.executable, "-m", "remit", "ledger", "verify", *map(str, arguments)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    return Cost(what, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, process.returncode)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench`: the short form, every part in a process of its own; what fails its promise fails the run."""

import subprocess
import sys

PARTS = (
    ("bench.pages", "--short"),
    ("bench.imports",),
    ("bench.ledger", "--entries", "100000"),
    ("bench.start",),
    ("bench.risk", "--only", "small"),
)


def main() -> int:
    failed = 0
    for part in PARTS:
        print(f"\n{' '.join(part)}\n", flush=True)
        failed |= subprocess.run([sys.executable, "-m", *part], check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())

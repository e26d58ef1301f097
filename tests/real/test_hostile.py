"""The shared corpus of hostile files, where it lies beside the checkout."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile import generator, measured

GENERATOR = Path(__file__).parents[2] / "../shared/data/hostile/gen_hostile.py"
FORMATS = ("nessus", "nmap", "xml", "sarif", "cyclonedx", "trivy", "sarif.gz", "zip", "tar")
# Read by a parser for Nmap; without one, a clear refusal is the right answer.
UNREAD = ("xml_doctype_plain.nmap.xml",)
ESCAPES = ("hostile_zipslip.json", "hostile_symlink.json", "hostile_tar.json", "hostile_tar2.json")

pytestmark = pytest.mark.skipif(not GENERATOR.exists(), reason="no shared hostile files beside the checkout")


def test_every_file_is_answered_as_the_manifest_says(tmp_path):
    folder = tmp_path / "files"
    subprocess.run([sys.executable, str(GENERATOR), str(folder)], check=True, capture_output=True)
    manifest = json.loads((folder / "manifest.json").read_text())["files"]
    rows = [row for row in manifest if row["format"] in FORMATS]
    assert len(rows) > 70
    idle = tmp_path / "idle"
    idle.write_text(generator.sarif())
    found = measured.answers([folder / row["file"] for row in rows], idle)
    for row in rows:
        accepted = row["expected"] == "accept-safely" and row["file"] not in UNREAD
        measured.check(found[row["file"]], "accept" if accepted else "reject")
    assert not any((Path("/tmp") / name).exists() for name in ESCAPES)

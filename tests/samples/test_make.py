"""The committed files are what the script makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from samples.make import HERE, build, differences, main, write
from samples.organisation import Files


def test_the_committed_files_are_what_the_script_makes(files: Files) -> None:
    assert differences(files, HERE) == []


def test_the_same_seed_gives_the_same_bytes(files: Files) -> None:
    assert build() == files


def test_another_seed_gives_other_findings_and_the_same_cast(files: Files) -> None:
    other = build(7)
    assert other.keys() == files.keys()
    assert other["dependencies.csv"] == files["dependencies.csv"]
    assert other["truth.json"] != files["truth.json"]


def test_the_check_names_what_is_missing_changed_or_left_over(files: Files, tmp_path: Path) -> None:
    write(files, tmp_path)
    assert differences(files, tmp_path) == []
    (tmp_path / "work.json").unlink()
    (tmp_path / "assets.csv").write_bytes(b"")
    (tmp_path / "scans" / "old.nessus").write_bytes(b"")
    assert differences(files, tmp_path) == [
        "assets.csv: differs",
        "work.json: missing",
        "scans/old.nessus: not made by the script",
    ]


def test_the_check_exits_with_1_and_says_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--out", str(tmp_path)]) == 1
    assert "Remedy: run `python -m samples.make`" in capsys.readouterr().err
    assert main(["--out", str(tmp_path)]) == 0
    assert main(["--check", "--out", str(tmp_path)]) == 0


def test_the_files_stay_small(files: Files) -> None:
    assert sum(len(content) for content in files.values()) < 6_000_000

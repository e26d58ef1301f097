"""`remit parse`: its lines, its table, its exit status."""

import io
import json
import subprocess
import sys

import pytest

from remit.ingest.cli_parse import parse_command
from tests.ingest import samples


@pytest.fixture
def files(tmp_path):
    found = {"good": samples.SARIF, "bad": b"<invoice/>", "other": samples.OCSF}
    for name, content in found.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in found]


def test_json_lines(files):
    out = io.StringIO()
    assert parse_command(files, True, out) == 2
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    summaries = [line for line in lines if "file" in line]
    assert [(line["format"], line["observations"], line["weaknesses"], line["assets"]) for line in summaries] == [
        ("sarif", 4, 3, 1),
        ("ocsf", 2, 1, 2),
    ]
    assert lines[-1] == summaries[-1]
    (error,) = [line["error"] for line in lines if "error" in line]
    assert set(error) == {"code", "where", "hint"}
    assert {line["observation"] for line in lines if "observation" in line} >= {
        "report",
        "asset",
        "weakness",
        "occurrence",
    }


def test_table(files):
    out = io.StringIO()
    assert parse_command(files, False, out) == 2
    heading, first, second, refused = out.getvalue().splitlines()
    assert heading.split()[:3] == ["file", "format", "occurrences"]
    assert first.split()[1:] == ["sarif", "4", "3", "1", "0", "0"]
    assert second.split()[1:] == ["ocsf", "2", "1", "2", "0", "1"]
    assert "unknown-format" in refused


def test_all_good_is_status_0(files):
    assert parse_command([files[0]], True, io.StringIO()) == 0


@pytest.mark.parametrize("as_json", [True, False])
def test_no_control_character_reaches_the_terminal(tmp_path, as_json):
    path = tmp_path / "a\x1b[2J\u202e.sarif"
    path.write_bytes(samples.SARIF.replace(b"SQL injection", b"\\u001b[2J\\u009b\\u202e"))
    out = io.StringIO()
    assert parse_command([path, tmp_path / "no\x1bne"], as_json, out) == 2
    assert not set(out.getvalue()) & set("\x1b\x9b\u202e\x07")


def test_no_django_and_no_database():
    script = "import sys, remit.ingest.cli_parse; print(sorted({'django', 'psycopg', 'lxml'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

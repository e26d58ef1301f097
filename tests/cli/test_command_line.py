"""The frame of the command: help at once, errors in two lines, exit statuses."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from remit import cli
from remit.cli import output
from remit.cli.errors import CommandError
from remit.ingest.rejected import ImportRejected
from remit.kernel.postgres import PostgresError


def command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `remit figures` fail with `error`."""

    def fail(_: object) -> int:
        raise error

    module = SimpleNamespace(add_arguments=lambda parser: parser.add_argument("--json"), run=fail)
    monkeypatch.setattr(cli, "import_module", lambda _: module)


def test_help_is_there_at_once_and_lists_every_command() -> None:
    best = 9.9
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "remit", "--help"], capture_output=True, text=True, check=True)
        best = min(best, time.perf_counter() - began)
    assert best < 0.3
    for name in cli.COMMANDS:
        assert f"\n    {name}" in done.stdout


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: remit {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (CommandError("No.", "Do so.", status=2), 2, "remit: No.\n       Do so.\n"),
        (CommandError("No."), 1, "remit: No.\n"),
        (PostgresError("Full.", "Free some."), 1, "remit: Full.\n       Free some.\n"),
        (ImportRejected("too-large", "byte 9", "Split it."), 2, "remit: byte 9: too-large\n       Split it.\n"),
        (FileNotFoundError(2, "No such file", "a.xml"), 2, "remit: a.xml: No such file\n       Check the name"),
        (
            ZeroDivisionError("by\nzero"),
            1,
            "remit: internal error: ZeroDivisionError: by\n       Run it again with --traceback",
        ),
    ],
)
def test_an_error_is_what_and_remedy(
    error: Exception, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, error)
    assert cli.main(["figures"]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") <= 2


@pytest.mark.parametrize("arguments", [["--traceback", "figures"], ["figures", "--traceback"]])
def test_traceback_on_request(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main(arguments)


def test_ctrl_c_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    command(monkeypatch, KeyboardInterrupt())
    assert cli.main(["figures"]) == 130
    assert capsys.readouterr() == ("", "")


def test_unknown_command_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["nothing"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def _ran(command: str, **environment: str) -> str:
    """Run a line of the shell as somebody does whose Python collects its output before it writes it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command.replace("remit", f"{sys.executable} -m remit"),
        shell=True, capture_output=True, text=True, check=False, env={**kept, **environment},
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("environment", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["collected", "at once"])
def test_a_reader_who_leaves_is_no_error(environment: dict[str, str]) -> None:
    said = _ran("remit db roles 2>&1 | true", **environment)
    assert not [word for word in ("Traceback", "Exception ignored", "error") if word in said]


@pytest.mark.parametrize("environment", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["collected", "at once"])
def test_output_that_finds_no_room_is_said_in_two_lines(environment: dict[str, str]) -> None:
    said = _ran("remit db roles 2>&1 >/dev/full", **environment)
    assert said.splitlines()[-2:] == [
        "remit: output: No space left on device",
        "       Make room there, then run it again.",
    ]


def test_a_table_is_as_wide_as_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    output.print_table([("a", None), ("long", 12)], ("x", "number"))
    assert out.getvalue() == "x     number\na\nlong  12\n"


def test_an_unwritable_data_folder_is_said_in_two_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "remit", "up"],
        env={"REMIT_DATA": str(tmp_path / "file" / "data"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert str(tmp_path / "file") in done.stderr
    assert "REMIT_DATA" in done.stderr
    assert done.stderr.count("\n") == 2

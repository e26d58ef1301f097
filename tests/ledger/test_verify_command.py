"""`remit ledger verify`: exit statuses, what it prints, and that it needs neither Django nor a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from remit.cli import main

from .house import OTHER_KEY, VERIFIER, Log, verifier
from .test_proofs import proof

KEY = ["--key", str(VERIFIER)]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log()
    (tmp_path / "ledger.export").write_bytes(log.export())
    (tmp_path / "kept.note").write_text(log.checkpoints[20])
    return log


def verify(folder: Path, *arguments: str, file: str = "ledger.export") -> int:
    return main(["ledger", "verify", str(folder / file), *arguments])


def test_what_fits_is_0(tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path, *KEY, "--checkpoint", str(tmp_path / "kept.note")) == 0
    told = capsys.readouterr().out
    assert told.startswith("Fits: 40 entries fit, under 4 signed checkpoints.\n")
    assert "--key" not in told


def test_without_a_key_it_says_whose_it_trusted(tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path) == 0
    told = capsys.readouterr().out
    assert str(VERIFIER) in told
    assert "--key" in told


def test_what_does_not_fit_is_1_and_named(tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.rows[18]["verb"] = "view"
    (tmp_path / "ledger.export").write_bytes(log.export())
    assert verify(tmp_path, *KEY) == 1
    told = capsys.readouterr().out
    assert told.startswith("Does not fit (edited): Entry 18 at position 17 was edited")
    assert verify(tmp_path, *KEY, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["fits"], said["misfits"]) == (False, 1)
    assert said["faults"][0].items() >= {"kind": "edited", "position": 17, "entry": 18}.items()


def test_an_earlier_export_is_verified_by_itself_first(
    tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = Log(25)
    (tmp_path / "earlier.export").write_bytes(earlier.export())
    assert verify(tmp_path, *KEY, "--against", str(tmp_path / "earlier.export")) == 0
    del earlier.rows[3]
    (tmp_path / "earlier.export").write_bytes(earlier.export())
    assert verify(tmp_path, *KEY, "--against", str(tmp_path / "earlier.export")) == 2
    assert "does not fit itself" in capsys.readouterr().err


def test_a_proof_is_told_by_its_content(tmp_path: Path, log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "FND-3.json").write_text(proof().text())
    assert verify(tmp_path, *KEY, file="FND-3.json") == 0
    assert "Fits: 7 entries about FND-3" in capsys.readouterr().out
    assert verify(tmp_path, "--key", str(verifier("else", OTHER_KEY)), "--json", file="FND-3.json") == 1
    assert json.loads(capsys.readouterr().out)["fits"] is False
    assert verify(tmp_path, "--checkpoint", str(tmp_path / "kept.note"), file="FND-3.json") == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--key", "x"], "--key: a verifier key"),
        (["--checkpoint", "FOLDER/ledger.export"], "no checkpoint"),
        (["--checkpoint", "FOLDER/none"], "No such file"),
        (["--checkpoint", "FOLDER/latin1"], "not a signed note"),
        (["--against", "FOLDER/kept.note"], "not a ledger export"),
    ],
)
def test_what_cannot_be_read_is_2_with_a_remedy(
    tmp_path: Path, log: Log, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "latin1").write_bytes(b"\xe9")
    assert verify(tmp_path, *[each.replace("FOLDER", str(tmp_path)) for each in arguments]) == 2
    message, remedy = capsys.readouterr().err.splitlines()
    assert says in message
    assert remedy.strip()


@pytest.mark.parametrize(
    ("name", "text"), [("a", b""), ("b", b"{}"), ("c", b"\x1f\x8b"), ("d", b"remit-ledger-export 1\n")]
)
def test_a_file_that_is_neither_is_2(
    tmp_path: Path, name: str, text: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(text)
    assert verify(tmp_path, file=name) == 2
    assert verify(tmp_path, file="nothing") == 2
    assert "internal error" not in capsys.readouterr().err


@pytest.mark.parametrize("file", ["ledger.export", "FND-3.json", "broken"])
def test_neither_django_nor_a_driver_is_imported(tmp_path: Path, log: Log, file: str) -> None:
    (tmp_path / "FND-3.json").write_text(proof().text())
    (tmp_path / "broken").write_text("{}")
    program = (
        "import sys; from remit.cli import main; main(sys.argv[1:]);"
        "sys.exit(str({name.split('.')[0] for name in sys.modules} & {'django', 'psycopg', 'psycopg_binary'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "ledger", "verify", str(tmp_path / file)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.stderr.endswith("set()\n")

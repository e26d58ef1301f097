"""The program in the documentation that verifies an export without Remit does what is said of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .house import Log

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"


def said(folder: Path, log: Log) -> str:
    program = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)[0]
    (folder / "verify.py").write_text(program)
    (folder / "ledger.export").write_bytes(log.export())
    command = [sys.executable, "-I", "-W", "ignore", str(folder / "verify.py"), str(folder / "ledger.export")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def test_the_program_in_the_documentation_verifies_an_export(tmp_path: Path) -> None:
    assert said(tmp_path, Log()).startswith("40 entries fit ")
    log = Log()
    log.rows[18]["verb"] = "view"
    assert said(tmp_path, log) == "position 17 does not fit"
    log.order(log.order_now, hash_again=True)
    assert said(tmp_path, log) == "the checkpoint of 20 entries does not fit"
    del log.rows[3]
    assert said(tmp_path, log) == "position 2 is missing"

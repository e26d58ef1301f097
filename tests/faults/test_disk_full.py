"""The disk is full: a clear error, no half import, reading goes on, and all is well once there is room.

The disk is a small file system in memory, which only root may mount; elsewhere this says so and is skipped.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from remit.kernel import postgres
from tests.cli.test_up_command import Installation
from tests.faults.visiting import Visitor
from tests.ingest_loading.reports import nessus

pytestmark = pytest.mark.skipif(bool(postgres.external_uri("app")), reason="fills the disk of the embedded server")
MEGABYTES = 320
ASSET = {"kind_of": "host", "criticality": 3, "exposure": "internal", "environment": "production"}


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk at a place that root's server, which is not root, can reach."""
    folder = Path(tempfile.mkdtemp(prefix="remit-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=711", "none", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        data = folder / "data"
        data.mkdir()
        data.chmod(0o711)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@pytest.fixture
def office(disk: Path, tmp_path: Path) -> Iterator[tuple[Installation, Visitor]]:
    installation = Installation(disk / "data")
    installation.log = tmp_path / "up.log"
    try:
        installation.up()
        link = re.search(r"http://127\.0\.0\.1:\d+/welcome/\S+", installation.said())
        assert link, installation.said()
        visitor = Visitor(installation.port)
        visitor.welcome(link[0])
        yield installation, visitor
    finally:
        if installation.process is not None and installation.process.poll() is None:
            installation.stop()
        postgres.destroy(installation.data)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def hand_in(visitor: Visitor, file: Path, unit: int) -> tuple[int, str]:
    """Send a scan by the page of imports."""
    parts = {"csrfmiddlewaretoken": visitor.token, "unit": str(unit), "coverage": "partial"}
    lines = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()
    ]
    lines.append(f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
                 f"Content-Type: text/xml\r\n\r\n{file.read_text()}\r\n--edge--\r\n")  # fmt: skip
    return visitor.ask("POST", "/imports/new/", "".join(lines), "multipart/form-data; boundary=edge")


def rows(server: Any, query: str) -> list[Any]:
    with psycopg.connect(server.uri("owner"), autocommit=True) as owner:
        owner.execute("select set_config('remit.system', 'test', false)")
        return owner.execute(query).fetchall()


def test_a_full_disk_refuses_clearly_and_reading_goes_on(
    office: tuple[Installation, Visitor], disk: Path, tmp_path: Path
) -> None:
    installation, visitor = office
    scan = nessus(tmp_path / "big.nessus", {"10.1.0.1": [(n, 443) for n in range(1000, 4000)]}, outputs="x" * 400)
    with postgres.running(installation.data) as server:
        unit = rows(server, "select id from kernel_unit order by id limit 1")[0][0]
        ballast = fill(disk)
        status, page = hand_in(visitor, scan, unit)
        assert status in {422, 503}, (status, page[-3000:], installation.said()[-3000:])
        assert "room" in page, page
        told: list[tuple[int, str]] = []
        while [status for status, _ in told].count(503) < 3:
            assert len(told) < 100, "the disk was never full"
            text = " ".join(os.urandom(400).hex() for _ in range(100))  # nothing that compressing could save
            values = {**ASSET, "unit_id": unit, "name": f"n{len(told)}", "description": text}
            told.append(visitor.send("POST", "/api/assets", values))
        assert {status for status, _ in told} <= {201, 503}, (told, installation.said()[-3000:])
        refused = [said for status, said in told if status == 503]
        assert all(set(json.loads(said)) == {"detail", "fields"} for said in refused)
        for path in ("/", "/assets/", "/api/assets", "/imports/", "/health/"):
            assert visitor.ask("GET", path)[0] == 200, (path, installation.said()[-3000:])
        stored = rows(server, "select count(*) from assets_asset")[0][0]
        assert stored == sum(status == 201 for status, _ in told)
        assert rows(server, "select count(*) from ingest_import where state <> 'refused'") == [(0,)]
        assert not [file for file in (installation.data / "files").rglob("*") if file.is_file()], "half a file is left"

        ballast.unlink()
        deadline = time.monotonic() + 60
        while hand_in(visitor, scan, unit)[0] != 302:
            assert time.monotonic() < deadline, installation.said()
            time.sleep(0.5)
        while rows(server, "select state from ingest_import where state <> 'refused'") != [("loaded",)]:
            assert time.monotonic() < deadline, (
                rows(server, "select state, hint from ingest_import"),
                installation.said(),
            )
            time.sleep(0.2)
        assert rows(server, "select count(*) from vulnerabilities_occurrence") == [(3000,)]
    assert os.path.ismount(disk)

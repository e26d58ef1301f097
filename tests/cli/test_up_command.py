"""`remit up` from an empty folder to a clean stop, with what goes wrong in between."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from remit.kernel import postgres

START_SECONDS = 60.0


class Installation:
    """A data folder and a port of a test's own, and the `remit up` that runs there."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        own = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REMIT_"))}
        own.pop("DJANGO_SETTINGS_MODULE", None)
        self.environment = {**own, "REMIT_DATA": str(data)}
        self.log = data.with_name("up.log")
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> float:
        """Start; seconds until it announced itself."""
        began = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command("up"), env=self.environment, stdout=log, stderr=log)
        while "Remit is at" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.perf_counter() - began < START_SECONDS, self.said()
            time.sleep(0.05)
        return time.perf_counter() - began

    def command(self, *arguments: str) -> list[str]:
        port = ["--port", str(self.port)] if arguments == ("up",) else []
        return [sys.executable, "-m", "remit", *arguments, *port]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = self.command(*arguments)
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def said(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    def wait_until_it_answers(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.answers():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation that is gone afterwards."""
    made = Installation(tmp_path / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    postgres.destroy(made.data)


def server_process(data: Path) -> int:
    return int((data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def test_from_an_empty_folder_to_a_clean_stop(installation: Installation) -> None:
    installation.up()
    installation.wait_until_it_answers(30)
    assert re.search(r"http://127\.0\.0\.1:\d+/welcome/\S+", installation.said())

    again = installation.run("up")
    assert again.returncode == 1
    assert "already runs" in again.stderr
    assert "REMIT_DATA" in again.stderr
    listed = installation.run("user", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert "head_of_security" in listed.stdout
    checked = installation.run("check")
    assert "connected as remit_app\n" in checked.stdout, checked.stderr

    # Under a second when the machine is idle; the disk decides.
    os.kill(server_process(installation.data), signal.SIGKILL)
    installation.wait_until_it_answers(30)

    assert installation.stop() == 0
    assert installation.said().endswith("Stopped.\n")
    assert not postgres.in_use(installation.data)

    assert installation.up() < 30
    assert "migration" not in installation.said()
    assert installation.process is not None
    installation.process.kill()
    installation.process.wait()
    deadline = time.monotonic() + 30
    while postgres.in_use(installation.data):
        assert time.monotonic() < deadline, "what was started outlives a killed `remit up`"
        time.sleep(0.1)
    assert installation.up() < 30
    assert installation.stop() == 0

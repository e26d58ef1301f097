"""Children are kept running, stopped together and not left behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from remit.cli import ports
from remit.cli.errors import CommandError
from remit.cli.supervision import Child, Supervisor, pause_before


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def wait_for(what: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_pauses_grow_to_a_limit() -> None:
    assert [pause_before(failures) for failures in (1, 2, 3, 4, 9, 1000)] == [0.5, 1, 2, 4, 30, 30]


def test_a_dead_child_is_started_again_and_all_are_stopped(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    note = tmp_path / "starts"
    steady = Child("steady", python("import time; time.sleep(60)"))
    frail = Child("frail", python("import sys; open(sys.argv[1], 'a').write('x'); sys.exit(3)", str(note)))
    announced: list[bool] = []
    supervisor = Supervisor([steady, frail])
    stop = signal.SIGTERM, None

    def when_started_twice() -> bool:
        if note.exists() and len(note.read_text()) >= 2:
            supervisor._stop(*stop)
            return True
        return False

    supervisor.run(ready=when_started_twice, announce=lambda: announced.append(True))
    assert announced == [True]
    assert steady.process is not None
    assert steady.process.returncode == -signal.SIGTERM
    assert "The frail ended with status 3; starting it again in 0.5 s." in capfd.readouterr().err


def test_a_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remit.cli.supervision.STOP_SECONDS", 0.3)
    deaf = Child(
        "deaf",
        python("import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"),
    )
    supervisor = Supervisor([deaf])
    threading.Timer(1.0, lambda: supervisor._stop(signal.SIGTERM, None)).start()
    supervisor.run()
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's promise that this rests on is Linux's")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    child = (
        "import sys, time, pathlib, os\nfrom remit.cli.lifeline import end_with\nend_with(int(sys.argv[1]))\n"
        "pathlib.Path(sys.argv[2]).write_text(str(os.getpid()))\ntime.sleep(60)"
    )
    parent = (
        "import os, subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', sys.argv[1], str(os.getpid()), sys.argv[2]]).wait()"
    )
    note = tmp_path / "pid"
    process = subprocess.Popen(python(parent, child, str(note)))
    wait_for(lambda: note.exists() and note.read_text())
    pid = int(note.read_text())
    assert alive(pid)
    process.kill()
    process.wait()
    wait_for(lambda: not alive(pid))


def test_a_taken_port_names_its_holder() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert ports.accepts(port)
        with pytest.raises(CommandError, match=f"Port {port} is taken by process {os.getpid()} ") as refused:
            ports.require_free(port)
        assert "--port" in refused.value.remedy
    ports.require_free(port)
    assert not ports.accepts(port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(CommandError) as refused:
        ports.require_free(port)
    assert refused.value.status == 2

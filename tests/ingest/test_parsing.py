"""The limited child process: what it may not do, and that its end, however it comes, is an answer."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remit.ingest import child, limits, parsing
from remit.ingest.observations import Occurrence
from remit.ingest.parsing import describe, observe
from remit.ingest.rejected import ImportRejected
from tests.ingest import samples


def written(folder, content, name="report"):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", samples.ALL)
def test_the_child_says_what_the_parser_says(tmp_path, name):
    observations = observe(written(tmp_path, samples.ALL[name]))
    format_name, expected = samples.parsed(samples.ALL[name])
    assert observations.format == format_name
    assert list(observations) == expected


def test_a_summary_counts_every_kind(tmp_path):
    summary = describe(observe(written(tmp_path, samples.TRIVY)))
    assert (summary.observations, summary.weaknesses, summary.assets) == (4, 5, 1)
    assert (summary.components, summary.passed, summary.severities) == (1, 1, [0, 0, 0, 2, 2])


@pytest.mark.parametrize("path", ["absent", ".", "/dev/null"])
def test_what_is_no_file_is_refused(tmp_path, path):
    with pytest.raises(ImportRejected, match="unreadable"):
        observe(tmp_path / path)


def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImportRejected, match="unreadable"):
        observe(tmp_path / "pipe")


def test_a_refusal_halfway_reaches_the_reader(tmp_path):
    content = samples.NESSUS.replace(b"</Report>", b"<broken></Report>")
    observations = observe(written(tmp_path, content))
    with pytest.raises(ImportRejected) as refused:
        list(observations)
    assert refused.value.code == "xml-malformed"


def test_the_child_ends_when_its_reader_stops(tmp_path):
    content = samples.NESSUS.replace(b"<ReportHost", b"<!-- -->" * 3 + b"<ReportHost")
    observations = observe(written(tmp_path, content))
    next(iter(observations))
    observations.close()
    assert observations._child.returncode is not None


@pytest.mark.parametrize(
    ("script", "code", "where"),
    [
        ("raise SystemExit(3)", "parser-failed", "status 3"),
        ("import os; os.kill(os.getpid(), 11)", "parser-failed", "SIGSEGV"),
        ("import os; os.kill(os.getpid(), 24)", "too-slow", "whole file"),
        ("import time; time.sleep(60)", "too-slow", "whole file"),
        ("import os; os.write(1, b'F' + b'\\xff' * 4)", "parser-failed", "an answer too long"),
        ("import os; os.write(1, b'F\\0\\0\\0\\1\\x01')", "parser-failed", "an answer that is none"),
        ("import os; os.write(1, b'O\\0\\0\\0\\1\\x90')", "parser-failed", "an answer out of turn"),
    ],
)
def test_whatever_the_child_does_is_an_answer(tmp_path, monkeypatch, script, code, where):
    monkeypatch.setattr(parsing, "_CHILD", written(tmp_path, script.encode(), "child.py"))
    monkeypatch.setattr(limits, "CHILD_WALL", 0.5)
    with pytest.raises(ImportRejected) as refused:
        observe(written(tmp_path, samples.NESSUS))
    assert (refused.value.code, refused.value.where) == (code, where)


CONFINED = """
import os, resource, socket, subprocess, sys
sys.path[:0] = sys.argv[1:]
from remit.ingest import child, limits
child._confine(limits)
def attempt(action):
    try:
        action()
    except BaseException as error:
        return type(error).__name__
    return "done"
print(attempt(lambda: socket.socket()), attempt(lambda: open("/tmp/escaped", "w")),
      attempt(lambda: os.fork()), attempt(lambda: os.system("true")), attempt(lambda: subprocess.run(["true"])),
      attempt(lambda: os.unlink("/tmp/escaped")), attempt(lambda: bytearray(2 << 30)),
      attempt(lambda: open("/proc/self/stat").close()))
"""


def test_the_child_gives_up_what_it_does_not_need():
    folders = [str(Path(child.__file__).parents[2]), *(folder for folder in sys.path if folder.endswith("-packages"))]
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CONFINED, *folders], capture_output=True, text=True, check=True, env={}
    )
    assert run.stdout.split() == ["PermissionError"] * 6 + ["MemoryError", "done"]


def test_no_secret_of_the_environment_reaches_the_child(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "canary")
    script = b"import os, sys; sys.exit(9 if 'SECRET' in os.environ else 7)"
    monkeypatch.setattr(parsing, "_CHILD", written(tmp_path, script, "child.py"))
    with pytest.raises(ImportRejected, match="status 7"):
        observe(written(tmp_path, samples.NESSUS))


def test_many_observations_come_in_order_and_in_bounded_frames(tmp_path):
    start = samples.NESSUS.index(b"<ReportItem")
    item = samples.NESSUS[start : samples.NESSUS.index(b"</ReportItem>", start) + 13]
    content = samples.NESSUS.replace(item, item * 1_700, 1)
    ordinals = [
        observation.ordinal
        for observation in observe(written(tmp_path, content))
        if type(observation) is Occurrence and observation.rule == "70001"
    ]
    assert ordinals == list(range(1_701))


def test_starting_is_quick(tmp_path):
    path = written(tmp_path, samples.SARIF)
    taken = []
    for _ in range(4):
        started = time.monotonic()
        list(observe(path))
        taken.append(time.monotonic() - started)
    assert min(taken) < 0.3

"""Runs `remit parse` over files in a process of its own, and says what each answer was and what it cost."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import io, json, resource, sys, time
from pathlib import Path
from remit.ingest.cli_parse import parse_command

def memory():
    return [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]

for path in map(Path, json.load(sys.stdin)):
    out, started = io.StringIO(), time.monotonic()
    status = parse_command([path], True, out)
    seconds = time.monotonic() - started
    answer = [json.loads(text) for text in out.getvalue().splitlines()]
    print(json.dumps({"file": path.name, "status": status, "seconds": seconds, "memory": memory(), "answer": answer}))
"""


def answers(paths, idle):
    """A dict for each file: status, seconds, the growth of memory over `idle` in MB (so far), and the JSON lines."""
    environment = {"PYTHONPATH": ":".join(folder for folder in sys.path if folder)}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([str(path) for path in (idle, *paths)]),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    found = [json.loads(text) for text in run.stdout.splitlines()]
    baseline = sum(found[0]["memory"])
    for item in found:
        item["growth"] = (sum(item["memory"]) - baseline) / 1024
    return {item["file"]: item for item in found[1:]}


def check(item, expected):
    """Whether a file was answered as SECURITY.md promises; `expected` is "reject" or "accept"."""
    assert item["seconds"] < 2, item
    assert item["growth"] < 64, item
    last = item["answer"][-1]
    if expected == "reject":
        assert item["status"] == 2, item
        assert set(last) == {"error"}
        assert set(last["error"]) == {"code", "where", "hint"}
        assert all(last["error"].values()), last
        assert last["error"]["code"] != "parser-failed", last
    else:
        assert item["status"] == 0, last
        assert last["format"]
    assert Path(item["file"]).name == item["file"]

"""Backups that nobody asks for: the job, thinning out, the alarm, the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from remit.kernel.backup import scheduled
from remit.kernel.backup.keeping import name_of
from remit.kernel.jobs.models import JobRun
from remit.kernel.jobs.running import run_now, start
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, signed_in

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.BACKUP_FOLDER = str(tmp_path / "backups")
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand a shell script in for `remit`, in the process that backs up."""

    def stand_in(script: str) -> None:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n# arguments: -m remit backup PATH …\nout=$4\n{script}\n")
        path.chmod(0o700)
        monkeypatch.setattr("remit.kernel.backup.scheduled.sys.executable", str(path))

    monkeypatch.setattr(scheduled, "LOOK", 0.05)
    return stand_in


def put(folder: Path, *days: float) -> None:
    for day in days:
        (folder / name_of(NOW - timedelta(days=day))).write_bytes(b"whole")


def nightly() -> JobRun:
    with being(None):
        run = start(scheduled.JOB, user_id=None)
    return run_now(run)


def test_the_job_makes_a_file_and_thins_out_the_older_ones(db: None, folder: Path, program: Any, settings: Any) -> None:
    settings.BACKUP_KEEP = "2 0 0"
    put(folder, 1, 2, 3)
    (folder / ".remit-20200101T000000Z.backup.part").write_bytes(b"left by a kill")
    (folder / "notes.txt").write_text("not ours")
    program("echo 'Dumping …' >&2; sleep 0.2; echo whole > $out")
    run = nightly()
    assert (run.state, run.result_url) == ("done", "/operations/backups/"), run.message
    assert "whole and checked" in run.message
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 3
    assert name_of(NOW - timedelta(days=1)) in names
    assert "notes.txt" in names


def test_one_that_fails_deletes_nothing_and_says_why(db: None, folder: Path, program: Any, settings: Any) -> None:
    settings.BACKUP_KEEP = "0 0 0"
    put(folder, 5, 6)
    program("echo 'remit: the disk: No space left on device.' >&2; echo '       Make room.' >&2; exit 1")
    run = nightly()
    assert run.state == "failed"
    assert run.message == "the disk: No space left on device. Make room."
    assert len(list(folder.iterdir())) == 2
    settings.BACKUP_KEEP = "many"
    assert "REMIT_BACKUP_KEEP" in nightly().message


def test_nothing_is_done_where_no_folder_is_named(db: None, settings: Any) -> None:
    settings.BACKUP_FOLDER = ""
    assert "REMIT_BACKUP_FOLDER" in nightly().message


def asked() -> list[tuple[str, Any]]:
    with being(None):
        return list(Work.objects.filter(about_kind=scheduled.ALARM).values_list("state", "owner_id"))


def test_the_alarm_is_raised_once_and_ends_with_a_good_backup(cast: Cast, folder: Path) -> None:
    put(folder, 3)
    for _ in range(2):
        with being(None):
            scheduled.alarm(NOW)
    assert asked() == [("open", cast.alice.pk)]
    assert "See to the backups" in signed_in(cast.alice).get("/inbox/").content.decode()
    put(folder, 0)
    with being(None):
        scheduled.alarm(NOW)
    assert asked() == [("done", cast.alice.pk)]


def test_there_is_no_alarm_where_none_are_wanted_or_none_was_tried_yet(cast: Cast, folder: Path, settings: Any) -> None:
    with being(None):
        assert scheduled.alarm(NOW) == 0
        JobRun.objects.create(name=scheduled.JOB, title="x", state="failed", message="No room.", ended_at=NOW)
        assert scheduled.alarm(NOW) == 0
        assert scheduled.alarm(NOW + timedelta(days=3)) == 1
    settings.BACKUP_FOLDER = ""
    with being(None):
        assert scheduled.alarm(NOW + timedelta(days=3)) == 0


def test_the_page_is_for_those_who_administer(cast: Cast, browser: Client, folder: Path) -> None:
    put(folder, 0, 1)
    page = browser.get("/operations/backups/").content.decode()
    assert name_of(NOW) in page
    assert "Good" in page
    assert signed_in(cast.eve).get("/operations/backups/").status_code == 403


def test_the_page_says_what_to_do(cast: Cast, browser: Client, folder: Path, settings: Any) -> None:
    put(folder, 3)
    with being(None):
        JobRun.objects.create(name=scheduled.JOB, title="x", state="failed", message="No <room>.", ended_at=NOW)
    page = browser.get("/operations/backups/").content.decode()
    assert "No good backup for two days" in page
    assert "No &lt;room&gt;." in page
    settings.BACKUP_FOLDER = ""
    assert "REMIT_BACKUP_FOLDER" in browser.get("/operations/backups/").content.decode()

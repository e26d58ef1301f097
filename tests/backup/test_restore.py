"""Backups of a whole installation, and restoring them: all of it, or nothing is touched."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO, cast

import psycopg
import pytest

from remit.kernel import postgres
from remit.kernel.backup import making
from remit.kernel.postgres.cluster import ADMINISTRATOR
from tests.backup.conftest import House

PASSPHRASE = "a long passphrase of a test"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    return path


@pytest.fixture
def elsewhere(tmp_path: Path) -> House:
    """Another machine: an empty data folder."""
    return House(tmp_path / "elsewhere")


def differences(before: dict[str, object], after: dict[str, object]) -> dict[str, object]:
    return {
        name: (before.get(name), after.get(name)) for name in {*before, *after} if before.get(name) != after.get(name)
    }


def test_the_owner_who_is_the_system_sees_every_row(house: House) -> None:
    """What is backed up is read as the owner, on whom policies are forced: it must be what the administrator sees."""
    with (
        postgres.running(house.data) as server,
        psycopg.connect(server.uri("owner")) as owner,
        psycopg.connect(server._uri(ADMINISTRATOR, "admin", "remit")) as administrator,
    ):
        owner.execute("select set_config('remit.system', 'backup', false)")
        counted = making.counts(owner)
        assert counted == making.counts(administrator)
    assert counted["assets_asset"] == 150
    assert counted["stored_file"] == 3
    assert counted["ledger_entry"] > 5


def test_a_round_trip_brings_back_every_byte(house: House, tmp_path: Path) -> None:
    before = house.state()
    path = tmp_path / "one.backup"
    house.ok("backup", path)
    assert before["second factor"]
    assert len(before["files"]) == 3
    assert all(digest == content for digest, content in before["files"].items())
    house.inside("touch")
    house.sql("delete from mfa_authenticator")
    shutil.rmtree(house.data / "files")
    said = house.ok("restore", "--replace", path)
    assert "People, roles and grants are as they were then" in said
    assert differences(before["rows"], (after := house.state())["rows"]) == {}
    assert after == before
    ledger = house.inside("ledger")
    assert (ledger["pending"], ledger["lost"], ledger["fits"]) == (0, 0, True)
    assert ledger["note"][1] == "restore"
    assert "one.backup of 20" in ledger["note"][0]
    assert "signed by remit/" in ledger["note"][0]


def test_on_another_machine_it_needs_the_key_and_the_keys(
    house: House, backup: Path, elsewhere: House, secret: Path, tmp_path: Path
) -> None:
    try:
        assert "--key" in elsewhere.refused("restore", backup)
        assert "needs a key that is not here" in elsewhere.refused("restore", backup, "--trust-file")
        assert "encrypted backup only" in house.refused("backup", tmp_path / "x.backup", "--with-keys")
        whole = tmp_path / "whole.backup"
        house.ok("backup", whole, "--with-keys", "--passphrase-file", secret)
        verifier = keys_of(house)[0]
        assert "passphrase" in elsewhere.refused("restore", whole, "--key", verifier)
        wrong = tmp_path / "wrong"
        wrong.write_text("not the passphrase at all")
        assert "passphrase" in elsewhere.refused("restore", whole, "--key", verifier, "--passphrase-file", wrong)
        elsewhere.ok("restore", whole, "--key", verifier, "--passphrase-file", secret)
        # A secret key was made there before; second factors are sealed under the ring, which came along.
        assert elsewhere.state() == house.state()
        assert elsewhere.inside("ledger")["fits"]
    finally:
        postgres.destroy(elsewhere.data)


def keys_of(house: House) -> list[str]:
    from remit.kernel.ledger.notes import Verifier

    rows = house.sql("select name, public from ring_key where purpose = 'ledger' order by id")
    return [str(Verifier(name, bytes(public))) for name, public in rows]


def test_what_is_wrong_is_refused_before_anything_is_touched(house: House, backup: Path, tmp_path: Path) -> None:
    before = house.state()
    whole = backup.read_bytes()
    bad = tmp_path / "bad.backup"
    for content in (whole[: len(whole) // 2], whole[:5000] + b"X" + whole[5001:], whole + b"X"):
        bad.write_bytes(content)
        assert "Use another backup" in house.refused("restore", "--replace", bad)
        assert "Use another backup" in house.refused("restore", "--check", bad)
    assert "--replace" in house.refused("restore", backup)
    assert "No such file" in house.refused("restore", "--replace", tmp_path / "nothing")
    stranger = "remit/else+" + "00000000" + "+AQ=="
    assert "--key" in house.refused("restore", "--replace", backup, "--key", stranger)
    assert house.state() == before
    assert not (house.data / "files.restoring").exists()


def test_while_somebody_is_connected_nothing_is_put_in_place(house: House, backup: Path) -> None:
    before = house.state()
    with postgres.running(house.data):  # as `remit up` and workers do
        assert "in use" in house.refused("restore", "--replace", backup)
    assert house.state() == before


def test_checking_disturbs_nobody(house: House, backup: Path) -> None:
    with postgres.running(house.data):
        house.ok("restore", "--check", backup)


def test_pending_entries_are_sealed_after_a_restore(house: House, tmp_path: Path) -> None:
    path = tmp_path / "pending.backup"
    with postgres.running(house.data) as server, psycopg.connect(server.uri("app")) as busy:
        busy.execute("select pg_current_xact_id()")  # whatever is committed after this waits to be sealed
        house.inside("touch")
        said = house.ok("backup", path, "--json")
        assert '"pending": 1' in said or '"pending": 2' in said, said
    before = house.state()
    house.ok("restore", "--replace", path)
    assert house.state() == before
    ledger = house.inside("ledger")
    assert (ledger["pending"], ledger["lost"], ledger["fits"]) == (0, 0, True)


def test_an_older_state_of_the_tables_is_brought_up_to_date_and_a_newer_one_refused(
    house: House, tmp_path: Path
) -> None:
    older, newer = tmp_path / "older.backup", tmp_path / "newer.backup"
    house.inside("reverse", "axes", "0008")
    house.ok("backup", older)
    house.ok("db", "migrate")
    before = house.state()
    house.sql("insert into django_migrations (app, name, applied) values ('kernel', '9999_of_the_future', now())")
    house.ok("backup", newer)
    house.sql("delete from django_migrations where name = '9999_of_the_future'")
    assert "newer release" in house.refused("restore", "--replace", newer)
    done = house.run("restore", "--replace", older)
    assert done.returncode == 0, done.stderr
    assert "migrations since that backup applied" in done.stderr
    after = house.state()
    assert differences(before["rows"], after["rows"]).keys() <= {"django_migrations", "axes_accessattempt"}
    assert after["files"] == before["files"]


def test_a_ledger_that_was_edited_is_backed_up_and_its_restore_refused(
    house: House, backup: Path, tmp_path: Path
) -> None:
    path = tmp_path / "edited.backup"
    house.sql("alter table ledger_entry disable trigger keeps")
    house.sql("update ledger_entry set note = 'nothing happened' where id = (select min(id) from ledger_entry)")
    house.sql("alter table ledger_entry enable trigger keeps")
    house.ok("backup", path)
    assert "--broken-ledger" in house.refused("restore", "--replace", path)
    house.ok("restore", "--replace", path, "--broken-ledger")
    assert house.inside("ledger")["note"][0].startswith("ledger does not verify")
    house.ok("restore", "--replace", backup)
    assert house.inside("ledger")["fits"]


def begun(house: House, line: str, *arguments: object) -> None:
    """Start a command and kill it by -9 as soon as it says `line`."""
    process = subprocess.Popen(
        house.command(*arguments), env=house.environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    for said in cast(IO[str], process.stderr):
        if said.startswith(line):
            process.kill()
            break
    cast(IO[str], process.stderr).close()
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("line", ["Dumping", "Adding", "Counting"])
def test_a_killed_backup_leaves_no_file_and_the_next_one_is_whole(house: House, tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.backup"
    begun(house, line, "backup", path)
    assert not path.exists()
    house.ok("backup", path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.backup"]
    house.ok("restore", "--check", path)


@pytest.mark.parametrize("line", ["Loading", "Verifying", "Putting"])
def test_a_killed_restore_leaves_what_was_there(house: House, backup: Path, line: str) -> None:
    before = house.state()
    begun(house, line, "restore", "--replace", backup)
    house.inside("finish")
    after = house.state()
    restored = line == "Putting" and after["rows"] != before["rows"]  # it was quicker than the kill
    assert after == before or restored
    assert not (house.data / "files.restoring").exists()


def test_killed_between_databases_and_files_it_is_ended_at_the_next_start(house: House, backup: Path) -> None:
    house.ok("restore", "--replace", backup)
    before = house.state()
    for file in (house.data / "files").rglob("*.sealed"):
        file.unlink()  # so that only the restored files have the contents
    program = house.command()[0]
    command = [program, "-m", "tests.backup.house", "killed_before_files", "--replace", str(backup)]
    done = subprocess.run(command, env=house.environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    house.inside("finish")
    assert house.state() == before
    assert not (house.data / "files.restoring").exists()


def test_a_full_disk_while_unpacking_is_said_and_touches_nothing(house: House, backup: Path) -> None:
    before = house.state()
    command = [house.command()[0], "-m", "tests.backup.house", "on_a_full_disk", "--replace", str(backup)]
    done = subprocess.run(command, env=house.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "No space left on device" in done.stderr
    assert "Nothing was changed" in done.stderr
    assert house.state() == before
    assert not (house.data / "files.restoring").exists()


def test_what_was_there_is_kept_until_it_is_discarded(house: House, backup: Path) -> None:
    def databases() -> set[str]:
        with postgres.running(house.data) as server:
            return server.databases()

    house.ok("restore", "--replace", backup)
    assert "remit_before_restore" in databases()
    assert (house.data / "files.before-restore").is_dir()
    house.ok("restore", "--replace", "--discard-former", backup)
    assert "remit_before_restore" not in databases()
    assert not (house.data / "files.before-restore").exists()

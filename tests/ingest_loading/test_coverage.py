"""What a rescan closes, reopens, and asks about."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from remit.identify.vulnerabilities.models import Occurrence
from remit.ingest.models import Import
from remit.ingest.services import import_one
from tests.conftest import Cast, being
from tests.ingest_loading.reports import Items, many, nessus, states

pytestmark = pytest.mark.django_db

GENERATOR = Path(__file__).parents[2].parent / "shared" / "data" / "gen_scans.py"


def without(items: Items, *gone: tuple[str, int]) -> Items:
    return {host: [item for item in found if (host, item[0]) not in gone] for host, found in items.items()}


def test_a_complete_scan_closes_what_it_no_longer_sees(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many()), unit="com")
    fewer = without(many(), ("10.1.0.1", 1000), ("10.1.0.2", 1001))
    assert import_one(nessus(tmp_path / "b.nessus", fewer, day=7), unit="com")["closed"] == 0
    later = nessus(tmp_path / "c.nessus", fewer, day=8)
    assert import_one(later, unit="com", coverage="complete")["closed"] == 2
    assert states() == {"open": 18, "verified": 2}
    back = nessus(tmp_path / "d.nessus", many(), day=14)
    assert import_one(back, unit="com")["reopened"] == 2
    assert states() == {"open": 18, "reopened": 2}


def test_an_older_scan_neither_closes_nor_reopens(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many(), day=7), unit="com")
    older = nessus(tmp_path / "b.nessus", without(many(), ("10.1.0.1", 1000)), day=1)
    assert import_one(older, unit="com", coverage="complete")["closed"] == 0
    import_one(
        nessus(tmp_path / "c.nessus", without(many(), ("10.1.0.1", 1000)), day=9), unit="com", coverage="complete"
    )
    assert import_one(nessus(tmp_path / "d.nessus", many(), day=8), unit="com")["reopened"] == 0
    assert states() == {"open": 19, "verified": 1}


def test_a_host_that_is_gone_has_no_findings_left(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many()), unit="com")
    outcome = import_one(nessus(tmp_path / "b.nessus", many(3), day=1), unit="com", coverage="complete")
    assert (outcome["state"], outcome["closed"]) == ("loaded", 5)


def test_another_unit_and_another_source_are_left_alone(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many()), unit="sib")
    outcome = import_one(nessus(tmp_path / "b.nessus", many(1, 1), day=1), unit="com", coverage="complete")
    assert outcome["closed"] == 0
    assert states() == {"open": 21}


def test_a_scan_that_would_close_too_much_asks_first(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many()), unit="com")
    truncated = nessus(tmp_path / "b.nessus", many(2), day=1)
    before = states()
    outcome = import_one(truncated, unit="com", coverage="complete", user_id=cast.bob.pk)
    assert outcome["state"] == "to_confirm"
    assert "10 of 20" in outcome["note"]
    assert states() == before
    assert import_one(truncated, unit="com", coverage="complete", user_id=cast.bob.pk)["ref"] == outcome["ref"]
    confirmed = import_one(truncated, unit="com", coverage="complete", user_id=cast.bob.pk, confirmed=True)
    assert (confirmed["state"], confirmed["ref"], confirmed["closed"]) == ("loaded", outcome["ref"], 10)


def test_a_confirmed_import_is_loaded_by_a_worker(tmp_path: Path, cast: Cast) -> None:
    from remit.kernel.jobs.models import JobRun
    from remit.kernel.jobs.running import run_now

    import_one(nessus(tmp_path / "a.nessus", many()), unit="com")
    import_one(nessus(tmp_path / "b.nessus", many(2), day=1), unit="com", coverage="complete", user_id=cast.bob.pk)
    with being(cast.bob):
        Import.objects.get(state="to_confirm").move("confirm")
        run = JobRun.objects.get()
    run_now(run)
    with being(cast.bob):
        assert list(Import.objects.values_list("state", flat=True)) == ["loaded", "loaded"]
    assert states() == {"open": 10, "verified": 10}


@pytest.mark.parametrize("items", [{}, {"10.1.0.1": []}, {f"10.1.0.{n}": [] for n in range(1, 5)}])
def test_an_empty_scan_closes_nothing(tmp_path: Path, cast: Cast, items: Items) -> None:
    import_one(nessus(tmp_path / "a.nessus", many()), unit="com")
    outcome = import_one(nessus(tmp_path / "b.nessus", items, day=1), unit="com", coverage="complete", confirmed=True)
    assert (outcome["state"], outcome["closed"]) == ("loaded", 0)
    assert states() == {"open": 20}


def test_a_person_fixes_and_the_next_scan_verifies(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many()), unit="com")
    with being(cast.bob):
        Occurrence.objects.get(weakness__rule="1000", asset__addresses__contains=["10.1.0.1"]).move("mark_fixed")
    seen_before = nessus(tmp_path / "b.nessus", many(), day=1)
    assert import_one(seen_before, unit="com", coverage="complete")["reopened"] == 0
    gone = nessus(tmp_path / "c.nessus", without(many(), ("10.1.0.1", 1000)), day=2)
    assert import_one(gone, unit="com", coverage="complete")["closed"] == 1
    assert states() == {"open": 19, "verified": 1}


@pytest.mark.skipif(not GENERATOR.exists(), reason="the generator of scans is not beside this checkout")
@pytest.mark.parametrize("format_name", ["nessus", "qualys", "sarif", "trivy", "ocsf"])
def test_drift_is_what_it_was_made_to_be(tmp_path: Path, cast: Cast, format_name: str) -> None:
    def generated(name: str, *options: str) -> tuple[Path, dict[str, int]]:
        file, truth = tmp_path / name, tmp_path / f"{name}.json"
        command = [sys.executable, str(GENERATOR), format_name, "600", str(file), "--truth", str(truth), *options]
        subprocess.run(command, check=True, capture_output=True)
        return file, json.loads(truth.read_text())

    baseline, _ = generated("a")
    rescan, truth = generated("b", "--drop", "0.1", "--add", "0.05")
    assert import_one(baseline, unit="com", coverage="complete")["new"] == 600
    outcome = import_one(rescan, unit="com", coverage="complete")
    assert (outcome["new"], outcome["closed"]) == (truth["added"], truth["dropped"])
    assert outcome["items"] == truth["occurrences"]

"""Feeds change what is known of CVEs, and through it weaknesses and priorities."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from remit.identify.vulnerabilities.models import Cve, Occurrence, Weakness
from remit.identify.vulnerabilities.priorities import recompute
from remit.identify.vulnerabilities.rules import due_on
from remit.identify.vulnerabilities.services import load_feeds
from remit.ingest.rejected import ImportRejected
from remit.ingest.services import import_one
from tests.conftest import Cast, being
from tests.ingest_loading.reports import many, nessus

pytestmark = pytest.mark.django_db


def kev(folder: Path, *cves: str, due: str = "2026-11-22") -> Path:
    entries = [
        {"cveID": cve, "dateAdded": "2026-11-01", "dueDate": due, "knownRansomwareCampaignUse": "Known"} for cve in cves
    ]
    file = folder / "known_exploited_vulnerabilities.json"
    file.write_text(json.dumps({"count": len(entries), "vulnerabilities": entries}))
    return file


def epss(folder: Path, score: float, day: str = "2026-11-22") -> Path:
    file = folder / "epss_scores-current.csv.gz"
    text = f"#model_version:v1,score_date:{day}T00:00:00+0000\ncve,epss,percentile\nCVE-2026-1000,{score},0.9\n"
    file.write_bytes(gzip.compress(text.encode()))
    return file


def test_feeds_reach_weaknesses_and_priorities(tmp_path: Path, cast: Cast) -> None:
    import_one(nessus(tmp_path / "a.nessus", many(2, 2)), unit="com")
    with being(None):
        before = Occurrence.objects.get(weakness__rule="1000", asset__fqdn="host-10x1x0x1.corp.example")
    outcome = load_feeds([kev(tmp_path, "CVE-2026-1000", "CVE-2020-1001"), epss(tmp_path, 0.7)])
    assert [(each["feed"], each["entries"], each["cves"], each["weaknesses"]) for each in outcome] == [
        ("kev", 2, 2, 1),
        ("epss", 1, 1, 1),
    ]
    with being(None):
        weakness = Weakness.objects.get(rule="1000")
        assert (weakness.epss, weakness.kev_due, weakness.ransomware) == (0.7, date(2026, 11, 22), True)
        after = Occurrence.objects.get(pk=before.pk)
        assert after.level > before.level
        assert after.version > before.version


def test_the_same_feed_again_changes_nothing(tmp_path: Path, cast: Cast) -> None:
    file = kev(tmp_path, "CVE-2026-1000")
    assert load_feeds([file])[0]["cves"] == 1
    assert load_feeds([file])[0]["cves"] == 0


def test_a_cve_taken_off_the_catalogue_is_no_longer_known_exploited(tmp_path: Path, cast: Cast) -> None:
    load_feeds([kev(tmp_path, "CVE-2026-1000", "CVE-2026-1001")])
    load_feeds([kev(tmp_path, "CVE-2026-1001")])
    assert list(Cve.objects.exclude(kev_added=None).values_list("id", flat=True)) == ["CVE-2026-1001"]


def test_an_older_score_does_not_replace_a_newer(tmp_path: Path, cast: Cast) -> None:
    load_feeds([epss(tmp_path, 0.7)])
    assert load_feeds([epss(tmp_path, 0.1, day="2026-11-01")])[0]["cves"] == 0
    assert Cve.objects.get(pk="CVE-2026-1000").epss == 0.7


def test_feeds_that_were_there_first_count_at_once(tmp_path: Path, cast: Cast) -> None:
    load_feeds([kev(tmp_path, "CVE-2026-1000"), epss(tmp_path, 0.7)])
    import_one(nessus(tmp_path / "a.nessus", many(1, 1)), unit="com")
    with being(None):
        weakness = Weakness.objects.get()
    assert (weakness.epss, weakness.ransomware) == (0.7, True)
    assert recompute() == 0


@pytest.mark.parametrize("kev_due", ["2025-11-04", "2025-11-09", "2026-11-22"])
def test_the_due_date_is_the_rules(tmp_path: Path, cast: Cast, kev_due: str) -> None:
    from remit.identify.vulnerabilities.rules import Circumstances, prioritise

    load_feeds([kev(tmp_path, "CVE-2026-1000", due=kev_due)])
    import_one(nessus(tmp_path / "a.nessus", many(1, 2)), unit="com")
    with being(None):
        for found in Occurrence.objects.select_related("weakness", "asset"):
            weakness, asset = found.weakness, found.asset
            known = Circumstances(
                severity=found.severity,
                cve=True,
                cvss_score=weakness.cvss_score,
                cvss_version=weakness.cvss_version,
                cvss_vector=weakness.cvss_vector,
                kev=weakness.kev_added is not None,
                ransomware=weakness.ransomware,
                criticality=asset.criticality,
                exposure=asset.exposure,
                environment=asset.environment,
            )
            answer = prioritise(known)
            assert (found.get_level_display().lower(), found.score) == (answer.level, answer.score)
            assert found.due_on == due_on(found.first_seen.date(), answer.days, weakness.kev_due, weakness.kev_added)


def test_a_refused_feed_changes_nothing(tmp_path: Path, cast: Cast) -> None:
    file = kev(tmp_path, "CVE-2026-1000")
    file.write_text(file.read_text().replace('"count": 1', '"count": 9'))
    with pytest.raises(ImportRejected, match="incomplete"):
        load_feeds([file])
    assert not Cve.objects.exists()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.end_headers()
        else:
            super().do_GET()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "mirror"
    folder.mkdir()
    kev(folder, "CVE-2026-1000")
    epss(folder, 0.5)
    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_from_a_mirror(mirror: str, tmp_path: Path, cast: Cast) -> None:
    assert [each["feed"] for each in load_feeds(mirror_at=mirror)] == ["kev", "epss"]
    assert [each["cves"] for each in load_feeds(mirror_at=str(tmp_path / "mirror"))] == [0, 0]


@pytest.mark.parametrize("path", ["/moved", "/nowhere"])
def test_a_mirror_that_answers_otherwise(mirror: str, path: str, cast: Cast) -> None:
    with pytest.raises(ImportRejected, match="unreachable"):
        load_feeds(mirror_at=mirror + path)


@pytest.mark.parametrize("address", ["", "http://name:word@127.0.0.1/", "http://", "/no/such/folder"])
def test_no_proper_mirror(address: str, cast: Cast) -> None:
    with pytest.raises(ImportRejected):
        load_feeds(mirror_at=address)

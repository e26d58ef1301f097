"""What each format's report turns into, and the promises every parser keeps."""

import io
import json
import re
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remit.ingest.formats import BUILT_IN, load, recognise
from remit.ingest.observations import Asset, Component, Cvss, Occurrence, Passed, Report, Weakness
from remit.ingest.rejected import ImportRejected
from tests.ingest import samples
from tests.ingest.samples import of, parsed

RAISED = re.compile(r'(?:ImportRejected\(\s*|encode\(\()"([a-z]+(?:-[a-z]+)*)"')


@pytest.mark.parametrize("name", samples.ALL)
def test_every_parser_keeps_the_contract(name):
    _, statements = parsed(samples.ALL[name])
    assert type(statements[0]) is Report
    assert len(of(statements, Report)) == 1
    assets, weaknesses, places = set(), set(), set()
    for statement in statements:
        if type(statement) is Asset:
            assert statement.key not in assets
            assets.add(statement.key)
        elif type(statement) is Weakness:
            assert (statement.source, statement.rule) not in weaknesses
            weaknesses.add((statement.source, statement.rule))
            assert 0 <= statement.severity <= 4
        elif type(statement) is Occurrence:
            assert statement.asset in assets
            assert (statement.source, statement.rule) in weaknesses
            place = (statement.source, statement.rule, statement.asset, statement.location, statement.ordinal)
            assert place not in places
            places.add(place)
        elif type(statement) in (Passed, Component):
            assert statement.asset in assets


@pytest.mark.parametrize("name", samples.ALL)
def test_recognised_by_content_alone(name):
    assert parsed(samples.ALL[name])[0] == name.partition("-")[0]


def test_built_in_formats_are_loaded_in_their_order():
    assert list(load())[: len(BUILT_IN)] == list(BUILT_IN)
    assert all(name == module.NAME for name, module in load().items() if name in BUILT_IN)


def test_an_installed_package_adds_a_format(tmp_path, monkeypatch):
    (tmp_path / "more-1.dist-info").mkdir()
    entries = "[console_scripts]\nx = y:z\n[remit.formats]\nmore = more_format\nnessus = more_format\n[other]\na = b\n"
    (tmp_path / "more-1.dist-info/entry_points.txt").write_text(entries)
    (tmp_path / "more_format.py").write_text("NAME = 'more'\nsniff = lambda head: head == b'more'\nparse = None\n")
    monkeypatch.setattr("sys.path", [*sys.path, str(tmp_path)])
    load.cache_clear()
    try:
        assert recognise(io.BytesIO(b"more")).NAME == "more"
        assert load()["nessus"].NAME == "nessus"
        assert "a" not in load()
    finally:
        load.cache_clear()


def test_built_in_formats_are_declared_as_entry_points():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    declared = project.get("entry-points", {}).get("remit.formats")
    if declared is None:
        pytest.skip("pyproject.toml declares no formats")
    assert declared == BUILT_IN


def test_an_unknown_format_names_those_tried():
    with pytest.raises(ImportRejected) as refused:
        recognise(io.BytesIO(b"<invoice/>"))
    assert refused.value.code == "unknown-format"
    assert all(name in refused.value.hint for name in BUILT_IN)


def test_nessus():
    _, statements = parsed(samples.NESSUS)
    assert statements[0] == Report(tool="nessus", scanned_at=datetime(2026, 11, 16, 2, 10, 31, tzinfo=UTC))
    host, site = of(statements, Asset)
    assert host == Asset(
        key="10.1.2.3|3f0c",
        kind="host",
        name="web01.example.org",
        cloud_id="i-0abc",
        agent_id="nessus:3f0c",
        serial="4c4c-aa",
        fqdn="web01.example.org",
        addresses=("10.1.2.3",),
        operating_system="Ubuntu 24.04",
    )
    assert (site.kind, site.name) == ("application", "https://shop.example/")
    weakness = of(statements, Weakness)[0]
    assert weakness.title == "Frobd < 2.1 overflow"
    assert weakness.description == "It is old.\n\nA long story."
    assert weakness.cves == ("CVE-2026-1111", "CVE-2026-2222")
    assert weakness.cwes == (120,)
    assert [(item.version, item.score) for item in weakness.cvss] == [("3.0", 9.8), ("2.0", 7.5)]
    assert weakness.references == ("https://vendor.example/1", "https://vendor.example/2")
    assert weakness.exploited
    assert weakness.published == datetime(2026, 1, 31, tzinfo=UTC)
    first, second, third = of(statements, Occurrence)
    assert (first.location, first.ordinal, second.ordinal, third.location) == ("443/tcp", 0, 1, "0/tcp")
    assert (first.installed_version, first.fixed_version, first.credentialed) == ("2.0", "2.1", True)
    assert (second.detail, third.severity) == ("again", 0)


def test_qualys_asset_data_report():
    _, statements = parsed(samples.QUALYS)
    (host,) = of(statements, Asset)
    assert (host.fqdn, host.addresses, host.agent_id) == ("db.example.org", ("10.9.0.1",), "qualys:77")
    known, unlisted = of(statements, Weakness)
    assert (known.rule, known.title, known.severity) == ("9001", "Frobd overflow", 4)
    assert known.description == "Bad.\nVery."
    assert known.cves == ("CVE-2026-1111", "CVE-2026-2222")
    assert known.cvss == (Cvss(version="3.1", score=8.1, by="qualys"),)
    assert unlisted.title == "QID 9002"
    first, second = of(statements, Occurrence)
    assert (first.location, first.detail, first.first_seen) == (
        "5432/tcp",
        "Frobd 2.0",
        datetime(2026, 10, 11, 10, tzinfo=UTC),
    )
    assert (second.location, second.severity) == ("", 0)


def test_qualys_detection_list():
    _, statements = parsed(samples.QUALYS_DETECTIONS)
    assert statements[0].scanned_at == datetime(2026, 11, 16, 3, tzinfo=UTC)
    (host,) = of(statements, Asset)
    assert (host.agent_id, host.operating_system) == ("qualys:6", "Linux")
    (found,) = of(statements, Occurrence)
    assert (found.rule, found.severity, found.location, found.detail) == ("38170", 1, "443/tcp", "name")
    assert found.suppressed == "Fixed"


def test_qualys_scan():
    _, statements = parsed(samples.QUALYS_SCAN)
    scan_time, cipher = of(statements, Occurrence)
    assert (cipher.rule, cipher.location, cipher.severity, cipher.cves) == ("38601", "443/tcp", 2, ("CVE-2026-3333",))
    assert (scan_time.rule, scan_time.severity) == ("45038", 0)


def test_sarif():
    _, statements = parsed(samples.SARIF)
    assert (statements[0].tool, statements[0].tool_version) == ("lint", "1.2.3")
    (asset,) = of(statements, Asset)
    assert (asset.kind, asset.name) == ("repository", "git.example/Shop")
    by_rule = {weakness.rule: weakness for weakness in of(statements, Weakness)}
    assert by_rule["L1"].title == "SQL injection"
    assert (by_rule["L1"].severity, by_rule["L1"].cwes) == (4, (89,))
    assert (by_rule["P1"].source, by_rule["P1"].title) == ("pack", "Weak hash")
    injection, weak, unlisted, passed = of(statements, Occurrence)
    assert (injection.location, injection.detail) == ("src/a.py:7", "q reaches a sink\n\nexecute(q)")
    assert (weak.location, weak.severity, weak.suppressed) == ("src/b.py", 3, "inSource: test only")
    assert (unlisted.rule, unlisted.severity) == ("unlisted/sub", 2)
    assert passed.suppressed.startswith("pass")


def test_trivy():
    _, statements = parsed(samples.TRIVY)
    (image,) = of(statements, Asset)
    assert (image.kind, image.fqdn, image.operating_system) == ("container", "registry.example/shop:1", "debian 12.9")
    assert of(statements, Component)[0].package == "pkg:deb/debian/frob@2.0"
    places = {occurrence.rule: occurrence.location for occurrence in of(statements, Occurrence)}
    assert places == {
        "CVE-2026-1111": "frob@2.0",
        "AWS-1": "app/main.tf:3",
        "secret:aws-key": "app/main.tf:9",
        "licence:AGPL-3.0": "app/main.tf: frob",
    }
    assert of(statements, Passed)[0].rule == "AWS-2"
    vulnerable = of(statements, Occurrence)[0]
    assert (vulnerable.fixed_version, vulnerable.package) == ("2.1", "pkg:deb/debian/frob@2.0")


def test_trivy_of_old_and_of_clusters():
    old = [{"Target": "shop (alpine 3.20)", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1", "PkgName": "frob"}]}]
    assert of(parsed(json.dumps(old).encode())[1], Asset)[0].name == "shop"
    assert parsed(b"null\n") == ("trivy", [Report(tool="trivy")])
    result = {"Target": "Pod/web", "Misconfigurations": [{"ID": "K1", "Severity": "LOW"}]}
    cluster = {"ClusterName": "c", "Resources": [{"Namespace": "n", "Kind": "Pod", "Name": "web", "Results": [result]}]}
    statements = parsed(json.dumps(cluster).encode())[1]
    assert of(statements, Asset)[0].key == "kubernetes:c/n/Pod/web"
    assert len(of(statements, Occurrence)) == 1


def test_cyclonedx():
    _, statements = parsed(samples.CYCLONEDX)
    assert (statements[0].tool, statements[0].tool_version) == ("maker", "3")
    assert [component.name for component in of(statements, Component)] == ["frob", "inner"]
    weakness = of(statements, Weakness)[0]
    assert (weakness.source, weakness.rule, weakness.cves) == ("github", "GHSA-1", ("CVE-2026-1111",))
    assert weakness.cvss[0].vector == "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    frob, inner, cleared = of(statements, Occurrence)
    assert (frob.location, frob.package, inner.location) == ("frob@2.0", "pkg:npm/frob@2.0", "inner@1")
    assert (cleared.location, cleared.suppressed) == ("", "not_affected: code_not_reachable")


def test_cyclonedx_says_the_same_in_xml():
    _, statements = parsed(samples.CYCLONEDX_XML)
    assert of(statements, Component)[0].licences == ("MIT",)
    (occurrence,) = of(statements, Occurrence)
    assert (occurrence.source, occurrence.location, occurrence.severity) == ("nvd", "frob@2.0", 4)


def test_ocsf():
    _, statements = parsed(samples.OCSF)
    assert statements[0] == Report(
        tool="prowler", tool_version="5.4.0", scanned_at=datetime(2026, 11, 16, 2, tzinfo=UTC)
    )
    bucket = of(statements, Asset)[0]
    assert (bucket.kind, bucket.cloud_id, bucket.cloud_account) == (
        "cloud_resource",
        "arn:aws:s3:::shop",
        "123456789012",
    )
    failed, manual = of(statements, Occurrence)
    assert (failed.severity, failed.ordinal, manual.severity, manual.ordinal) == (3, 0, 0, 1)
    assert of(statements, Passed) == [Passed(source="prowler", rule="s3_open", asset="arn:aws:s3:::other")]
    assert of(statements, Weakness)[0].references == ("https://docs.example/s3", "https://docs.example/why")


def test_ocsf_by_lines_alone_and_empty():
    record = samples.ocsf_record()
    assert len(of(parsed(json.dumps(record).encode())[1], Occurrence)) == 1
    lines = "\n".join(json.dumps(record) for _ in range(3)) + "\n"
    assert [item.ordinal for item in of(parsed(lines.encode())[1], Occurrence)] == [0, 1, 2]
    assert parsed(b" [ ]\n") == ("ocsf", [Report(tool="prowler")])


def test_ocsf_of_another_class_is_refused():
    with pytest.raises(ImportRejected) as refused:
        parsed(json.dumps([samples.ocsf_record(), samples.ocsf_record(class_uid=2001)]).encode())
    assert (refused.value.code, refused.value.where) == ("unsupported-class", "[1]")


def test_an_id_that_is_unique_only_in_its_account_is_completed():
    _, statements = parsed(json.dumps([samples.ocsf_record(uid="AppInsights")]).encode())
    assert of(statements, Asset)[0].cloud_id == "aws/123456789012/eu-west-1/AwsS3Bucket/AppInsights"


def test_every_error_code_is_documented():
    root = Path(__file__).parents[2]
    sources = (root / "src/remit/ingest").rglob("*.py")
    raised = {code for path in sources for code in RAISED.findall(path.read_text())}
    documented = set(re.findall(r"`([a-z-]+)`", (root / "docs/formats.md").read_text().split("## Error codes")[1]))
    assert len(raised) > 20
    assert raised <= documented

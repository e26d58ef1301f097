"""Real reports, where they lie beside the checkout: each parses, with as many occurrences as items."""

import json
from pathlib import Path

import pytest

from remit.ingest.parsing import describe, observe

FOLDER = Path(__file__).parents[2] / "../shared/data/third-party/scans"
PATTERNS = {
    "nessus": ("tenable/nessus/*.nessus", "tenable/nessus/*.xml", "tenable/nessus_was/*.xml"),
    "sarif": ("sarif/*.sarif",),
    "trivy": ("trivy/*.json",),
    "cyclonedx": ("cyclonedx/*.json", "cyclonedx/*.xml"),
    "ocsf": ("aws_prowler_v3plus/*.ocsf.json", "prowler/*.ocsf.json"),
    "prowler": ("aws_prowler_v3plus/many_vuln.json",),
}
FILES = [
    (name, path) for name, patterns in PATTERNS.items() for pattern in patterns for path in sorted(FOLDER.glob(pattern))
]

pytestmark = pytest.mark.skipif(not FILES, reason="no shared scans beside the checkout")


@pytest.fixture(scope="module")
def manifest():
    rows = json.loads((FOLDER / "manifest.json").read_text())
    return {row["file"]: row for row in rows}


@pytest.mark.parametrize(("name", "path"), FILES, ids=lambda value: value.name if isinstance(value, Path) else value)
def test_every_report_parses_with_every_item(name, path, manifest):
    observations = observe(path)
    summary = describe(observations)
    assert observations.format == name
    items = manifest[path.relative_to(FOLDER).as_posix()]["raw_records"]
    if items is not None:
        assert summary.observations == items


@pytest.mark.parametrize("path", [path for name, path in FILES if name == "trivy"], ids=lambda path: path.name)
def test_no_cve_of_a_report_is_lost(path):
    wanted = {word.strip('",') for word in path.read_text().split() if word.startswith('"CVE-')}
    found = {cve for observation in observe(path) for cve in getattr(observation, "cves", ())}
    assert wanted <= found

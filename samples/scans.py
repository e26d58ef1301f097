"""The scan files of the three weeks, their manifest and the truth about them."""

from __future__ import annotations

from samples.cast.assets import Estate
from samples.organisation import Files, as_json
from samples.scanners.cyclonedx import cyclonedx_files
from samples.scanners.finding import ScanFile
from samples.scanners.nessus import nessus_files
from samples.scanners.packages import trivy_files
from samples.scanners.prowler import prowler_files
from samples.scanners.qualys import qualys_files
from samples.scanners.sarif import sarif_files
from samples.scanners.truth import manifest, scan_path, truth

_TOOLS = (nessus_files, qualys_files, sarif_files, trivy_files, cyclonedx_files, prowler_files)


def scans(seed: int, estate: Estate) -> list[ScanFile]:
    """Return every scan file of the sample."""
    return [file for tool in _TOOLS for file in tool(seed, estate)]


def scan_files(files: list[ScanFile]) -> Files:
    """Return the scans as files, with the manifest and the truth."""
    made = {scan_path(file): file.content for file in files}
    return made | {"scans/manifest.json": as_json(manifest(files)), "truth.json": as_json(truth(files))}

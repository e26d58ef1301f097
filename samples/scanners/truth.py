"""What a reader of the scans must come to: the answers of truth.json and the list of files in scans/manifest.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from samples.dates import WEEKS
from samples.scanners.finding import Finding, ScanFile

_SEVERITIES = ("informational", "low", "medium", "high", "critical")
Key = tuple[str, str, str, str]


def scan_path(file: ScanFile) -> str:
    """Return the file's path below the sample's folder."""
    return f"scans/{WEEKS[file.week].isoformat()}/{file.path}"


def manifest(files: list[ScanFile]) -> list[dict[str, object]]:
    """Return one entry a file, in the order in which to load them."""
    return [
        {
            "path": scan_path(file), "date": WEEKS[file.week].isoformat(), "format": file.format, "scope": file.scope,
            "unit": file.unit, "coverage": file.coverage, "occurrences": len(file.findings),
        }
        for file in in_order(files)
    ]  # fmt: skip


def in_order(files: list[ScanFile]) -> list[ScanFile]:
    """Return the files week by week, by name within a week."""
    return sorted(files, key=lambda file: (file.week, file.path))


def truth(files: list[ScanFile]) -> dict[str, object]:
    """Return what each file adds and closes, and what is open after the last.

    A complete file closes what is open in its scope and not in the file; `gone_with_asset` of those are on assets that
    the file does not name at all. A partial file closes nothing. Suppressed occurrences count like any other.
    """
    known: dict[str, dict[Key, Finding]] = {}
    open_now: dict[str, set[Key]] = {}
    told = []
    for file in in_order(files):
        seen = {finding.key: finding for finding in file.findings}
        before, ever = open_now.setdefault(file.scope, set()), known.setdefault(file.scope, {})
        gone = before - seen.keys() if file.coverage == "complete" else set()
        named = {finding.asset for finding in file.findings}
        reopened = (seen.keys() & ever.keys()) - before
        told.append(
            {
                "path": scan_path(file),
                "occurrences": len(seen),
                "new": len(seen.keys() - ever.keys()),
                "gone": len(gone),
                "gone_with_asset": sum(key[2] not in named for key in gone),
                "reopened": len(reopened),
                "suppressed": sum(finding.suppressed for finding in file.findings),
                "by_severity": by_severity(seen.values()),
            }
        )
        ever.update(seen)
        open_now[file.scope] = (before - gone) | seen.keys()
    still = [known[scope][key] for scope, keys in open_now.items() for key in keys]
    return {
        "weeks": [_week(told, day.isoformat()) for day in WEEKS],
        "files": told,
        "distinct_occurrences": sum(len(keys) for keys in known.values()),
        "open_after_last": {
            "total": len(still),
            "suppressed": sum(finding.suppressed for finding in still),
            "by_severity": by_severity(still),
        },
    }


def by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings by the name of their severity, worst first."""
    counted = Counter(finding.severity for finding in findings)
    return {_SEVERITIES[level]: counted[level] for level in (4, 3, 2, 1, 0)}


def _week(told: list[dict[str, object]], date: str) -> dict[str, object]:
    of_week = [entry for entry in told if str(entry["path"]).startswith(f"scans/{date}/")]
    sums = ("occurrences", "new", "gone", "gone_with_asset", "reopened", "suppressed")
    return {"date": date, "files": len(of_week)} | {name: sum(int(str(e[name])) for e in of_week) for name in sums}

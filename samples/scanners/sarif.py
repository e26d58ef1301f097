"""SARIF 2.1.0 logs of two static analysers, one log a tool and week, one run a repository."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from samples import catalogue
from samples.cast.asset import Asset
from samples.cast.assets import Estate
from samples.catalogue import severity_of
from samples.chance import chance, digest
from samples.dates import WEEKS, moment, stamp
from samples.scanners.finding import Finding, ScanFile, course

_TOOLS = {"codeql": ("CodeQL", "2.23.3"), "semgrep": ("Semgrep OSS", "1.142.0")}
_ENDINGS = {"java": "java", "node": "ts", "python": "py", "go": "go", "terraform": "tf"}
_WORDS = (
    "payment",
    "merchant",
    "export",
    "report",
    "session",
    "upload",
    "callback",
    "search",
    "profile",
    "route",
    "ticket",
    "import",
)
_ACCEPTED = "generic.dockerfile-runs-as-root"
_MOST = {"codeql": 2, "semgrep": 3}
"""How many findings a rule has in a repository at most."""


@dataclass(frozen=True)
class _Rule:
    tool: str
    language: str
    name: str
    level: str
    score: float
    cwe: int
    title: str
    snippet: str


@dataclass(frozen=True, kw_only=True)
class _CodeFinding(Finding):
    check: _Rule
    repository: Asset
    path: str
    line: int


@cache
def _rules() -> tuple[_Rule, ...]:
    source = Path(catalogue.__file__).with_name("code_rules.csv")
    with source.open(encoding="utf-8", newline="") as file:
        return tuple(
            _Rule(
                row["tool"], row["language"], row["rule"], row["level"], float(row["score"]), int(row["cwe"]),
                row["title"], row["snippet"],
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def sarif_files(seed: int, estate: Estate) -> list[ScanFile]:
    """Return the logs of both analysers for the three weeks."""
    files = []
    for tool in _TOOLS:
        findings = [
            finding
            for repository in estate.having("repository")
            if not (tool == "codeql" and repository.unit == "FERN")
            for finding in _find(seed, tool, repository)
        ]
        for week in range(len(WEEKS)):
            seen = tuple(finding for finding in findings if finding.weeks[week])
            files.append(
                ScanFile(
                    path=f"{tool}.sarif", week=week, scope=f"sarif/{tool}", format="sarif", unit="HAL",
                    coverage="complete", findings=seen, content=_log(tool, week, seen),
                )
            )  # fmt: skip
    return files


def _find(seed: int, tool: str, repository: Asset) -> list[_CodeFinding]:
    rng = chance(seed, "sarif", tool, repository.name)
    found = []
    used: set[tuple[str, str, int]] = set()
    for rule in _rules():
        if rule.tool != tool or rule.language not in (repository.profile, "any"):
            continue
        for _ in range(rng.randrange(_MOST[tool] + 1)):
            word, line, weeks = rng.choice(_WORDS), rng.randrange(12, 340), course(rng)
            ending = _ENDINGS[repository.profile]
            path = "Dockerfile" if rule.name == _ACCEPTED else f"src/{word}/{word}_{rng.choice(_WORDS)}.{ending}"
            if (rule.name, path, line) in used:
                continue
            used.add((rule.name, path, line))
            found.append(
                _CodeFinding(
                    source=_TOOLS[tool][0].lower(), rule=rule.name, asset=repository.name, location=f"{path}:{line}",
                    severity=severity_of(rule.score), weeks=weeks, suppressed=rule.name == _ACCEPTED, check=rule,
                    repository=repository, path=path, line=line,
                )
            )  # fmt: skip
    return found


def _log(tool: str, week: int, findings: tuple[_CodeFinding, ...]) -> bytes:
    grouped = groupby(findings, key=lambda finding: finding.asset)
    runs = [_run(tool, week, list(items)) for _, items in grouped]
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": runs}
    return (
        json.dumps(log, ensure_ascii=False, separators=(",", ":")).replace('{"ruleId"', '\n{"ruleId"') + "\n"
    ).encode()


def _run(tool: str, week: int, findings: list[_CodeFinding]) -> dict[str, object]:
    name, version = _TOOLS[tool]
    repository = findings[0].repository
    rules = list(dict.fromkeys(finding.check for finding in findings))
    end = stamp(moment(WEEKS[week], 1, 40))
    return {
        "tool": {"driver": {"name": name, "semanticVersion": version, "rules": [_described(rule) for rule in rules]}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": end}],
        "automationDetails": {"id": f"{repository.fqdn}/weekly"},
        "versionControlProvenance": [
            {
                "repositoryUri": f"https://{repository.fqdn}",
                "revisionId": digest("revision", repository.name, str(week))[:40],
                "branch": "main",
            }
        ],
        "results": [_result(finding, rules.index(finding.check)) for finding in findings],
    }


def _described(rule: _Rule) -> dict[str, object]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.title},
        "help": {"text": "Check or bind what comes from outside before it is used."},
        "defaultConfiguration": {"level": rule.level},
        "properties": {"tags": ["security", f"external/cwe/cwe-{rule.cwe:03d}"], "security-severity": str(rule.score)},
    }


def _result(finding: _CodeFinding, index: int) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.check.level,
        "message": {"text": f"{finding.check.title} in {finding.path}."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": finding.path, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": finding.line, "snippet": {"text": finding.check.snippet}},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": digest(*finding.key)[:16] + ":1"},
    }
    if finding.suppressed:
        reason = "The base image drops its rights at start; seen by application security."
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result

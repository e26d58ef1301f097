"""What scanners can find: public facts about CVEs, in our own words, and the checks that look for them.

The tables are CSV files beside this module. CVE ids, CVSS 3.1 vectors, weakness types and dates are public facts,
kept from memory of public sources and good enough to show with; for work, load the real feeds.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from samples.dates import day

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Vulnerability:
    """A CVE: `vector` is CVSS 3.1 without its prefix, `exploited_since` a date or "", `epss` a probability."""

    cve: str
    vector: str
    score: float
    cwes: tuple[int, ...]
    published: str
    exploited_since: str
    ransomware: str
    epss: float
    text: str

    @property
    def severity(self) -> int:
        """1 low to 4 critical, by the bands of CVSS 3.1, section 5."""
        return severity_of(self.score)


@dataclass(frozen=True)
class HostCheck:
    """What a host scanner looks for: its id at either scanner, whom it may hit (`tags`) and how often (`share`)."""

    plugin: str
    qid: str
    share: float
    tags: tuple[str, ...]
    port: str
    protocol: str
    service: str
    severity: int
    vulnerabilities: tuple[Vulnerability, ...]
    name: str
    family: str
    found: str
    remedy: str

    @property
    def worst(self) -> Vulnerability | None:
        """The vulnerability with the highest score; None for a matter of configuration."""
        return max(self.vulnerabilities, key=lambda item: item.score, default=None)


@dataclass(frozen=True)
class PackageFlaw:
    """A vulnerable package as an image or a product may hold it, and how often one does (`share`); `fixed` is "" where
    no release repairs it."""

    vulnerability: Vulnerability
    base: str
    package: str
    installed: str
    fixed: str
    share: float


@dataclass(frozen=True)
class CloudCheck:
    """A check of a cloud account's settings; `requirement` is "framework clause"."""

    provider: str
    profile: str
    share: float
    severity: int
    code: str
    title: str
    remedy: str
    requirement: str


def severity_of(score: float) -> int:
    """Return 1 low, 2 medium, 3 high or 4 critical for a CVSS 3.1 base score."""
    return 4 if score >= 9 else 3 if score >= 7 else 2 if score >= 4 else 1


def _date(text: str) -> str:
    """Return a date; "anchor-3" is three days before the sample's today."""
    return day(int(text.removeprefix("anchor"))) if text.startswith("anchor") else text


@cache
def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def vulnerabilities() -> dict[str, Vulnerability]:
    """Return every CVE of the sample by its id."""
    return {
        row["cve"]: Vulnerability(
            row["cve"], row["vector"], float(row["score"]), tuple(int(cwe) for cwe in row["cwes"].split(";")),
            row["published"], _date(row["exploited_since"]), row["ransomware"], float(row["epss"]), row["text"],
        )
        for row in _rows("cves.csv")
    }  # fmt: skip


@cache
def host_checks() -> tuple[HostCheck, ...]:
    """Return the checks of host scanners; where CVEs are named, the worst gives the severity."""
    known = vulnerabilities()
    checks = []
    for row in _rows("checks.csv"):
        named = tuple(known[cve] for cve in row["cves"].split(";") if cve)
        port, protocol, service = row["port"].split("/")
        severity = max((item.severity for item in named), default=0) if named else int(row["severity"])
        checks.append(
            HostCheck(
                row["nessus"], row["qid"], float(row["share"]), tuple(row["tags"].split(";")), port, protocol, service,
                severity, named, row["name"], row["family"], row["found"], row["remedy"],
            )
        )  # fmt: skip
    return tuple(checks)


def maker(text: str) -> tuple[str, str]:
    """Return vendor and product that a vulnerability's text speaks of; LookupError where makers.csv knows none."""
    for row in _rows("makers.csv"):
        if row["word"] in text:
            return row["vendor"], row["product"]
    raise LookupError(f"add a row to makers.csv for: {text}")


@cache
def package_flaws() -> tuple[PackageFlaw, ...]:
    """Return the vulnerable packages by base: a distribution or a language."""
    known = vulnerabilities()
    return tuple(
        PackageFlaw(
            known[row["cve"]], row["base"], row["package"], row["installed"], row["fixed"],
            float(row["share"]),
        )
        for row in _rows("packages.csv")
    )  # fmt: skip


@cache
def placed() -> dict[tuple[str, str], tuple[bool, bool, bool]]:
    """Return what is put in its place by hand: in which of the three weeks an asset has a vulnerability.

    The few that attackers use are placed, not drawn, so that they stay few and on the machines one would expect.
    """
    return {
        (row["asset"], row["cve"]): (row["weeks"][0] == "1", row["weeks"][1] == "1", row["weeks"][2] == "1")
        for row in _rows("placed.csv")
    }


@cache
def cloud_checks() -> tuple[CloudCheck, ...]:
    """Return the checks of cloud accounts."""
    return tuple(
        CloudCheck(
            row["provider"], row["profile"], float(row["share"]), int(row["severity"]), row["code"], row["title"],
            row["remedy"], row["requirement"],
        )
        for row in _rows("cloud_checks.csv")
    )  # fmt: skip

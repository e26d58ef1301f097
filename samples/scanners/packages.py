"""Vulnerable packages: Trivy reports of container images, and what products carry."""

from __future__ import annotations

import json
from dataclasses import dataclass

from samples.cast.asset import Asset
from samples.cast.assets import Estate
from samples.catalogue import PackageFlaw, package_flaws, placed
from samples.chance import chance, digest, identifier
from samples.dates import WEEKS, moment, stamp
from samples.scanners.finding import ALWAYS, Finding, ScanFile, course

_SEVERITIES = ("UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL")
_TYPES = {
    "node": ("npm", "node-pkg", "Node.js"),
    "python": ("pypi", "python-pkg", "Python"),
    "java": ("maven", "jar", "Java"),
    "go": ("golang", "gobinary", "app/service"),
}


@dataclass(frozen=True, kw_only=True)
class PackageFinding(Finding):
    """A vulnerable package in an image or a product."""

    flaw: PackageFlaw


def package_url(flaw: PackageFlaw) -> str:
    """Return the package URL of the vulnerable release."""
    kind = _TYPES[flaw.base][0] if flaw.base in _TYPES else {"debian": "deb/debian", "alpine": "apk/alpine"}[flaw.base]
    return f"pkg:{kind}/{flaw.package.replace(':', '/')}@{flaw.installed.replace('+', '%2B')}"


def find_packages(seed: int, source: str, asset: Asset, bases: tuple[str, ...]) -> list[PackageFinding]:
    """Return the flaws of these bases that the asset has, each of the bases together."""
    rng = chance(seed, source, asset.name)
    found = []
    for base in bases:
        for flaw in package_flaws():
            hit, weeks = rng.random() < flaw.share, course(rng)
            put = placed().get((asset.name, flaw.vulnerability.cve))
            if flaw.base != base or not (hit or put):
                continue
            place = f"{flaw.package}@{flaw.installed}"
            found.append(
                PackageFinding(
                    source=source, rule=flaw.vulnerability.cve, asset=asset.name, location=place,
                    severity=flaw.vulnerability.severity, weeks=put or (weeks if flaw.fixed else ALWAYS),
                    placed=put is not None, flaw=flaw,
                )
            )  # fmt: skip
    return found


def trivy_files(seed: int, estate: Estate) -> list[ScanFile]:
    """Return one Trivy report an image and week."""
    files = []
    for image in estate.having("container"):
        system = "alpine" if image.profile == "node" else "debian"
        findings = find_packages(seed, "trivy", image, (system, image.profile))
        for week in range(len(WEEKS)):
            seen = tuple(finding for finding in findings if finding.weeks[week])
            short = image.name.removesuffix(" image")
            files.append(
                ScanFile(
                    path=f"trivy-{short}.json", week=week, scope=f"trivy/{short}", format="trivy", unit=image.unit,
                    coverage="complete", findings=seen, content=_report(image, system, week, seen),
                )
            )  # fmt: skip
    return files


def _report(image: Asset, system: str, week: int, findings: tuple[PackageFinding, ...]) -> bytes:
    of_system = [_vulnerability(finding) for finding in findings if finding.flaw.base == system]
    of_language = [_vulnerability(finding) for finding in findings if finding.flaw.base != system]
    family, release = (system, "12.9") if system == "debian" else (system, "3.19.1")
    _, kind, target = _TYPES[image.profile]
    report = {
        "SchemaVersion": 2,
        "CreatedAt": stamp(moment(WEEKS[week], 1, 5)),
        "ArtifactName": image.fqdn,
        "ArtifactType": "container_image",
        "Metadata": {
            "OS": {"Family": family, "Name": release},
            "ImageID": "sha256:" + digest("image", image.name, str(week)),
            "RepoTags": [image.fqdn],
            "RepoDigests": [f"{image.fqdn.rpartition(':')[0]}@sha256:{digest('digest', image.name, str(week))}"],
        },
        "Results": [
            {
                "Target": f"{image.fqdn} ({family} {release})",
                "Class": "os-pkgs",
                "Type": family,
                "Vulnerabilities": of_system,
            },
            {"Target": target, "Class": "lang-pkgs", "Type": kind, "Vulnerabilities": of_language},
        ],
    }
    lines = json.dumps(report, ensure_ascii=False, separators=(",", ":"))
    return (lines.replace('{"VulnerabilityID"', '\n{"VulnerabilityID"') + "\n").encode()


def _vulnerability(finding: PackageFinding) -> dict[str, object]:
    flaw, known = finding.flaw, finding.flaw.vulnerability
    return {
        "VulnerabilityID": known.cve,
        "PkgID": finding.location,
        "PkgName": flaw.package,
        "PkgIdentifier": {
            "PURL": package_url(flaw),
            "UID": identifier("package", finding.location)[:16].replace("-", ""),
        },
        "InstalledVersion": flaw.installed,
        **({"FixedVersion": flaw.fixed, "Status": "fixed"} if flaw.fixed else {"Status": "affected"}),
        "SeveritySource": "nvd",
        "PrimaryURL": f"https://advisories.example/{known.cve}",
        "Title": f"{flaw.package.rpartition(':')[2]}: {known.text}",
        "Severity": _SEVERITIES[known.severity],
        "CweIDs": [f"CWE-{cwe}" for cwe in known.cwes],
        "CVSS": {"nvd": {"V3Vector": f"CVSS:3.1/{known.vector}", "V3Score": known.score}},
        "PublishedDate": f"{known.published}T00:00:00Z",
    }

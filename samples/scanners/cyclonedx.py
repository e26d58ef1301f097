"""CycloneDX 1.6 bills of the products: components, vulnerabilities and what the makers say of them (VEX)."""

from __future__ import annotations

import json

from samples.cast.asset import Asset
from samples.cast.assets import Estate
from samples.chance import chance, identifier
from samples.dates import WEEKS, moment, stamp
from samples.scanners.finding import ScanFile
from samples.scanners.packages import PackageFinding, find_packages, package_url

_LANGUAGES = {
    "halvern-field-console": "java",
    "brennmark-driver": "node",
    "tallymoor-terminal": "go",
    "tallymoor-checkout": "node",
    "fleet-console": "node",
}
_RELEASE_WEEKS = (0, 2)
"""Products were released in the first and in the third week."""

_ANALYSES: tuple[tuple[str, str, str], ...] = (
    ("in_triage", "", ""),
    ("exploitable", "", "The affected function is called; an update is planned."),
    ("not_affected", "code_not_reachable", "The product never calls the affected function."),
    ("in_triage", "", ""),
    ("not_affected", "protected_at_perimeter", "The gateway refuses such requests."),
    ("exploitable", "", "Reached through the settings page."),
)
_SET_ASIDE = "not_affected"
_MODULES = (
    "core",
    "client",
    "codec",
    "storage",
    "metrics",
    "router",
    "schema",
    "cache",
    "retry",
    "locale",
    "queue",
    "crypto",
)


def cyclonedx_files(seed: int, estate: Estate) -> list[ScanFile]:
    """Return the bills of the released products."""
    files = []
    for product in estate.having("application", "product"):
        language = _LANGUAGES[product.fqdn]
        bases = (language, "debian") if language == "go" else (language,)
        every = find_packages(seed, "nvd", product, bases)
        findings = [_with_opinion(finding, number) for number, finding in enumerate(every)]
        for week in _RELEASE_WEEKS:
            seen = tuple(finding for finding, _ in findings if finding.weeks[week])
            files.append(
                ScanFile(
                    path=f"sbom-{product.fqdn}.cdx.json", week=week, scope=f"cyclonedx/{product.fqdn}",
                    format="cyclonedx", unit=product.unit, coverage="complete", findings=seen,
                    content=_bill(seed, product, language, week, [item for item in findings if item[0].weeks[week]]),
                )
            )  # fmt: skip
    return files


def _with_opinion(finding: PackageFinding, number: int) -> tuple[PackageFinding, tuple[str, str, str]]:
    state, reason, detail = _ANALYSES[number % len(_ANALYSES)]
    judged = PackageFinding(
        source=finding.source, rule=finding.rule, asset=finding.asset, location=_label(finding),
        severity=finding.severity, weeks=finding.weeks, placed=finding.placed,
        suppressed=state == _SET_ASIDE, flaw=finding.flaw,
    )  # fmt: skip
    return judged, (state, reason, detail)


def _label(finding: PackageFinding) -> str:
    return f"{finding.flaw.package.replace(':', '/')}@{finding.flaw.installed}"


def _bill(
    seed: int, product: Asset, language: str, week: int, findings: list[tuple[PackageFinding, tuple[str, str, str]]]
) -> bytes:
    components = {package_url(item.flaw): _component(item) for item, _ in findings}
    version = f"4.{2 if week == 0 else 3}.0"
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{identifier('bill', product.name, str(week))}",
        "version": 1,
        "metadata": {
            "timestamp": stamp(moment(WEEKS[week], 0, 20)),
            "tools": {"components": [{"type": "application", "name": "cdxgen", "version": "11.9.0"}]},
            "component": {"type": "application", "bom-ref": "product", "name": product.fqdn, "version": version},
        },
        "components": [*components.values(), *_sound_components(seed, product, language)],
        "vulnerabilities": [_vulnerability(item, opinion) for item, opinion in findings],
    }
    lines = json.dumps(bill, ensure_ascii=False, separators=(",", ":"))
    return (lines.replace('{"type":"library"', '\n{"type":"library"').replace('{"id"', '\n{"id"') + "\n").encode()


def _component(finding: PackageFinding) -> dict[str, object]:
    group, _, name = finding.flaw.package.rpartition(":")
    return {
        "type": "library",
        "bom-ref": package_url(finding.flaw),
        **({"group": group} if group else {}),
        "name": name,
        "version": finding.flaw.installed,
        "purl": package_url(finding.flaw),
    }


def _sound_components(seed: int, product: Asset, language: str) -> list[dict[str, object]]:
    """Components of the maker's own, without known flaws."""
    rng = chance(seed, "components", product.name)
    kind = {"java": "maven/example.halvern", "node": "npm/%40halvern", "go": "golang/go.halvern.example"}[language]
    made: list[dict[str, object]] = []
    for module in _MODULES:
        version = f"{rng.randrange(1, 6)}.{rng.randrange(0, 20)}.{rng.randrange(0, 9)}"
        purl = f"pkg:{kind}/{module}@{version}"
        licence = {"license": {"id": rng.choice(("Apache-2.0", "MIT", "BSD-3-Clause"))}}
        made.append(
            {
                "type": "library", "bom-ref": purl, "name": f"halvern-{module}", "version": version, "purl": purl,
                "licenses": [licence],
            }
        )  # fmt: skip
    return made


def _vulnerability(finding: PackageFinding, opinion: tuple[str, str, str]) -> dict[str, object]:
    flaw, known = finding.flaw, finding.flaw.vulnerability
    state, reason, detail = opinion
    severity = ("info", "low", "medium", "high", "critical")[known.severity]
    vector = f"CVSS:3.1/{known.vector}"
    return {
        "id": known.cve,
        "source": {"name": "NVD", "url": f"https://advisories.example/{known.cve}"},
        "ratings": [{"score": known.score, "severity": severity, "method": "CVSSv31", "vector": vector}],
        "cwes": list(known.cwes),
        "description": known.text,
        **({"recommendation": f"Update {flaw.package} to {flaw.fixed}."} if flaw.fixed else {}),
        "published": f"{known.published}T00:00:00Z",
        "analysis": {
            "state": state,
            **({"justification": reason} if reason else {}),
            **({"detail": detail} if detail else {}),
        },
        "affects": [{"ref": package_url(flaw)}],
    }
